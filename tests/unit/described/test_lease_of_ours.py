"""A kept cluster of ours has one run at a time, by whatever means they attach to it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures import cluster as clusters
from fixtures import existing
from infra.described import lease
from infra.errors import ClusterLocked
from infra.lifecycle import cluster_lifecycle, state_dir
from infra.settings import Settings
from tests.unit.described.test_lease import Server, of_others


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Server:
    """The cluster's, for whoever attaches."""
    server = Server()

    def attach(settings: Settings) -> Any:
        return SimpleNamespace(
            api=server, state=settings.state, has_means=lambda _: True, close=lambda: None
        )

    monkeypatch.setattr(cluster_lifecycle, "attach", attach)
    return server


def built(root: Path) -> Settings:
    settings = Settings(state_root=root, cluster_id="series")
    settings.state.mkdir()
    state_dir.write(settings.state, {"id": "series"})
    return settings


def config() -> Any:
    return SimpleNamespace(stash={clusters.HOLDING: ExitStack()})


@contextmanager
def another_process() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lease, "identity", lambda: "me@here, pid 1")
        yield


def described(root: Path) -> Any:
    """The same cluster as a my.toml has it: with another state directory."""
    settings = Settings(state_root=root, cluster_id="mine", platform="existing")
    settings.state.mkdir()
    return existing.leased(cluster_lifecycle.attach(settings))


def test_a_run_on_ours_keeps_out_who_attached_by_a_my_toml(tmp_path: Path, api: Server) -> None:
    run, settings = config(), built(tmp_path)
    clusters.lease_own(run, settings)
    clusters.lease_own(run, settings, last=True)  # it has it already
    with (
        pytest.raises(ClusterLocked, match=r"is judged by .* now"),
        another_process(),
        described(tmp_path),
    ):
        pass
    run.stash[clusters.HOLDING].close()
    assert api.kept is None


def test_a_run_by_a_my_toml_keeps_out_one_on_ours(tmp_path: Path, api: Server) -> None:
    with (
        described(tmp_path),
        another_process(),
        pytest.raises(pytest.UsageError, match="is judged by"),
    ):
        clusters.lease_own(config(), built(tmp_path))


def test_a_killed_run_does_not_keep_out_the_next_one_of_its_state_directory(
    tmp_path: Path, api: Server
) -> None:
    """Which one process has at a time: the holder that it names has ended."""
    settings, of = built(tmp_path), of_others(5)
    api.kept = of
    with pytest.raises(pytest.UsageError, match="judged by you@there"):
        clusters.lease_own(config(), settings)
    (settings.state / lease.RECORD).write_text("you@there")
    run = config()
    clusters.lease_own(run, settings)
    assert api.kept["spec"]["holderIdentity"] == lease.identity()
    assert (settings.state / lease.RECORD).read_text() == lease.identity()
    run.stash[clusters.HOLDING].close()


def test_what_gives_no_lease_is_mended_first(
    tmp_path: Path, api: Server, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    run, settings = config(), built(tmp_path)
    api.refuses = "POST"
    clusters.lease_own(run, settings)
    assert capsys.readouterr().err == ""
    clusters.lease_own(run, settings, last=True)
    assert "gives no Lease, which keeps other runs out" in capsys.readouterr().err
    api.refuses = ""
    clusters.lease_own(run, settings, last=True)
    assert run.stash[clusters.LEASED]
    run.stash[clusters.HOLDING].close()


def test_one_that_is_not_built_yet_has_none(tmp_path: Path, api: Server) -> None:
    clusters.lease_own(config(), Settings(state_root=tmp_path, cluster_id="series"))
    assert api.asked == []


@pytest.mark.parametrize("usable", [True, False])
def test_it_is_taken_before_anything_is_mended_and_after_it_was_built_anew(
    tmp_path: Path, api: Server, monkeypatch: pytest.MonkeyPatch, *, usable: bool
) -> None:
    settings, held = built(tmp_path), list[bool]()
    run: Any = SimpleNamespace(stash={}, getoption=lambda _: False, add_cleanup=lambda _: None)

    def repaired(*_: object, **__: object) -> bool:
        held.append(api.kept is not None)
        return usable

    def ensure(_: Settings) -> None:
        assert api.kept is None, "`up` may remove what holds it"

    monkeypatch.setattr(clusters, "usable", repaired)
    monkeypatch.setattr(clusters, "repair", repaired)
    monkeypatch.setattr(clusters, "ensure", ensure)
    clusters.ensure_and_hold(run, settings)
    assert held == ([True] if usable else [True, True])
    assert api.kept is not None
    run.stash[clusters.HOLDING].close()
    assert api.kept is None
