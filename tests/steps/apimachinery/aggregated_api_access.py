"""The second server: who is answered there, and by which way it is reached."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_bdd import given, then

from fixtures.plugin.recording import Evidence
from fixtures.worlds.auth.service_accounts import Accounts
from infra.clients.apimachinery import aggregation
from infra.clients.apimachinery.aggregation import Said, Second
from infra.clients.auth import client_ca_matrix, published_client_cas
from infra.clients.instrumentation.node_metrics import GROUP, NODES
from infra.clients.node.kubelet_api import told
from infra.clients.transport.kubectl import Kubectl
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.kube_api import Answer, Credentials
from infra.pki.identities import FRONT_PROXY_CLIENT
from infra.timing import scaled
from infra.wait import eventually
from suite.auth import service_accounts
from suite.auth.service_accounts import TokenAccount
from suite.expect import must_be_none
from tests.steps.auth.kubelet_api_access import Caller, ports
from tests.steps.phrases import one_of, phrase

MAY_READ = {"apiGroups": [GROUP], "resources": ["nodes"], "verbs": ["get", "list"]}
STRANGER = "kube-proxy"
"""An identity of article 4 that may not read metrics; its certificate is of the Kubernetes CA."""


@dataclass(frozen=True)
class Users:
    """One who may read metrics, and one who may not."""

    reader: TokenAccount
    stranger: TokenAccount


@dataclass(frozen=True)
class Reads:
    """Requests for resource metrics by node: as kubelets count them, and as metrics-server does."""

    kubelets: dict[str, float]
    scraper: dict[str, float]


Asked = tuple[Answer, Answer]
"""Answers to the one who may read, and to the other."""


def by_the_proxy(cluster: Cluster, accounts: Accounts, _: Second, users: Users) -> Iterator[Asked]:
    both = accounts.api(users.reader), accounts.api(users.stranger)
    for api in cluster.api_servers().values():
        reader, stranger = (user.at(api.base).ask("GET", NODES) for user in both)
        yield reader, stranger


def by_its_own_port(cluster: Cluster, _: Accounts, second: Second, users: Users) -> Iterator[Asked]:
    shown = cluster.credentials("front-proxy-client")
    reader, stranger = (
        second.ask(NODES, shown, named(user)) for user in (users.reader, users.stranger)
    )
    yield reader, stranger


WAYS: Mapping[str, Callable[[Cluster, Accounts, Second, Users], Iterator[Asked]]] = {
    "at metrics-server, asserted by the front-proxy certificate": by_its_own_port,
    "through every API server": by_the_proxy,
}


def by_metrics_server(
    cluster: Cluster, second: Second, users: Users, evidence: Evidence, _: Path
) -> list[str]:
    """Answers to users whom others than the front proxy assert."""
    nobody, other = Credentials(ca=cluster.credentials("admin").ca), cluster.credentials(STRANGER)
    asked = [(user, who) for user in (users.reader, users.stranger) for who in (nobody, other)]
    answers = [(user.user, second.ask(NODES, who, named(user))) for user, who in asked]
    rows = [(user, answer.status, answer.message) for user, answer in answers]
    evidence.table("named without the front proxy's certificate", "as, status, answer", rows)
    return [told(a) for user, a in answers if a.status not in (401, 403) or user in a.text]


def by_api_servers(
    cluster: Cluster, _: Second, users: Users, evidence: Evidence, into: Path
) -> list[str]:
    says, shown = Said(users.stranger.user), certificates_shown(cluster, into)
    rows = [
        (machine, whose, aggregation.taken_for(api, credentials, says))
        for machine, api in cluster.api_servers().items()
        for whose, credentials in shown.items()
    ]
    evidence.table(f"who says to be {says.user}", "API server, certificate, taken for", rows)
    return misjudged(rows, says.user)


Believed = Callable[[Cluster, Second, Users, Evidence, Path], list[str]]
BELIEVED: Mapping[str, Believed] = {
    "metrics-server": by_metrics_server,
    "every API server": by_api_servers,
}
"""What is wrong with the users whom a server believes to be asserted."""


@given("a user who may read metrics and a user who may not", target_fixture="readers")
def users(cluster: Cluster, accounts: Accounts) -> Users:
    made = Users(accounts.make("reader", [MAY_READ]), accounts.make("stranger"))
    wanted = {"group": GROUP, "verb": "list", "resource": "nodes"}
    service_accounts.await_right(cluster.api_servers().values(), made.reader.user, wanted)
    return made


@given("the ServiceAccount of metrics-server as a client of every kubelet", target_fixture="caller")
def metrics_server_at_kubelets(cluster: Cluster) -> Caller:
    """With a token of its own; the Pod's stays its secret."""
    account = service_accounts.token_of(cluster.api, "kube-system", "metrics-server")
    return Caller(account, ports(cluster, account.credentials(cluster.api)))


