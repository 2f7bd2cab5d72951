"""TLS to ports that only the machines of the cluster reach, through an SSH connection of one.

The security group lets a run in on SSH and the API only (article 3); the rest is dialed from the
machine itself, and the handshake is ours.
"""

import http.client
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from infra.clients.transport import http_answers
from infra.cluster import Cluster
from infra.errors import NotJudged, Unreachable
from infra.kube_api import ApiUnreachable, Credentials
from infra.ssh import Dials, connection
from infra.ssh.connection import Channel

TIMEOUT = 5.0
"""Seconds without a byte; a frozen process sends none at all."""
CHUNK = 1 << 16


@dataclass
class Stream:
    """A TLS connection over a channel. Errors: OSError, ssl.SSLError as a socket has them;
    TimeoutError says at which stage the server was silent. Unreachable when the SSH connection
    ends: that says nothing of the server.

    urllib3's SSLTransport would save 36 lines. It writes to the channel at each read, be it
    nothing: on a socket whose server has closed that is an error, and the answer that came before
    is lost (tried).
    """

    channel: Channel
    context: ssl.SSLContext
    name: str
    timeout: float = TIMEOUT
    _in: ssl.MemoryBIO = field(default_factory=ssl.MemoryBIO)
    _out: ssl.MemoryBIO = field(default_factory=ssl.MemoryBIO)

    def __enter__(self) -> Self:
        self.channel.settimeout(self.timeout)
        self._tls = self.context.wrap_bio(self._in, self._out, server_hostname=self.name)
        try:
            with self._telling_of_silence(lambda: "in the TLS handshake"):
                self._shake_hands()
        except (
            OSError,
            Unreachable,
        ):  # also ssl.SSLError: the channel would stay open on the machine
            self.channel.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.channel.close()

    def certificate(self) -> bytes:
        """The server's, in DER."""
        return self._tls.getpeercert(binary_form=True) or b""

    def ask(
        self, request: bytes, *, is_whole: Callable[[bytes], bool] = http_answers.is_whole
    ) -> bytes:
        """What comes back until ``is_whole`` says so or the server ends the connection."""
        answer = bytearray()
        with self._telling_of_silence(
            lambda: f"after the request and {len(answer)} bytes of answer"
        ):
            self._tls.write(request)
            self._flush()
            while chunk := self._read():
                answer += chunk
                if is_whole(bytes(answer)):
                    break
        return bytes(answer)

    @contextmanager
    def _telling_of_silence(self, when: Callable[[], str]) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise TimeoutError(f"silent for {self.timeout:g} s {when()}") from error

    def _read(self) -> bytes:
        while True:
            try:
                return self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                if not self._fill():
                    return b""
            except ssl.SSLZeroReturnError:
                return b""

    def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                if not self._fill():
                    raise ConnectionResetError("closed during the handshake") from None
            else:
                self._flush()
                return

    def _flush(self) -> None:
        if not (pending := self._out.read()):
            return
        try:
            self.channel.sendall(pending)
        except OSError:
            self._not_lost()
            raise

    def _fill(self) -> bool:
        received = self.channel.recv(CHUNK)
        if not received:
            self._not_lost()
            self._in.write_eof()
            return False
        self._in.write(received)
        return True

    def _not_lost(self) -> None:
        if connection.was_lost(self.channel):
            raise Unreachable(self.name, "through SSH", "the SSH connection ended")


@dataclass(frozen=True)
class MachinePort:
    """A port as a machine dials it: its own, or that of another ``address``."""

    cluster: Cluster
    machine: str
    number: int
    address: str = ""

    def __str__(self) -> str:
        return f"{self.machine}:{self.number}"

    @property
    def host(self) -> str:
        private = str(self.cluster.spec.machine(self.machine).private_ip)
        return self.address or self.cluster.spec.layout.listens_at(self.number) or private

    def open(self) -> Channel:
        """A TCP connection. Errors: Unreachable when nobody listens; NotJudged."""
        shell = self.cluster.shell(self.machine)
        if not isinstance(shell, Dials):
            raise NotJudged(f"{self.machine} opens no connections for us")
        return shell.dial(self.host, self.number)


def dial(
    port: MachinePort, *, context: ssl.SSLContext, timeout: float = TIMEOUT, name: str = ""
) -> Stream:
    """A connection whose server is asked for by ``name``, or by none.

    Errors: Unreachable when nobody listens.
    """
    return Stream(port.open(), context, name or port.host, timeout)


def connects(port: MachinePort) -> bool:
    """Whether a TCP connection opens. Errors: NotJudged."""
    try:
        port.open().close()
    except Unreachable:
        return False
    return True


def trusting_anybody(credentials: Credentials) -> ssl.SSLContext:
    """For ports whose certificate is made anew at each start: the managers have no file for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if credentials.cert and credentials.key:
        context.load_cert_chain(credentials.cert, credentials.key)
    return context


def trusting(credentials: Credentials) -> ssl.SSLContext:
    """For ports whose certificate the CA of ``credentials`` signed, with the machine's address."""
    context = ssl.create_default_context(cafile=str(credentials.ca))
    if credentials.cert and credentials.key:
        context.load_cert_chain(credentials.cert, credentials.key)
    return context


def request(method: str, path: str, *, at: str, headers: Mapping[str, str] | None = None) -> str:
    """A request without a body, after whose answer the server ends the connection."""
    fields = {"Host": at, "Connection": "close", **(headers or {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "\r\n"])


def fetch(port: MachinePort, *, path: str, credentials: Credentials) -> tuple[int, str]:
    """Status and body of one GET on a new connection. Errors: ApiUnreachable."""
    asked = request("GET", path, at=port.machine)
    sent = exchange(port, asked, context=trusting_anybody(credentials))
    status, _, text = http_answers.parsed(sent)
    return status, text


def exchange(
    port: MachinePort,
    request: str,
    *,
    context: ssl.SSLContext,
    is_whole: Callable[[bytes], bool] = http_answers.is_whole,
    timeout: float = TIMEOUT,
) -> bytes:
    """What comes back on a new connection, as ``Stream.ask`` reads it. Errors: ApiUnreachable."""
    try:
        with dial(port, context=context, timeout=timeout) as stream:
            return stream.ask(request.encode(), is_whole=is_whole)
    except (OSError, Unreachable, http.client.HTTPException) as error:
        first = request.partition("\r\n")[0].removesuffix(" HTTP/1.1")
        raise ApiUnreachable(f"{first} of {port}: {error!r}") from error
