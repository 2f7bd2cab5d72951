"""Commands over SSH end in time, also when the machine never tells how they ended."""

import threading
from typing import Any, cast

import pytest

from infra.ssh import channel as ssh_channel


class Silent:
    """A channel whose readers run into their own time-out, and whose command never ends."""

    def __init__(self, *, ends: bool = False) -> None:
        self.status_event = threading.Event()
        self.closed = False
        self.ends = ends
        self.pieces: list[bytes] = []

    def sendall(self, piece: bytes) -> None:
        self.pieces.append(piece)

    def recv(self, _size: int) -> bytes:
        if self.ends:
            self.status_event.set()
            return b""
        raise TimeoutError

    recv_stderr = recv

    def shutdown_write(self) -> None:
        pass

    def gettimeout(self) -> float:
        return 0.05

    def recv_exit_status(self) -> int:
        assert self.status_event.is_set(), "this would wait for ever"
        return 3

    def close(self) -> None:
        self.closed = True


def test_a_command_without_an_end_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_channel, "STATUS_TIMEOUT", 0.05)
    channel = Silent()
    with pytest.raises(TimeoutError):
        ssh_channel.converse(cast("Any", channel), b"")
    assert channel.closed


def test_a_command_that_ends_gives_its_status() -> None:
    assert ssh_channel.converse(cast("Any", Silent(ends=True)), b"") == (b"", b"", 3)


def test_much_input_is_sent_in_pieces_and_whole() -> None:
    channel = Silent(ends=True)
    content = bytes(range(256)) * 4096 + b"the end"
    ssh_channel.converse(cast("Any", channel), content)
    assert b"".join(channel.pieces) == content
    longest = max(len(piece) for piece in channel.pieces)
    assert longest <= ssh_channel.PIECE, "paramiko copies what is left of a piece for each packet"
