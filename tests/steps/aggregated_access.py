"""The second server: who is answered there, by which way it is reached, what lies in etcd."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.accounts import Accounts
from fixtures.recording import Evidence
from infra.clients import accounts as rights
from infra.clients import aggregation, members, tls
from infra.clients.accounts import TokenAccount
from infra.clients.aggregation import NODES, PORT, Second
from infra.clients.api import Answer, Credentials
from infra.clients.kubectl import Kubectl
from infra.clients.kubelet_port import told
from infra.clients.parameters import Parameters
from infra.clients.running import must_be_none
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.timing import scaled
from infra.wait import eventually
from tests.steps.kubelet_access import Caller, ports
from tests.steps.phrases import phrase

MAY_READ = {"apiGroups": [aggregation.GROUP], "resources": ["nodes"], "verbs": ["get", "list"]}
STRANGER = "kube-proxy"
"""An identity of article 4 that may not read metrics; its certificate is of the Kubernetes CA."""
OBJECT = "kept"
ROUTING = re.compile(r"^enable-aggregator-routing\W+true$", re.MULTILINE)
"""Each API server separates names and values by a character of its own, on purpose."""


@dataclass(frozen=True)
class Users:
    """One who may read metrics, and one who may not."""

    reader: TokenAccount
    stranger: TokenAccount


@given("a user who may read metrics and one who may not", target_fixture="users")
def users(cluster: Cluster, accounts: Accounts) -> Users:
    made = Users(accounts.make("reader", [MAY_READ]), accounts.make("stranger"))
    wanted = {"group": aggregation.GROUP, "verb": "list", "resource": "nodes"}
    rights.await_right(cluster.api_servers().values(), made.reader.user, wanted)
    return made


@given("an object of a kind that is defined for it", target_fixture="own")
def object_of_own_kind(cluster: Cluster, namespace: str) -> Iterator[Parameters]:
    own = Parameters(cluster.api, namespace)
    try:
        own.define(cluster.api_servers())
        own.allow(OBJECT, 3)
        yield own
    finally:
        own.remove()


@given("the account of metrics-server at every kubelet", target_fixture="caller")
def metrics_server_at_kubelets(cluster: Cluster) -> Caller:
    """With a token of its own; the Pod's stays its secret."""
    account = rights.token_of(cluster.api, "kube-system", "metrics-server")
    return Caller(account, ports(cluster, account.credentials(cluster.api)))


@given("how often each kubelet was asked for resource metrics", target_fixture="reads")
def reads_before(cluster: Cluster) -> dict[str, float]:
    return aggregation.resource_reads(cluster)


@when("the object is deleted")
def delete_object(own: Parameters) -> None:
    own.delete(OBJECT)


@then("through the API server one is answered and the other refused by name")
def by_the_proxy(accounts: Accounts, users: Users) -> None:
    reader = accounts.api(users.reader).ask("GET", NODES)
    stranger = accounts.api(users.stranger).ask("GET", NODES)
    must_differ(reader, stranger, users.stranger.user)


@then("at the second server, named by the front proxy's certificate, they are answered alike")
def by_its_own_port(cluster: Cluster, second: Second, users: Users) -> None:
    front_proxy = cluster.credentials("front-proxy-client")
    reader = second.ask(NODES, front_proxy, named(users.reader))
    stranger = second.ask(NODES, front_proxy, named(users.stranger))
    must_differ(reader, stranger, users.stranger.user)


@then("named without a certificate, or with one of the Kubernetes CA, neither is believed")
def not_believed(cluster: Cluster, second: Second, users: Users, evidence: Evidence) -> None:
    nobody, other = Credentials(ca=cluster.credentials("admin").ca), cluster.credentials(STRANGER)
    asked = [(user, who) for user in (users.reader, users.stranger) for who in (nobody, other)]
    answers = [(user.user, second.ask(NODES, who, named(user))) for user, who in asked]
    rows = [(user, answer.status, answer.message) for user, answer in answers]
    evidence.table("named without the front proxy's certificate", "as, status, answer", rows)
    wrong = [told(a) for user, a in answers if a.status not in (401, 403) or user in a.text]
    must_be_none(wrong, "only the front proxy may say who asks")


@then("the front proxy's CA and its allowed names are published")
def published(cluster: Cluster) -> None:
    data = cluster.api.get(aggregation.PUBLISHED)["data"]
    ca = cluster.material.cert("front-proxy-ca").decode().strip()
    names = json.loads(data.get("requestheader-allowed-names", "[]"))
    published_ca = data.get("requestheader-client-ca-file", "").strip()
    wrong = [] if published_ca == ca else ["what is published is not front-proxy-ca, and it alone"]
    wrong += [] if names == ["front-proxy-client"] else [f"the names are {names}"]
    must_be_none(wrong, "the front proxy's CA and name are published")


