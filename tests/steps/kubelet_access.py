"""A kubelet's port: who asks, what it opens, what the API server says of the same account."""

from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.accounts import Accounts
from fixtures.recording import Evidence
from infra.clients import accounts as rights
from infra.clients import kubelet_port, metrics, tls
from infra.clients.accounts import TokenAccount
from infra.clients.api import Answer, Credentials
from infra.clients.kubelet_port import RIGHTS, Port, told
from infra.clients.metrics import Sample
from infra.clients.running import must_be_none
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.timing import scaled
from infra.wait import eventually
from tests.steps.phrases import phrase


@dataclass(frozen=True)
class Caller:
    """An account, and the port of one kubelet as that account sees it."""

    account: TokenAccount
    port: Port


@given(phrase('an account with the right to "{right:Name}" of nodes'), target_fixture="caller")
def caller_with_right(cluster: Cluster, accounts: Accounts, right: str) -> Caller:
    return caller(cluster, accounts, right)


@given(
    phrase('an account with the right to "{right:Name}" of nodes beside it'),
    target_fixture="bystander",
)
def bystander_with_right(cluster: Cluster, accounts: Accounts, right: str) -> Caller:
    return caller(cluster, accounts, right)


@given("nobody's credentials and those of another authority", target_fixture="strangers")
def strangers(cluster: Cluster) -> list[Credentials]:
    ca, other = cluster.credentials("admin").ca, cluster.credentials("etcd")
    return [Credentials(ca=ca), Credentials(ca=ca, cert=other.cert, key=other.key)]


@given("the metrics of every kubelet", target_fixture="samples")
def metrics_of_kubelets(cluster: Cluster) -> dict[str, list[Sample]]:
    answers = {w.name: admin_port(cluster, w.name).ask("/metrics") for w in cluster.spec.workers}
    return {
        node: metrics.parse(answer.text, only=metrics.GATES) for node, answer in answers.items()
    }


@when("it asks a kubelet for every endpoint", target_fixture="answers")
def ask_everything(caller: Caller, evidence: Evidence) -> dict[str, Answer]:
    answers = caller.port.ask_all(list(RIGHTS))
    rows = [[path, RIGHTS[path], answer.status] for path, answer in answers.items()]
    columns = ["endpoint", "right it asks for", "status"]
    evidence.record(
        f"answers to {caller.account.name}", "table", {"columns": columns, "rows": rows}
    )
    return answers


@then(phrase('exactly the endpoints of "{right:Name}" answer'))
def exactly_these(answers: dict[str, Answer], right: str) -> None:
    wrong = kubelet_port.wrongly_judged(answers, kubelet_port.opened_by(right))
    must_be_none(wrong, f"the right to nodes/{right} opens its own endpoints and no other")


@when("the account is deleted after the kubelet's port answered it with metrics")
def delete_account(cluster: Cluster, caller: Caller) -> None:
    port_gives_metrics(caller)
    rights.delete(cluster.api, caller.account)


@then(phrase("within {limit:Duration} the kubelet's port answers it with {status:Count}"))
def port_refuses(caller: Caller, limit: float, status: int) -> None:
    """The kubelet keeps a token's verdict for two minutes (T23)."""
    eventually(
        lambda: caller.port.ask("/metrics").status,
        lambda seen: seen == status,
        within=scaled(limit),
        every=5.0,
        what=f"the kubelet of {caller.port.node} answers a deleted account with {status}",
    )


@then("each refusal names the account and the right that it lacks")
def refusals_name(answers: dict[str, Answer], caller: Caller) -> None:
    must_be_none(
        kubelet_port.not_naming(answers, caller.account.user), "refusals say what is missing"
    )


@then("every endpoint answers admin")
def admin_is_answered(cluster: Cluster) -> None:
    """The control: the refusals are about who asked, not about what."""
    answers = admin_port(cluster, cluster.spec.workers[0].name).ask_all(list(RIGHTS))
    must_be_none(kubelet_port.wrongly_judged(answers, list(RIGHTS)), "admin is answered everywhere")


@then("the kubelet's port answers it with metrics")
def port_gives_metrics(caller: Caller) -> None:
    answer = caller.port.ask("/metrics")
    if answer.status != 200 or not metrics.parse(answer.text, only="kubelet_node_name"):
        raise ClaimError(f"the kubelet should give its metrics; it said {told(answer)}")


@then(phrase('the API server refuses it a node\'s metrics, naming "{right:Name}"'))
def proxy_refuses(accounts: Accounts, caller: Caller, right: str) -> None:
    answer = accounts.api(caller.account).ask("GET", proxied(caller.port.node))
    if answer.status != 403 or right not in answer.message:
        raise ClaimError(f"the proxy should answer 403, naming {right}; it said {told(answer)}")


@then("the API server answers admin with the same node's metrics")
def proxy_serves_admin(cluster: Cluster, caller: Caller) -> None:
    answer = cluster.api.ask("GET", proxied(caller.port.node))
    if not metrics.parse(answer.text, only="kubelet_node_name"):
        raise ClaimError(f"admin should read metrics through the proxy; it said {told(answer)}")


@then("every endpoint of a kubelet refuses both with 401")
def strangers_refused(cluster: Cluster, strangers: list[Credentials]) -> None:
    node = cluster.spec.workers[0].name
    answers = [Port(cluster, node, one).ask_all(list(RIGHTS)) for one in strangers]
    wrong = [told(a) for given in answers for a in given.values() if a.status != 401]
    must_be_none(wrong, "a kubelet refuses whom it does not know with 401")


@then("the kubelet's read-only port is closed")
def read_only_port_closed(cluster: Cluster) -> None:
    machine = cluster.spec.workers[0]
    port = kubelet_port.READ_ONLY_PORT
    if tls.connects(cluster, machine.name, str(machine.private_ip), port):
        raise ClaimError(f"{machine.name} listens on port {port}")


@then(phrase('each says that the gate "{gate:Name}" is on'))
def gate_is_on(samples: dict[str, list[Sample]], gate: str) -> None:
    seen = {node: metrics.gate(found, gate) for node, found in samples.items()}
    if set(seen.values()) != {1.0}:
        raise ClaimError(f"the gate {gate} should be on in every kubelet; it is {seen}")


def caller(cluster: Cluster, accounts: Accounts, right: str) -> Caller:
    """A fresh account with one right, known to every API server before a kubelet asks."""
    rule = {"apiGroups": [""], "resources": [f"nodes/{right}"], "verbs": ["get"]}
    account = accounts.make(f"may-{right}", [rule])
    wanted = {"verb": "get", "resource": "nodes", "subresource": right}
    rights.await_right(cluster.api_servers().values(), account.user, wanted)
    node = cluster.spec.workers[0].name
    return Caller(account, Port(cluster, node, account.credentials(cluster.api)))


def admin_port(cluster: Cluster, node: str) -> Port:
    return Port(cluster, node, cluster.credentials("admin"))


def proxied(node: str) -> str:
    return f"/api/v1/nodes/{node}/proxy/metrics"
