"""The state directory says on which platform and in which region its cluster is."""

import json
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures import cluster as session_cluster
from fixtures import options
from infra.artifacts.catalog import load
from infra.errors import UserError
from infra.lifecycle import cluster_identity, cluster_lifecycle, platforms, state_dir
from infra.lifecycle.cluster_identity import Identity
from infra.progress import Progress
from infra.settings import Settings

FAR = Identity("unit", "aws", "eu-west-1", kubernetes=load("1.36").kubernetes)


def settings(tmp_path: Path, **given: Any) -> Settings:
    return Settings(state_root=tmp_path, cluster_id="unit", **given)


@pytest.fixture
def recorded(tmp_path: Path) -> Settings:
    """A state directory of a cluster on AWS in another region than the default one."""
    made = settings(tmp_path, platform="aws", region="eu-west-1")
    state_dir.prepare(made.state)
    assert cluster_identity.ensure(made) == FAR
    return settings(tmp_path)


def test_what_is_recorded_decides_where_nothing_is_given(recorded: Settings) -> None:
    found = cluster_identity.decided(recorded)
    assert (found.platform, found.region) == ("aws", "eu-west-1")
    assert cluster_identity.ensure(recorded) == FAR, "it is written once"


def test_options_decide_where_nothing_is_recorded(tmp_path: Path) -> None:
    given = settings(tmp_path, platform="aws")
    assert cluster_identity.decided(given) == given


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"platform": "local"}, r"has platform aws, not local: leave out --platform \(KFS_PLATF"),
        ({"region": "us-east-1"}, r"has region eu-west-1, not us-east-1: leave out --region"),
        (
            {"kubernetes": "1.37"},
            r"has kubernetes v1.36.\d+, not v1.37.\d+: leave out --kubernetes",
        ),
    ],
)
@pytest.mark.parametrize("verb", ["up", "attach", "down"])
def test_a_contradiction_is_refused_before_anything_is_done(
    recorded: Settings,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    given: dict[str, str],
    told: str,
) -> None:
    def asked(*_: object, **__: object) -> None:
        raise AssertionError("a platform was asked")

    for name in ("require", "remove", "find_local", "open_site"):
        monkeypatch.setattr(platforms, name, asked)
    wrong = settings(recorded.state_root, **given)
    do: dict[str, Any] = {
        "up": lambda: cluster_lifecycle.up(wrong, Progress()),
        "attach": lambda: cluster_lifecycle.attach(wrong),
        "down": lambda: cluster_lifecycle.down(wrong, Progress()),
    }
    with pytest.raises(UserError, match=told):
        do[verb]()
    assert recorded.state.exists()


def test_a_cluster_of_another_minor_is_used_without_naming_it(tmp_path: Path) -> None:
    """By up, kubectl, status and pytest alike: they all ask this."""
    state_dir.prepare(settings(tmp_path).state)
    newer = settings(tmp_path, kubernetes="1.37")
    cluster_identity.ensure(newer)
    assert cluster_identity.decided(settings(tmp_path)).kubernetes == newer.kubernetes
    assert cluster_identity.decided(newer).kubernetes == newer.kubernetes


def test_an_identity_of_an_earlier_checkout_takes_the_version_from_the_record(
    tmp_path: Path,
) -> None:
    where = settings(tmp_path)
    state_dir.prepare(where.state)
    old = {"id": "unit", "platform": "local", "region": "eu-west-1"}
    state_dir.replace(where.state / cluster_identity.FILE, old)
    assert cluster_identity.decided(where).kubernetes == where.kubernetes
    state_dir.write(where.state, {**old, "kubernetes": "v1.36.1"})
    assert cluster_identity.decided(where).kubernetes == "v1.36.1"


@pytest.mark.parametrize("verb", ["up", "attach"])
def test_a_patch_that_is_no_longer_pinned_is_told(tmp_path: Path, verb: str) -> None:
    where = settings(tmp_path)
    state_dir.prepare(where.state)
    record = {"id": "unit", "platform": "local", "region": "eu-west-1", "kubernetes": "v1.36.0"}
    state_dir.write(where.state, record)
    words = "cluster 'unit' runs Kubernetes v1.36.0, which this checkout does not pin: .*kfs down"
    with pytest.raises(UserError, match=words):
        cluster_lifecycle.up(where, Progress()) if verb == "up" else cluster_lifecycle.attach(where)


