"""Further clusters: how many, whose they are, and that they go whatever happens."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures import commands
from fixtures.plugin import extra_clusters
from infra.errors import NotJudged
from infra.lifecycle import state_dir
from infra.settings import Settings


def settings(tmp_path: Path, clusters: Any = 3) -> Settings:
    return Settings(cluster_id="x", clusters=clusters, state_root=tmp_path)


@pytest.mark.parametrize(("gib", "fit"), [(4, 1), (13, 1), (14, 2), (24, 3), (64, 3)])
def test_as_many_as_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gib: int, fit: int
) -> None:
    monkeypatch.setattr(extra_clusters, "memory", lambda: gib << 30)
    monkeypatch.setattr(extra_clusters.os, "cpu_count", lambda: 3)
    assert extra_clusters.count(settings(tmp_path, "auto")) == fit
    assert extra_clusters.count(settings(tmp_path, 2)) == 2


def test_they_are_named_after_the_first(tmp_path: Path) -> None:
    assert extra_clusters.names(settings(tmp_path)) == ["x-2", "x-3"]
    assert extra_clusters.names(settings(tmp_path, 1)) == []


def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> pytest.Config:
    monkeypatch.setattr(extra_clusters, "as_given", lambda _: settings(tmp_path))
    return cast("pytest.Config", SimpleNamespace(option=SimpleNamespace(numprocesses=workers)))


def test_the_last_workers_have_one_each_and_one_that_replaces_them_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = config(tmp_path, monkeypatch, 5)
    told = []
    for number in range(6):
        gateway = SimpleNamespace(id=f"gw{number}")
        node = SimpleNamespace(config=given, gateway=gateway, workerinput={})
        extra_clusters.pytest_configure_node(node)
        told.append(node.workerinput.get(extra_clusters.CLUSTER))
    assert told == [None, None, None, "x-2", "x-3", None]


@pytest.mark.parametrize("workers", [0, 2])
def test_more_clusters_than_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    session = SimpleNamespace(config=config(tmp_path, monkeypatch, workers))
    with pytest.raises(pytest.UsageError, match="--clusters 3 needs -n 3 or more, or -n auto"):
        extra_clusters.pytest_sessionstart(cast("Any", session))


@pytest.mark.parametrize(
    ("characters", "outcome"),
    [
        (29, nullcontext()),
        (30, pytest.raises(pytest.UsageError, match="--cluster-id may have 29 characters")),
    ],
)
def test_an_id_too_long_for_further_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, characters: int, outcome: Any
) -> None:
    long = settings(tmp_path).model_copy(update={"cluster_id": "x" * characters})
    session = SimpleNamespace(config=config(tmp_path, monkeypatch, 4))
    monkeypatch.setattr(extra_clusters, "as_given", lambda _: long)
    with outcome:
        extra_clusters.pytest_sessionstart(cast("Any", session))


def test_it_is_removed_before_and_after_even_when_it_cannot_be_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def run(argv: list[str]) -> None:
        done.append(argv[3])
        if argv[3] == "up" and "ill" in argv:
            raise NotJudged("cluster ill: up failed")

    monkeypatch.setattr(extra_clusters, "run", run)
    with extra_clusters.built(settings(tmp_path)):
        done.append("judged")
    assert done == ["down", "up", "judged", "down"]
    done.clear()
    ill = settings(tmp_path).model_copy(update={"cluster_id": "ill"})
    with pytest.raises(NotJudged, match="up failed"), extra_clusters.built(ill):
        done.append("judged")
    assert done == ["down", "up", "down"]


def test_a_build_that_fails_says_what_the_command_said(tmp_path: Path) -> None:
    argv = commands.infra("nonsense", settings(tmp_path))
    with pytest.raises(
        NotJudged, match=r"^python -m infra nonsense .*--cluster-id x: .*No such command"
    ):
        extra_clusters.run(argv)


def test_it_is_of_the_version_that_the_run_is_of(tmp_path: Path) -> None:
    argv = commands.up(settings(tmp_path).model_copy(update={"kubernetes": "v1.36.9"}))
    assert argv[-2:] == ["--kubernetes", "v1.36.9"]


def test_what_a_killed_worker_left_goes_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[str] = []
    monkeypatch.setattr(extra_clusters, "run", lambda argv: gone.append(f"{argv[3]} {argv[-1]}"))
    (tmp_path / "x-3").mkdir()
    extra_clusters.remove_left(settings(tmp_path))
    assert gone == ["down x-3"]


def test_a_cluster_that_a_killed_worker_still_holds_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x-2").mkdir()
    monkeypatch.setattr(extra_clusters, "run", lambda _: None)
    with state_dir.held(tmp_path / "x-2", "a pytest run"):
        monkeypatch.setattr(extra_clusters, "WORKER_GONE", 0.01)
        with pytest.raises(NotJudged, match="the worker that used cluster x-2 has let it go"):
            extra_clusters.remove_left(settings(tmp_path))
    assert not state_dir.is_held(tmp_path / "x-2")
    extra_clusters.remove_left(settings(tmp_path))
