"""What ``up`` puts back is told, and Pods are asked after it."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError

import pytest

from infra import ec2
from infra.errors import PhaseFailed, UserError
from infra.inventory import series
from infra.lifecycle import build_runner, cluster_lifecycle, gate, platforms, state_dir
from infra.lifecycle.build_runner import Tally
from infra.lifecycle.machines import user_data
from infra.pki import ssh_keys
from infra.progress import Progress
from infra.settings import Settings

SPEC = series("unit", kubernetes="v1.36.1", platform="local")
MADE = ec2.Provisioned("vpc", "subnet", "group", "table", {})
SITE: Any = SimpleNamespace(
    client=lambda _: None, allowed_cidr="198.51.100.7/32", public=False, zone=None, admits=""
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
    monkeypatch.setattr(user_data, "of", lambda *_, **__: "")


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
    monkeypatch.setattr(cluster_lifecycle, "build", lambda *_, **__: Tally(kept=9, changed=changed))
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
    monkeypatch.setattr(platforms.DIRECT, "open", Answers("198.51.100.7\n"))
    site = platforms.site(Settings(platform="aws"))
    assert (site.allowed_cidr, site.public) == ("198.51.100.7/32", True)


class MyAddress(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"198.51.100.7\n")

    def log_message(self, *_: object) -> None:
        pass


def test_the_address_is_ours_and_not_a_proxys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens at the proxy's address: who asks by it learns nothing."""
    with HTTPServer(("127.0.0.1", 0), MyAddress) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(platforms, "MY_ADDRESS", f"http://127.0.0.1:{server.server_port}")
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.delenv("no_proxy", raising=False)
        assert platforms.site(Settings(platform="aws")).allowed_cidr == "198.51.100.7/32"
        server.shutdown()


@pytest.mark.parametrize("admits", ["203.0.113.9/32", ""])
def test_who_does_not_get_in_is_told_who_may(monkeypatch: pytest.MonkeyPatch, admits: str) -> None:
    def silent(*_: object) -> Tally:
        raise PhaseFailed(build_runner.FIRST_LOOK, "lb", "lb answers over SSH: not within 90 s")

    monkeypatch.setattr(build_runner, "_build", silent)
    nothing: Any = None
    with pytest.raises(PhaseFailed, match="not within 90 s") as told:
        build_runner.build(nothing, nothing, Progress(StringIO()), admits=admits)
    hint = "admits 203.0.113.9/32 only: if you come from another address now, repeat ./kfs up"
    assert (hint in str(told.value)) == bool(admits)


@pytest.mark.parametrize("answer", ["", "2001:db8::7", "<html>a proxy</html>"])
def test_a_range_may_be_named_where_the_address_cannot_be_learned(
    monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(platforms.DIRECT, "open", Answers(answer))
    with pytest.raises(UserError, match=r"does not tell which IPv4 address .* KFS_ALLOWED_CIDR="):
        platforms.site(Settings(platform="aws"))
    monkeypatch.setenv("KFS_ALLOWED_CIDR", "203.0.113.0/24")
    assert platforms.site(Settings(platform="aws")).allowed_cidr == "203.0.113.0/24"
