"""A flood of requests in a level of its own, and everybody else meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.auth.service_accounts import Accounts
from infra.clients.apimachinery.priority_and_fairness import level_path
from infra.cluster import Cluster
from infra.errors import ClaimError, require
from infra.kube_api import Api
from infra.timing import scaled
from suite.apimachinery import request_flood
from suite.apimachinery.request_flood import Outcome
from suite.apimachinery.slow_webhook import DELAY, Webhook
from suite.auth.service_accounts import TokenAccount
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase, typed

CREATES = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create", "list"]}


NO_PLACE = "without a place in the queue are refused immediately"
QUEUED = "that got no seat in time are refused"


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


@given(
    phrase("a webhook that delays each new ConfigMap of the namespace by {delay:Duration}"),
    target_fixture="webhook",
)
def webhook(cluster: Cluster, namespace: str, delay: float) -> Iterator[Webhook]:
    require(delay == DELAY, f"this webhook delays by {DELAY:g} s only")
    made = Webhook(cluster.api, namespace)
    try:
        made.make()
        made.await_delay(cluster.api_servers().values())
        yield made
    finally:
        made.remove()


def response_of(text: str) -> object:
    """Of a priority level that has no seat left: it rejects, or queues so many requests."""
    words = text.split()
    return request_flood.queueing(int(words[1])) if len(words) > 1 else request_flood.REJECTS


@given(
    phrase(
        "a ServiceAccount with its own priority level that {response:Response}",
        Response=typed(r"rejects|queues \d+ requests", response_of),
    ),
    target_fixture="flooder",
)
def with_own_level(cluster: Cluster, accounts: Accounts, response: object) -> Iterator[Flooder]:
    yield from with_level(cluster, accounts, response)


@when(
    phrase("the ServiceAccount sends {count:Count} concurrent requests to one API server"),
    target_fixture="outcomes",
)
def send(flooder: Flooder, count: int, evidence: Evidence) -> list[Outcome]:
    outcomes = request_flood.send(flooder.api, count, flooder.path)
    record(flooder, outcomes, evidence)
    return outcomes


@then("some requests are answered, and most are refused with 429 and a Retry-After header")
def mostly_refused(outcomes: list[Outcome]) -> None:
    seen = request_flood.statuses(outcomes)
    if set(seen) != {201, 429} or seen[429] <= seen[201]:
        raise ClaimError(f"some answers should be 201 and most 429; they are {seen}")
    early = [o for o in outcomes if o.status == 429 and not int(o.retry_after or 0) >= 1]
    must_be_none([str(one) for one in early], "each refusal has a Retry-After header")


@then(
    phrase(
        "the API server counts the refused requests at that priority level with reason "
        '"{reason:Name}", and none at other levels'
    )
)
def counted(flooder: Flooder, outcomes: list[Outcome], reason: str) -> None:
    wanted = {(flooder.level, reason): request_flood.statuses(outcomes)[429]}
    seen = request_flood.grown(flooder.before, flooder.server)
    if seen != wanted:
        raise ClaimError(f"refusals should be counted as {wanted}; they are {seen}")


@then("every response carries the priority level of the ServiceAccount")
def tell_level(flooder: Flooder, outcomes: list[Outcome]) -> None:
    uid = flooder.server.get(level_path(flooder.level))["metadata"]["uid"]
    odd = [f"{o.status} tells of {o.level or 'none'}" for o in outcomes if o.level != uid]
    must_be_none(odd, f"answers and refusals tell of level {flooder.level}, {uid}")


@then(phrase("requests with a seat, or queued for less than {limit:Duration}, are answered"))
def waited_and_answered(flooder: Flooder, outcomes: list[Outcome], limit: float) -> None:
    seats = request_flood.seats(flooder.server, flooder.level)
    answered = sorted(o.seconds for o in outcomes if o.status == 201)
    waited = [seconds for seconds in answered if seconds >= 2 * DELAY]
    if len(answered) < 2 * seats or not waited or answered[-1] > limit + DELAY + scaled(5):
        raise ClaimError(f"{2 * seats} or more should be answered, some from the queue: {answered}")


@then(
    phrase(
        'requests {which:Which}, counted with reason "{reason:Name}"',
        Which=one_of([NO_PLACE, QUEUED]),
    )
)
def refused(flooder: Flooder, outcomes: list[Outcome], which: str, reason: str) -> None:
    """Immediately is before the webhook has let anybody through."""
    count = request_flood.grown(flooder.before, flooder.server).get((flooder.level, reason), 0)
    seconds = sorted(o.seconds for o in outcomes if o.status == 429)
    found = [s for s in seconds if (s >= request_flood.GIVES_UP) == (which == QUEUED)]
    if not count or len(found) != count or (which == NO_PLACE and found[-1] >= DELAY):
        raise ClaimError(f"{count} counted with reason {reason}; {len(found)} {which}: {found} s")


def with_level(cluster: Cluster, accounts: Accounts, response: object) -> Iterator[Flooder]:
    """An account in a level that the first API server already knows; gone at the end."""
    server = cluster.api_of(cluster.spec.controllers[0].name)
    account = accounts.make("flooder", [CREATES])
    level = f"{accounts.namespace}-flood"
    try:
        request_flood.make_level(cluster.api, level, account.user, response)  # type: ignore[arg-type]
        made = Flooder(account, level, server, request_flood.rejected(server))
        request_flood.await_level(server, level, account.api(server), made.path)
        yield made
    finally:
        request_flood.remove_level(cluster.api, level)


def record(flooder: Flooder, outcomes: list[Outcome], evidence: Evidence) -> None:
    evidence.table("answers over time", "time_s, answered, refused", request_flood.curve(outcomes))
    seats = request_flood.seats(flooder.server, flooder.level)
    grown = request_flood.grown(flooder.before, flooder.server)
    figures = {"seats of the level": seats, **{str(key): value for key, value in grown.items()}}
    evidence.record("seats and refusals", "figures", figures)
