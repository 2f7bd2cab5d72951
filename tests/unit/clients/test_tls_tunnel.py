"""TLS over a channel: a plain socket stands in for the SSH channel, a thread for the port."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra.clients.transport import http_answers, tls_tunnel
from infra.errors import Unreachable
from infra.pki import authority
from infra.pki.material import Material
from tests.unit.elections_fake import cluster

ADDRESS = "10.0.1.11"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"


class Channel(socket.socket):
    """A socket that ends as a channel does: its far end has, or the SSH connection under it."""

    eof_received = True

    @classmethod
    def pair(cls) -> "tuple[Channel, socket.socket]":
        ours, theirs = socket.socketpair()
        return cls(fileno=ours.detach()), theirs

    def get_transport(self) -> SimpleNamespace:
        return SimpleNamespace(join=lambda _limit: None, is_active=lambda: False)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return authority.create_all(cluster().spec, tmp_path_factory.mktemp("pki"))


@contextmanager
def serving(material: Material, serve: Callable[[ssl.SSLSocket], object]) -> Iterator[Channel]:
    """Our end of a connection to something that has etcd's certificate and does that with it."""
    ours, theirs = Channel.pair()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(material.cert_path("etcd"), material.key_path("etcd"))

    def run() -> None:
        try:
            with context.wrap_socket(theirs, server_side=True) as channel:
                serve(channel)
        except OSError:
            theirs.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield ours
    ours.close()
    thread.join()


@pytest.fixture(params=[ANSWER])
def port(material: Material, request: pytest.FixtureRequest) -> Iterator[Channel]:
    """One that answers, and ends after that."""

    def serve(channel: ssl.SSLSocket) -> None:
        channel.recv(1024)
        channel.sendall(request.param)

    with serving(material, serve) as ours:
        yield ours


def trusting(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path)
    return context


def test_an_answer_and_the_certificate_come_through(material: Material, port: Channel) -> None:
    context = trusting(material.cert_path("etcd-ca"))
    with tls_tunnel.Stream(port, context, ADDRESS) as stream:  # type: ignore[arg-type]
        shown = ssl.DER_cert_to_PEM_cert(stream.certificate())
        status, _, text = http_answers.parsed(stream.ask(b"GET / HTTP/1.1\r\n\r\n"))
        assert (status, text) == (200, "hello")
    assert shown.split() == material.cert("etcd").decode().split()


@pytest.mark.parametrize("port", [ANSWER[:-2]], indirect=True)
def test_what_came_before_a_process_died_is_kept(material: Material, port: Channel) -> None:
    context = trusting(material.cert_path("etcd-ca"))
    with tls_tunnel.Stream(port, context, ADDRESS) as stream:  # type: ignore[arg-type]
        assert stream.ask(b"GET / HTTP/1.1\r\n\r\n") == ANSWER[:-2]


def test_a_connection_that_stays_after_the_answer_is_not_waited_for(material: Material) -> None:
    """As of etcd's port for peers, which closes 5 s after it has answered."""

    def serve(channel: ssl.SSLSocket) -> None:
        channel.recv(1024)
        channel.sendall(ANSWER[:-2])
        channel.sendall(ANSWER[-2:])
        channel.recv(1024)  # until our end closes

    context = trusting(material.cert_path("etcd-ca"))
    with (
        serving(material, serve) as ours,
        tls_tunnel.Stream(ours, context, ADDRESS) as stream,  # type: ignore[arg-type]
    ):
        assert stream.ask(b"GET / HTTP/1.1\r\n\r\n") == ANSWER


def test_an_answer_that_is_whole_is_not_waited_for_further(
    material: Material, port: Channel
) -> None:
    context = trusting(material.cert_path("etcd-ca"))
    with tls_tunnel.Stream(port, context, ADDRESS) as stream:  # type: ignore[arg-type]
        whole = stream.ask(b"GET / HTTP/1.1\r\n\r\n", is_whole=lambda got: len(got) > 0)
    assert whole == ANSWER


def test_another_authority_is_refused(material: Material, port: Channel) -> None:
    context = trusting(material.cert_path("ca"))
    with pytest.raises(ssl.SSLCertVerificationError):
        tls_tunnel.Stream(port, context, ADDRESS).__enter__()  # type: ignore[arg-type]


def test_another_address_is_refused(material: Material, port: Channel) -> None:
    context = trusting(material.cert_path("etcd-ca"))
    with pytest.raises(ssl.SSLCertVerificationError, match="10\\.0\\.1\\.21"):
        tls_tunnel.Stream(port, context, "10.0.1.21").__enter__()  # type: ignore[arg-type]


def test_a_port_that_closes_is_no_answer(material: Material) -> None:
    ours, theirs = Channel.pair()
    theirs.close()
    with pytest.raises(OSError):  # noqa: PT011 - a reset or a broken pipe, as the system likes
        tls_tunnel.Stream(ours, trusting(material.cert_path("ca")), ADDRESS).__enter__()  # type: ignore[arg-type]


def test_a_port_is_silent_in_the_handshake_or_after_the_request(material: Material) -> None:
    context = trusting(material.cert_path("etcd-ca"))
    ours, theirs = Channel.pair()
    with pytest.raises(TimeoutError, match=r"^silent for 0\.1 s in the TLS handshake$"):
        tls_tunnel.Stream(ours, context, ADDRESS, timeout=0.1).__enter__()  # type: ignore[arg-type]
    theirs.close()

    def serve(channel: ssl.SSLSocket) -> None:
        channel.recv(1024)
        channel.sendall(ANSWER[:7])
        channel.recv(1024)  # until our end closes

    with (
        serving(material, serve) as ours,
        tls_tunnel.Stream(ours, context, ADDRESS, timeout=0.3) as stream,  # type: ignore[arg-type]
        pytest.raises(TimeoutError, match=r"after the request and 7 bytes of answer$"),
    ):
        stream.ask(b"GET / HTTP/1.1\r\n\r\n")


def test_a_lost_ssh_connection_is_not_the_server_refusing(material: Material) -> None:
    """In the handshake, where a refusal by the server looks the same, and in an answer."""
    context = trusting(material.cert_path("etcd-ca"))
    ours, theirs = Channel.pair()
    ours.eof_received = False
    theirs.close()
    with pytest.raises(Unreachable, match="the SSH connection ended"):
        tls_tunnel.Stream(ours, context, ADDRESS).__enter__()  # type: ignore[arg-type]

    def serve(channel: ssl.SSLSocket) -> None:
        channel.recv(1024)
        channel.sendall(ANSWER[:7])

    with (
        serving(material, serve) as ours,
        tls_tunnel.Stream(ours, context, ADDRESS) as stream,  # type: ignore[arg-type]
    ):
        ours.eof_received = False
        with pytest.raises(Unreachable, match="the SSH connection ended"):
            stream.ask(b"GET / HTTP/1.1\r\n\r\n")
