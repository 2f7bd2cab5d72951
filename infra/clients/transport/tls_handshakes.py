"""What a TLS port tells somebody: an answer, or none where the handshake is refused."""

import ssl

from infra.clients.transport import http_answers, tls_tunnel
from infra.clients.transport.tls_tunnel import MachinePort
from infra.errors import Unreachable, WaitTimeout
from infra.kube_api import ApiUnreachable
from infra.timing import NODE_READY, scaled
from infra.wait import eventually

NO_ANSWER = "no answer"
"""What a handshake that is refused gives; that the port answers others is the control."""


def told(port: MachinePort, request: str, *, context: ssl.SSLContext, what: str) -> tuple[str, str]:
    """Status and body of an answer, or NO_ANSWER where a handshake is refused.

    A port that nobody listens on, or that is silent, is waited for: a kubelet may be restarting for
    another scenario, and a busy machine takes more than 5 s for a handshake. ``what`` names
    component, machine and client.
    Errors: WaitTimeout when it stays closed or silent. To a client that the port is for, that is a
    false claim (``claimed``); to another, who is neither admitted nor refused, *not judged*.
    Unreachable when its machine takes no command either.
    """

    def once() -> tuple[str, str]:
        try:
            sent = tls_tunnel.exchange(port, request, context=context)
            status, _, text = http_answers.parsed(sent)
        except ApiUnreachable as error:
            if isinstance(error.__cause__, (Unreachable, TimeoutError)):
                raise error.__cause__ from error
            return NO_ANSWER, ""
        return str(status), text

    try:
        return eventually(
            once,
            lambda _: True,
            within=scaled(NODE_READY),
            what=what,
            transient=(Unreachable, TimeoutError),
        )
    except WaitTimeout:
        shell = port.cluster.shell(port.machine)
        shell.run(["true"], check=False)  # or the machine is Unreachable, not it
        raise
