"""The model of a run takes scenarios as the scheduler gives them."""

from pathlib import Path

import pytest

from fixtures.turns.order import Task
from infra.footprints.footprint import of_tags
from infra.report import stored_run
from infra.report.model import Scenario
from tests import run_model


def task(name: str, *tags: str, seconds: float, group: str = "") -> Task:
    return Task(name, group or name, of_tags(tags), seconds)


def wall(*tasks: Task, clusters: int = 1, overlap: bool = True) -> float:
    return run_model.modelled(tasks, clusters=clusters, overlap=overlap).wall


def test_who_needs_other_things_runs_side_by_side() -> None:
    pair = task("a", "changes_worker_0", seconds=60), task("b", "changes_worker_1", seconds=40)
    assert wall(*pair) == 60
    assert wall(*pair, overlap=False) == 100
    same = task("c", "changes_worker_0", seconds=30)
    assert wall(*pair, same) == 90


def test_who_is_alone_waits_for_all_of_its_cluster() -> None:
    alone = task("a", "changes_etcd", seconds=200)
    beside = task("b", seconds=100), task("c", "ignores_workers", seconds=50)
    assert wall(alone, *beside) == 300
    assert wall(alone, *beside, clusters=2) == run_model.BUILD + 200


def test_a_group_runs_in_order_on_one_process() -> None:
    tasks = [task(name, "changes_ebs_driver", seconds=10, group="driver") for name in "ab"]
    run = run_model.modelled([*tasks, task("c", seconds=5)], clusters=1, overlap=True)
    spans = {one.id: (begin, end) for _, one, begin, end in run.spans}
    assert spans["b"][0] == spans["a"][1]
    assert run.busy == pytest.approx(25 / (20 * run.processes))


def test_the_next_of_a_group_has_its_turn_before_what_is_not_given_out_yet() -> None:
    """Its lock is first come, first served, and the scheduler knows what it waits for."""
    first = task("first", "changes_ebs_driver", seconds=10, group="driver")
    alone = task("alone", "changes_ebs_driver", "changes_etcd", seconds=10, group="driver")
    long, short = task("long", seconds=30), task("short", seconds=5)
    run = run_model.Run([first, alone, long, short], clusters=1, workers=2).to_its_end()
    spans = {one.id: (begin, end) for _, one, begin, end in run.spans}
    assert spans == {"first": (0, 10), "long": (0, 30), "alone": (30, 40), "short": (40, 45)}


@pytest.mark.parametrize("clusters", [1, 2])
def test_who_uses_the_driver_is_through_before_those_that_are_alone(clusters: int) -> None:
    """Those that share it first and side by side, then who changes it, beside others."""
    tasks = list(run_model.tasks_of(run_model.FEATURES, {}, "v1.36.5"))
    spans = run_model.modelled(tasks, clusters=clusters, overlap=True).spans
    first = [(one, begin, end) for cluster, one, begin, end in spans if cluster == 0]
    users = [(one.disturbs, begin, end) for one, begin, end in first if one.driver]
    used_until = max(end for *_, end in users)
    alone = [begin for one, begin, _ in first if one.is_alone and not one.driver]
    assert used_until < min(alone, default=max(end for *_, end in first))
    shared_until = max(end for changes, _, end in users if not changes)
    assert shared_until <= min(begin for changes, begin, _ in users if changes)
    beside = [
        begin for one, begin, _ in first if not one.driver and shared_until < begin < used_until
    ]
    assert len(beside) > 10


def test_every_scenario_of_the_features_runs_once() -> None:
    tasks = list(run_model.tasks_of(run_model.FEATURES, {}, "v1.36.5"))
    run = run_model.modelled(tasks, clusters=2, overlap=True)
    assert sorted(one.id for _, one, *_ in run.spans) == sorted(one.id for one in tasks)
    before = run_model.modelled(tasks, clusters=2, overlap=False)
    assert run.wall < before.wall


def test_durations_come_from_a_runs_records(tmp_path: Path) -> None:
    ran = Scenario("x::y", "A worker is drained [worker-0]", started=100.0, ended=142.0)
    path = tmp_path / "1.36" / "a run" / stored_run.RECORDS
    path.parent.mkdir(parents=True)
    path.write_bytes(stored_run.LIST.dump_json([ran]))
    assert run_model.recorded(tmp_path) == {"A worker is drained": 42.0}
