"""Who goes on beside a flood: as quick as before, and nobody's Lease is lost."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import astuple, dataclass, field
from functools import partial
from math import inf

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.auth.service_accounts import Accounts
from infra.clients.controlplane import leases
from infra.clients.controlplane.leases import Lease
from infra.clients.lifecycle.availability_probe import Asking, trouble
from infra.clients.node.node_leases import NODES
from infra.cluster import Cluster
from infra.computer import load
from infra.errors import require
from infra.kube_api import Api
from infra.timing import scaled
from infra.wait import pause
from suite.apimachinery import request_flood
from suite.apimachinery.request_flood import Outcome
from suite.auth.service_accounts import TokenAccount
from suite.expect import must_be_none
from tests.steps.apimachinery.request_flood import CREATES, Flooder, record
from tests.steps.phrases import phrase

QUIET = 5.0
"""Seconds in which the others' usual times are measured."""
SLOWER = 3.0
"""How many times as long the others' answers may take (claim 67.14)."""
COLUMNS = "who, quiet 95 %_s, flooded 95 %_s, allowed_s, not flooded 95 %_s, failed, failed beside"
NODE_RENEWS = 10.0
"""Seconds between two renewals of a node (T2): a flood that is shorter proves nothing."""


@dataclass(frozen=True)
class Others:
    """Clients that go on at a pace, their quiet 95th percentiles, and Leases before the flood.

    ``spared`` are the same clients at an API server that nobody floods, at the same time: what
    makes them late there is not the flood. ``meanwhile`` are the Leases at its end.
    """

    asking: dict[str, Asking]
    spared: dict[str, Asking]
    quiet: dict[str, float]
    leases: dict[str, Lease]
    pace: int = 4
    meanwhile: dict[str, Lease] = field(default_factory=dict)

    def bound(self, who: str) -> float:
        """Seconds that an answer may take: thrice the quiet time, and who keeps his pace is not
        slowed down: the answer is there before the next question. A time that was not quiet, as
        other work was done on the computer, allows no more than thrice that."""
        pace = scaled(1 / self.pace)
        return max(min(self.quiet[who], pace) * SLOWER, pace)


@dataclass(frozen=True)
class Row:
    """One of the others: 95th percentiles in seconds, the longest allowed, and how many failed.

    What the same client suffers at the spared server, too, is not the flood's doing.
    """

    who: str
    quiet: float
    flooded: float
    allowed: float
    spared: float
    failed: int
    failed_beside: int = 0

    def __str__(self) -> str:
        return (
            f"{self.who} waited {self.flooded} s ({self.quiet} s before, {self.allowed} s allowed, "
            f"{self.spared} s at a server that nobody floods), {self.failed} failed "
            f"({self.failed_beside} there)"
        )

    @property
    def late(self) -> bool:
        return self.flooded > self.allowed

    @property
    def late_by_the_flood(self) -> bool:
        """As much slower than at the spared server as it may not become slower in a flood, where
        that one is in time."""
        return self.late and self.spared <= self.allowed and self.flooded > self.spared * SLOWER

    @property
    def failed_by_the_flood(self) -> bool:
        return bool(self.failed) and not self.failed_beside


@given(
    phrase(
        "other clients (a ServiceAccount, admin, a node and the scheduler) that send "
        "{pace:Count} requests a second"
    ),
    target_fixture="other_clients",
)
def others(cluster: Cluster, accounts: Accounts, flooder: Flooder, pace: int) -> Iterator[Others]:
    account = accounts.make("other", [CREATES])
    spared = cluster.api_of(cluster.spec.controllers[1].name)
    with ExitStack() as stack:
        asking = go_on(stack, bystanding(cluster, account, flooder.server, flooder.path), pace)
        beside = go_on(stack, bystanding(cluster, account, spared, flooder.path), pace)
        pause(scaled(QUIET), because="the others' usual times are measured")
        yield Others(asking, beside, times(asking, (0, inf)), held(cluster), pace)


