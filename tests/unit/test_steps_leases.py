"""Every Then about Leases, leaders and what a stop must not touch goes red, and says why."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from infra.clients import bystanders as others
from infra.clients import elections
from infra.clients import leases as lease_client
from infra.clients import masters as clients
from infra.clients.bystanders import Stopped
from infra.clients.control_plane import SLICES, Server
from infra.clients.frozen import Aftermath, Frozen
from infra.clients.journal import Exit
from infra.clients.leases import Change
from infra.clients.masters import LEADS
from infra.errors import ClaimError, LabError
from tests.steps import control_plane, leases, takeovers
from tests.unit.elections_fake import (
    FIRST,
    MANAGER,
    START,
    TAKEN,
    FakeWatch,
    bystanders,
    cluster,
    election,
    holder,
    said,
    unit,
)
from tests.unit.fakes import FakeApi, FakeShell, no_time_passes

ONE = Change(17, TAKEN)
BACK = Change(40, replace(FIRST, transitions=5))
FREE = Change(3, replace(FIRST, holder="", duration=1))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)


class Evidence:
    def record(self, *_: object) -> None: ...


def red(step: Callable[..., None], *given: Any, says: str) -> None:
    with pytest.raises(AssertionError) as caught:
        step(*given)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [("worker-0_" + holder(0).split("_")[1], "names none of"), ("controller-0_x", "UUID")],
)
def test_a_holder_that_is_no_controller_and_uuid(name: str, says: str) -> None:
    wrong = replace(election(), start=replace(FIRST, holder=name))
    red(leases.holder_is_named, cluster(), wrong, says=says)
    leases.holder_is_named(cluster(), election())


def test_a_lease_of_another_length() -> None:
    red(leases.lease_lasts, election(), 10.0, says="lasts 15 s, not 10 s")
    leases.lease_lasts(election(), 15.0)


@pytest.mark.parametrize("numbers", [(), (1,), (0, 1)])
def test_another_process_that_leads(
    monkeypatch: pytest.MonkeyPatch, numbers: tuple[int, ...]
) -> None:
    monkeypatch.setattr(clients, "all_say", lambda *_: said(*numbers))
    red(leases.one_leads, cluster(), election(), 60.0, says="did not stay for 60 s")


def test_a_process_that_takes_no_part_in_the_election(monkeypatch: pytest.MonkeyPatch) -> None:
    apart = {**said(0), "controller-1": "no metric leader_election_master_status"}
    monkeypatch.setattr(clients, "all_say", lambda *_: apart)
    red(leases.one_leads, cluster(), election(), 60.0, says="no metric")
    silent = {**said(0), "controller-1": "no answer: refused"}
    monkeypatch.setattr(clients, "all_say", lambda *_: silent)
    leases.one_leads(cluster(), election(), 60.0)


def test_a_process_that_is_not_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "unhealthy", lambda *_: ["controller-2: 500 etcd failed"])
    red(leases.all_healthy, cluster(), election(), says="controller-2: 500 etcd failed")


def test_a_lease_that_is_not_renewed() -> None:
    red(leases.renewed_often, election(), 60.0, 5.0, says="did not stay")
    late = replace(FIRST, renewed=START + timedelta(seconds=8))
    gap = election(Change(0, FIRST), Change(29, late))
    red(leases.renewed_often, gap, 60.0, 5.0, says="8.0 s passed between two renewals")
    never = election(Change(29, FIRST))
    red(leases.renewed_often, never, 60.0, 5.0, says="it was never renewed")


def test_a_lease_that_changed_hands_unasked() -> None:
    red(leases.nothing_but_renewed, election(), says="changed hands")
    leases.nothing_but_renewed(election(Change(0, FIRST), Change(2, FIRST)))


@pytest.mark.parametrize("last", [FIRST, replace(FIRST, holder="")])
def test_nobody_takes_over(last: lease_client.Lease) -> None:
    alone = election(Change(0, last))
    red(takeovers.another_holds, alone, Evidence(), 36.0, says="not within 36 s")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ((ONE, BACK), "leaseTransitions went from 3 to 5"),
        ((Change(17, replace(TAKEN, acquired=FIRST.acquired)),), "acquireTime is still"),
        ((FREE, ONE), "nobody held it"),
        ((ONE, Change(20, replace(TAKEN, holder=holder(2)))), "it was held by"),
    ],
)
def test_a_disorderly_change_of_hands(changes: tuple[Change, ...], says: str) -> None:
    red(takeovers.changed_hands_once, election(Change(0, FIRST), *changes), says=says)
    takeovers.changed_hands_once(election())


def test_two_that_lead_at_once() -> None:
    both = election(looks=(said(0), said(0, 1), said(1)))
    red(takeovers.never_two, both, says="+1.0 s  controller-0 and controller-1")
    unseen = election(looks=(said(0), said(0)))
    red(takeovers.never_two, unseen, says="(control): not within")
    takeovers.never_two(election())


def test_a_lease_that_was_never_free() -> None:
    red(takeovers.was_free, election(), 1.0, says="no such version")
    late = election(Change(0, FIRST), ONE, replace(FREE, at=20))
    red(takeovers.was_free, late, 1.0, says="it was free later")
    long = replace(FREE, lease=replace(FREE.lease, duration=15))
    red(takeovers.was_free, election(Change(0, FIRST), long, ONE), 1.0, says="lasts 15 s")
    takeovers.was_free(election(Change(0, FIRST), FREE, ONE), 1.0)


def test_a_lease_that_was_given_up() -> None:
    given_up = election(Change(0, FIRST), FREE, ONE)
    red(takeovers.named_the_stopped, given_up, says="it named [''")
    takeovers.named_the_stopped(election())


def test_a_lease_that_was_taken_early() -> None:
    early = replace(TAKEN, acquired=START + timedelta(seconds=9))
    red(takeovers.not_before_expiry, election(Change(0, FIRST), Change(9, early)), says="expired")
    takeovers.not_before_expiry(election())


def test_a_former_leader_that_leads_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "says", lambda *_: LEADS)
    red(takeovers.stands_by, cluster(), election(), 60.0, says="can no longer happen")
    monkeypatch.setattr(clients, "says", lambda *_: "no answer: refused")
    red(takeovers.stands_by, cluster(), election(), 60.0, says="no answer: refused")


def test_a_lease_that_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_client, "read", lambda *_: BACK.lease)
    red(takeovers.stays_with_other, cluster(api=None), election(), 60.0, says="did not stay")


FROZEN = Frozen(unit(name=MANAGER), "cursor")
AGAIN = unit(name=MANAGER, pid=11, restarts=1)


@pytest.mark.parametrize(
    "seen",
    [
        Aftermath((), AGAIN),
        Aftermath((Exit("exited", "0"),), AGAIN),
        Aftermath((Exit("killed", "9"),), AGAIN),
        Aftermath((Exit("exited", "1"),), FROZEN.unit),
    ],
)
def test_a_frozen_leader_that_goes_on_as_if_nothing_was(
    monkeypatch: pytest.MonkeyPatch, seen: Aftermath
) -> None:
    monkeypatch.setattr(Frozen, "since", lambda *_: seen)
    live = cluster(shell=FakeShell)
    red(takeovers.ended_and_restarted, live, FROZEN, 30.0, says="ends with an error and runs")
    assert FROZEN.ended_and_runs(Aftermath((Exit("exited", "1"),), AGAIN))


def test_a_frozen_leader_that_writes_again() -> None:
    red(takeovers.never_renewed, election(Change(0, FIRST), ONE, BACK), says="wrote the Lease")
    takeovers.never_renewed(election())


def test_a_bystander_that_was_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(others, "look", lambda *_: bystanders(pid=99))
    stopped = Stopped(("controller-0", "etcd"), bystanders())
    red(control_plane.others_run_on, cluster(), stopped, says="process 10 is now 99")
    moved = replace(bystanders(), holders={MANAGER: holder(1), "kube-scheduler": holder(2)})
    monkeypatch.setattr(others, "look", lambda *_: moved)
    red(control_plane.others_run_on, cluster(), stopped, says=f"Lease {MANAGER}: ")
    control_plane.others_run_on(cluster(), replace(stopped, lease=MANAGER))


def test_a_stopped_bystander_is_no_start_for_a_claim() -> None:
    with pytest.raises(LabError, match="etcd on controller-0 is failed"):
        others.all_active(bystanders(state="failed"))


SLICE = {"endpoints": [{"addresses": ["10.0.1.11"], "conditions": {"ready": True}}]}
SERVER = Server("controller-2", FakeApi({}), bystanders(), ("controller-0", "controller-1"))


def test_a_service_that_lists_too_few() -> None:
    api = FakeApi({SLICES: {"items": [SLICE]}})
    red(control_plane.service_lists_all, cluster(api=api), says="lists ['10.0.1.11'], not")
    late = replace(SERVER, api=api)
    red(control_plane.service_lists_others, cluster(), late, 30.0, says="not within 30 s")
    red(control_plane.service_lists_all_again, cluster(), late, 60.0, says="not within 60 s")


def test_an_identity_lease_that_stays() -> None:
    item = {"metadata": {"name": "apiserver-x", "labels": {"kubernetes.io/hostname": "c"}}}
    api = FakeApi({lease_client.path(): {"items": [item]}})
    red(control_plane.identity_gone, replace(SERVER, api=api), says="identity Leases: c")


def test_a_balancer_that_does_not_answer() -> None:
    api = FakeApi({"/api/v1/namespaces/default": (503, {})})
    live = cluster(api_as=lambda _: api)
    red(control_plane.balancer_answers, live, 10.0, says="did not stay for 10 s")


def test_the_watch_reports_a_gap_instead_of_an_answer() -> None:
    watch = FakeWatch(Change(0, FIRST))
    watch._failure = LabError("refused")
    with pytest.raises(LabError, match="its history has a gap"):
        watch.latest()
    with pytest.raises(ClaimError, match="no such version"):
        FakeWatch(Change(0, FIRST)).first(lease_client.held_by_other("controller-0"))


def test_a_lease_is_settled_when_one_holder_renewed_it() -> None:
    renewed = replace(FIRST, renewed=START + timedelta(seconds=2))
    first = Change(0, FIRST)
    assert not elections.is_renewed((first,))
    assert not elections.is_renewed((first, first))
    assert not elections.is_renewed((first, ONE))
    assert elections.is_renewed((first, Change(2, renewed)))
