"""Who may run beside whom, and which worker a scenario is given."""

import pytest

from infra.footprints.footprint import of_tags
from infra.footprints.held_resources import ALL, Need, choices, choose

NOTHING: list[Need] = []


def need(*tags: str, ahead: list[Need] = NOTHING) -> Need:
    return choose(of_tags(tags), ahead)


@pytest.mark.parametrize(
    ("one", "other", "beside"),
    [
        ([], [], True),
        (["changes_worker_0"], ["changes_worker_1"], True),
        (["changes_worker_0"], ["changes_worker_0"], False),
        (["changes_worker_0"], ["relies_on_every_worker"], False),
        (["changes_worker_0"], ["ignores_workers"], True),
        (["changes_every_worker"], ["ignores_workers"], True),
        (["changes_every_worker"], [], False),
        (["changes_managers"], ["ignores_workers"], False),
        (["changes_an_api_server"], [], False),
        (["changes_a_member"], ["changes_schedulers"], False),
        (["changes_nodes_readiness"], ["ignores_workers"], False),
        (["changes_ebs_driver"], ["relies_on_ebs_driver"], False),
        (["changes_ebs_driver"], [], True),
        (["relies_on_cluster_scoped_flow_control"], ["changes_worker_0"], True),
        (["changes_cluster_scoped_devices"], ["changes_cluster_scoped_devices"], False),
    ],
)
def test_who_may_run_beside_whom(one: list[str], other: list[str], *, beside: bool) -> None:
    first = need(*one)
    assert (not first.conflicts(need(*other, ahead=[first]))) == beside
    second = need(*other)
    assert (not second.conflicts(need(*one, ahead=[second]))) == beside, "and the other way round"


def test_who_takes_a_worker_takes_one_that_is_free() -> None:
    first = need("changes_a_worker")
    second = need("changes_a_worker", ahead=[first])
    assert {first.own_worker, second.own_worker} == {"worker-0", "worker-1"}
    assert not first.conflicts(second)
    third = need("changes_a_worker", ahead=[first, second])
    assert third.conflicts(first) or third.conflicts(second)


def test_pods_of_who_names_no_worker_run_where_nobody_has_taken_it() -> None:
    taken = need("changes_worker_1")
    beside = need(ahead=[taken])
    assert beside.own_worker == "worker-0"
    assert not beside.conflicts(taken)


def test_who_names_no_worker_is_where_there_are_fewest() -> None:
    first = need()
    assert need(ahead=[first]).own_worker != first.own_worker


def test_who_takes_one_and_compares_it_with_the_others_shares_those() -> None:
    mixed = need("changes_a_worker", "relies_on_every_worker")
    assert mixed.own_worker == "worker-0"
    assert "worker-1" in mixed.shared
    assert mixed.conflicts(need("changes_worker_1"))
    assert not mixed.conflicts(need(ahead=[mixed]))


def test_pods_of_who_holds_both_workers_may_run_anywhere() -> None:
    assert need("relies_on_every_worker").own_worker == ""
    assert need("changes_every_worker").own_worker == ""
    assert need("ignores_workers").own_worker == ""
    assert need("changes_worker_1").own_worker == "worker-1"
    assert need("changes_managers").own_worker == "", "nobody else is there"
    assert need("changes_a_worker", "changes_nodes_readiness").own_worker == "worker-0"


def test_nobody_is_beside_who_holds_all() -> None:
    assert all(ALL.conflicts(one) for one in choices(of_tags(["ignores_workers"])))
