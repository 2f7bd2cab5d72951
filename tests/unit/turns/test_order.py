"""What an idle process runs next, and how long it is expected to take."""

from pathlib import Path

import pytest

from fixtures.turns import durations, order
from fixtures.turns.order import Task, next_of
from infra.footprints.footprint import of_tags
from infra.footprints.held_resources import Need
from infra.report.model import Scenario, Step
from infra.report.outcomes import Outcome


def task(*tags: str, seconds: float = 10, patient: bool = False, overlap: bool = True) -> Task:
    name = "-".join(tags) or "plain"
    return Task(f"{name}-{seconds:g}", name, of_tags(tags), seconds, patient, overlap)


PLAIN, LONG = task(), task(seconds=100)
ALONE = task("changes_managers", seconds=60)
DRIVER = task("relies_on_ebs_driver", "relies_on_every_worker", seconds=5)
DRIVER_CHANGES = task("changes_ebs_driver", "relies_on_every_worker", seconds=90)
ON_0, ON_1 = task("changes_worker_0", seconds=30), task("changes_worker_1", seconds=20)
API = task("ignores_workers", seconds=3)


def running(*tasks: Task) -> list[Need]:
    held: list[Need] = []
    for one in tasks:
        held.append(one.need(held))
    return held


@pytest.mark.parametrize(
    ("waiting", "beside", "chosen"),
    [
        ([PLAIN, LONG], [], LONG),
        ([ALONE, PLAIN], [], PLAIN),
        ([LONG, DRIVER], [], DRIVER),
        ([DRIVER_CHANGES, DRIVER, LONG], [], DRIVER),
        ([DRIVER_CHANGES, LONG], [DRIVER], LONG),
        ([DRIVER_CHANGES, LONG], [], DRIVER_CHANGES),
        ([ALONE], [PLAIN], None),
        ([ALONE], [], ALONE),
        ([PLAIN, API], [ALONE], None),
        ([ON_0, ON_1], [ON_0], ON_1),
        ([ON_0], [ON_0], None),
        ([ON_0, PLAIN, API], [ON_0, ON_1], API),
        ([DRIVER, PLAIN], [ON_0], PLAIN),
        ([Task("no scenario")], [ALONE], Task("no scenario")),
    ],
)
def test_the_longest_that_may_run_beside_those_that_do(
    waiting: list[Task], beside: list[Task], chosen: Task | None
) -> None:
    assert next_of(waiting, running(*beside)) == chosen


def test_who_is_alone_is_the_last_of_those_that_change_the_driver() -> None:
    """It led its group, and the scheduler kept the whole group for the end of the run, where six
    that others can run beside ran one after the other beside nobody.
    """
    changes = of_tags(["changes_ebs_driver"])
    alone = of_tags(["changes_ebs_driver", "changes_nodes_readiness"])
    assert order.group_of("x", changes) == order.group_of("y", alone) == order.DRIVER
    assert order.group_of("x", of_tags(["relies_on_ebs_driver"])) == "x"
    places = [order.place_of(one, slow=slow) for one, slow in ((changes, False), (alone, True))]
    assert places == sorted(places)


def test_without_overlap_who_changes_something_is_alone() -> None:
    still = task("changes_worker_0", overlap=False)
    assert next_of([still], running(PLAIN)) is None
    assert next_of([PLAIN, API], running(still)) is None
    assert next_of([still, PLAIN], []) == PLAIN, "and last"


def test_a_further_cluster_spares_the_first_those_that_are_alone() -> None:
    quiet = [ON_0, ALONE]
    assert next_of(quiet, [], further=True) == ALONE
    assert next_of([PLAIN, *quiet], [], further=True) == ALONE
    works = task("changes_an_api_server")
    assert next_of([PLAIN, works], [], further=True) is None, "not beside parallel ones"
    assert next_of([works], [], further=True) == works
    assert next_of([task("changes_ebs_driver")], [], further=True) is None


def test_several_further_clusters_have_only_patient_ones_beside_parallel_ones() -> None:
    patient = task("changes_worker_0", patient=True)
    assert next_of([PLAIN, ON_0, ALONE], [], further=True, clusters=3) is None
    assert next_of([PLAIN, ON_0, patient], [], further=True, clusters=3) == patient
    assert next_of([ON_0, ALONE], [], further=True, clusters=3) == ALONE


def test_a_task_is_told_to_the_scheduler_as_it_is() -> None:
    for one in (PLAIN, ALONE, DRIVER, task(patient=True, overlap=False)):
        assert order.from_json(one.id, one.to_json()) == one


def scenario(text: str, *, lane: str = "parallel", took: float = 0.0) -> Scenario:
    return Scenario(
        f"x::{text}", text, lane=lane, outcome=Outcome.HOLDS,
        started=100.0, ended=100.0 + took, steps=[Step("Then", text)],
    )  # fmt: skip


def test_durations_are_guessed_by_the_words_of_steps() -> None:
    at_once = durations.expected(scenario("a Pod runs"), {})
    waits = durations.expected(scenario("for 60 s the Lease is never older than 5 s"), {})
    assert waits == at_once + 60
    assert at_once < durations.expected(scenario("within 90 s the node is Ready"), {}) < waits
    assert durations.expected(scenario("a Pod runs", lane="disruptive"), {}) > at_once


def test_durations_are_remembered_and_what_failed_is_not(tmp_path: Path) -> None:
    assert durations.load(tmp_path) == {}
    failed = scenario("b", took=900)
    failed.outcome = Outcome.FALSE
    durations.remember(tmp_path, [scenario("a", took=41), failed])
    durations.remember(tmp_path, [scenario("c", took=3)])
    known = durations.load(tmp_path)
    assert known == {"x::a": 41.0, "x::c": 3.0}
    assert durations.expected(scenario("a"), known) == 41.0
    (tmp_path / durations.FILE).write_text("[")
    assert durations.load(tmp_path) == {}