@given(
    "the number of resource metrics requests of each kubelet and of metrics-server",
    target_fixture="reads",
)
def reads_before(cluster: Cluster, second: Second) -> Reads:
    return Reads(aggregation.resource_reads(cluster), aggregation.scraped(second))


@then(
    phrase(
        "{way:Way}, the user who may read metrics gets them, and the other user is refused "
        "with 403, naming that user",
        Way=one_of(WAYS),
    )
)
def told_apart(
    cluster: Cluster, accounts: Accounts, second: Second, readers: Users, way: str
) -> None:
    for reader, stranger in WAYS[way](cluster, accounts, second, readers):
        must_differ(reader, stranger, readers.stranger.user)


@then(
    phrase(
        "{server:Server} accepts asserted users with the front-proxy certificate only",
        Server=one_of(BELIEVED),
    )
)
def front_proxy_only(
    cluster: Cluster,
    second: Second,
    readers: Users,
    evidence: Evidence,
    tmp_path: Path,
    server: str,
) -> None:
    wrong = BELIEVED[server](cluster, second, readers, evidence, tmp_path)
    must_be_none(wrong, "only the front proxy may say who asks")


@then("the CA, allowed name and headers of the front proxy are published, and nothing else")
def published(cluster: Cluster) -> None:
    data = (cluster.api.find(aggregation.PUBLISHED) or {}).get("data") or {}
    ca = cluster.material.cert("front-proxy-ca").decode().strip()
    published_ca = data.get("requestheader-client-ca-file", "").strip()
    wrong = [] if published_ca == ca else ["what is published is not front-proxy-ca, and it alone"]
    wrong += published_client_cas.other_lists(data)
    must_be_none(wrong, "the front proxy's CA and name are published")


@then(
    phrase(
        "within {limit:Duration} each kubelet counts at least two more requests of metrics-server"
    )
)
def asked_again(cluster: Cluster, second: Second, reads: Reads, limit: float) -> None:
    """Others may ask a kubelet too: what metrics-server counts itself tells them apart."""
    eventually(
        lambda: more_reads(cluster, second, reads),
        lambda more: all(kubelet >= asked - 1 and asked >= 2 for asked, kubelet in more.values()),
        within=scaled(limit),
        every=3.0,
        what="by node, how often metrics-server asked and the kubelet counted since",
    )


def certificates_shown(cluster: Cluster, into: Path) -> dict[str, Credentials]:
    """By whose they are: the front proxy's, others that may not speak for anybody, and none."""
    return {
        FRONT_PROXY_CLIENT: cluster.credentials(FRONT_PROXY_CLIENT),
        client_ca_matrix.BY_ANOTHER_NAME: client_ca_matrix.by_another_name(cluster, into),
        STRANGER: cluster.credentials(STRANGER),
        "nobody": Credentials(cluster.credentials("admin").ca),
    }


def misjudged(rows: list[tuple[str, str, str]], user: str) -> list[str]:
    """By which certificate an API server takes one for another than it should."""
    return [
        f"{machine} takes one with the certificate of {identity} for {taken}"
        for machine, identity, taken in rows
        if (taken != user if identity == FRONT_PROXY_CLIENT else taken.startswith(user))
    ]


def more_reads(cluster: Cluster, second: Second, before: Reads) -> dict[str, tuple[float, float]]:
    """By node what metrics-server has asked since, and what the kubelet has counted since."""
    asked, counted = aggregation.scraped(second), aggregation.resource_reads(cluster)
    return {
        node: (asked.get(node, 0.0) - before.scraper.get(node, 0.0), counted[node] - known)
        for node, known in before.kubelets.items()
    }


def named(user: TokenAccount) -> dict[str, str]:
    return {"X-Remote-User": user.user, "X-Remote-Group": "system:authenticated"}


def must_differ(reader: Answer, stranger: Answer, name: str) -> None:
    if reader.status != 200:
        raise ClaimError(f"the user who may read metrics should be answered 200: {told(reader)}")
    if stranger.status != 403 or name not in stranger.text:
        raise ClaimError(
            f"the other user should be refused with 403, naming {name}: {told(stranger)}"
        )


@then("the top command lists every worker")
def kubectl_top(cluster: Cluster, kubectl: Kubectl, evidence: Evidence) -> None:
    told = kubectl.run("top", "nodes")
    evidence.record("kubectl top nodes", "text", told.text)
    missing = [worker.name for worker in cluster.spec.workers if worker.name not in told.text]
    if told.status != 0 or missing:
        raise ClaimError(f"kubectl top nodes should show every worker; it said {told.text!r}")
