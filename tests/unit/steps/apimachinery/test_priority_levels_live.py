"""Priority levels live: every Then-step goes red with a message that one understands."""

from typing import Any, cast

import pytest

from infra.clients.apimachinery import priority_and_fairness
from infra.clients.apimachinery.priority_and_fairness import COLUMNS, DUMP
from infra.clients.apimachinery.priority_and_fairness_defaults import LEVELS
from suite.auth.service_accounts import TokenAccount
from tests.steps.apimachinery import priority_levels_live as steps
from tests.unit.fakes import FakeApi, evidence, goes_red
from tests.unit.steps.apimachinery.test_priority_and_fairness import cluster


def dump(*, dispatched: int = 7, levels: tuple[str, ...] = tuple(LEVELS)) -> str:
    rows = [f"{name}, 0, true, false, 0, 0, {dispatched}, 0, 0, 0" for name in levels]
    return "\n".join([", ".join(COLUMNS), *rows]) + "\n"


def test_live_state() -> None:
    whole = cluster(**{DUMP: dump()})
    steps.tells_levels(whole, evidence())
    part = cluster(**{DUMP: dump(levels=("exempt",))})
    goes_red(r"controller-0 tells only of \['exempt'\]", steps.tells_levels, part, evidence())
    goes_red("heads its table", steps.tells_levels, cluster(**{DUMP: "a, b\n1, 2\n"}), evidence())
    before = priority_and_fairness.dumps(whole.api_servers())
    goes_red("controller-0: 0 more", steps.dispatched, whole, before, 5, "exempt")
    steps.dispatched(cluster(**{DUMP: dump(dispatched=12)}), before, 5, "exempt")


def test_live_queues_and_requests() -> None:
    queues, path = (
        "PriorityLevelName, Index\nleader-election, 0\n",
        priority_and_fairness.LIVE_REQUESTS,
    )
    details = f"{path}?includeRequestDetails=1"
    right = {
        priority_and_fairness.QUEUES: queues,
        details: f"head\nexempt, kubernetes-admin, get, {path},\n",
    }
    steps.tells_queues_and_requests(cluster(**right), "leader-election")
    none = cluster(**{**right, priority_and_fairness.QUEUES: "PriorityLevelName, Index\n"})
    goes_red(
        "controller-0: no queue of leader-election",
        steps.tells_queues_and_requests,
        none,
        "leader-election",
    )
    other = cluster(**{**right, details: f"head\nexempt, someone, get, {path},\n"})
    goes_red(
        "no request of kubernetes-admin",
        steps.tells_queues_and_requests,
        other,
        "leader-election",
    )


def test_live_state_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeApi, "with_token", lambda one, _: one)

    class Accounts:
        def make(self, name: str) -> TokenAccount:
            return TokenAccount("ns", name, "t")

    words = "refuses .*dump_priority_levels with 403; instead: controller-0: 200"
    goes_red(words, steps.dump_refused, cluster(**{DUMP: dump()}), cast("Any", Accounts()))
    steps.dump_refused(cluster(**{DUMP: (403, {})}), cast("Any", Accounts()))
