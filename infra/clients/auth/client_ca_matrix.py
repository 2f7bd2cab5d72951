"""Which ports let in a client, by the authority that signed its certificate."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra import parallel
from infra.clients.apimachinery import aggregation
from infra.clients.auth.certificates import ETCD, FRONT_PROXY, KUBERNETES
from infra.clients.transport import tls_handshakes, tls_tunnel
from infra.clients.transport.tls_tunnel import MachinePort
from infra.cluster import Cluster
from infra.errors import claimed, preparing
from infra.kube_api import Credentials
from infra.pki import scenario_certificates
from infra.pki.identities import FRONT_PROXY_CLIENT

STRANGER = "a stranger"
BY_ANOTHER_NAME = "front-proxy-ca by another name"
"""Only one name of that authority may say who asks (--requestheader-allowed-names)."""
ON_BEHALF = {"X-Remote-User": "kubernetes-admin", "X-Remote-Group": "system:masters"}
"""What the front proxy adds (article 61): who trusts its authority believes it."""
API = frozenset({KUBERNETES, FRONT_PROXY})
"""Servers built from k8s.io/apiserver let in both, the second as whom it speaks for."""


@dataclass(frozen=True)
class Door:
    """A port that asks for a client's certificate; ``of`` are the authorities it is for."""

    name: str
    machine: str
    port: int
    path: str
    of: frozenset[str]
    address: str = ""

    def __str__(self) -> str:
        return f"{self.name} (port {self.port})"


Tried = Mapping[Door, Mapping[str, str]]
"""By door and authority: the status of the answer, or handshakes.NO_ANSWER."""


def doors(cluster: Cluster) -> list[Door]:
    """Every port of the control plane, the kubelets and the aggregated API server."""
    only_etcd, only_kubernetes = frozenset({ETCD}), frozenset({KUBERNETES})
    ports = cluster.layout.ports
    found: list[Door] = []
    for name in (str(machine.name) for machine in cluster.spec.controllers):
        found += [
            Door(f"API server of {name}", name, ports.api_server, "/api/v1/nodes", API),
            Door(f"etcd of {name}, for clients", name, ports.etcd, "/health", only_etcd),
            Door(f"etcd of {name}, for peers", name, ports.etcd_peers, "/version", only_etcd),
            Door(f"controller manager of {name}", name, ports.controller_manager, "/metrics", API),
            Door(f"scheduler of {name}", name, ports.scheduler, "/metrics", API),
        ]
    for name in (str(machine.name) for machine in cluster.spec.workers):
        found.append(Door(f"kubelet of {name}", name, ports.kubelet, "/metrics", only_kubernetes))
    second = aggregation.second(cluster)
    here = str(cluster.spec.controllers[0].name)
    own = Door("metrics-server", here, second.port, "/metrics", API, second.address)
    return [*found, own]


def clients(cluster: Cluster, into: Path) -> dict[str, Credentials]:
    """By authority: a client with rights to everything, were its authority believed."""
    ca, found = cluster.material.cert_path("ca"), {}
    for name in (KUBERNETES, ETCD, FRONT_PROXY, STRANGER):
        stem = scenario_certificates.all_powerful(
            cluster.material, into, FRONT_PROXY_CLIENT, authority="" if name == STRANGER else name
        )
        cert, key = stem.with_suffix(".pem"), stem.with_name(f"{stem.name}-key.pem")
        found[name] = Credentials(ca=ca, cert=cert, key=key)
    found[BY_ANOTHER_NAME] = by_another_name(cluster, into)
    return found


def by_another_name(cluster: Cluster, into: Path) -> Credentials:
    """Of the front proxy's authority, for somebody else than the front proxy."""
    stem = scenario_certificates.all_powerful(
        cluster.material, into, "somebody-else", authority=FRONT_PROXY
    )
    cert, key = stem.with_suffix(".pem"), stem.with_name(f"{stem.name}-key.pem")
    return Credentials(ca=cluster.material.cert_path("ca"), cert=cert, key=key)


def tried(cluster: Cluster, shown: Mapping[str, Credentials]) -> Tried:
    return parallel.by_item(doors(cluster), lambda door: answers_of(cluster, door, shown))


def answers_of(cluster: Cluster, door: Door, shown: Mapping[str, Credentials]) -> Mapping[str, str]:
    """Whom the door is for comes first: one that is silent to all does not admit them.

    Errors: ClaimError when it is silent to them, NotPrepared when it is to others.
    """
    found = {}
    for who in sorted(shown, key=lambda who: who not in door.of):
        with claimed() if who in door.of else preparing():
            found[who] = knock(cluster, door, who, shown[who])
    return {who: found[who] for who in shown}


def knock(cluster: Cluster, door: Door, who: str, credentials: Credentials) -> str:
    request = tls_tunnel.request("GET", door.path, at=door.machine, headers=ON_BEHALF)
    context = tls_tunnel.trusting_anybody(credentials)
    status, _ = tls_handshakes.told(
        MachinePort(cluster, door.machine, door.port, door.address),
        request,
        context=context,
        what=f"{door} admits or refuses a client of {who} that asks for {door.path}",
    )
    return status


def kept_out(found: Tried) -> list[str]:
    """Doors that do not open to whom they are for."""
    return [
        f"{door} answers {answers[who]} to a client of {who}"
        for door, answers in found.items()
        for who in sorted(door.of)
        if answers[who] != "200"
    ]


def let_in(found: Tried) -> list[str]:
    """Doors that open to others; 403 is open too, for it knows whom it refuses."""
    return [
        f"{door} lets in a client of {who}: {answer}"
        for door, answers in found.items()
        for who, answer in answers.items()
        if who not in door.of and answer not in {"401", tls_handshakes.NO_ANSWER}
    ]
