"""HTTP answers of which a part has come."""

import socket
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.clients.transport import http_answers, plain_http
from infra.kube_api import ApiUnreachable

SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


@pytest.mark.parametrize("content", [SIZED, CHUNKED, b"HTTP/1.1 204 No Content\r\n\r\n"])
def test_an_answer_is_whole_with_its_last_byte(content: bytes) -> None:
    assert http_answers.is_whole(content)
    parts = [content[:size] for size in range(len(content))]
    assert not [part for part in parts if http_answers.is_whole(part)]


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 200 OK\r\n\r\nas long as it lasts",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nx\r\n0\r\n\r\n",
        b"no HTTP at all\r\n\r\n",
    ],
)
def test_an_answer_whose_end_is_not_known(content: bytes) -> None:
    assert not http_answers.is_whole(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhal",
    ],
)
def test_an_answer_cut_off_by_a_process_that_ended(content: bytes) -> None:
    with pytest.raises(ApiUnreachable, match="ended before its answer did"):
        http_answers.parsed(content)


def test_a_connection_without_tls_that_stays_after_the_answer() -> None:
    ours, theirs = socket.socketpair()

    def serve() -> None:
        theirs.recv(1024)
        theirs.sendall(CHUNKED)
        theirs.recv(1024)  # until our end closes
        theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    shell = SimpleNamespace(name="worker-0", dial=lambda *_: ours)
    assert plain_http.get(cast("Any", shell), 10249, "/metrics") == (200, "hello")
    thread.join()