def test_the_environment_contradicts_as_well_as_an_option(
    recorded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFS_PLATFORM", "local")
    with pytest.raises(UserError, match="has platform aws, not local"):
        cluster_identity.decided(settings(recorded.state_root))


def test_a_run_of_the_suite_goes_by_the_record(
    recorded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFS_STATE_ROOT", str(recorded.state_root))
    config: Any = SimpleNamespace(
        getoption=lambda name, **_: {"--cluster-id": "unit"}.get(name),
    )
    assert options.from_config(config).platform == "aws"
    assert options.as_given(config).platform == "local"
    monkeypatch.setenv("KFS_REGION", "us-east-1")
    with pytest.raises(pytest.UsageError, match="has region eu-west-1, not us-east-1"):
        options.from_config(config)


def test_down_asks_the_recorded_platform_and_region(
    recorded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(
        platforms, "remove", lambda chosen, _: asked.append((chosen.platform, chosen.region))
    )
    cluster_lifecycle.down(recorded, Progress())
    assert asked == [("aws", "eu-west-1")]


def test_a_removal_that_is_cut_short_keeps_the_identity_to_the_last(
    recorded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record alone would be an identity without uuid, and what it builds without an owner."""
    state_dir.write(recorded.state, {name: getattr(FAR, name) for name in ("id", "platform")})

    def killed(_path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(platforms.aws_account, "remove", lambda *_: None)
    monkeypatch.setattr(platforms.shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        cluster_lifecycle.down(recorded, Progress())
    assert cluster_identity.read(recorded.state) == FAR
    assert not (recorded.state / state_dir.RECORD).exists()


def test_a_record_of_an_earlier_version_decides_too(tmp_path: Path) -> None:
    old = settings(tmp_path)
    state_dir.prepare(old.state)
    where = {"id": "unit", "platform": "aws", "region": "eu-west-1"}
    state_dir.write(old.state, {**where, "kubernetes": FAR.kubernetes})
    assert cluster_identity.read(old.state) == FAR
    assert cluster_identity.decided(old).platform == "aws"


@pytest.mark.parametrize("name", [cluster_identity.FILE, state_dir.RECORD])
@pytest.mark.parametrize("text", ["", "{", "5", json.dumps({"id": "unit"})])
def test_a_damaged_one_is_told_and_no_platform_guessed(
    tmp_path: Path, name: str, text: str
) -> None:
    state_dir.prepare(settings(tmp_path).state)
    (settings(tmp_path).state / name).write_text(text)
    with pytest.raises(UserError, match=r"does not say on which platform .* write identity\.json"):
        cluster_identity.decided(settings(tmp_path))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"platform": "local or aws"}, "'local or aws' is none of local, aws"),
        ({"uuid": 5}, "not all of it is text"),
        ({"id": "other"}, "it is of cluster other: a copied directory"),
        ({"id": "unit-2"}, "it is of cluster unit-2: a copied directory"),
        ({"zone": "a"}, "zone is of a newer checkout: use that one"),
    ],
)
def test_an_identity_that_is_not_ours_is_told_and_nothing_done(
    recorded: Settings, wrong: dict[str, object], told: str
) -> None:
    """An unknown platform would be asked as AWS, and of another's id all would be deleted."""
    state_dir.replace(recorded.state / cluster_identity.FILE, asdict(FAR) | wrong)
    with pytest.raises(UserError, match=rf"does not say on which platform .*{told}"):
        cluster_lifecycle.down(recorded, Progress())


def test_a_damaged_record_keeps_nobody_from_removing(recorded: Settings) -> None:
    """Its own message says: remove the cluster with ./kfs down."""
    (recorded.state / state_dir.RECORD).write_text('{"id"')
    assert cluster_identity.decided(recorded).platform == "aws"
    with pytest.raises(UserError, match=r"cluster.json is damaged .*kfs down"):
        cluster_lifecycle.attach(recorded)


@pytest.mark.parametrize(("removal", "status"), [(0, 0), (1, 1)])
def test_a_run_whose_cluster_could_not_be_removed_is_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removal: int, status: int
) -> None:
    never = settings(tmp_path, keep="never")
    monkeypatch.setattr(session_cluster, "from_config", lambda _: never)
    monkeypatch.setattr(
        session_cluster.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=removal)
    )
    stash = {session_cluster.USED: True, session_cluster.HOLDING: ExitStack()}
    session: Any = SimpleNamespace(config=SimpleNamespace(stash=stash), exitstatus=0)
    session_cluster.pytest_sessionfinish(session)
    assert session.exitstatus == status
