"""Phrases about a leader that stops or freezes, and the controller that takes over."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.faults import Faults
from infra.clients.controlplane import leader_metrics, leases
from infra.clients.controlplane.control_plane_snapshot import Stopped
from infra.clients.controlplane.frozen_process import Frozen
from infra.clients.controlplane.leader_metrics import LEADS, STANDS_BY
from infra.clients.transport import journal, systemd
from infra.cluster import Cluster
from infra.errors import ClaimError, NotJudged, WaitTimeout
from infra.timing import scaled
from infra.wait import consistently, eventually
from suite.controlplane import leader_election
from suite.controlplane.leader_election import Election
from tests.steps.controlplane.leases import holder_of
from tests.steps.phrases import one_of, phrase

TAKEOVER = 36.0
"""Seconds, as the feature says: 15 s Lease, two tries of at most 4.4 s, and half more (T1)."""
LOOK = 10.0
"""Seconds for a first look at what three processes say of themselves: 0.3 s on a quiet machine."""
RELEASED = 1.0
"""Seconds that a released Lease lasts (client-go, leaderelection.go)."""
CLOCKS = timedelta(seconds=1)
"""How far the clocks of two controllers may be apart when their times are compared."""


def disorder(election: Election) -> str:
    return "; ".join(leader_election.disorder(election))


def named_another(election: Election) -> str:
    until = election.successor().at
    named = sorted({c.lease.holder for c in election.watch.changes() if c.at < until})
    return "" if named == [election.start.holder] else f"it named {named}"


def taken_early(election: Election) -> str:
    last, taken = election.last_of_leader().lease, election.successor().lease
    if not (last.renewed and last.duration and taken.acquired):
        return f"a renewTime, a duration or an acquireTime is missing: {last}, {taken}"
    expiry = last.renewed + timedelta(seconds=last.duration)
    return "" if taken.acquired >= expiry - CLOCKS else f"expired {expiry}, taken {taken.acquired}"


def written_again(election: Election) -> str:
    late = leader_election.written_after_takeover(election)
    return f"{election.start.holder} wrote the Lease again" if late else ""


def changed_hands(election: Election) -> str:
    start, now = leader_election.held(election.start), leader_election.held(election.watch.latest())
    return "" if start == now else f"the Lease changed hands: {start} became {now}"


def not_released(election: Election) -> str:
    free = leader_election.first(election.watch, lambda lease: not lease.holder)
    if free.at >= election.successor().at:
        return "it was free later"
    lasts = free.lease.duration
    return "" if lasts == RELEASED else f"the free Lease lasts {lasts} s, not {RELEASED:g} s"


HISTORY: Mapping[str, Callable[[Election], str]] = {
    "changed its holder exactly once and always had a holder": disorder,
    "named the stopped controller before the takeover": named_another,
    "was not acquired before it had expired": taken_early,
    "was not renewed by the paused process": written_again,
    f"had no holder and a duration of {RELEASED:g} s before the takeover": not_released,
    "has the same holder, acquire time and number of transitions": changed_hands,
}
"""What is wrong with the versions of a Lease that were seen; nothing is good."""


@given(
    phrase('a controller that lost the "{component:Name}" Lease when its process stopped'),
    target_fixture="election",
)
def former_leader(
    cluster: Cluster, evidence: Evidence, faults: Faults, component: str
) -> Iterator[Election]:
    for election in holder_of(cluster, evidence, component):
        process_stops(election, faults)
        try:
            leader_election.taken_over(election, within=scaled(TAKEOVER))
        except WaitTimeout as error:
            raise NotJudged(f"there is no former leader to look at: {error}") from error
        yield election


@when("the leader's process stops", target_fixture="stopped")
def process_stops(election: Election, faults: Faults) -> Stopped:
    leader_election.await_leader_seen(election, within=scaled(LOOK))
    election.watch.mark(f"{election.component} on {election.leader} stops")
    faults.stop(*election.place)
    return Stopped(election.place, election.bystanders, lease=election.component)


@when(phrase("the process of the former leader {acts:Acts}", Acts=one_of(["is resumed", "starts"])))
def former_leader_acts(election: Election, faults: Faults, acts: str) -> None:
    """It starts after it was stopped, and is resumed after it was paused."""
    election.watch.mark(f"{election.component} on {election.leader} {acts}")
    act = faults.start if acts == "starts" else faults.thaw
    act(*election.place)


@when("the leader's process is paused", target_fixture="frozen")
def process_freezes(cluster: Cluster, election: Election, faults: Faults) -> Frozen:
    leader_election.await_leader_seen(election, within=scaled(LOOK))
    shell = cluster.shell(election.leader)
    before = Frozen(systemd.show(shell, election.unit), journal.cursor(shell))
    election.watch.mark(f"{election.component} on {election.leader} freezes")
    faults.freeze(*election.place)
    return before


@then(phrase("within {limit:Duration} another controller holds the Lease"))
def another_holds(election: Election, evidence: Evidence, limit: float) -> None:
    taken = leader_election.taken_over(election, within=scaled(limit))
    election.watch.mark(f"{taken.holder} holds it")
    evidence.record("takeover in seconds", "figures", leader_election.figures(election))


@then(phrase("the Lease {history:History}", History=one_of(HISTORY)))
def has_history(election: Election, history: str) -> None:
    if wrong := HISTORY[history](election):
        raise ClaimError(f"Lease {election.component}: {wrong}\n{election.watch.story()}")


@then("no two processes reported at the same time that they lead")
def never_two(election: Election) -> None:
    leader_election.await_both_seen(election, within=scaled(TAKEOVER))
    doubles = election.masters.doubles()
    assert not doubles, f"two {election.component} led at once:\n" + "\n".join(doubles)


@then(phrase("within {limit:Duration} the former leader's process reports that it is a standby"))
def stands_by(cluster: Cluster, election: Election, limit: float) -> None:
    eventually(
        lambda: leader_metrics.says(cluster, election.leader, election.component),
        lambda said: said == STANDS_BY,
        giving_up_if=lambda said: said == LEADS,
        within=scaled(limit),
        what=f"{election.component} on {election.leader}, started again, stands by",
    )


@then(phrase("for {lasting:Duration} the Lease stays with the new leader"))
def stays_with_other(cluster: Cluster, election: Election, lasting: float) -> None:
    taken = election.successor().lease
    consistently(
        lambda: leader_election.held(leases.read(cluster.api, election.component)),
        lambda found: found == leader_election.held(taken),
        lasting=scaled(lasting),
        what=f"{taken.holder} holds the Lease {election.component}, with no further transition",
    )


@then(phrase("within {limit:Duration} the paused process has exited with an error and restarted"))
def ended_and_restarted(cluster: Cluster, frozen: Frozen, limit: float) -> None:
    eventually(
        lambda: frozen.since(cluster.shell(frozen.unit.machine)),
        frozen.ended_and_runs,
        within=scaled(limit),
        what=f"{frozen.unit.name} on {frozen.unit.machine} ends with an error and runs again",
    )
