"""paramiko, imported when a connection opens: it costs what `--help` and a collection save.

No other module imports it.
"""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakKeyDictionary

from infra.errors import UserError

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


@dataclass(frozen=True)
class Login:
    """Who logs in to a host, and how: ``key`` None means those of the agent. ``jump`` is the login
    by which the host is reached, where it is not reached from here.
    """

    host: str
    user: str
    key: Path | None
    known_hosts: Path
    port: int = 22
    jump: "Login | None" = None


def connected(login: Login, *, timeout: float) -> Client:
    """A connection to a machine whose host key is known; ``timeout`` is for TCP, and the banner."""
    import paramiko  # noqa: PLC0415

    client = paramiko.SSHClient()
    client.load_host_keys(str(login.known_hosts))
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    try:
        client.connect(
            login.host,
            port=login.port,
            username=login.user,
            key_filename=str(login.key) if login.key else None,
            allow_agent=login.key is None,
            look_for_keys=False,
            timeout=timeout,
            banner_timeout=timeout,
            sock=through(login, login.jump, timeout) if login.jump else None,
        )
    except BaseException:
        client.close()
        raise
    return client


def through(login: Login, by: Login, timeout: float) -> Channel:
    """A channel to a host from the one that is jumped over; its connection ends with the client's
    end, as nobody else has it.
    """
    jump = connected(by, timeout=timeout)
    transport = jump.get_transport()
    if transport is None:
        raise EOFError("the connection to the jump host is closed")
    target = (login.host, login.port)
    channel = transport.open_channel("direct-tcpip", target, ("127.0.0.1", 0), timeout=timeout)
    JUMPS[channel] = jump
    return channel


JUMPS: WeakKeyDictionary[Channel, Client] = WeakKeyDictionary()
"""Keeps the connections that channels lie in: paramiko ends those that nobody has."""


def configured(login: Login, config: Path) -> Login:
    """As an ssh_config says of the host: its address, user, port, key and jump hosts. A jump host
    that the login has comes before those, and is looked up in turn, as by ``ssh -J``.

    Errors: UserError for a ProxyCommand: passing it over would dial another host.
    """
    import paramiko  # noqa: PLC0415

    told = paramiko.SSHConfig.from_path(str(config)).lookup(login.host)
    if (command := told.get("proxycommand", "none")) != "none" and login.jump is None:
        raise UserError(
            f"{config}: {login.host} has ProxyCommand {command}, and no command is run: write "
            "ProxyJump"
        )
    keys = [*told.get("identityfile", ())]
    found = replace(
        login,
        host=told.get("hostname", login.host),
        user=told.get("user", login.user),
        port=int(told.get("port", login.port)),
        key=Path(keys[0]).expanduser() if keys else login.key,
    )
    if login.jump is not None:
        return replace(found, jump=configured(login.jump, config))
    if (jumps := told.get("proxyjump", "none")) != "none":
        return replace(found, jump=chained(jumps, login, config))
    return found


def chained(told: str, login: Login, config: Path) -> Login:
    """The last of several jump hosts, ``a,b``: each is reached by the one before it."""
    first, *others = [configured(jump_of(one.strip(), login), config) for one in told.split(",")]
    for one in others:
        first = replace(one, jump=first)
    return first


def jump_of(told: str, login: Login) -> Login:
    """``user@host:port``; what it leaves out is the login's."""
    user, _, place = told.rpartition("@")
    host, _, port = place.partition(":")
    return replace(login, host=host, user=user or login.user, port=int(port or 22), jump=None)


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
