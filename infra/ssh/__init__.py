"""Commands on machines over SSH, as root through sudo; host keys are known in advance.

The only module that imports fabric.
"""

import logging
import shlex
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import fabric
import paramiko
from invoke.exceptions import CommandTimedOut

from infra import places
from infra.computer import load
from infra.errors import CommandFailed, Unreachable
from infra.layout import SERIES, Layout
from infra.ssh.channel import converse

TIMEOUT = 60.0
"""Seconds a command may take unless its caller says more: a unit start on a busy machine."""
LOOPBACK = "127.0.0.1"
LOST = (EOFError, ConnectionResetError, paramiko.SSHException)
"""How a connection ends that was made or was being made; one that is refused or finds nobody ends
otherwise."""
REFUSED = (
    paramiko.AuthenticationException,
    paramiko.BadHostKeyException,
    paramiko.ChannelException,
)
"""Said by the machine: it would say so again."""
CONNECT_TIMEOUT = 5.0
"""Seconds for a TCP connection and the banner; machines are one hop away."""

logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # what it warns of, its errors say again


@dataclass(frozen=True)
class Result:
    """One command that ran. ``seconds`` is wall time."""

    machine: str
    argv: tuple[str, ...]
    exit_status: int
    stdout: str
    stderr: str
    seconds: float


Listener = Callable[[Result], None]


class Shell(Protocol):
    """What a machine can do for us; FakeShell in tests is the same.

    ``layout`` is where things are on it.
    """

    name: str
    layout: Layout

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        stdin: bytes | None = None,
        timeout: float = TIMEOUT,
    ) -> Result: ...

    def put(self, content: bytes, path: str, *, mode: int = 0o644) -> None: ...

    def get(self, path: str) -> bytes: ...


@runtime_checkable
class Dials(Protocol):
    """A shell that can also open connections from its machine."""

    def dial(self, address: str, port: int) -> paramiko.Channel: ...


class Ssh:
    """A machine over SSH. One connection, kept; usable from several threads one at a time.

    One that is lost is made anew, once, while no command was sent; a command is never sent twice.

    Errors: Unreachable (no connection), CommandFailed (``check`` and a status other than 0).
    """

    def __init__(self, name: str, address: str, *, user: str, key: Path, known_hosts: Path) -> None:
        self.name = name
        self.address = address
        self.layout = SERIES  # a cluster's machines have the cluster's (Cluster.shell)
        self.listeners: list[Listener] = []
        self._user = user
        self._key = key
        self._known_hosts = known_hosts
        self._lock = threading.RLock()
        self._connection: fabric.Connection | None = None

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        stdin: bytes | None = None,
        timeout: float = TIMEOUT,
    ) -> Result:
        started = time.monotonic()
        places.looked_by_command(self.name, argv)
        out, err, status = self._execute(("sudo", "-n", *argv), stdin, timeout)
        result = Result(
            self.name, tuple(argv), status, text(out), text(err), time.monotonic() - started
        )
        for listener in self.listeners:
            listener(result)
        if check and status != 0:
            raise CommandFailed(
                self.name, argv, exit_status=status, stdout=result.stdout, stderr=result.stderr
            )
        return result

    def put(self, content: bytes, path: str, *, mode: int = 0o644) -> None:
        self.run(["install", "-D", "-m", f"{mode:o}", "/dev/stdin", path], stdin=content)

    def get(self, path: str) -> bytes:
        places.looked(self.name)
        out, err, status = self._execute(("sudo", "-n", "cat", "--", path), None, TIMEOUT)
        if status != 0:
            raise CommandFailed(
                self.name, ["cat", path], exit_status=status, stdout="", stderr=text(err)
            )
        return out

    def dial(self, address: str, port: int) -> paramiko.Channel:
        """A TCP connection that begins on the machine: to ports that only machines reach.

        Errors: Unreachable, also when nobody listens there.
        """
        places.looked(self.name if address == LOOPBACK else address, port)
        try:
            with self._lock:
                return self._open(
                    lambda transport: transport.open_channel(
                        "direct-tcpip", (address, port), (LOOPBACK, 0), timeout=CONNECT_TIMEOUT
                    )
                )
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise Unreachable(self.name, f"to {address}:{port}", why(error)) from error

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _execute(
        self, argv: Sequence[str], stdin: bytes | None, timeout: float
    ) -> tuple[bytes, bytes, int]:
        # paramiko takes one string; shlex.join quotes every word, so no value is ever parsed.
        command = shlex.join(argv)
        with self._lock:
            channel = self._session()
            try:
                channel.settimeout(timeout)
                channel.exec_command(command)
                return converse(channel, stdin or b"")
            except TimeoutError as error:
                self.close()
                raise Unreachable(
                    self.name, self.address, f"no end of {command[:80]} within {timeout:g} s"
                ) from error
            except (OSError, EOFError, paramiko.SSHException, CommandTimedOut) as error:
                self.close()
                cause = f"{error!r} after {command[:80]} was sent, which may have run"
                raise Unreachable(self.name, self.address, cause) from error

    def _session(self) -> paramiko.Channel:
        try:
            return self._open(lambda transport: transport.open_session(timeout=CONNECT_TIMEOUT))
        except (OSError, EOFError, paramiko.SSHException) as error:
            self.close()
            raise Unreachable(self.name, self.address, why(error)) from error

    def _open(self, opening: Callable[[paramiko.Transport], paramiko.Channel]) -> paramiko.Channel:
        """A new channel, on which nothing was sent yet: so one that is lost may be opened again."""
        try:
            return opening(self._transport())
        except LOST as error:
            if isinstance(error, REFUSED) or self._connected():
                raise
            return opening(self._transport())

    def _connected(self) -> bool:
        return self._connection is not None and bool(self._connection.is_connected)

    def _transport(self) -> paramiko.Transport:
        if self._connection is None or not self._connected():
            connection = fabric.Connection(
                self.address,
                user=self._user,
                connect_timeout=int(CONNECT_TIMEOUT),
                connect_kwargs={
                    "key_filename": str(self._key),
                    "allow_agent": False,
                    "look_for_keys": False,
                    "banner_timeout": CONNECT_TIMEOUT,
                },
                config=fabric.Config(overrides={"load_ssh_configs": False}),
            )
            connection.client.load_host_keys(str(self._known_hosts))
            connection.client.set_missing_host_key_policy(paramiko.RejectPolicy())
            try:
                connection.open()
            except BaseException:
                connection.client.close()  # fabric closes only what it calls connected
                raise
            self._connection = connection
        transport: paramiko.Transport | None = self._connection.client.get_transport()
        if transport is None:
            raise EOFError("connection closed")
        return transport


def why(error: Exception) -> str:
    """What happened before anything was sent, and what to do where too much load may be why."""
    if isinstance(error, REFUSED) or not isinstance(error, LOST):
        return repr(error)
    return f"no session came about: {error!r}; {load.here()}: run again when that is lower"


def exists(shell: Shell, path: str) -> bool:
    return shell.run(["test", "-e", path], check=False).exit_status == 0


def text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")
