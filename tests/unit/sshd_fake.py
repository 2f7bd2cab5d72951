"""SSH servers on this computer's loopback, by paramiko: who came, with which key, and where to."""

import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_FAILED_CONNECT_FAILED, OPEN_SUCCEEDED

LOOPBACK = "127.0.0.1"
PIECE = 32768


def new_key(path: Path) -> paramiko.ECDSAKey:
    """A key pair whose private part is in a file."""
    key = paramiko.ECDSAKey.generate()
    key.write_private_key_file(str(path))
    return key


@dataclass
class Sshd:
    """Takes ``accepts`` by user; lets connections through to ``routes`` (host and port, as they are
    asked for) and nowhere else. Answers each command with its name.
    """

    name: str
    accepts: Mapping[str, paramiko.PKey]
    routes: Mapping[tuple[str, int], int] = field(default_factory=dict)
    users: list[str] = field(default_factory=list)
    asked_for: list[tuple[str, int]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = paramiko.ECDSAKey.generate()
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def known_as(self, host: str, port: int = 22) -> str:
        """Its line in a known_hosts."""
        place = host if port == 22 else f"[{host}]:{port}"
        return f"{place} {self.key.get_name()} {self.key.get_base64()}\n"

    def close(self) -> None:
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.key)
            transport.start_server(event=threading.Event(), server=Session(self, transport))


class Session(paramiko.ServerInterface):
    """One connection."""

    def __init__(self, sshd: Sshd, transport: paramiko.Transport) -> None:
        self.sshd = sshd
        self.transport = transport

    def get_allowed_auths(self, _user: str) -> str:
        return "publickey"

    def check_auth_publickey(self, user: str, key: paramiko.PKey) -> int:
        if self.sshd.accepts.get(user) != key:
            return AUTH_FAILED
        self.sshd.users.append(user)
        return AUTH_SUCCESSFUL

    def check_channel_request(self, _kind: str, _number: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.sshd.commands.append(command.decode())
        threading.Thread(target=self._answer, args=(channel,), daemon=True).start()
        return True

    def _answer(self, channel: paramiko.Channel) -> None:
        channel.recv(1)  # the client's end of file: it has heard that the command is taken
        channel.sendall(self.sshd.name.encode())
        channel.send_exit_status(0)
        channel.close()

    def check_channel_direct_tcpip_request(
        self, _number: int, _origin: tuple[str, int], destination: tuple[str, int]
    ) -> int:
        self.sshd.asked_for.append(destination)
        if destination not in self.sshd.routes:
            return OPEN_FAILED_CONNECT_FAILED
        onward = socket.create_connection((LOOPBACK, self.sshd.routes[destination]))
        threading.Thread(target=self._forward, args=(onward,), daemon=True).start()
        return OPEN_SUCCEEDED

    def _forward(self, onward: socket.socket) -> None:
        channel = self.transport.accept(5)
        assert channel is not None
        back = threading.Thread(target=pump, args=(onward, channel), daemon=True)
        back.start()
        pump(channel, onward)
        back.join()


Stream = socket.socket | paramiko.Channel


def pump(source: Stream, sink: Stream) -> None:
    """Until one of them ends."""
    try:
        while piece := source.recv(PIECE):
            sink.sendall(piece)
    except OSError:
        pass
    finally:
        sink.close()
