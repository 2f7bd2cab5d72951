"""Priority levels live, as each API server's debug endpoints tell of them."""

from collections.abc import Callable, Mapping

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from infra.clients.apimachinery import priority_and_fairness
from infra.clients.apimachinery.priority_and_fairness import COLUMNS, Dumps
from infra.cluster import Cluster
from infra.kube_api import Api, need
from suite.expect import must_be_none
from tests.steps.apimachinery.priority_and_fairness import WHAT
from tests.steps.phrases import one_of, phrase


def untold_levels(cluster: Cluster, evidence: Evidence) -> list[str]:
    now = priority_and_fairness.dumps(cluster.api_servers())
    rows = [[m, *row.values()] for m, (_, levels) in now.items() for row in levels.values()]
    evidence.record("levels live", "table", {"columns": ["API server", *COLUMNS], "rows": rows})
    return priority_and_fairness.untold(now)


def untold_queues(cluster: Cluster, _: Evidence) -> list[str]:
    return of_each(cluster, lambda api: priority_and_fairness.untold_queues(api, QUEUED))


def untold_request(cluster: Cluster, _: Evidence) -> list[str]:
    return of_each(cluster, priority_and_fairness.untold_request)


def of_each(cluster: Cluster, untold: Callable[[Api], list[str]]) -> list[str]:
    servers = cluster.api_servers().items()
    return [f"{machine}: {text}" for machine, api in servers for text in untold(api)]


QUEUED = "leader-election"
"""A level that queues, and that is in use on every cluster."""
REPORTS: Mapping[str, Callable[[Cluster, Evidence], list[str]]] = {
    "every priority level in the documented columns": untold_levels,
    f'the queues of "{QUEUED}"': untold_queues,
    "the request that reads the live requests, with its user": untold_request,
}
"""What API servers leave out; nothing is good."""


@given("the live state of the priority levels on each API server", target_fixture="levels_before")
def live_state(cluster: Cluster) -> Dumps:
    return priority_and_fairness.dumps(cluster.api_servers())


@when(phrase("admin sends {count:Count} requests to each API server"))
def ask_each(cluster: Cluster, count: int) -> None:
    for api in cluster.api_servers().values():
        for _ in range(count):
            need(api.ask("GET", WHAT["Nodes"]))


@then(phrase("each API server reports {what:What}", What=one_of(REPORTS)))
def reports(cluster: Cluster, evidence: Evidence, what: str) -> None:
    must_be_none(REPORTS[what](cluster, evidence), f"each API server reports {what}")


@then(
    phrase(
        "each API server has dispatched at least {count:Count} more requests at the "
        'priority level "{level:Name}"'
    )
)
def dispatched(cluster: Cluster, levels_before: Dumps, count: int, level: str) -> None:
    now = priority_and_fairness.dumps(cluster.api_servers())
    column = "DispatchedRequests"
    more = {m: int(now[m][1][level][column]) - int(levels_before[m][1][level][column]) for m in now}
    wrong = [f"{machine}: {grown} more" for machine, grown in more.items() if grown < count]
    must_be_none(wrong, f"each API server dispatched at least {count} more at {level}")
