"""Lines that components log because something happens to them: a stranger calls, a Pod comes.

A line that only this scenario can have brought about is new, and no other machine's. Words:
apiserver pkg/authentication/request/x509 (the serial number), etcd server/embed/config_logging.go
(the name that was asked for), kubelet at -v=2 and containerd (a Pod's namespace).
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.clients.transport import journal, tls_tunnel
from infra.clients.transport.tls_tunnel import MachinePort
from infra.cluster import Cluster
from infra.errors import NotJudged, NotPrepared, Unreachable, require
from infra.kube_api import Credentials
from infra.pki import authority
from infra.ssh import Dials

REFUSED = 401
Wanted = tuple[str, str, str]
"""Component, machine and the word that only this scenario can have brought about."""
Row = tuple[str, str, str, str]
"""Component, machine, form and line; the form is "unknown" where there is no line."""


def call_as_stranger(cluster: Cluster) -> str:
    """Calls every component of the controllers with a certificate that nobody has signed.

    Its serial number, which they tell. Errors: NotPrepared when one lets the stranger in.
    """
    pair = authority.new_authority("stranger", datetime.now(UTC) - authority.BACKDATE)
    serial = str(pair.certificate.serial_number)
    with TemporaryDirectory() as folder:
        cert, key = Path(folder) / "cert.pem", Path(folder) / "key.pem"
        cert.write_bytes(pair.certificate_pem)
        key.write_bytes(pair.key_pem)
        stranger = Credentials(cluster.credentials("admin").ca, cert=cert, key=key)
        for machine in cluster.spec.controllers:
            for port in authenticating(cluster):
                here = MachinePort(cluster, machine.name, port)
                status, _ = tls_tunnel.fetch(here, path="/metrics", credentials=stranger)
                told = f"port {port} of {machine.name} answers a stranger with {status}"
                require(status == REFUSED, told)
            ask_etcd(cluster, machine.name, name=serial)
    return serial


def authenticating(cluster: Cluster) -> tuple[int, ...]:
    """Ports that tell of a certificate that they do not know."""
    ports = cluster.layout.ports
    return ports.api_server, ports.controller_manager, ports.scheduler


def ask_etcd(cluster: Cluster, machine: str, *, name: str) -> None:
    """A handshake with a member by that name, without a certificate: it is turned away."""
    shell, nobody = cluster.shell(machine), Credentials(cluster.credentials("admin").ca)
    if not isinstance(shell, Dials):
        raise NotJudged(f"{machine} opens no connections for us")
    address = str(cluster.spec.machine(machine).private_ip)
    try:
        channel = shell.dial(address, cluster.layout.ports.etcd)
    except Unreachable as error:
        raise NotPrepared(f"etcd of {machine}: {error}") from error
    context = tls_tunnel.trusting_anybody(nobody)
    with suppress(OSError), tls_tunnel.Stream(channel, context, f"{name}.example.com") as stream:
        stream.ask(b"GET /health HTTP/1.1\r\n\r\n")


def rows(cluster: Cluster, wanted: Sequence[Wanted]) -> list[Row]:
    """Of each component and machine the line of its journal that holds the word."""
    return [
        (component, machine, *journal.line_with(cluster.shell(machine), component, word))
        for component, machine, word in wanted
    ]


def missing(found: Sequence[Row]) -> list[str]:
    return [f"{c} on {m}: {line!r}" for c, m, form, line in found if form == "unknown"]
