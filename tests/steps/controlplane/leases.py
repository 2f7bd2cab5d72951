"""Phrases about the Lease of an elected component: who holds it, how it is kept."""

from collections.abc import Callable, Iterator, Mapping

from pytest_bdd import given, then

from fixtures.plugin.recording import Evidence
from infra.clients.auth import leader_eligibility
from infra.clients.controlplane import leader_metrics, leases
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.timing import scaled
from infra.wait import consistently
from suite.controlplane import leader_election
from suite.controlplane.leader_election import Election
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase


def unhealthy(cluster: Cluster, component: str) -> list[str]:
    return leader_metrics.unhealthy(cluster, component)


CANDIDATES: Mapping[str, tuple[Callable[[Cluster, str], list[str]], str]] = {
    "report that they are healthy": (
        unhealthy,
        "each {} answers on /healthz",
    ),
    "are the only ones of their program on any machine": (
        leader_eligibility.strangers,
        "only its three units run {}",
    ),
    "may renew the Lease as their own user": (
        leader_eligibility.unable,
        "each {} may renew the Lease as its own user",
    ),
}
"""What is wrong with the processes of a component, and what is claimed of them. One that may not
renew the Lease would stand by for ever; as another user it could do nothing as the leader."""


@given(phrase('the controller that holds the "{component:Name}" Lease'), target_fixture="election")
def holder_of(cluster: Cluster, evidence: Evidence, component: str) -> Iterator[Election]:
    election = leader_election.follow(cluster, component)
    try:
        yield election
    finally:
        election.close()
        evidence.record(
            f"{component} Lease", "lease-history", leader_election.history(election.watch)
        )


@then("the holder identity is the name of a controller and a UUID")
def holder_is_named(cluster: Cluster, election: Election) -> None:
    names = [machine.name for machine in cluster.spec.controllers]
    wrong = leases.misnamed(election.start.holder, names)
    assert not wrong, f"Lease {election.component}: {wrong}"


@then(phrase("the Lease has a duration of {lasting:Duration}"))
def lease_lasts(election: Election, lasting: float) -> None:
    found = election.start.duration
    assert found == lasting, f"Lease {election.component} lasts {found} s, not {lasting:g} s"


@then(phrase("for {lasting:Duration} the holder's process reports that it leads, and no other"))
def one_leads(cluster: Cluster, election: Election, lasting: float) -> None:
    consistently(
        lambda: leader_metrics.all_say(cluster, election.component),
        lambda looks: leader_metrics.sole(looks, election.leader),
        lasting=scaled(lasting),
        what=f"{election.component} on {election.leader} and no other says that it leads",
    )


@then(phrase("all three processes {are:Are}", Are=one_of(CANDIDATES)))
def candidates_are(cluster: Cluster, election: Election, are: str) -> None:
    wrong, claim = CANDIDATES[are]
    must_be_none(wrong(cluster, election.component), claim.format(election.component))


@then(phrase("for {lasting:Duration} the Lease is never older than {limit:Duration}"))
def renewed_often(election: Election, lasting: float, limit: float) -> None:
    consistently(
        lambda: round(election.watch.now() - election.watch.changes()[-1].at),
        lambda age: age <= scaled(limit),
        lasting=scaled(lasting),
        what=f"the age in seconds of the Lease {election.component}, at most {limit:g}",
    )
    wrong = leader_election.slow_renewals(election.watch, limit=scaled(limit))
    assert not wrong, f"Lease {election.component}: {wrong}"


@then(phrase("at least half of the renewals come within {limit:Duration} of the previous one"))
def renewed_in_time(election: Election, limit: float) -> None:
    """One that is late for once says nothing of the period: a disk or a busy machine held it up."""
    usual = leader_election.usual_gap(election.watch)
    if usual > scaled(limit):
        raise ClaimError(
            f"the Lease {election.component} is renewed every {usual:.1f} s, {limit:g} s at most"
        )
