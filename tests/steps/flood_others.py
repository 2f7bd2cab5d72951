"""Who goes on beside a flood: as quick as before, and nobody's Lease is lost."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from math import inf

from pytest_bdd import given, then, when

from fixtures.accounts import Accounts
from fixtures.recording import Evidence
from infra.clients import flood, leases
from infra.clients.api import Api
from infra.clients.asking import Asking, trouble
from infra.clients.bystanders import ELECTED
from infra.clients.flood import Outcome
from infra.clients.heartbeats import NODES
from infra.clients.leases import Lease
from infra.clients.running import must_be_none
from infra.cluster import Cluster
from infra.errors import require
from infra.timing import scaled
from infra.wait import pause
from tests.steps.flood import CREATES, Flooder, record
from tests.steps.phrases import phrase

QUIET = 5.0
"""Seconds in which the others' usual times are measured."""
SLOWER = 3.0
"""How many times as long the others' answers may take (claim 67.14)."""
NODE_RENEWS = 10.0
"""Seconds between two renewals of a node (T2): a flood that is shorter proves nothing."""


@dataclass(frozen=True)
class Others:
    """Clients that go on at a pace, their quiet 95th percentiles, and Leases before the flood.

    ``meanwhile`` are the Leases at its end.
    """

    asking: dict[str, Asking]
    quiet: dict[str, float]
    leases: dict[str, Lease]
    pace: int = 4
    meanwhile: dict[str, Lease] = field(default_factory=dict)

    def bound(self, who: str) -> float:
        """Seconds that an answer may take: thrice the quiet time, and who keeps his pace is not
        slowed down: the answer is there before the next question."""
        return max(self.quiet[who] * SLOWER, scaled(1 / self.pace))


@given(
    phrase("another account, admin, a node and the scheduler that ask {pace:Count} times a second"),
    target_fixture="others",
)
def others(cluster: Cluster, accounts: Accounts, flooder: Flooder, pace: int) -> Iterator[Others]:
    with ExitStack() as stack:
        asking = {}
        for name, (api, path) in bystanding(cluster, accounts, flooder).items():
            asking[name] = Asking(partial(trouble, api, path), a_second=pace).open()
            stack.callback(asking[name].close)
        pause(scaled(QUIET), because="the others' usual times are measured")
        yield Others(asking, times(asking, (0, inf)), held(cluster), pace)


@when(
    phrase(
        "the account sends {count:Count} requests at once to one API server, {times:Count} times"
    ),
    target_fixture="outcomes",
)
def send_often(
    cluster: Cluster, flooder: Flooder, others: Others, evidence: Evidence, count: int, times: int
) -> list[Outcome]:
    """Each time when all are answered: as long as the webhook holds them."""
    outcomes = flood.send(flooder.api, count, flooder.path, times=times)
    others.meanwhile.update(held(cluster))
    record(flooder, outcomes, evidence)
    return outcomes


@then("the others were always answered, hardly slower than before")
def others_answered(others: Others, outcomes: list[Outcome], evidence: Evidence) -> None:
    rows = compared(others, outcomes)
    evidence.table("the others", "who, quiet 95 %_s, flooded 95 %_s, allowed_s, failed", rows)
    late = [str(row) for row in rows if row[4] or row[2] > row[3]]
    must_be_none(late, f"all are answered, {SLOWER:g} times as slowly at most, and at their pace")


@then("nodes and leaders have renewed their Leases meanwhile")
def leases_renewed(others: Others, outcomes: list[Outcome]) -> None:
    begin, end = flood.window(outcomes)
    long = f"the flood lasted {end - begin:.0f} s, a node renews its Lease each {NODE_RENEWS:g} s"
    require(end - begin > NODE_RENEWS, long)
    late = flood.unrenewed(others.leases, others.meanwhile)
    must_be_none(late, "each Lease was renewed by its holder during the flood")


def bystanding(
    cluster: Cluster, accounts: Accounts, flooder: Flooder
) -> dict[str, tuple[Api, str]]:
    """Who goes on beside a flood at the same API server, and what they ask for."""
    server, node = flooder.server, str(cluster.spec.workers[0].name)
    leader = "kube-scheduler"
    return {
        "another account": (accounts.make("other", [CREATES]).api(server), flooder.path),
        "admin": (server, flooder.path),
        "a node": (
            Api(server.base, cluster.credentials(node)),
            leases.path(node, namespace=NODES),
        ),
        "the scheduler": (Api(server.base, cluster.credentials(leader)), leases.path(leader)),
    }


def times(asking: dict[str, Asking], between: tuple[float, float]) -> dict[str, float]:
    """95th percentile of the seconds of answers, by who asks."""
    return {
        name: flood.p95([one.answered - one.at for one in a.between(*between)])
        for name, a in asking.items()
    }


def compared(others: Others, outcomes: list[Outcome]) -> list[tuple[str, float, float, float, int]]:
    """Who asks, their quiet time, that in the flood and the longest allowed, all in seconds, and
    how many failed."""
    for asking in others.asking.values():
        asking.close()
    loud = times(others.asking, flood.window(outcomes))
    return [
        (
            name,
            round(others.quiet[name], 3),
            round(loud[name], 3),
            round(others.bound(name), 3),
            failed(asking),
        )
        for name, asking in others.asking.items()
    ]


def failed(asking: Asking) -> int:
    return sum(bool(one.wrong) for one in asking.asked)


def held(cluster: Cluster) -> dict[str, Lease]:
    """Leases of nodes and of leaders."""
    nodes = {lease.name: lease for lease in leases.listed(cluster.api, namespace=NODES)}
    return {**nodes, **{name: leases.read(cluster.api, name) for name in ELECTED}}
