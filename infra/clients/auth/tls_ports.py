"""TLS ports of the live cluster: what each shows, and who accepts it."""

import ssl
from dataclasses import dataclass, replace
from pathlib import Path

from infra.clients.auth.certificates import ETCD, FRONT_PROXY, KUBERNETES
from infra.clients.transport import tls_tunnel
from infra.clients.transport.tls_tunnel import MachinePort
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.kube_api import Api
from infra.pki import certificate_parsing
from infra.pki.certificate_parsing import Found


@dataclass(frozen=True)
class Port:
    """A TLS port of a component, the file it serves, its authority, and whom it lets in."""

    machine: str
    number: int
    file: str
    authority: str
    client: str

    def __str__(self) -> str:
        return f"{self.machine}:{self.number}"


def ports(cluster: Cluster) -> list[Port]:
    """TLS ports with a certificate of ours; the managers make their own at each start."""
    found: list[Port] = []
    numbers = cluster.layout.ports
    for machine in cluster.spec.controllers:
        file = cluster.layout.certificates.etcd
        of_etcd = (numbers.etcd, numbers.etcd_peers)
        found += [Port(machine.name, number, file, ETCD, "etcd") for number in of_etcd]
        file = cluster.layout.certificates.api_server
        found.append(Port(machine.name, numbers.api_server, file, KUBERNETES, "admin"))
    for machine in cluster.spec.workers:
        file = cluster.layout.certificates.kubelet
        found.append(Port(machine.name, numbers.kubelet, file, KUBERNETES, "admin"))
    return found


def served(cluster: Cluster, port: Port, *, trusting: str = "", name: str = "") -> Found:
    """What a port shows in a handshake; ``trusting`` names the authority that has to have signed,
    ``name`` is the server's that the client sends: none when it dials by address.

    Errors: ssl.SSLCertVerificationError when it has not; NotJudged when there is no handshake.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trusting:
        context.load_verify_locations(cluster.material.cert_path(trusting))
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    material = cluster.material
    context.load_cert_chain(material.cert_path(port.client), material.key_path(port.client))
    try:
        here = MachinePort(cluster, port.machine, port.number)
        with tls_tunnel.dial(here, context=context, name=name) as stream:
            shown = stream.certificate()
    except ssl.SSLCertVerificationError:
        raise
    except OSError as error:
        raise NotJudged(f"no TLS handshake with {port}: {error}") from error
    if not shown:
        raise NotJudged(f"{port} shows no certificate")
    return certificate_parsing.from_der(str(port), shown)


def wrongly_served(cluster: Cluster, found: list[Found]) -> list[str]:
    """Ports whose certificate is not that of their machine's file, by fingerprint."""
    by_place = {item.place: item.fingerprint for item in reversed(found)}  # the first is shown
    wrong: list[str] = []
    for port in ports(cluster):
        shown, file = served(cluster, port), f"{port.machine}:{port.file}"
        if shown.fingerprint != by_place.get(file):
            wrong.append(
                f"{port} serves {shown.common_name} {shown.fingerprint[:16]}, "
                f"{file} is {by_place.get(file, 'not there')[:16]}"
            )
    return wrong


def refused_by_own(cluster: Cluster) -> list[str]:
    """Ports whose certificate a client that trusts their authority does not accept, and why."""
    tried = [(port, verdict(cluster, port, port.authority)) for port in ports(cluster)]
    return [f"{port}: {why}" for port, why in tried if why]


def accepted_by_others(cluster: Cluster) -> list[str]:
    """Ports whose certificate a client that trusts another authority accepts."""
    return [
        f"{port} by trust in {other}"
        for port in ports(cluster)
        for other in (KUBERNETES, ETCD, FRONT_PROXY)
        if other != port.authority and not verdict(cluster, port, other)
    ]


def verdict(cluster: Cluster, port: Port, trusting: str) -> str:
    """Why a client does not accept the certificate; empty when it does."""
    try:
        served(cluster, port, trusting=trusting)
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    return ""


def answers(cluster: Cluster, stem: Path) -> dict[str, int]:
    """Status of one GET at each API server, by machine, with that client certificate."""
    cert, key = stem.with_suffix(".pem"), stem.with_name(f"{stem.name}-key.pem")
    who = replace(cluster.credentials("admin"), cert=cert, key=key)
    return {
        machine.name: Api(cluster.api_of(machine.name).base, who).ask("GET", "/api/v1/nodes").status
        for machine in cluster.spec.controllers
    }
