"""Each component's metrics: where it tells them, to whom, and whom it refuses (claim 67.4)."""

from dataclasses import dataclass

from infra import parallel
from infra.artifacts import catalog
from infra.clients.apimachinery import aggregation
from infra.clients.instrumentation import component_metrics
from infra.clients.transport import prometheus, tls_handshakes, tls_tunnel
from infra.clients.transport.tls_handshakes import NO_ANSWER
from infra.clients.transport.tls_tunnel import MachinePort
from infra.cluster import Cluster
from infra.errors import claimed, preparing, require
from infra.inventory import Role
from infra.kube_api import Credentials
from infra.machine_layout import Ports

BUILD = (component_metrics.BUILD, "git_version")
ETCD_BUILD = ("etcd_server_version", "server_version")


@dataclass(frozen=True)
class Endpoint:
    """A component's secure port, ``known`` to whom, and the metric and label that tell it from
    others: the version, or for metrics-server, which names none, a node that it asks.
    """

    role: Role | None
    port: int
    known: str = "admin"
    built: tuple[str, str] = BUILD
    health: str = "/healthz"


def endpoints(ports: Ports) -> dict[str, Endpoint]:
    """All that ask who somebody is; kube-proxy, and etcd's second address, ask nobody."""
    return {
        "API server": Endpoint(Role.CONTROLLER, ports.api_server, health="/livez"),
        "controller manager": Endpoint(Role.CONTROLLER, ports.controller_manager),
        "scheduler": Endpoint(Role.CONTROLLER, ports.scheduler),
        "kubelet": Endpoint(Role.WORKER, ports.kubelet),
        "member of etcd": Endpoint(
            Role.CONTROLLER,
            ports.etcd,
            known="apiserver-etcd-client",
            built=ETCD_BUILD,
            health="/health",
        ),
        "metrics-server": Endpoint(
            None,
            ports.metrics_server,
            built=("metrics_server_kubelet_last_request_time_seconds", "node"),
            health="/livez",
        ),
    }


@dataclass(frozen=True)
class Process:
    """One that serves an endpoint, and its port."""

    name: str
    end: Endpoint
    port: MachinePort

    def __str__(self) -> str:
        return f"{self.name} (port {self.end.port})"


@dataclass(frozen=True)
class Local:
    """A port that asks nobody who he is and is for its own machine; ``open`` is one for others."""

    role: Role
    port: int
    open: int
    built: tuple[str, str] = BUILD


def local(ports: Ports) -> dict[str, Local]:
    return {
        "kube-proxy": Local(Role.WORKER, ports.kube_proxy_metrics, open=ports.kubelet),
        "member of etcd": Local(
            Role.CONTROLLER, ports.etcd_metrics, open=ports.etcd, built=ETCD_BUILD
        ),
    }


@dataclass(frozen=True)
class Told:
    """What a process told: statuses as text, or NO_ANSWER; ``version`` by its metrics."""

    known: str
    version: str
    nobody: str = ""
    stranger: str = ""
    health: str = ""


def ask(cluster: Cluster, component: str, stranger: Credentials) -> dict[str, Told]:
    """Every process of a component, by machine; the only metrics-server by its own name.

    Errors: ClaimError when one is silent to whom it knows, NotPrepared when it is to others.
    """
    end = endpoints(cluster.layout.ports)[component]
    if end.role is None:
        address, here = aggregation.second(cluster).address, cluster.spec.controllers[0].name
        port = MachinePort(cluster, str(here), end.port, address)
        return {component: ask_one(Process(component, end, port), stranger)}

    def of(name: str) -> Told:
        port = MachinePort(cluster, name, end.port)
        return ask_one(Process(f"{component} of {name}", end, port), stranger)

    return parallel.by_item([str(machine.name) for machine in cluster.spec.of(end.role)], of)


def ask_one(process: Process, stranger: Credentials) -> Told:
    end = process.end
    known = process.port.cluster.credentials(end.known)
    nobody = Credentials(ca=known.ca)
    with claimed():
        status, text = got(process, known, "/metrics", "an authorized client")
    with preparing():
        return Told(
            status,
            version_in(text, end.built),
            nobody=got(process, nobody, "/metrics", "an anonymous client")[0],
            stranger=got(process, stranger, "/metrics", "a client of an unknown CA")[0],
            health=got(process, nobody, end.health, "an anonymous client")[0],
        )


def got(process: Process, who: Credentials, path: str, client: str) -> tuple[str, str]:
    return tls_handshakes.told(
        process.port,
        tls_tunnel.request("GET", path, at=process.port.machine),
        context=tls_tunnel.trusting_anybody(who),
        what=f"{process} admits or refuses {client} that asks for {path}",
    )


def version_in(text: str, built: tuple[str, str]) -> str:
    name, label = built
    found = prometheus.parse(text, only=name)
    return found[0].labels.get(label, "") if found else ""


def wanted_version(cluster: Cluster, component: str) -> str:
    """What the version begins with, or the node's name; the patch level of etcd is its own."""
    kubernetes = cluster.spec.kubernetes
    etcd = catalog.component_version(kubernetes, "etcd")
    by_itself = {"member of etcd": f"{catalog.minor_of(etcd)}.", "metrics-server": "worker-"}
    return by_itself.get(component, kubernetes)


def ask_locally(cluster: Cluster, component: str) -> dict[str, Told]:
    """A port that asks nobody, from its own machine."""
    port, found = local(cluster.layout.ports)[component], {}
    for machine in cluster.spec.of(port.role):
        url = f"http://127.0.0.1:{port.port}/metrics"
        got = cluster.shell(machine.name).run(["curl", "--silent", "--fail", url], check=False)
        status = "200" if got.exit_status == 0 else NO_ANSWER
        found[str(machine.name)] = Told(status, version_in(got.stdout, port.built))
    return found


def reached_from_outside(cluster: Cluster, component: str) -> list[str]:
    """Machines whose port a neighbour reaches; one that is for all is the control.

    Errors: NotPrepared when not even that is reached.
    """
    port, found = local(cluster.layout.ports)[component], []
    machines = [str(machine.name) for machine in cluster.spec.of(port.role)]
    for here, there in zip(machines, [*machines[1:], machines[0]], strict=True):
        address = str(cluster.spec.machine(there).private_ip)
        reached = tls_tunnel.connects(MachinePort(cluster, here, port.open, address))
        require(reached, f"{here} does not even reach port {port.open} of {there} (control)")
        if tls_tunnel.connects(MachinePort(cluster, here, port.port, address)):
            found.append(f"{here} reaches port {port.port} of {there}")
    return found
