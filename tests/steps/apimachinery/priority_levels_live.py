"""Priority levels live, as each API server's debug endpoints tell of them."""

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.auth.service_accounts import Accounts
from infra.clients.apimachinery import priority_and_fairness
from infra.clients.apimachinery.priority_and_fairness import COLUMNS, DUMP, Dumps
from infra.cluster import Cluster
from infra.kube_api import need
from suite.expect import must_be_none
from tests.steps.apimachinery.priority_and_fairness import WHAT
from tests.steps.phrases import phrase


@given("the live state of the priority levels on each API server", target_fixture="before")
def live_state(cluster: Cluster) -> Dumps:
    return priority_and_fairness.dumps(cluster.api_servers())


@when(phrase("admin sends {count:Count} requests to each API server"))
def ask_each(cluster: Cluster, count: int) -> None:
    for api in cluster.api_servers().values():
        for _ in range(count):
            need(api.ask("GET", WHAT["Nodes"]))


@then("each API server reports every priority level in the documented columns")
def tells_levels(cluster: Cluster, evidence: Evidence) -> None:
    now = priority_and_fairness.dumps(cluster.api_servers())
    rows = [[m, *row.values()] for m, (_, levels) in now.items() for row in levels.values()]
    evidence.record("levels live", "table", {"columns": ["API server", *COLUMNS], "rows": rows})
    must_be_none(priority_and_fairness.untold(now), "each API server tells of every level")


@then(
    phrase(
        "each API server has dispatched at least {count:Count} more requests at the "
        'priority level "{level:Name}"'
    )
)
def dispatched(cluster: Cluster, before: Dumps, count: int, level: str) -> None:
    now = priority_and_fairness.dumps(cluster.api_servers())
    column = "DispatchedRequests"
    more = {m: int(now[m][1][level][column]) - int(before[m][1][level][column]) for m in now}
    wrong = [f"{machine}: {grown} more" for machine, grown in more.items() if grown < count]
    must_be_none(wrong, f"each API server dispatched at least {count} more at {level}")


@then(
    phrase(
        'each API server reports the queues of "{level:Name}", and the reading request '
        "with its user"
    )
)
def tells_queues_and_requests(cluster: Cluster, level: str) -> None:
    """The request for requests is being executed, so that it is one of them."""
    wrong: list[str] = []
    for machine, api in cluster.api_servers().items():
        wrong += [f"{machine}: {text}" for text in priority_and_fairness.untold_parts(api, level)]
    must_be_none(wrong, "each API server tells of queues and requests live")


@then("a ServiceAccount without permissions is refused the live state with 403")
def dump_refused(cluster: Cluster, accounts: Accounts) -> None:
    account = accounts.make("plain")
    servers = cluster.api_servers().items()
    seen = {machine: account.api(api).ask("GET", DUMP).status for machine, api in servers}
    wrong = [f"{machine}: {status}" for machine, status in seen.items() if status != 403]
    must_be_none(wrong, f"each API server refuses {DUMP} with 403")
