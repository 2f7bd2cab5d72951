"""A kubelet's own port on its machine: its endpoints, the right each asks for, commands by GET.

Dialed from the machine itself, whose security group lets nobody else in; the certificate is
verified against the cluster's CA.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from infra import parallel
from infra.artifacts.catalog import is_since
from infra.clients.transport import http_answers, tls_tunnel, websocket
from infra.clients.transport.tls_tunnel import MachinePort
from infra.cluster import Cluster
from infra.errors import preparing
from infra.kube_api import Answer, Credentials
from infra.timing import NODE_READY, scaled
from infra.wait import eventually

READ_ONLY_PORT = 10255
RIGHTS: Mapping[str, str] = {
    "/metrics": "metrics",
    "/metrics/cadvisor": "metrics",
    "/metrics/resource": "metrics",
    "/metrics/probes": "metrics",
    "/stats/summary": "stats",
    "/logs/": "log",
    "/pods": "pods",
    "/runningpods/": "pods",
    "/healthz": "healthz",
    "/configz": "configz",
    "/flagz": "configz",
    "/statusz": "statusz",
    "/checkpoint/none/none/none": "checkpoint",
    "/containerLogs/none/none/none": "proxy",
    "/portForward/none/none": "proxy",
    "/exec/none/none/none": "proxy",
}
"""Subresource of nodes that each endpoint asks for: kubernetes pkg/kubelet/server/auth.go (1.36).
Those below ``none`` name no container: whoever may ask is told that there is none."""
SINCE: Mapping[str, str] = {"/flagz": "1.36", "/statusz": "1.36"}
"""Endpoints that a minor is the first to have by default: a kubelet without one answers 404 to
everybody, before it asks who that is (ComponentFlagz, ComponentStatusz; pkg/kubelet/server)."""
FALLBACK = frozenset({"/pods", "/runningpods/", "/healthz", "/configz"})
"""Endpoints that nodes/proxy opens too; same file."""
REFUSED = frozenset({401, 403})
TIMEOUT = 20.0
"""Seconds without a byte, as for an API server: a kubelet on one busy CPU was silent for 5 while a
further cluster was built beside it (seen)."""
AT_ONCE = 4
"""Requests beside each other: a handshake on a machine of one CPU is most of their time."""


@dataclass(frozen=True)
class Port:
    """The port of the kubelet on ``node``, asked as one identity."""

    cluster: Cluster
    node: str
    credentials: Credentials

    @property
    def number(self) -> int:
        return self.cluster.layout.ports.kubelet

    def ask(self, path: str, method: str = "GET", *, timeout: float = TIMEOUT) -> Answer:
        """One request on a connection of its own; ``timeout`` is seconds without a byte.

        Errors: ApiUnreachable.
        """
        headers: dict[str, str] = {}
        if self.credentials.token:
            headers["Authorization"] = f"Bearer {self.credentials.token}"
        if method == "POST":
            headers["Content-Length"] = "0"
        request = tls_tunnel.request(method, path, at=self.node, headers=headers)
        got = self._exchange(request, timeout=timeout)
        status, found, text = http_answers.parsed(got)
        return Answer(method, f"https://{self.node}:{self.number}{path}", status, found, text)

    def ask_all(self, paths: Sequence[str]) -> dict[str, Answer]:
        return parallel.by_item(paths, self.ask, at_most=AT_ONCE)

    def run_by_get(self, pod: str, container: str, command: Sequence[str]) -> tuple[int, str]:
        """Status and standard output of a command run by a GET; ``pod`` like ``ns/name``."""
        query = urlencode([*(("command", word) for word in command), ("output", "1")])
        path = f"/exec/{quote(pod)}/{container}?{query}"
        token = self.credentials.token or ""
        request = websocket.upgrade(path, at=self.node, token=token)
        got = self._exchange(request, is_whole=websocket.is_refusal)
        head, _, frames = got.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        return status, websocket.output(frames) if status == 101 else frames.decode()

    def _exchange(
        self,
        request: str,
        *,
        is_whole: Callable[[bytes], bool] = http_answers.is_whole,
        timeout: float = TIMEOUT,
    ) -> bytes:
        context = tls_tunnel.trusting(self.credentials)
        port = MachinePort(self.cluster, self.node, self.number)
        return tls_tunnel.exchange(
            port, request, context=context, is_whole=is_whole, timeout=timeout
        )


def await_listening(cluster: Cluster, node: str) -> None:
    """A restarted kubelet may renew its lease before it listens. Errors: NotPrepared."""
    port = MachinePort(cluster, node, cluster.layout.ports.kubelet)
    with preparing():
        eventually(
            lambda: tls_tunnel.connects(port),
            bool,
            within=scaled(NODE_READY),
            what=f"the restarted kubelet of {node} listens",
        )


def ask_each(ports: Sequence[Port], paths: Sequence[str]) -> list[Answer]:
    """The answers of several kubelets, asked beside each other."""
    return parallel.found(ports, lambda port: port.ask_all(paths).values())


def path_of(answer: Answer) -> str:
    """The endpoint that gave an answer."""
    return urlsplit(answer.url).path


def endpoints(kubernetes: str) -> list[str]:
    """Those that a kubelet of a version has."""
    return [path for path in RIGHTS if is_since(kubernetes, SINCE.get(path, "1.0"))]


def opened_by(right: str) -> list[str]:
    """Endpoints that a right on nodes opens."""
    return [
        path
        for path, needed in RIGHTS.items()
        if right == needed or (right == "proxy" and path in FALLBACK)
    ]


def wrongly_judged(answers: Sequence[Answer], opened: Sequence[str]) -> list[str]:
    """Endpoints that answered whom they must refuse, or the reverse; empty is right."""
    return [
        f"{told(answer)}, must be {'answered' if is_open else 'refused'}"
        for answer in answers
        for is_open in [path_of(answer) in opened]
        if (answer.status in REFUSED) == is_open
    ]


def not_naming(answers: Sequence[Answer], user: str) -> list[str]:
    """Refusals that do not say whom they refuse and which right is missing."""
    return [
        f"{told(answer)} names not both {user} and {right}"
        for answer in answers
        for right in [RIGHTS[path_of(answer)]]
        if answer.status in REFUSED and not (user in answer.text and right in answer.text)
    ]


def told(answer: Answer) -> str:
    return f"{answer.url} -> {answer.status} {answer.text[:200]!r}"
