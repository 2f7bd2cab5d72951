"""What ``up`` puts back is told, and Pods are asked after it."""

from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError

import pytest

from infra import ec2
from infra.errors import UserError
from infra.inventory import series
from infra.lifecycle import cluster_lifecycle, gate, platforms, state_dir, user_data
from infra.lifecycle.build_runner import Tally
from infra.pki import ssh_keys
from infra.progress import Progress
from infra.settings import Settings

SPEC = series("unit", kubernetes="v1.36.1", platform="local")
MADE = ec2.Provisioned("vpc", "subnet", "group", "table", {})
SITE: Any = SimpleNamespace(
    client=lambda _: None, allowed_cidr="198.51.100.7/32", public=False, zone=None
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_root=tmp_path, cluster_id="unit")


def changing(
    monkeypatch: pytest.MonkeyPatch, *changes: str, strangers: tuple[str, ...] = ()
) -> None:
    def provision(*_: Any, say: Any, **__: Any) -> ec2.Provisioned:
        for text in changes:
            say(text)
        return MADE

    monkeypatch.setattr(ec2, "provision", provision)
    monkeypatch.setattr(ec2, "route_pods", lambda *_, **__: None)
    monkeypatch.setattr(ec2, "strangers", lambda *_: list(strangers))
    monkeypatch.setattr(ssh_keys, "public", lambda *_: "")
    monkeypatch.setattr(user_data, "of", lambda *_: "")


def test_what_is_put_back_is_told_and_counted_what_is_not_ours_only_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing(monkeypatch, "the VPC sends", strangers=("worker-0 has a profile",))
    said = StringIO()
    made = cluster_lifecycle.provision(settings, SPEC, SITE, Progress(said))
    assert made.changes == ("the VPC sends",)
    assert "the VPC sends" in said.getvalue()
    assert "worker-0 has a profile" in said.getvalue()


@pytest.mark.parametrize(
    ("changes", "changed", "deep"), [((), 0, False), (("a route",), 0, True), ((), 1, True)]
)
def test_pods_are_asked_after_anything_was_put_back(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    *,
    changes: tuple[str, ...],
    changed: int,
    deep: bool,
) -> None:
    changing(monkeypatch, *changes)
    gates: list[bool] = []
    nothing: Any = SimpleNamespace(supplies=None, sources=())
    for where, name in (
        (platforms, "require"),
        (cluster_lifecycle, "certify"),
        (ssh_keys, "ensure"),
    ):
        monkeypatch.setattr(where, name, lambda *_: None)
    monkeypatch.setattr(platforms, "open_site", lambda *_: SITE)
    monkeypatch.setattr(cluster_lifecycle, "gather", lambda *_: nothing)
    monkeypatch.setattr(cluster_lifecycle, "connect", lambda *_: nothing)
    monkeypatch.setattr(cluster_lifecycle, "build", lambda *_: Tally(kept=9, changed=changed))
    monkeypatch.setattr(gate, "gate", lambda _, *, deep: gates.append(deep))
    monkeypatch.setattr(state_dir, "write", lambda *_: None)
    cluster_lifecycle.up(settings, Progress(StringIO()))
    assert gates == [deep]


class Answers:
    """What AWS says which address this run comes from."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, *_: object, **__: object) -> BytesIO:
        if not self.text:
            raise URLError("no route to host")
        return BytesIO(self.text.encode())


def test_the_address_that_this_run_comes_from_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platforms.urllib.request, "urlopen", Answers("198.51.100.7\n"))
    site = platforms.site(Settings(platform="aws"))
    assert (site.allowed_cidr, site.public) == ("198.51.100.7/32", True)


@pytest.mark.parametrize("answer", ["", "2001:db8::7", "<html>a proxy</html>"])
def test_a_range_may_be_named_where_the_address_cannot_be_learned(
    monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(platforms.urllib.request, "urlopen", Answers(answer))
    with pytest.raises(UserError, match=r"does not tell which IPv4 address .* KFS_ALLOWED_CIDR="):
        platforms.site(Settings(platform="aws"))
    monkeypatch.setenv("KFS_ALLOWED_CIDR", "203.0.113.0/24")
    assert platforms.site(Settings(platform="aws")).allowed_cidr == "203.0.113.0/24"
