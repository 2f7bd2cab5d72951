"""A serving certificate that is replaced while its server goes on."""

from dataclasses import dataclass

from infra.clients.auth import tls_ports
from infra.clients.auth.tls_ports import Port
from infra.clients.transport import systemd
from infra.clients.transport.systemd import Unit
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.machine_layout import Layout
from infra.pki import scenario_certificates
from infra.pki.authority import Pair, alternatives_of
from infra.pki.certificate_parsing import Found
from infra.pki.identities import identities


@dataclass(frozen=True)
class Server:
    """A TLS port and its unit, on one ``machine`` or, where it is "", on the first that has it."""

    port: int
    unit: str
    machine: str = ""


def servers(layout: Layout) -> dict[str, Server]:
    """By what features call them.

    Whether a kubelet reloads its certificate is a setting of each of them: each worker has its own.
    """
    ports, units = layout.ports, layout.units
    return {
        "an API server": Server(ports.api_server, units.api_server),
        "a member of etcd": Server(ports.etcd, units.etcd),
        "the kubelet of worker-0": Server(ports.kubelet, units.kubelet, "worker-0"),
        "the kubelet of worker-1": Server(ports.kubelet, units.kubelet, "worker-1"),
    }


@dataclass(frozen=True)
class Serving:
    """A TLS port, what it and its like on other machines serve, and its process."""

    port: Port
    unit: Unit
    old: Found
    others: dict[Port, str]

    @property
    def files(self) -> tuple[str, str]:
        """The certificate's and the key's."""
        return self.port.file, self.port.file.replace(".pem", "-key.pem")


def look(cluster: Cluster, component: str) -> Serving:
    """The named server and the fingerprints of all others of its kind. Errors: NotJudged."""
    server = servers(cluster.layout)[component]
    kind = [one for one in tls_ports.ports(cluster) if one.number == server.port]
    port = next((one for one in kind if server.machine in {"", one.machine}), None)
    if port is None:
        raise NotJudged(f"no TLS port {server.port} on {server.machine or 'any machine'}")
    shown = {one: tls_ports.served(cluster, one).fingerprint for one in kind if one != port}
    process = systemd.show(cluster.shell(port.machine), server.unit)
    return Serving(port, process, tls_ports.served(cluster, port), shown)


def newly_issued(cluster: Cluster, serving: Serving) -> Pair:
    """For the same subject and names, signed by the same authority."""
    name = serving.old.common_name
    identity = next(one for one in identities(cluster.spec) if one.common_name == name)
    return scenario_certificates.renewed(cluster.material, identity, serving.old.certificate)


def alike(one: Found, other: Found) -> bool:
    """Whether two certificates are for the same subject and names."""
    pairs = ((found.common_name, alternatives_of(found.certificate)) for found in (one, other))
    return next(pairs) == next(pairs)


def changed_others(cluster: Cluster, serving: Serving) -> list[str]:
    """Ports of other machines that serve something else than they did."""
    now = {port: tls_ports.served(cluster, port).fingerprint for port in serving.others}
    odd = [port for port, was in serving.others.items() if now[port] != was]
    return [f"{port} serves {now[port][:16]}" for port in odd]
