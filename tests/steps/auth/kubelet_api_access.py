"""A kubelet's port: who asks, what it opens, what the API server says of the same account."""

from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.auth.service_accounts import Accounts
from infra import observed_places
from infra.clients.node import kubelet_api
from infra.clients.node.kubelet_api import RIGHTS, Port, told
from infra.clients.transport import prometheus
from infra.clients.transport.prometheus import Sample
from infra.cluster import Cluster
from infra.errors import require
from infra.kube_api import Answer, Credentials
from suite.auth import service_accounts
from suite.auth.service_accounts import TokenAccount
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase

STRANGERS = ("etcd", "front-proxy-client")
"""Identities of article 4 whose certificates are of the two authorities that kubelets do not know.
"""


@dataclass(frozen=True)
class Caller:
    """An account, and the port of every kubelet as that account sees it."""

    account: TokenAccount
    ports: tuple[Port, ...]

    def at(self, node: str) -> Port:
        return next(port for port in self.ports if port.node == node)

    def ask(self, path: str) -> list[Answer]:
        """What every kubelet answers to one question."""
        return [port.ask(path) for port in self.ports]


@given(
    phrase('a ServiceAccount with the permission "{right:Name}" of nodes'), target_fixture="caller"
)
def caller_with_right(cluster: Cluster, accounts: Accounts, right: str) -> Caller:
    return caller(cluster, accounts, right)


@given(
    phrase('a second ServiceAccount with the permission "{right:Name}" of nodes'),
    target_fixture="bystander",
)
def bystander_with_right(cluster: Cluster, accounts: Accounts, right: str) -> Caller:
    return caller(cluster, accounts, right)


@given(
    "anonymous clients, and clients of the etcd CA and of the front-proxy CA",
    target_fixture="strangers",
)
def strangers(cluster: Cluster) -> dict[str, Credentials]:
    ca = cluster.credentials("admin").ca
    found = {"nobody": Credentials(ca=ca)}
    for name in STRANGERS:
        other = cluster.credentials(name)
        found[name] = Credentials(ca=ca, cert=other.cert, key=other.key)
    return found


@given("the metrics of every kubelet", target_fixture="samples")
def metrics_of_kubelets(cluster: Cluster) -> dict[str, list[Sample]]:
    answers = {port.node: port.ask("/metrics") for port in admin_ports(cluster)}
    return {
        node: prometheus.parse(answer.text, only=prometheus.GATES)
        for node, answer in answers.items()
    }


@when(
    "the ServiceAccount requests every endpoint of every kubelet", target_fixture="endpoint_answers"
)
def ask_everything(cluster: Cluster, caller: Caller, evidence: Evidence) -> list[Answer]:
    answers = kubelet_api.ask_each(caller.ports, endpoints(cluster))
    rows = [(one.url, RIGHTS[kubelet_api.path_of(one)], one.status) for one in answers]
    name = f"answers to {caller.account.name}"
    evidence.table(name, "endpoint, right it asks for, status", rows)
    return answers


@then(phrase('exactly the endpoints of "{right:Name}" answer on each kubelet'))
def exactly_these(caller: Caller, endpoint_answers: list[Answer], right: str) -> None:
    judge(caller)
    wrong = kubelet_api.wrongly_judged(endpoint_answers, kubelet_api.opened_by(right))
    must_be_none(wrong, f"the right to nodes/{right} opens its own endpoints and no other")


@when("the ServiceAccount is deleted after every kubelet has returned metrics to it")
def delete_account(cluster: Cluster, caller: Caller) -> None:
    missing = without_metrics(caller)
    require(not missing, f"the account should be answered before it is deleted: {missing}")
    service_accounts.delete(cluster.api, caller.account)


@then("each refusal names the ServiceAccount and the missing permission")
def refusals_name(endpoint_answers: list[Answer], caller: Caller) -> None:
    must_be_none(
        kubelet_api.not_naming(endpoint_answers, caller.account.user),
        "refusals say what is missing",
    )


@then("every endpoint of every kubelet answers admin")
def admin_is_answered(cluster: Cluster) -> None:
    """The control: the refusals are about who asked, not about what."""
    answers = kubelet_api.ask_each(admin_ports(cluster), endpoints(cluster))
    wrong = kubelet_api.wrongly_judged(answers, endpoints(cluster))
    require(not wrong, "; ".join(["(control) admin should be answered everywhere", *wrong]))


@then("every endpoint of every kubelet refuses anonymous clients and clients of other CAs with 401")
def strangers_refused(cluster: Cluster, strangers: dict[str, Credentials]) -> None:
    wrong = [
        f"{name}: {told(answer)}"
        for name, credentials in strangers.items()
        for answer in kubelet_api.ask_each(ports(cluster, credentials), endpoints(cluster))
        if answer.status != 401
    ]
    must_be_none(wrong, "a kubelet refuses whom it does not know with 401")


@then(
    phrase(
        'every kubelet has the feature gate "{gate:Name}" {state:State}',
        State=one_of(["off", "on"]),
    )
)
def gate_is(samples: dict[str, list[Sample]], gate: str, state: str) -> None:
    seen = {node: prometheus.gate(found, gate) for node, found in samples.items()}
    for node in seen:
        observed_places.looked(node)
    words = {0.0: "off", 1.0: "on", None: "not told of"}
    found = {node: words.get(on, str(on)) for node, on in seen.items()}
    wrong = [f"{node}: it is {word}" for node, word in found.items() if word != state]
    must_be_none(wrong, f"every kubelet has the gate {gate} {state}")


def caller(cluster: Cluster, accounts: Accounts, right: str) -> Caller:
    """A fresh account with one right, known to every API server before a kubelet asks."""
    rule = {"apiGroups": [""], "resources": [f"nodes/{right}"], "verbs": ["get"]}
    account = accounts.make(f"may-{right}", [rule])
    wanted = {"verb": "get", "resource": "nodes", "subresource": right}
    service_accounts.await_right(cluster.api_servers().values(), account.user, wanted)
    return Caller(account, ports(cluster, account.credentials(cluster.api)))


def ports(cluster: Cluster, credentials: Credentials) -> tuple[Port, ...]:
    """The port of every kubelet as one identity sees it."""
    return tuple(Port(cluster, worker.name, credentials) for worker in cluster.spec.workers)


def endpoints(cluster: Cluster) -> list[str]:
    return kubelet_api.endpoints(cluster.spec.kubernetes)


def admin_ports(cluster: Cluster) -> tuple[Port, ...]:
    return ports(cluster, cluster.credentials("admin"))


def judge(caller: Caller) -> None:
    """What was asked before is judged now, of each of these kubelets."""
    for port in caller.ports:
        observed_places.looked(port.node)


def without_metrics(caller: Caller) -> list[str]:
    return [told(answer) for answer in caller.ask("/metrics") if not gives_metrics(answer)]


def gives_metrics(answer: Answer) -> bool:
    return answer.status == 200 and bool(prometheus.parse(answer.text, only="kubelet_node_name"))
