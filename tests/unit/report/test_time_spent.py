"""The critical path of a run, its idle processes and cores, and its waits for locks."""

from dataclasses import replace

import pytest

from infra.footprints.locks import LockWait
from infra.report.model import Scenario
from infra.report.run_time import critical_path, held, idle_processes, occupancy, time_spent
from tests.unit.report.sample_run import circumstances


def ran(name: str, start: float, end: float, worker: str = "gw0", *, alone: str = "") -> Scenario:
    """It has that resource alone, and shares etcd with all."""
    return Scenario(
        name,
        name,
        started=1000.0 + start,
        ended=1000.0 + end,
        worker=worker,
        held_alone=[alone] if alone else [],
        held_shared=[] if alone == "etcd" else ["etcd"],
    )


def names(path: list[critical_path.Link]) -> list[tuple[str, tuple[str, ...]]]:
    return [(link.scenario.name, link.causes) for link in path]


def test_the_path_goes_back_by_who_was_in_the_way() -> None:
    scenarios = [
        ran("short", 0, 10, "gw1"),
        ran("first", 0, 60, alone="worker-0"),
        ran("beside", 10, 50, "gw1", alone="worker-1"),
        ran("second", 61, 100, "gw1", alone="worker-0"),
        ran("last", 100, 130, "gw1"),
        ran("elsewhere", 0, 99, "gw2"),
    ]
    path = critical_path.of(scenarios)
    assert names(path) == [
        ("first", (critical_path.FIRST,)),
        ("second", ("worker-0",)),
        ("last", (critical_path.SAME_PROCESS,)),
    ]
    assert [link.gap for link in path] == [0, 1, 0]
    assert critical_path.by_cause(path) == [
        (critical_path.FIRST, 60),
        ("worker-0", 40),
        (critical_path.SAME_PROCESS, 30),
    ]


def test_a_record_that_ends_just_after_its_turn_is_still_before() -> None:
    pair = [ran("first", 0, 60.9, alone="etcd"), ran("second", 60, 90, "gw1", alone="etcd")]
    assert names(critical_path.of(pair))[-1] == ("second", ("etcd",))
    late = [replace(pair[0], ended=1070.0), pair[1]]
    assert len(critical_path.of(late)) == 1


def test_clusters_do_not_wait_for_each_other() -> None:
    other = replace(ran("other", 0, 60, "gw4", alone="etcd"), cluster="series-2")
    assert names(critical_path.of([other, ran("last", 61, 90, alone="etcd")])) == [
        ("last", (critical_path.FIRST,))
    ]
    assert critical_path.of([]) == []


def test_a_run_from_before_locks_were_recorded_goes_by_its_tags() -> None:
    old = Scenario("i", "n", tags=["changes_managers"])
    assert "managers" in held.need(old).exclusive
    assert held.need(old).is_alone


def test_idle_processes_are_told_by_what_kept_the_next_scenario() -> None:
    scenarios = [
        ran("first", 0, 60, alone="worker-0"),
        ran("short", 0, 20, "gw1"),
        ran("second", 60, 100, "gw1", alone="worker-0"),
    ]
    assert dict(idle_processes.causes(scenarios)) == {
        "worker-0": 40,
        idle_processes.NOTHING_LEFT: 40,
    }
    assert idle_processes.over_time(scenarios) == [
        (1000, 2),
        (1020, 1),
        (1060, 1),
        (1100, 0),
    ]


def test_idleness_without_a_lock_in_the_way_is_told_as_such() -> None:
    apart = [ran("first", 0, 10), ran("second", 15, 30)]
    assert idle_processes.causes(apart) == [(idle_processes.BETWEEN, 5)]
    further = replace(ran("further", 20, 30, "gw4"), cluster="series-2")
    assert (idle_processes.BUILDING, 20) in idle_processes.causes([ran("first", 0, 30), further])
    both = Scenario("x", "x", started=1060, ended=1061, worker="gw1", held_alone=["a", "b"])
    pair = [replace(ran("first", 0, 60, alone="a"), held_shared=["b"]), both]
    assert dict(idle_processes.causes(pair))["a"] == 30, "each of two has its part"


def test_waits_for_locks_add_up_by_resource() -> None:
    waited = ran("first", 0, 60)
    waited.lock_waits = [
        LockWait(("worker-0",), "gw1: x", 3.0),
        LockWait(("worker-0", "etcd"), "gw1: y", 4.0),
    ]
    found = idle_processes.lock_waits([waited, ran("second", 0, 9)])
    assert [(one.resource, one.count, one.seconds, one.longest) for one in found] == [
        ("worker-0", 2, 7, 4),
        ("etcd", 1, 4, 4),
    ]


def test_busy_cores_are_a_part_of_all_until_the_end_or_before_it() -> None:
    run = replace(circumstances(), started=0.0, ended=1000.0, cores=2)
    run.busy_cores[:] = [(350.0, 2.0), (700.0, 2.0), (1000.0, 0.5)]
    assert occupancy.cores(run) == pytest.approx((700 * 2 + 300 * 0.5) / 2000)
    assert occupancy.cores(run, without_end=occupancy.END) == 1
    assert occupancy.cores(replace(run, busy_cores=[])) is None
    assert occupancy.processes([ran("a", 0, 60), ran("b", 0, 30, "gw1")]) == 0.75


def test_the_pictures_show_processes_and_cores_where_they_are_known() -> None:
    run = replace(circumstances(), started=990.0, ended=1100.0, cores=2)
    scenarios = [ran("a", 0, 60), ran("b", 0, 30, "gw1")]
    assert "busy cores" not in occupancy.draw(run, scenarios)
    run.busy_cores[:] = [(1040.0, 1.5), (1100.0, 0.5)]
    assert "processes with a scenario, of 2 up to 2, busy cores, of 2 up to 1.5" in occupancy.draw(
        run, scenarios
    )
    assert occupancy.draw(run, []) == ""


def test_a_path_tells_how_much_of_it_nobody_could_run_beside() -> None:
    run = replace(circumstances(), started=1000.0, ended=1100.0)
    found = time_spent.of(run, [ran("a", 0, 60, alone="etcd"), ran("b", 62, 90)])
    assert (found.path_seconds, found.path_alone) == (90, 60)
    assert found.critical == {"a", "b"}
