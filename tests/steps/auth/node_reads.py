"""Metrics and logs of nodes: who reads them on a kubelet's port, and who through API servers."""

from collections.abc import Callable, Mapping

from pytest_bdd import then

from infra.clients.node.kubelet_api import told
from infra.cluster import Cluster
from infra.kube_api import Answer
from tests.steps.auth.kubelet_api_access import Caller, gives_metrics
from tests.steps.phrases import Time, name, one_of, phrase, typed, words

ADMIN, ACCOUNT = "admin", "the ServiceAccount"
ON_PORT, THROUGH = "on each kubelet's port", "through each API server"
READ: Mapping[str, tuple[str, Callable[[Answer], bool]]] = {
    "logs": ("logs/", lambda answer: answer.status == 200),
    "metrics": ("metrics", gives_metrics),
}
"""Paths of a kubelet, and what an answer with them looks like."""
WAY, WHAT = one_of([ON_PORT, THROUGH]), one_of(READ)


@then(
    phrase(
        "{time:Time}{way:Way} {who:Who} reads each node's {what:What}",
        Way=WAY,
        Who=one_of([ADMIN, ACCOUNT]),
        What=WHAT,
    )
)
def reads(cluster: Cluster, caller: Caller, time: Time, way: str, who: str, what: str) -> None:
    """Admin is a control: a way that is closed to all refuses nobody rightly."""
    path, is_read = READ[what]
    time.must(
        lambda: [told(a) for a in asked(cluster, caller, way, path, who=who) if not is_read(a)],
        lambda refused: not refused,
        what=f"{way} {who} reads each node's {what}",
    )


@then(
    phrase(
        "{time:Time}{way:Way} the ServiceAccount is refused each node's {what:What} with "
        "{status:Count}{naming:Naming}",
        Way=WAY,
        What=WHAT,
        Naming=typed(r'(?:, naming "[^"]+"(?: and "[^"]+")*)?', name),
    )
)
def refused(
    cluster: Cluster,
    caller: Caller,
    time: Time,
    way: str,
    what: str,
    status: int,
    naming: str,
) -> None:
    """A kubelet keeps a token's verdict for two minutes (T23)."""
    path, named = READ[what][0], words(naming)
    time.must(
        lambda: not_refused(asked(cluster, caller, way, path), status, named),
        lambda wrong: not wrong,
        every=5.0,
        what=f"{way} the ServiceAccount is refused each node's {what} with {status}{naming}",
    )


def not_refused(answers: list[Answer], status: int, named: tuple[str, ...]) -> list[str]:
    """Answers of another status, and refusals that lack a word."""
    return [
        told(answer)
        for answer in answers
        if answer.status != status or not all(word in answer.text for word in named)
    ]


def asked(
    cluster: Cluster, caller: Caller, way: str, path: str, *, who: str = ACCOUNT
) -> list[Answer]:
    """What every kubelet answers: asked itself, or by way of each API server."""
    if way == ON_PORT:
        return caller.ask(f"/{path}")
    token = caller.account.token
    return [
        (api if who == ADMIN else api.with_token(token)).ask("GET", proxied(port.node, path))
        for api in cluster.api_servers().values()
        for port in caller.ports
    ]


def proxied(node: str, path: str) -> str:
    return f"/api/v1/nodes/{node}/proxy/{path}"
