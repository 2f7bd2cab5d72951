"""A cluster that was given up on: what comes later is not judged at once, until it is mended."""

from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures import cluster as clusters
from fixtures.plugin import broken_cluster, lanes
from fixtures.worlds import faults
from fixtures.worlds.fault_types import Stopped
from infra.errors import ClusterBroken, NotJudged
from infra.footprints.footprint import of_tags
from infra.footprints.held_resources import ALL, Need, choose
from infra.lifecycle import state_dir
from infra.settings import Settings
from tests.unit.plugin.lanes_project import CONFTEST
from tests.unit.plugin.marked import marked
from tests.unit.report_project import folder_of, make, outcomes, records, run

FEATURE = """
@article_63
Feature: Backing up etcd
  A backup that restores.

  @claim_63_1 @changes_etcd
  Rule: Three members are healthy

    Scenario: one that breaks the cluster
      Then a node is gone

  @claim_63_2 @changes_etcd
  Rule: One member may be lost

    Scenario: one that comes after
      Then it is healthy

  @claim_63_3 @changes_etcd
  Rule: A snapshot is private

    Scenario: one more
      Then it is healthy
"""
STEPS = """
from pytest_bdd import scenarios, then

scenarios("../features")

@then("a node is gone")
def gone(cluster):
    (cluster.state / "node is gone").touch()

@then("it is healthy")
def healthy():
    pass
"""
CAUSE = "the cluster is not healthy: node worker-0 is not Ready"


@pytest.mark.parametrize("way", [("-p", "no:xdist"), ("-n", "1")])
def test_what_comes_later_is_not_judged_for_the_first_cause(
    tmp_path: Path, way: tuple[str, ...]
) -> None:
    project = make(tmp_path, conftest=CONFTEST, feature=FEATURE, steps=STEPS)
    assert run(project, "-p", "no:xdist", "-k", "breaks").returncode == 1
    (place,) = (project / "state").glob("*/looked")
    place.unlink()
    folder = folder_of(project)
    assert outcomes(folder)["63.1"] == ("holds", "")
    assert records(folder)["after one that breaks the cluster"]["reason"] == CAUSE
    (project / "reports").rename(project / "earlier")
    assert run(project, *way, "-k", "not breaks").returncode == 1
    found = outcomes(folder_of(project))
    assert found["63.2"] == found["63.3"] == ("not judged", CAUSE)
    assert place.read_text() == "0", "nobody looks at the cluster again"


def test_the_first_cause_stays_until_the_cluster_is_mended(tmp_path: Path) -> None:
    one = of_state(tmp_path)
    for cause in ("etcd is gone", "the node is gone"):
        with pytest.raises(ClusterBroken, match=cause), broken_cluster.remembered(one):
            raise ClusterBroken(cause)
    with pytest.raises(ClusterBroken, match="etcd is gone"):
        broken_cluster.must_not_be(tmp_path)
    state_dir.mended(tmp_path)
    broken_cluster.must_not_be(tmp_path)


def of_state(state: Path) -> Any:
    return SimpleNamespace(state=state)


def gives_up(state: Path, need: Need, monkeypatch: pytest.MonkeyPatch, *, rest: str = "") -> None:
    """Of a scenario that holds ``need``; ``rest`` is what is wrong without its workers."""
    monkeypatch.setattr(broken_cluster, "in_sight", lambda cluster, _: cluster)
    monkeypatch.setattr("infra.lifecycle.gate.problems", lambda _: [rest] if rest else [])
    with pytest.raises(ClusterBroken), broken_cluster.remembered(of_state(state), need):
        raise ClusterBroken("worker-1 is not Ready")


OWN = Need(exclusive=frozenset({"worker-1"}))
OTHER = Need(shared=frozenset({"worker-0"}))


def test_a_broken_worker_closes_itself_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gives_up(tmp_path, OWN, monkeypatch)
    broken_cluster.must_not_be(tmp_path, OTHER)
    for need in (OWN, Need(shared=frozenset({"worker-0", "worker-1"})), ALL):
        with pytest.raises(ClusterBroken, match="worker-1 is not Ready"):
            broken_cluster.must_not_be(tmp_path, need)
    whichever = of_tags(["changes_a_worker"])
    avoided = [broken_cluster.closed(tmp_path)]
    assert choose(whichever, avoided).own_worker == "worker-0"
    assert choose(of_tags([]), avoided).own_worker == "worker-0"


