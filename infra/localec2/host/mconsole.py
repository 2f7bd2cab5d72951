"""UML's management console: one datagram asks a machine's kernel, one or more answer.

Format: linux arch/um/drivers/mconsole.h (struct mconsole_request, struct mconsole_reply).
"""

import socket
import struct
import tempfile
from pathlib import Path

from infra.errors import PlatformError

MAGIC = 0xCAFEBABE
VERSION = 2
DATA = 512
"""MCONSOLE_MAX_DATA, bytes of text in a datagram."""
REQUEST = struct.Struct(f"=III{DATA}s")
REPLY = struct.Struct("=III")
"""Of a reply; its text follows, as long as it is."""
EXECUTABLE = "linux"
"""Name of the file that a machine executes, in the machine's own directory."""
PATIENCE = 2.0
"""Seconds for an answer: the kernel answers in an interrupt, 1 ms when idle; 2 s when crowded."""


def ask(console: Path, command: str, *, within: float = PATIENCE) -> str:
    """The kernel's answer to a command.

    Errors: PlatformError when it refuses; OSError when nobody answers (TimeoutError in time).
    """
    text = command.encode()
    with (
        tempfile.TemporaryDirectory(prefix="mc-", dir=console.parent.parent) as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking,
    ):
        # The kernel answers to the sender's address, so the sender needs one.
        asking.bind(str(Path(folder) / "a"))
        asking.settimeout(within)
        asking.sendto(REQUEST.pack(MAGIC, VERSION, len(text), text), str(console))
        return _answer(asking, command, console)


def shut_down(console: Path, executable: Path) -> None:
    """Asks for the orderly way down. Errors: as ``ask``.

    Ctrl-Alt-Del makes systemd stop everything and reboot; UML reboots by executing its own file
    again. Without that file it ends instead.
    """
    executable.unlink(missing_ok=True)
    ask(console, "cad")


def answers(console: Path) -> bool:
    """Whether a kernel is there."""
    try:
        ask(console, "version")
    except OSError:
        return False
    return True


def _answer(asking: socket.socket, command: str, console: Path) -> str:
    parts = []
    more = 1
    error = 0
    while more:
        datagram = asking.recv(REPLY.size + DATA)
        error, more, length = REPLY.unpack_from(datagram)
        data = datagram[REPLY.size : REPLY.size + length]
        parts.append(data.rstrip(b"\0").decode(errors="replace"))
    text = "".join(parts).strip()
    if error:
        raise PlatformError("machine", console.parent.name, f"console refused {command!r}: {text}")
    return text
