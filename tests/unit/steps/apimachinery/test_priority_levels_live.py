"""Priority levels live: every Then-step goes red with a message that one understands."""

from infra.clients.apimachinery import priority_and_fairness
from infra.clients.apimachinery.priority_and_fairness import COLUMNS, DUMP
from infra.clients.apimachinery.priority_and_fairness_defaults import LEVELS
from tests.steps.apimachinery import priority_levels_live as steps
from tests.unit.fakes import evidence, goes_red
from tests.unit.steps.apimachinery.test_priority_and_fairness import cluster

LEVEL, QUEUE, REQUEST = steps.REPORTS


def dump(*, dispatched: int = 7, levels: tuple[str, ...] = tuple(LEVELS)) -> str:
    rows = [f"{name}, 0, true, false, 0, 0, {dispatched}, 0, 0, 0" for name in levels]
    return "\n".join([", ".join(COLUMNS), *rows]) + "\n"


def test_live_state() -> None:
    whole = cluster(**{DUMP: dump()})
    steps.reports(whole, evidence(), LEVEL)
    part = cluster(**{DUMP: dump(levels=("exempt",))})
    goes_red(r"controller-0 tells only of \['exempt'\]", steps.reports, part, evidence(), LEVEL)
    other = cluster(**{DUMP: "a, b\n1, 2\n"})
    goes_red("heads its table", steps.reports, other, evidence(), LEVEL)
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
    steps.reports(cluster(**right), evidence(), QUEUE)
    steps.reports(cluster(**right), evidence(), REQUEST)
    none = cluster(**{**right, priority_and_fairness.QUEUES: "PriorityLevelName, Index\n"})
    words = "controller-0: no queue of leader-election"
    goes_red(words, steps.reports, none, evidence(), QUEUE)
    other = cluster(**{**right, details: f"head\nexempt, someone, get, {path},\n"})
    goes_red("no request of kubernetes-admin", steps.reports, other, evidence(), REQUEST)