@when(
    phrase(
        "the ServiceAccount sends {count:Count} concurrent requests to one API server, "
        "{times:Count} times"
    ),
    target_fixture="outcomes",
)
def send_often(
    cluster: Cluster,
    flooder: Flooder,
    other_clients: Others,
    evidence: Evidence,
    count: int,
    times: int,
) -> list[Outcome]:
    """Each time when all are answered: as long as the webhook holds them."""
    outcomes = request_flood.send(flooder.api, count, flooder.path, times=times)
    other_clients.meanwhile.update(held(cluster))
    record(flooder, outcomes, evidence)
    return outcomes


@then("every request of the other clients was answered, hardly slower than without the flood")
def others_answered(other_clients: Others, outcomes: list[Outcome], evidence: Evidence) -> None:
    rows = compared(other_clients, outcomes)
    evidence.table("the others", COLUMNS, [astuple(row) for row in rows])
    bad = [str(row) for row in rows if row.failed_by_the_flood or row.late_by_the_flood]
    must_be_none(bad, f"all are answered, {SLOWER:g} times as slowly at most, and at their pace")
    late = [str(row) for row in rows if row.late or row.failed]
    require(not late, f"outside load, not the flood: {load.here()}; {'; '.join(late)}")


@then("every node and leader has renewed its Lease during the flood")
def leases_renewed(other_clients: Others, outcomes: list[Outcome]) -> None:
    begin, end = request_flood.window(outcomes)
    long = f"the flood lasted {end - begin:.0f} s, a node renews its Lease each {NODE_RENEWS:g} s"
    require(end - begin > NODE_RENEWS, long)
    late = request_flood.unrenewed(other_clients.leases, other_clients.meanwhile)
    must_be_none(late, "each Lease was renewed by its holder during the flood")


def bystanding(
    cluster: Cluster, account: TokenAccount, server: Api, path: str
) -> dict[str, tuple[Api, str]]:
    """Who goes on beside a flood at one API server, and what they ask for."""
    node, leader = str(cluster.spec.workers[0].name), cluster.layout.leases.scheduler
    return {
        "another account": (account.api(server), path),
        "admin": (server, path),
        "a node": (
            Api(server.base, cluster.credentials(node)),
            leases.path(node, namespace=NODES),
        ),
        "the scheduler": (Api(server.base, cluster.credentials(leader)), leases.path(leader)),
    }


def go_on(stack: ExitStack, who: Mapping[str, tuple[Api, str]], pace: int) -> dict[str, Asking]:
    """Each asks at that pace until the stack is closed."""
    asking = {}
    for name, (api, path) in who.items():
        asking[name] = Asking(partial(trouble, api, path), a_second=pace).open()
        stack.callback(asking[name].close)
    return asking


def times(asking: Mapping[str, Asking], between: tuple[float, float]) -> dict[str, float]:
    """95th percentile of the seconds of answers, by who asks."""
    return {
        name: request_flood.p95([one.answered - one.at for one in a.between(*between)])
        for name, a in asking.items()
    }


def compared(others: Others, outcomes: list[Outcome]) -> list[Row]:
    """Who asks, then, in the flood, and beside it."""
    for asking in (*others.asking.values(), *others.spared.values()):
        asking.close()
    loud = times(others.asking, request_flood.window(outcomes))
    beside = times(others.spared, request_flood.window(outcomes))
    return [
        Row(
            name,
            round(others.quiet[name], 3),
            round(loud[name], 3),
            round(others.bound(name), 3),
            round(beside[name], 3),
            failed(asking),
            failed(others.spared[name]),
        )
        for name, asking in others.asking.items()
    ]


def failed(asking: Asking) -> int:
    return sum(bool(one.wrong) for one in asking.asked)


def held(cluster: Cluster) -> dict[str, Lease]:
    """Leases of nodes and of leaders."""
    nodes = {lease.name: lease for lease in leases.listed(cluster.api, namespace=NODES)}
    elected = cluster.layout.leases.elected
    return {**nodes, **{name: leases.read(cluster.api, name) for name in elected}}
