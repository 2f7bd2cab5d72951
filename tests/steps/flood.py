"""A flood of requests in a level of its own, and everybody else meanwhile."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from pytest_bdd import given, then, when

from fixtures.accounts import Accounts
from fixtures.recording import Evidence
from infra.clients import flood, leases
from infra.clients.accounts import TokenAccount
from infra.clients.api import Api
from infra.clients.asking import Asking, trouble
from infra.clients.bystanders import ELECTED
from infra.clients.fairness import level_path
from infra.clients.flood import Outcome
from infra.clients.heartbeats import NODES
from infra.clients.leases import Lease
from infra.clients.running import must_be_none
from infra.clients.webhooks import DELAY, Webhook
from infra.cluster import Cluster
from infra.errors import ClaimError, require
from infra.timing import scaled
from infra.wait import eventually, pause
from tests.steps.phrases import phrase

CREATES = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create", "list"]}
QUIET = 5.0
"""Seconds in which the others' usual times are measured."""
SLOWER = 3.0
"""How many times as long the others' answers may take (claim 67.14)."""
NODE_RENEWS = 10.0
"""Seconds between two renewals of a node (T2): a flood of 5 s may begin and end between them."""
NOTICEABLE = 1.0
"""Seconds of an answer that count as usual whatever the quiet time was: fifty handshakes at once
keep two CPUs busy that long."""


@dataclass(frozen=True)
class Flooder:
    """An account, its level, and the one API server that it asks."""

    account: TokenAccount
    level: str
    server: Api
    before: dict[tuple[str, str], float]

    @property
    def api(self) -> Api:
        return self.account.api(self.server)

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.account.namespace}/configmaps?dryRun=All"


@dataclass(frozen=True)
class Others:
    """Clients that go on, their quiet 95th percentiles, and Leases before the flood."""

    asking: dict[str, Asking]
    quiet: dict[str, float]
    leases: dict[str, Lease]


@given(
    phrase("a webhook that holds each new ConfigMap of the namespace for {delay:Duration}"),
    target_fixture="webhook",
)
def webhook(cluster: Cluster, namespace: str, delay: float) -> Iterator[Webhook]:
    require(delay == DELAY, f"the webhook holds for {DELAY:g} s")
    made = Webhook(cluster.api, namespace)
    try:
        made.make()
        made.await_delay(cluster.api_servers().values())
        yield made
    finally:
        made.remove()


@given("an account with a level of its own that rejects", target_fixture="flooder")
def rejecting(cluster: Cluster, accounts: Accounts) -> Iterator[Flooder]:
    yield from with_level(cluster, accounts, flood.REJECTS)


@given(
    phrase("an account with a level of its own that queues {length:Count} requests"),
    target_fixture="flooder",
)
def queueing(cluster: Cluster, accounts: Accounts, length: int) -> Iterator[Flooder]:
    yield from with_level(cluster, accounts, flood.queueing(length))


@given(
    phrase("another account and admin that ask {pace:Count} times a second"),
    target_fixture="others",
)
def others(cluster: Cluster, accounts: Accounts, flooder: Flooder, pace: int) -> Iterator[Others]:
    plain = accounts.make("other", [CREATES]).api(flooder.server)
    with ExitStack() as stack:
        asking = {}
        for name, api in (("another account", plain), ("admin", flooder.server)):
            asking[name] = Asking(partial(trouble, api, flooder.path), a_second=pace).open()
            stack.callback(asking[name].close)
        pause(scaled(QUIET), because="the others' usual times are measured")
        yield Others(asking, times(asking, since=0.0), held(cluster))


@when(
    phrase("the account sends {count:Count} requests at once to one API server"),
    target_fixture="outcomes",
)
def send(flooder: Flooder, count: int, evidence: Evidence) -> list[Outcome]:
    outcomes = flood.send(flooder.api, count, flooder.path)
    evidence.table("answers over time", "time_s, answered, refused", flood.curve(outcomes))
    seats = flood.seats(flooder.server, flooder.level)
    counted = {
        str(key): value for key, value in flood.grown(flooder.before, flooder.server).items()
    }
    evidence.record("seats and refusals", "figures", {"seats of the level": seats, **counted})
    return outcomes


@then("some are answered, and most refused with 429 to be repeated later")
def mostly_refused(outcomes: list[Outcome]) -> None:
    seen = flood.statuses(outcomes)
    if set(seen) != {201, 429} or seen[429] <= seen[201]:
        raise ClaimError(f"some should be 201 and most 429; they were {seen}")
    early = [o for o in outcomes if o.status == 429 and not int(o.retry_after or 0) >= 1]
    must_be_none([str(one) for one in early], "a refusal says after how many seconds to repeat")


