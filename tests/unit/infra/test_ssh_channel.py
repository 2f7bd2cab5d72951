"""Commands over SSH end in time, also when the machine never tells how they ended."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import paramiko
import pytest
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from infra import ssh
from infra.errors import CommandFailed, Unreachable
from infra.ssh import channel as ssh_channel
from infra.ssh.connection import Login


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


class Sshd(paramiko.ServerInterface):
    """paramiko's own server; ``does`` is what becomes of a command."""

    def __init__(self, does: Callable[[paramiko.Channel], None]) -> None:
        self.does = does

    def check_auth_none(self, _username: str) -> int:
        return AUTH_SUCCESSFUL

    def check_channel_request(self, _kind: str, _chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, _command: bytes) -> bool:
        threading.Thread(target=self.does, args=(channel,), daemon=True).start()
        return True


@contextmanager
def machine(
    monkeypatch: pytest.MonkeyPatch, does: Callable[[paramiko.Channel], None]
) -> Iterator[ssh.Ssh]:
    """A machine that is reached by paramiko's protocol, without a network."""
    here, there = socket.socketpair()
    with ExitStack() as closing:
        served, transport = paramiko.Transport(there), paramiko.Transport(here)
        closing.callback(served.close)
        closing.callback(transport.close)
        served.add_server_key(paramiko.ECDSAKey.generate())
        served.start_server(threading.Event(), Sshd(does))
        transport.start_client(timeout=ssh.CONNECT_TIMEOUT)
        transport.auth_none("admin")
        client = SimpleNamespace(get_transport=lambda: transport, close=transport.close)
        monkeypatch.setattr(ssh.connection, "connected", lambda *_, **__: client)
        yield ssh.Ssh("worker-0", lambda: Login("10.0.1.21", "admin", Path("k"), Path("h")))


def loses_its_connection(channel: paramiko.Channel) -> None:
    """In the middle: after the command was taken."""
    channel.recv(1)
    channel.sendall(b"half of it")
    channel.get_transport().close()


def is_killed(channel: paramiko.Channel) -> None:
    """OpenSSH names the signal and sends no status, as here."""
    channel.recv(1)
    channel.close()


@pytest.mark.parametrize("ends", [loses_its_connection, is_killed])
def test_a_command_that_told_no_status_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, ends: Callable[[paramiko.Channel], None]
) -> None:
    words = "no exit status: .* after sudo -n test -e /etc/x was sent, which may have run"
    with (
        machine(monkeypatch, ends) as shell,
        pytest.raises(Unreachable, match=words),
    ):
        ssh.exists(shell, "/etc/x")


def test_a_command_that_ends_before_it_has_read_its_input_tells_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def is_full(channel: paramiko.Channel) -> None:
        channel.recv(1)
        channel.sendall_stderr(b"install: error writing '/x': No space left on device\n")
        channel.send_exit_status(1)
        channel.close()

    with (
        machine(monkeypatch, is_full) as shell,
        pytest.raises(CommandFailed, match=r"status 1\ninstall: .* No space left"),
    ):
        shell.put(bytes(1 << 24), "/x")
