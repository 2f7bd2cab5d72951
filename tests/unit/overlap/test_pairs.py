"""Pairs of footprints: which may overlap, which did, and which scenarios show the rest."""

import random
from itertools import combinations

from fixtures.turns.order import Task
from infra.footprints.footprint import of_tags
from infra.report.model import Scenario
from infra.report.outcomes import Outcome
from tests.overlap import pairs
from tests.overlap.pairs import Pair

A_WORKER, ANY, BOTH = "changes_a_worker", "", "relies_on_every_worker"
MANAGERS, DRIVER = "changes_managers", "changes_ebs_driver"


def task(name: str, *tags: str) -> Task:
    return Task(name, group=name, footprint=of_tags([tag for tag in tags if tag]))


def pair(one: str, other: str) -> Pair:
    return frozenset(of_tags([tag] if tag else []) for tag in (one, other))


def scenario(name: str, tag: str, started: float, ended: float, **more: object) -> Scenario:
    made = Scenario(name, name, tags=[tag] if tag else [], started=started, ended=ended)
    made.outcome = Outcome.HOLDS
    for key, value in more.items():
        setattr(made, key, value)
    return made


def test_who_may_overlap() -> None:
    tasks = [task("a", A_WORKER), task("b", A_WORKER), task("c", ANY), task("d", BOTH)]
    tasks += [task("e", MANAGERS), task("f", ANY)]
    assert pairs.wanted(tasks) == {pair(A_WORKER, A_WORKER), pair(A_WORKER, ANY)}, (
        "not both workers beside one that is changed, nobody beside managers that stop, and "
        "nobody who changes nothing beside another who does not"
    )


def test_a_footprint_of_one_scenario_is_no_pair_with_itself() -> None:
    assert not pairs.wanted([task("a", A_WORKER)])


def test_what_one_process_runs_in_order_is_no_pair() -> None:
    assert not pairs.wanted([task("a", DRIVER), task("b", DRIVER)])


def test_what_ran_at_the_same_time_on_one_cluster_was_seen() -> None:
    first = scenario("a", A_WORKER, 10, 20)
    found = list(pairs.seen([first, scenario("b", ANY, 15, 16), scenario("c", ANY, 19.5, 40)]))
    assert [one.ids for one in found] == [("a", "b")], "half a second is too short"
    assert found[0].pair == pair(A_WORKER, ANY)
    assert not found[0].red
    assert not list(pairs.seen([scenario("a", BOTH, 10, 20), scenario("b", ANY, 10, 20)])), (
        "neither changes anything"
    )
    elsewhere = scenario("b", ANY, 10, 20, cluster="series-2")
    not_run = scenario("c", ANY, 0, 0)
    assert not list(pairs.seen([first, elsewhere, not_run]))


def test_a_pair_of_which_one_failed_is_red() -> None:
    failed = scenario("b", ANY, 10, 20, outcome=Outcome.FALSE)
    (found,) = pairs.seen([scenario("a", A_WORKER, 10, 20), failed])
    assert found.red == ("b",)


def test_groups_show_every_pair_and_may_all_run() -> None:
    tasks = [task(f"{n}{tag}", tag) for tag in (A_WORKER, ANY, BOTH, DRIVER) for n in range(3)]
    left = pairs.wanted(tasks)
    made = list(pairs.groups(left, tasks, random.Random(1)))
    shown = {frozenset((a.footprint, b.footprint)) for g in made for a, b in combinations(g, 2)}
    assert left <= shown
    assert all(2 <= len(group) <= pairs.SIZE for group in made)
    assert made == list(pairs.groups(left, tasks, random.Random(1))), "drawn by the seed alone"


def test_a_pair_is_told_as_its_tags_say_it() -> None:
    assert pairs.told(pair(A_WORKER, ANY)) == "changes a_worker | relies on what all rely on"
    assert pairs.told(pair(A_WORKER, A_WORKER)) == "changes a_worker | changes a_worker"