@then(phrase('the API server counts those at that level by "{reason:Name}", and none at others'))
def counted(flooder: Flooder, outcomes: list[Outcome], reason: str) -> None:
    wanted = {(flooder.level, reason): flood.statuses(outcomes)[429]}
    seen = flood.grown(flooder.before, flooder.server)
    if seen != wanted:
        raise ClaimError(f"refusals should be counted as {wanted}; they are {seen}")


@then("every answer tells of the account's level")
def tell_level(flooder: Flooder, outcomes: list[Outcome]) -> None:
    uid = flooder.server.get(level_path(flooder.level))["metadata"]["uid"]
    odd = [f"{o.status} tells of {o.level or 'none'}" for o in outcomes if o.level != uid]
    must_be_none(odd, f"answers and refusals tell of level {flooder.level}, {uid}")


@then("the others were always answered, hardly slower than before")
def others_answered(others: Others, evidence: Evidence) -> None:
    rows = compared(others)
    evidence.table("the others", "who, quiet 95 %_s, flooded 95 %_s, failed", rows)
    late = [str(row) for row in rows if row[3] or row[2] > max(row[1] * SLOWER, scaled(NOTICEABLE))]
    must_be_none(late, f"all are answered, {SLOWER:g} times as slowly at most")


@then("nodes and leaders have renewed their Leases meanwhile")
def leases_renewed(cluster: Cluster, others: Others) -> None:
    eventually(
        lambda: flood.unrenewed(others.leases, held(cluster)),
        lambda late: not late,
        within=scaled(NODE_RENEWS),
        what="none lost its Lease to a flood or went on without renewing it",
    )


@then(phrase("those that had a seat, or queued for less than {limit:Duration}, are answered"))
def waited_and_answered(flooder: Flooder, outcomes: list[Outcome], limit: float) -> None:
    seats = flood.seats(flooder.server, flooder.level)
    answered = sorted(o.seconds for o in outcomes if o.status == 201)
    waited = [seconds for seconds in answered if seconds >= 2 * DELAY]
    if len(answered) < 2 * seats or not waited or answered[-1] > limit + DELAY + scaled(5):
        raise ClaimError(f"{2 * seats} at least should be answered, some late: {answered}")


@then(phrase('those without a place are refused at once, counted by "{reason:Name}"'))
def without_place(flooder: Flooder, outcomes: list[Outcome], reason: str) -> None:
    count = flood.grown(flooder.before, flooder.server).get((flooder.level, reason), 0)
    at_once = [o for o in outcomes if o.status == 429 and o.seconds < flood.WAITS / 2]
    if not count or len(at_once) != count:
        raise ClaimError(f"{count} are counted as {reason}, {len(at_once)} were refused at once")


@then(phrase('those that queued longer are refused, counted by "{reason:Name}"'))
def gave_up(flooder: Flooder, outcomes: list[Outcome], reason: str) -> None:
    count = flood.grown(flooder.before, flooder.server).get((flooder.level, reason), 0)
    late = [o for o in outcomes if o.status == 429 and o.seconds >= flood.WAITS - 1]
    if not count or len(late) != count:
        raise ClaimError(f"{count} are counted as {reason}, {len(late)} were refused late")


def with_level(cluster: Cluster, accounts: Accounts, response: object) -> Iterator[Flooder]:
    """An account in a level that the first API server already knows; gone at the end."""
    server = cluster.api_of(cluster.spec.controllers[0].name)
    account = accounts.make("flooder", [CREATES])
    level = f"{accounts.namespace}-flood"
    try:
        flood.make_level(cluster.api, level, account.user, response)  # type: ignore[arg-type]
        made = Flooder(account, level, server, flood.rejected(server))
        flood.await_level(server, level, account.api(server), made.path)
        yield made
    finally:
        flood.remove_level(cluster.api, level)


def times(asking: dict[str, Asking], *, since: float) -> dict[str, float]:
    """95th percentile of the seconds of answers, by who asks."""
    return {
        name: flood.p95([one.answered - one.at for one in a.asked if one.at >= since])
        for name, a in asking.items()
    }


def compared(others: Others) -> list[tuple[str, float, float, int]]:
    """Who asks, their quiet time and that in the flood in seconds, and how many failed."""
    for asking in others.asking.values():
        asking.close()
    loud = times(others.asking, since=scaled(QUIET))
    return [
        (name, round(others.quiet[name], 3), round(loud[name], 3), failed(asking))
        for name, asking in others.asking.items()
    ]


def failed(asking: Asking) -> int:
    return sum(bool(one.wrong) for one in asking.asked)


def held(cluster: Cluster) -> dict[str, Lease]:
    """Leases of nodes and of leaders."""
    nodes = {lease.name: lease for lease in leases.listed(cluster.api, namespace=NODES)}
    return {**nodes, **{name: leases.read(cluster.api, name) for name in ELECTED}}
