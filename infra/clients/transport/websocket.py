"""What a WebSocket says back, for commands run by the kubelet: RFC 6455, unmasked server frames."""

import base64
import secrets
from collections.abc import Iterator

from infra.clients.transport import http_answers

OPCODES_OF_DATA = frozenset({0, 1, 2})
PROTOCOL = "v4.channel.k8s.io"
"""Each message begins with a byte: 1 standard output, 2 standard error, 3 a Status in JSON
(k8s.io/apimachinery pkg/util/remotecommand)."""
STDOUT = 1


def upgrade(path: str, *, at: str, token: str) -> str:
    """The request that turns a GET into a WebSocket."""
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    return "\r\n".join(
        (
            f"GET {path} HTTP/1.1",
            f"Host: {at}",
            f"Authorization: Bearer {token}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {PROTOCOL}",
            "\r\n",
        )
    )


def is_refusal(received: bytes) -> bool:
    """A whole answer other than 101; such a connection stays open, one of a command ends."""
    return http_answers.is_whole(received) and received.split(maxsplit=2)[1] != b"101"


def payloads(frames: bytes) -> Iterator[bytes]:
    """Payloads of data frames, up to the first frame that is cut off."""
    at = 0
    while at + 2 <= len(frames):
        opcode, size = frames[at] & 0x0F, frames[at + 1] & 0x7F
        at += 2
        if size > 125:
            width = 2 if size == 126 else 8
            size = int.from_bytes(frames[at : at + width], "big")
            at += width
        if at + size > len(frames):
            return
        if opcode in OPCODES_OF_DATA:
            yield frames[at : at + size]
        at += size


def output(frames: bytes, channel: int = STDOUT) -> str:
    """What a command wrote to a channel."""
    data = (payload[1:] for payload in payloads(frames) if payload[:1] == bytes([channel]))
    return b"".join(data).decode(errors="replace")
