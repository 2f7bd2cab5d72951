"""A local EC2 keeps the temper of its first ``up``, and who contradicts it is told."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra import ec2
from infra.ec2.api import is_amazons
from infra.errors import UserError
from infra.inventory import series
from infra.lifecycle import platforms
from infra.localec2 import service, temper
from infra.localec2.service import Endpoint
from infra.progress import Progress
from infra.settings import Settings

BARE: Mapping[str, Any] = {"kernel": "/k", "image": "/i"}
"""As it was written before there was a temper."""


def test_the_first_up_decides() -> None:
    assert temper.seed(None, None, None) is None
    assert temper.seed(None, 4, None) is None
    assert temper.seed("aws", 4, None) == 4
    assert temper.seed("aws", 0, None) == 0
    assert temper.seed("aws", None, None) in range(temper.SEEDS)


def test_who_says_nothing_has_it_as_it_was_made() -> None:
    assert temper.seed(None, None, BARE) is None
    assert temper.seed(None, None, {temper.SEED: 4}) == 4
    assert temper.seed("aws", None, {temper.SEED: 4}) == 4
    assert temper.seed("aws", 4, {temper.SEED: 4}) == 4


@pytest.mark.parametrize(
    ("made_of", "chosen", "was"),
    [
        (BARE, None, "without KFS_LOCAL_TEMPER"),
        ({temper.SEED: None}, 4, "without KFS_LOCAL_TEMPER"),
        ({temper.SEED: 0}, 4, "with KFS_LOCAL_TEMPER_SEED=0"),
    ],
)
def test_a_contradiction_is_told(made_of: Mapping[str, Any], chosen: int | None, was: str) -> None:
    with pytest.raises(UserError, match=f"the local EC2 was made {was}, .*: ./kfs down$"):
        temper.seed("aws", chosen, made_of)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """Seeds with which a local EC2 was started, or found."""
    seeds: list[int | None] = []

    def start(*_: object, temper_seed: int | None, **__: object) -> Endpoint:
        seeds.append(temper_seed)
        return Endpoint("http://127.0.0.1:9", "kfs-test")

    monkeypatch.setattr(service, "start_or_find", start)
    monkeypatch.setattr(service, "enter", lambda _: None)
    monkeypatch.setattr(platforms, "make", lambda *_: dict(BARE))
    return seeds


def opened(root: Path, **given: Any) -> tuple[platforms.Site, str]:
    """As ``up`` opens it; and what it says."""
    settings = Settings(state_root=root, **given)
    settings.state.mkdir(exist_ok=True)
    said = io.StringIO()
    nothing: Any = SimpleNamespace()
    return platforms.open_site(settings, nothing, nothing, Progress(said)), said.getvalue()


def test_up_tells_the_seed_and_reaches_machines_as_on_aws(
    tmp_path: Path, started: list[int | None]
) -> None:
    site, said = opened(tmp_path, local_temper="aws", local_temper_seed=7)
    assert "seed 7 (again: KFS_LOCAL_TEMPER=aws KFS_LOCAL_TEMPER_SEED=7)" in said
    settings = Settings(state_root=tmp_path)
    client = site.client(settings)
    assert (site.public, is_amazons(client), is_amazons(site.iam(settings))) == (True, True, True)
    spec = series("series", kubernetes="v1.36.1", platform="local")
    found = platforms.instances(settings, spec)
    assert (found.public, is_amazons(found.client)) == (True, True)
    assert is_amazons(platforms.aws(settings).ec2)
    assert set(started) == {7}


def test_without_the_setting_nothing_differs(tmp_path: Path, started: list[int | None]) -> None:
    site, said = opened(tmp_path)
    assert (site.public, site.admits, "seed" in said) == (False, "", False)
    assert json.loads((tmp_path / "series" / platforms.MADE_OF).read_text())[temper.SEED] is None
    settings = Settings(state_root=tmp_path)
    plain: Any = ec2.client("http://127.0.0.1:9", "ap-southeast-1")
    ours: Any = site.client(settings).meta.config
    assert ours.user_agent_extra == plain.meta.config.user_agent_extra
    assert ours.retries == plain.meta.config.retries
    assert set(started) == {None}


@pytest.mark.parametrize(("seed", "words"), [(None, []), (0, ["--temper-seed", "0"])])
def test_the_daemon_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int | None, words: list[str]
) -> None:
    options: list[str] = []
    monkeypatch.setattr(service, "daemon_of", lambda _: None)
    monkeypatch.setattr(service.max_map_count, "ensure", lambda: False)
    monkeypatch.setattr(service, "_start", lambda _, given: options.extend(given))
    service.start_or_find(tmp_path, kernel=Path("/k"), image=Path("/i"), temper_seed=seed)
    assert options == [
        "--kernel", "/k", "--image", "/i", "--region", "ap-southeast-1", *words
    ]  # fmt: skip
