"""Every Then about a leader that stops or freezes goes red, and says why."""

from dataclasses import replace
from datetime import timedelta

import pytest

from infra.clients.controlplane import leader_metrics as clients
from infra.clients.controlplane import leases as lease_client
from infra.clients.controlplane.frozen_process import Aftermath, Frozen
from infra.clients.controlplane.leader_metrics import LEADS
from infra.clients.controlplane.leases import Change
from infra.clients.transport.journal import Exit
from tests.steps.controlplane import leader_election
from tests.unit.elections_fake import (
    FIRST,
    MANAGER,
    START,
    TAKEN,
    cluster,
    election,
    holder,
    said,
    unit,
)
from tests.unit.fakes import FakeShell, evidence, red

ONE = Change(17, TAKEN)
BACK = Change(40, replace(FIRST, transitions=5))
FREE = Change(3, replace(FIRST, holder="", duration=1))
FROZEN = Frozen(unit(name=MANAGER), "cursor")
AGAIN = unit(name=MANAGER, pid=11, restarts=1)


@pytest.mark.parametrize("last", [FIRST, replace(FIRST, holder="")])
def test_nobody_takes_over(last: lease_client.Lease) -> None:
    alone = election(Change(0, last))
    red(leader_election.another_holds, alone, evidence(), 36.0, says="not within 36 s")


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
    once = "changed its holder exactly once and always had a holder"
    red(leader_election.has_history, election(Change(0, FIRST), *changes), once, says=says)
    leader_election.has_history(election(), once)


def test_two_that_lead_at_once() -> None:
    both = election(looks=(said(0), said(0, 1), said(1)))
    red(leader_election.never_two, both, says="+1.0 s  controller-0 and controller-1")
    unseen = election(looks=(said(0), said(0)))
    red(leader_election.never_two, unseen, says="(control): not within")
    leader_election.never_two(election())


def test_a_lease_that_was_never_free() -> None:
    free = "had no holder and a duration of 1 s before the takeover"
    red(leader_election.has_history, election(), free, says="no such version")
    late = election(Change(0, FIRST), ONE, replace(FREE, at=20))
    red(leader_election.has_history, late, free, says="it was free later")
    long = replace(FREE, lease=replace(FREE.lease, duration=15))
    stays = election(Change(0, FIRST), long, ONE)
    red(leader_election.has_history, stays, free, says="lasts 15 s, not 1 s")
    leader_election.has_history(election(Change(0, FIRST), FREE, ONE), free)


def test_a_lease_that_was_given_up() -> None:
    given_up = election(Change(0, FIRST), FREE, ONE)
    named = "named the stopped controller before the takeover"
    red(leader_election.has_history, given_up, named, says="it named [''")
    leader_election.has_history(election(), named)


def test_a_lease_that_was_taken_early() -> None:
    early = replace(TAKEN, acquired=START + timedelta(seconds=9))
    late = "was not acquired before it had expired"
    taken = election(Change(0, FIRST), Change(9, early))
    red(leader_election.has_history, taken, late, says="expired")
    leader_election.has_history(election(), late)
    untimed = election(Change(0, FIRST), Change(17, replace(TAKEN, acquired=None)))
    red(leader_election.has_history, untimed, late, says="an acquireTime is missing")


def test_a_former_leader_that_leads_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "says", lambda *_: LEADS)
    red(leader_election.stands_by, cluster(), election(), 60.0, says="can no longer happen")
    monkeypatch.setattr(clients, "says", lambda *_: "no answer: refused")
    red(leader_election.stands_by, cluster(), election(), 60.0, says="no answer: refused")


def test_a_lease_that_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_client, "read", lambda *_: BACK.lease)
    red(leader_election.stays_with_other, cluster(api=None), election(), 60.0, says="did not stay")


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
    red(leader_election.ended_and_restarted, live, FROZEN, 30.0, says="ends with an error and runs")
    assert FROZEN.ended_and_runs(Aftermath((Exit("exited", "1"),), AGAIN))


def test_a_frozen_leader_that_writes_again() -> None:
    silent, back = "was not renewed by the paused process", election(Change(0, FIRST), ONE, BACK)
    red(leader_election.has_history, back, silent, says="wrote the Lease again")
    leader_election.has_history(election(), silent)
