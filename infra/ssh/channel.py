"""What a command that was started over SSH is fed and says, until it ends or its time is over."""

import threading
from collections.abc import Callable
from io import BytesIO

from infra.ssh.connection import Channel

STATUS_TIMEOUT = 5.0
"""Seconds for the exit status after the output has ended."""
NO_STATUS = -1
"""paramiko's word for it."""
PIECE = 1 << 18
"""Bytes of input given to paramiko at once: it copies all that is left for each packet of 32 KiB,
so that 78 MiB in one piece took 53 s and a core, and take 0.8 s so (measured)."""


def begin(channel: Channel, command: str, *, within: float) -> bool:
    """Whether the machine has taken the command in time; if not, the channel is closed.

    paramiko waits for that answer without a limit, whatever the channel's own time-out is.
    """
    failed: list[Exception] = []

    def ask() -> None:
        try:
            channel.exec_command(command)
        except Exception as error:  # noqa: BLE001 - whoever asked hears of it
            failed.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(within)
    if asking.is_alive():
        channel.close()
        return False
    if failed:
        raise failed[0]
    return True


def converse(channel: Channel, stdin: bytes) -> tuple[bytes, bytes, int]:
    """Output, error output and status of a started command, fed with ``stdin``.

    Standard error is read by a thread of its own: a full window on either would stop the other.

    Errors: TimeoutError, OSError; EOFError when the command told no status.
    """
    err = BytesIO()
    reader = threading.Thread(target=drain, args=(channel.recv_stderr, err), daemon=True)
    reader.start()
    out = BytesIO()
    receiver = threading.Thread(target=drain, args=(channel.recv, out), daemon=True)
    receiver.start()
    feed(channel, stdin)
    timeout = channel.gettimeout()
    receiver.join(timeout)
    reader.join(timeout)
    # A reader also ends when its own time is over, at the same moment as the joins: what counts is
    # whether the command's end is known. Asking for the status would wait for it without a bound.
    if receiver.is_alive() or reader.is_alive() or not channel.status_event.wait(STATUS_TIMEOUT):
        channel.close()
        raise TimeoutError
    status = channel.recv_exit_status()
    channel.close()
    if status == NO_STATUS:
        raise EOFError("no exit status: the connection was lost, or a signal ended the command")
    return out.getvalue(), err.getvalue(), status


def feed(channel: Channel, stdin: bytes) -> None:
    """A command may end before it has read everything, and its status says why.

    Errors: TimeoutError.
    """
    try:
        for start in range(0, len(stdin), PIECE):
            channel.sendall(stdin[start : start + PIECE])
        channel.shutdown_write()
    except TimeoutError:
        raise
    except OSError:
        return  # the channel is closed; so is that of a lost connection, which has no status


def drain(receive: Callable[[int], bytes], into: BytesIO) -> None:
    try:
        while chunk := receive(1 << 16):
            into.write(chunk)
    except TimeoutError:
        return  # the caller sees its deadline by itself
