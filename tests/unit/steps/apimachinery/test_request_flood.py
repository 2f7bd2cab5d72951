"""A flood and everybody else: every Then-step goes red, as one understands."""

from typing import Any, ClassVar, cast

import pytest

from infra.clients.apimachinery.priority_and_fairness import level_path
from infra.errors import WaitTimeout
from infra.kube_api import Answer
from suite.apimachinery import request_flood, slow_webhook
from suite.apimachinery.request_flood import Outcome
from suite.apimachinery.slow_webhook import Webhook
from suite.auth.service_accounts import TokenAccount
from tests.steps.apimachinery import request_flood as steps
from tests.steps.apimachinery.request_flood import Flooder
from tests.unit.elections_fake import FIRST
from tests.unit.fakes import FakeApi, goes_red

LEVEL = "ns-flood"
ACCOUNT = TokenAccount("ns", "flooder", "t")


def metrics(**reasons: int) -> str:
    lines = [f'{request_flood.SEATS}{{priority_level="{LEVEL}"}} 3']
    for reason, count in reasons.items():
        labels = f'flow_schema="x",priority_level="{LEVEL}",reason="{reason.replace("_", "-")}"'
        lines.append(f"{request_flood.REJECTED}{{{labels}}} {count}")
    return "\n".join(lines) + "\n"


def flooder(**reasons: int) -> Flooder:
    return Flooder(ACCOUNT, LEVEL, FakeApi({"/metrics": metrics(**reasons)}), {})


def answered(*seconds: float) -> list[Outcome]:
    return [Outcome(0.0, one, 201) for one in seconds]


def refused(*seconds: float, retry: str = "1") -> list[Outcome]:
    return [Outcome(0.0, one, 429, retry) for one in seconds]


def test_a_flood_that_is_served_or_told_nothing() -> None:
    steps.mostly_refused(answered(5) + refused(0.1, 0.1))
    goes_red("201 and most 429; they are {201: 1}", steps.mostly_refused, answered(5))
    goes_red("they are", steps.mostly_refused, answered(5, 5) + refused(0.1))
    silent = answered(5) + refused(0.1, 0.1, retry="")
    goes_red("each refusal has a Retry-After header", steps.mostly_refused, silent)


def test_refusals_that_are_not_counted_or_counted_elsewhere() -> None:
    outcomes = answered(5) + refused(0.1, 0.1)
    steps.counted(flooder(concurrency_limit=2), outcomes, "concurrency-limit")
    goes_red("should be counted as", steps.counted, flooder(), outcomes, "concurrency-limit")
    both = flooder(concurrency_limit=2, time_out=1)
    goes_red("they are .*time-out", steps.counted, both, outcomes, "concurrency-limit")


def test_a_queue_that_does_not_wait_refuse_or_give_up() -> None:
    outcomes = answered(5, 5, 5, 10, 10, 10, 15) + refused(0.1, 0.1) + refused(15, 15, 15)
    right = flooder(queue_full=2, time_out=3)
    steps.waited_and_answered(right, outcomes, 15)
    steps.refused(right, outcomes, steps.NO_PLACE, "queue-full")
    steps.refused(right, outcomes, steps.QUEUED, "time-out")
    goes_red(
        "6 or more should be answered", steps.waited_and_answered, right, answered(5, 5, 5), 15
    )
    goes_red("some from the queue", steps.waited_and_answered, right, answered(*[5] * 7), 15)
    goes_red(
        "0 counted with reason queue-full; 2 without a place",
        steps.refused,
        flooder(),
        outcomes,
        steps.NO_PLACE,
        "queue-full",
    )
    slow = answered(5) + refused(0.1, 9) + refused(15, 15, 15)
    words = r"2 without a place in the queue are refused immediately: \[0.1, 9\] s"
    goes_red(words, steps.refused, right, slow, steps.NO_PLACE, "queue-full")
    words = "3 counted with reason time-out; 0 that got no seat in time"
    goes_red(words, steps.refused, right, answered(5), steps.QUEUED, "time-out")


def test_a_curve_of_answers() -> None:
    assert request_flood.curve(answered(5) + refused(1)) == [(0.0, 0, 0), (1, 0, 1), (5, 1, 1)]


def test_a_level_that_is_not_in_force() -> None:
    server = FakeApi(
        {f"{request_flood.PATH}/prioritylevelconfigurations/{LEVEL}": {"metadata": {"uid": "u"}}}
    )
    with pytest.raises(WaitTimeout, match=f"puts the account into the level {LEVEL}"):
        request_flood.await_level(server, LEVEL, FakeApi({"/x": {}}), "/x")


def test_a_level_lends_and_borrows_nothing() -> None:
    api = FakeApi(
        {
            f"{request_flood.PATH}/{kind}": {}
            for kind in ("flowschemas", "prioritylevelconfigurations")
        }
    )
    request_flood.make_level(api, LEVEL, ACCOUNT.user, request_flood.queueing(12))
    (_, _, level), (_, _, schema) = api.asked
    limited = level["spec"]["limited"]
    assert (limited["nominalConcurrencyShares"], limited["borrowingLimitPercent"]) == (1, 0)
    assert limited["limitResponse"]["queuing"]["queueLengthLimit"] == 12
    (subject,) = schema["spec"]["rules"][0]["subjects"]
    assert subject["serviceAccount"] == {"namespace": "ns", "name": "flooder"}


def test_a_webhook_is_served_with_a_certificate_of_its_service() -> None:
    made = Webhook(FakeApi({}), "ns")
    (hook,) = made.configured(slow_webhook.new_authority("x", cast("Any", FIRST.renewed)))[
        "webhooks"
    ]
    assert hook["clientConfig"]["service"]["path"] == slow_webhook.PATH
    assert hook["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "ns"}
    made.remove()


class Bare(FakeApi):
    """An API that refuses all; ``methods`` is what it was asked, by all its clients."""

    methods: ClassVar[list[str]] = []

    def at(self, base: str) -> "Bare":
        return self

    def ask(self, method: str, path: str, **how: Any) -> Answer:
        self.methods.append(method)
        return Answer(method, path, 429, {"Retry-After": "1"}, "")


def test_a_flood_is_sent_at_once_on_open_connections_and_not_repeated() -> None:
    found = request_flood.send(Bare({}), 5, "/x", times=2)
    assert [(one.status, one.retry_after) for one in found] == [(429, "1")] * 10
    assert Bare.methods == ["GET"] * 5 + ["POST"] * 10


def test_answers_that_tell_of_another_level() -> None:
    path = level_path(LEVEL)
    asked = Flooder(ACCOUNT, LEVEL, FakeApi({path: {"metadata": {"uid": "u1"}}}), {})
    told = [Outcome(0.0, 1.0, 201, level="u1"), Outcome(0.0, 1.0, 429, level="u1")]
    steps.tell_level(asked, told)
    goes_red("429 tells of none", steps.tell_level, asked, [*told, Outcome(0.0, 1.0, 429)])