@pytest.mark.parametrize(
    ("need", "rest"),
    [
        (OWN, "etcd: 2 of 3 members answer"),
        (Need(exclusive=frozenset({"worker-1", "nodes' readiness"})), ""),
        (Need(exclusive=frozenset({"EBS driver"})), ""),
    ],
    ids=["more is broken", "it was alone", "no worker"],
)
def test_what_may_be_broken_elsewhere_closes_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, need: Need, rest: str
) -> None:
    gives_up(tmp_path, need, monkeypatch, rest=rest)
    with pytest.raises(ClusterBroken, match="worker-1 is not Ready"):
        broken_cluster.must_not_be(tmp_path, OTHER)


def test_other_errors_break_no_cluster(tmp_path: Path) -> None:
    with pytest.raises(NotJudged), broken_cluster.remembered(of_state(tmp_path)):
        raise NotJudged("a Pod stays")
    broken_cluster.must_not_be(tmp_path)


def test_a_parallel_scenario_is_told_too(tmp_path: Path) -> None:
    settings = Settings(cluster_id="x", state_root=tmp_path)
    settings.state.mkdir()
    state_dir.give_up(settings.state, "etcd is gone")
    values = {"settings": settings, "cluster": SimpleNamespace(is_ours=True)}
    request: Any = SimpleNamespace(node=marked(), getfixturevalue=values.get)
    with pytest.raises(ClusterBroken, match="etcd is gone"), lanes.turn(request):
        pass


def test_further_clusters_are_others(tmp_path: Path) -> None:
    first = Settings(cluster_id="x", state_root=tmp_path)
    (further,) = first.further(2)
    for one in (first, further):
        one.state.mkdir()
    state_dir.give_up(further.state, "etcd is gone")
    broken_cluster.must_not_be(first.state)


def test_an_undoing_that_is_ended_early_leaves_a_broken_cluster(tmp_path: Path) -> None:
    faults.write(tmp_path, [Stopped("controller-0", "etcd")])
    told = "etcd on controller-0 was stopped and is not undone: timed out"
    with pytest.raises(ClusterBroken, match=told), faults.unfinished(tmp_path):
        raise pytest.fail.Exception("timed out after 1 s")
    faults.write(tmp_path, [])
    with pytest.raises(pytest.fail.Exception), faults.unfinished(tmp_path):
        raise pytest.fail.Exception("timed out after 1 s")


def test_a_run_that_repairs_the_cluster_takes_it_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(cluster_id="x", state_root=tmp_path)
    settings.state.mkdir()
    state_dir.give_up(settings.state, "etcd is gone")
    attached: Any = SimpleNamespace(
        api=None, state=settings.state, close=lambda: None, is_ours=True
    )
    monkeypatch.setattr("infra.lifecycle.cluster_lifecycle.attach", lambda _: attached)
    monkeypatch.setattr("fixtures.repairs.REGISTERED", [])
    monkeypatch.setattr("infra.lifecycle.capabilities.lacks", lambda _: {})
    monkeypatch.setattr("infra.lifecycle.gate.gate", ill)
    with pytest.raises(ClusterBroken):
        clusters.repair(settings)
    assert state_dir.given_up(settings.state) == [("etcd is gone", frozenset())]
    monkeypatch.setattr("infra.lifecycle.gate.gate", lambda *_, **__: None)
    clusters.repair(settings)
    assert state_dir.given_up(settings.state) == []


def ill(*_: object, deep: bool) -> None:
    raise ClusterBroken("etcd is still gone")


@pytest.mark.parametrize(("found", "deep"), [(None, False), ({"id": "x"}, True)])
def test_a_cluster_that_was_built_from_nothing_has_passed_the_deep_gate_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: dict[str, str] | None, *, deep: bool
) -> None:
    """`up` passes the deep gate of a new cluster only; one that it mends was another's, too."""
    settings = Settings(cluster_id="x", state_root=tmp_path)
    gates: list[bool] = []
    built: Any = SimpleNamespace(
        stash={clusters.HOLDING: ExitStack()}, getoption=lambda _: False, add_cleanup=lambda _: None
    )
    monkeypatch.setattr(state_dir, "read", lambda _: found)
    monkeypatch.setattr(clusters, "ensure", lambda _: None)
    monkeypatch.setattr(clusters, "usable", lambda _: False)
    monkeypatch.setattr(clusters, "lease_own", lambda *_, **__: None)
    monkeypatch.setattr(clusters, "repair", lambda _, *, deep: gates.append(deep))
    clusters.ensure_and_hold(built, settings)
    assert gates == [deep]
    built.stash[clusters.HOLDING].close()