@then("every API server routes to endpoints")
def routes_to_endpoints(cluster: Cluster) -> None:
    flags = {m: api.ask("GET", "/flagz").text for m, api in cluster.api_servers().items()}
    wrong = [machine for machine, text in flags.items() if not ROUTING.search(text)]
    must_be_none(wrong, "every API server runs with --enable-aggregator-routing=true")


@then("every controller connects to the Pod's address")
def connects_to_pod(cluster: Cluster, second: Second) -> None:
    names = [machine.name for machine in cluster.spec.controllers]
    wrong = [n for n in names if not tls.connects(cluster, n, second.address, PORT)]
    must_be_none(wrong, f"controllers reach {second.address}:{PORT}")


@then("no controller connects to the Service's address")
def not_to_service(cluster: Cluster) -> None:
    address = cluster.api.get(aggregation.SERVICE)["spec"]["clusterIP"]
    names = [machine.name for machine in cluster.spec.controllers]
    wrong = [name for name in names if tls.connects(cluster, name, address, 443)]
    must_be_none(wrong, f"nobody on a controller answers for {address}")


@then(phrase('the role of metrics-server holds "{held:Name}" and not "{missing:Name}"'))
def role_holds(cluster: Cluster, held: str, missing: str) -> None:
    rules = cluster.api.get(aggregation.ROLE)["rules"]
    resources = {resource: rule["verbs"] for rule in rules for resource in rule["resources"]}
    if resources.get(held) != ["get"] or missing in resources or "*" in resources:
        raise ClaimError(f"get on {held} and nothing on {missing} is needed; it has {resources}")


@then(phrase("within {limit:Duration} each kubelet was asked once more at least"))
def asked_again(cluster: Cluster, reads: dict[str, float], limit: float) -> None:
    eventually(
        lambda: aggregation.resource_reads(cluster),
        lambda now: all(now[name] > count for name, count in reads.items()),
        within=scaled(limit),
        every=3.0,
        what=f"each kubelet is asked for its resource metrics again (before: {reads})",
    )


@then("etcd holds the object with its UID, and the APIService of metrics")
def etcd_holds(cluster: Cluster, own: Parameters) -> None:
    uid = own.api.get(own.path(OBJECT))["metadata"]["uid"]
    stored = members.client(cluster).find(key_of(own))
    if stored is None or uid.encode() not in stored.value:
        raise ClaimError(f"{key_of(own)} should hold the object {uid}; it holds {stored}")
    if not keys_of_metrics(cluster):
        raise ClaimError("etcd should hold the APIService of metrics: the listing shows none")


@then("no other key of etcd is of metrics")
def no_metrics_in_etcd(cluster: Cluster) -> None:
    wanted = f"/registry/apiregistration.k8s.io/apiservices/{aggregation.NAME}"
    others = [key for key in keys_of_metrics(cluster) if key != wanted]
    must_be_none(others, "metrics are not stored")


@then("etcd holds it no more")
def etcd_forgot(cluster: Cluster, own: Parameters) -> None:
    eventually(
        lambda: members.client(cluster).find(key_of(own)) is None,
        bool,
        within=scaled(20),
        what=f"{key_of(own)} is gone",
    )


def key_of(own: Parameters) -> str:
    return f"/registry/{own.group}/limits/{own.namespace}/{OBJECT}"


def keys_of_metrics(cluster: Cluster) -> list[str]:
    return [key for key in members.client(cluster).keys("/") if aggregation.GROUP in key]


def named(user: TokenAccount) -> dict[str, str]:
    return {"X-Remote-User": user.user, "X-Remote-Group": "system:authenticated"}


def must_differ(reader: Answer, stranger: Answer, name: str) -> None:
    if reader.status != 200:
        raise ClaimError(f"who may read metrics should be answered: {told(reader)}")
    if stranger.status != 403 or name not in stranger.text:
        raise ClaimError(f"403 naming {name} was expected: {told(stranger)}")


@then("the command line shows what every worker uses")
def kubectl_top(cluster: Cluster, kubectl: Kubectl, evidence: Evidence) -> None:
    told = kubectl.run("top", "nodes")
    evidence.record("kubectl top nodes", "text", told.text)
    missing = [worker.name for worker in cluster.spec.workers if worker.name not in told.text]
    if told.status != 0 or missing:
        raise ClaimError(f"kubectl top nodes should show every worker; it said {told.text!r}")
