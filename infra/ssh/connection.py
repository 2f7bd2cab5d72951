"""paramiko, imported when a connection opens: it costs what `--help` and a collection save.

No other module imports it.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import paramiko

    Channel: TypeAlias = paramiko.Channel
    Client: TypeAlias = paramiko.SSHClient
    Transport: TypeAlias = paramiko.Transport
else:
    Channel: TypeAlias = Any
    Client: TypeAlias = Any
    Transport: TypeAlias = Any
Errors: TypeAlias = tuple[type[Exception], ...]

NOTICED = 1.0
"""Seconds at most between the end of a connection's channels and that of its thread: no I/O."""

logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # what it warns of, its errors say again


def connected(address: str, *, user: str, key: Path, known_hosts: Path, timeout: float) -> Client:
    """A connection to a machine whose host key is known; ``timeout`` is for TCP, and the banner."""
    import paramiko  # noqa: PLC0415

    client = paramiko.SSHClient()
    client.load_host_keys(str(known_hosts))
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    try:
        client.connect(
            address,
            username=user,
            key_filename=str(key),
            allow_agent=False,
            look_for_keys=False,
            timeout=timeout,
            banner_timeout=timeout,
        )
    except BaseException:
        client.close()
        raise
    return client


def failures() -> Errors:
    """Whatever ends a connection, or keeps one from being made. For an except clause."""
    import paramiko  # noqa: PLC0415

    return OSError, EOFError, paramiko.SSHException


def lost() -> Errors:
    """How a connection ends that was made or was being made; one that is refused or finds nobody
    ends otherwise.
    """
    import paramiko  # noqa: PLC0415

    return EOFError, ConnectionResetError, paramiko.SSHException


def refused() -> Errors:
    """Said by the machine: it would say so again."""
    import paramiko  # noqa: PLC0415

    return (
        paramiko.AuthenticationException,
        paramiko.BadHostKeyException,
        paramiko.ChannelException,
    )


def was_lost(channel: Channel) -> bool:
    """Whether the SSH connection under a channel that reads no more ended, not its far end.

    A far end that ends is told by the machine's sshd; a connection that breaks tells nothing, and
    its thread takes a moment to notice (``NOTICED``).
    """
    if channel.eof_received:
        return False
    transport = channel.get_transport()
    transport.join(NOTICED)
    return not transport.is_active()
