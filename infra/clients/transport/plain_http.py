"""HTTP without TLS to a machine's own ports, by its SSH connection: no process starts there."""

from infra.clients.transport import http_answers, tls_tunnel
from infra.errors import NotJudged, Unreachable
from infra.kube_api import ApiUnreachable
from infra.ssh import LOOPBACK, Dials, Shell


def get(shell: Shell, port: int, path: str, *, address: str = LOOPBACK) -> tuple[int, str]:
    """Status and body. Errors: ApiUnreachable when nobody answers there."""
    if not isinstance(shell, Dials):
        raise NotJudged(f"{shell.name} opens no connections for us")
    try:
        channel = shell.dial(address, port)
        try:
            channel.settimeout(tls_tunnel.TIMEOUT)
            channel.sendall(tls_tunnel.request("GET", path, at=shell.name).encode())
            content = b""
            while chunk := channel.recv(tls_tunnel.CHUNK):
                content += chunk
                if http_answers.is_whole(content):
                    break
        finally:
            channel.close()
    except (OSError, Unreachable) as error:
        raise ApiUnreachable(f"GET {path} of {shell.name}:{port}: {error!r}") from error
    status, _, text = http_answers.parsed(content)
    return status, text
