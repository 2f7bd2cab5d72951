"""Client certificates of components: which one API servers see, and how a kubelet renews its own.

Names: k8s.io/apiserver pkg/authentication/request/x509, client-go util/certificate (1.36).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from infra.clients.node import kubelet
from infra.clients.transport import prometheus
from infra.cluster import Cluster
from infra.kube_api import Api, JsonObject
from infra.pki import certificate_parsing, kubeconfigs, scenario_certificates
from infra.pki.certificate_parsing import Found
from infra.pki.identities import Identity, identities
from infra.ssh import Shell

SEEN = "apiserver_client_certificate_expiration_seconds_bucket"
ENDS = timedelta(hours=5)
"""Between two borders of that histogram, where no other client's certificate lies."""
SOON, SOONER = "21600", "7200"
DISPATCHED = "apiserver_flowcontrol_dispatched_requests_total"
"""Counted by the flow schema that a request was put into."""
REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
OWN_CLIENT = "kubernetes.io/kube-apiserver-client-kubelet"


@dataclass(frozen=True)
class Use:
    """Requests with a certificate that ends soon, over API servers, and a node's last heartbeat."""

    ending: int
    heartbeat: str


@dataclass(frozen=True)
class Renewing:
    """A worker whose kubelet renews; what it had, what API servers had seen, since when ready."""

    node: str
    old: Found
    seen: int
    ready_since: str


class Uses:
    """Uses of a node's certificates, each look beside the one before."""

    def __init__(self, cluster: Cluster, node: str) -> None:
        self._cluster, self._node = cluster, node
        self._last = use(cluster, node)

    def look(self) -> tuple[Use, Use]:
        before, self._last = self._last, use(self._cluster, self._node)
        return before, self._last


def with_ending_pair(cluster: Cluster, name: str, kubeconfig: bytes) -> bytes:
    """A kubeconfig of that identity with a pair that ends in ``ENDS``."""
    pair = scenario_certificates.near_its_end(
        cluster.material, identity_of(cluster, name), ends=ENDS
    )
    return kubeconfigs.with_pair(kubeconfig, pair)


def identity_of(cluster: Cluster, name: str) -> Identity:
    return next(row for row in identities(cluster.spec) if row.name == name)


def ending_seen(servers: Iterable[Api]) -> int:
    """Requests so far whose client certificate had between two and six hours left."""
    total = 0.0
    for server in servers:
        samples = prometheus.parse(server.text("/metrics"), only=SEEN)
        soon, sooner = (
            prometheus.value(samples, SEEN, le=border) or 0 for border in (SOON, SOONER)
        )
        total += soon - sooner
    return int(total)


def served_scheduler(server: Api) -> float:
    """Requests of a scheduler that an API server has served since it started: each scheduler asks
    the API server of its own machine (article 8).
    """
    samples = prometheus.parse(server.text("/metrics"), only=DISPATCHED)
    mine = [s.value for s in samples if s.labels.get("flow_schema") == "kube-scheduler"]
    return sum(mine)


def use(cluster: Cluster, node: str) -> Use:
    heartbeat = kubelet.renewed(cluster.api, node)
    return Use(ending_seen(cluster.api_servers().values()), heartbeat)


def requests_of(api: Api, node: str) -> list[JsonObject]:
    """A node's requests for a client certificate of its own."""
    return [
        one
        for one in api.get(REQUESTS)["items"]
        if one["spec"]["signerName"] == OWN_CLIENT
        and one["spec"].get("username") == f"system:node:{node}"
    ]


def states(requests: Iterable[JsonObject]) -> list[str]:
    """``pending``, ``Approved`` or ``Approved, issued`` of each."""
    found = []
    for one in requests:
        kinds = [c["type"] for c in one["status"].get("conditions", [])] or ["pending"]
        found.append(", ".join(kinds + ["issued"] * bool(one["status"].get("certificate"))))
    return found


def current(shell: Shell) -> Found:
    """The certificate that a kubelet has for itself. Errors: CommandFailed when it has none."""
    path = current_file(shell)
    return certificate_parsing.from_pem(f"{shell.name}:{path}", shell.get(path))


def current_file(shell: Shell) -> str:
    """A link to the newest (client-go util/certificate, certificate_store.go)."""
    return f"{shell.layout.directories.kubelet_certificates}/kubelet-client-current.pem"
