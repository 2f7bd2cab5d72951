"""Commands on machines over SSH, as root through sudo; host keys are known in advance."""

import shlex
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from infra import observed_places
from infra.computer import load
from infra.errors import CommandFailed, Unreachable
from infra.footprints import touched
from infra.machine_layout import SERIES, Layout
from infra.ssh import connection
from infra.ssh.channel import begin, converse
from infra.ssh.connection import Channel, Client, Login, Transport
from infra.timing import COMMAND_TAKEN, scaled

TIMEOUT = 60.0
"""Seconds a command may take unless its caller says more: a unit start on a busy machine."""
LOOPBACK = "127.0.0.1"
CONNECT_TIMEOUT = 5.0
"""Seconds for a TCP connection and the banner; machines are one hop away."""


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

    def dial(self, address: str, port: int) -> Channel: ...


class Ssh:
    """A machine over SSH. One connection, kept; usable from several threads one at a time.

    One that is lost is made anew, once, while no command was sent; a command is never sent twice.

    Errors: Unreachable (no connection), CommandFailed (``check`` and a status other than 0).
    """

    def __init__(self, name: str, login: Callable[[], Login]) -> None:
        """``login`` is asked at each connection: a machine that was off may have a new address."""
        self.name = name
        self.layout = SERIES  # a cluster's machines have the cluster's (Cluster.shell)
        self.listeners: list[Listener] = []
        self._login = login
        self._lock = threading.RLock()
        self._client: Client | None = None

    @property
    def address(self) -> str:
        """Where the machine is now."""
        return self._login().host

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        stdin: bytes | None = None,
        timeout: float = TIMEOUT,
    ) -> Result:
        started = time.monotonic()
        observed_places.looked_by_command(self.name, argv)
        out, err, status = self._execute(("sudo", "-n", *argv), stdin, timeout)
        result = Result(
            self.name, tuple(argv), status, text(out), text(err), time.monotonic() - started
        )
        touched.tell(touched.by_command(self.name, argv, self.layout))
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
        observed_places.looked(self.name)
        out, err, status = self._execute(("sudo", "-n", "cat", "--", path), None, TIMEOUT)
        if status != 0:
            raise CommandFailed(
                self.name, ["cat", path], exit_status=status, stdout="", stderr=text(err)
            )
        return out

    def dial(self, address: str, port: int) -> Channel:
        """A TCP connection that begins on the machine: to ports that only machines reach.

        Errors: Unreachable, also when nobody listens there.
        """
        observed_places.looked(self.name if address == LOOPBACK else address, port)
        try:
            with self._lock:
                return self._open(
                    lambda transport: transport.open_channel(
                        "direct-tcpip", (address, port), (LOOPBACK, 0), timeout=CONNECT_TIMEOUT
                    )
                )
        except connection.failures() as error:
            raise Unreachable(self.name, f"to {address}:{port}", why(error)) from error

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _execute(
        self, argv: Sequence[str], stdin: bytes | None, timeout: float
    ) -> tuple[bytes, bytes, int]:
        # paramiko takes one string; shlex.join quotes every word, so no value is ever parsed.
        command, taken = shlex.join(argv), scaled(COMMAND_TAKEN)
        with self._lock:
            channel = self._session()
            try:
                channel.settimeout(timeout)
                if not begin(channel, command, within=taken):
                    self.close()
                    cause = f"{command[:80]} was not taken within {taken:g} s and may still run"
                    raise Unreachable(self.name, self.address, f"{cause}; {load.here()}")
                return converse(channel, stdin or b"")
            except TimeoutError as error:
                self.close()
                raise Unreachable(
                    self.name, self.address, f"no end of {command[:80]} within {timeout:g} s"
                ) from error
            except connection.failures() as error:
                self.close()
                cause = f"{error!r} after {command[:80]} was sent, which may have run"
                raise Unreachable(self.name, self.address, cause) from error

    def _session(self) -> Channel:
        try:
            return self._open(lambda transport: transport.open_session(timeout=CONNECT_TIMEOUT))
        except connection.failures() as error:
            self.close()
            raise Unreachable(self.name, self.address, why(error)) from error

    def _open(self, opening: Callable[[Transport], Channel]) -> Channel:
        """A new channel, on which nothing was sent yet: so one that is lost may be opened again."""
        try:
            return opening(self._transport())
        except connection.lost() as error:
            if isinstance(error, connection.refused()) or self._connected():
                raise
            return opening(self._transport())

    def _connected(self) -> bool:
        transport = self._client and self._client.get_transport()
        return bool(transport and transport.is_active())

    def _transport(self) -> Transport:
        if self._client is None or not self._connected():
            self._client = connection.connected(self._login(), timeout=CONNECT_TIMEOUT)
        transport = self._client.get_transport()
        if transport is None:
            raise EOFError("connection closed")
        return transport


def why(error: Exception) -> str:
    """What happened before anything was sent, and what to do where too much load may be why."""
    if isinstance(error, connection.refused()) or not isinstance(error, connection.lost()):
        return repr(error)
    return f"no session came about: {error!r}; {load.here()}: run again when that is lower"


def exists(shell: Shell, path: str) -> bool:
    return shell.run(["test", "-e", path], check=False).exit_status == 0


def text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")
