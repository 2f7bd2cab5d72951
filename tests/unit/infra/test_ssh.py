"""A connection that is lost is told and made anew, and no command is ever sent twice."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import paramiko
import pytest

from infra import ssh
from infra.errors import NotJudged, Unreachable
from infra.ssh import Ssh
from infra.ssh.connection import Login

DEAD = paramiko.SSHException("SSH session not active")
NEVER = paramiko.SSHException("No existing session")


class Channel:
    def __init__(self, sshd: "Sshd", fails: Exception | None) -> None:
        self.sshd, self.fails = sshd, fails
        self.ended = threading.Event()

    def settimeout(self, _seconds: float) -> None:
        pass

    def exec_command(self, command: str) -> None:
        self.sshd.sent.append(command)
        if self.sshd.silent:
            self.ended.wait()  # without a limit, as paramiko does
            raise paramiko.SSHException("Channel closed.")
        if self.fails:
            raise self.fails

    def close(self) -> None:
        self.ended.set()


class Sshd:
    """What each connection in turn does: an error at its making, at a channel, at a command."""

    def __init__(self, **at: list[Exception | None]) -> None:
        self.at = {name: iter(errors) for name, errors in at.items()}
        self.sent: list[str] = []
        self.silent = False
        self.made = 0
        self.closed = 0

    def fail(self, where: str) -> Exception | None:
        return next(self.at.get(where, iter(())), None)

    def client(self) -> Any:
        return Client(self)


class Client:
    def __init__(self, sshd: Sshd) -> None:
        self.sshd = sshd
        self.alive = False

    def load_host_keys(self, _path: str) -> None:
        pass

    def set_missing_host_key_policy(self, policy: Any) -> None:
        assert isinstance(policy, paramiko.RejectPolicy)

    def connect(self, _address: str, **options: Any) -> None:
        assert options["timeout"] == options["banner_timeout"] == ssh.CONNECT_TIMEOUT
        self.sshd.made += 1
        if error := self.sshd.fail("open"):
            raise error
        self.alive = True

    def close(self) -> None:
        self.sshd.closed += 1
        self.alive = False

    def get_transport(self) -> Any:
        return SimpleNamespace(
            open_session=self.channel, open_channel=self.channel, is_active=lambda: self.alive
        )

    def channel(self, *_: Any, **__: Any) -> Channel:
        if error := self.sshd.fail("channel"):
            refused = isinstance(error, ssh.connection.refused())
            self.alive = refused or "Timeout" in str(error)
            raise error
        return Channel(self.sshd, self.sshd.fail("command"))


@pytest.fixture(autouse=True)
def answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh, "converse", lambda *_: (b"", b"", 0))


def machine(monkeypatch: pytest.MonkeyPatch, sshd: Sshd) -> Ssh:
    monkeypatch.setattr(paramiko, "SSHClient", sshd.client)
    return Ssh("worker-0", lambda: Login("10.0.1.21", "admin", Path("key"), Path("known")))


@pytest.mark.parametrize("lost", [DEAD, EOFError(), ConnectionResetError(104, "reset")], ids=repr)
def test_a_kept_connection_that_died_is_made_anew_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, lost: Exception
) -> None:
    sshd = Sshd(channel=[None, lost])
    shell = machine(monkeypatch, sshd)
    shell.run(["true"])
    shell.run(["date"])
    assert sshd.sent == ["sudo -n true", "sudo -n date"]
    assert sshd.made == 2


def test_a_connection_lost_while_it_was_made_is_tried_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sshd = Sshd(open=[NEVER])
    machine(monkeypatch, sshd).run(["true"])
    assert (sshd.made, sshd.closed, sshd.sent) == (2, 1, ["sudo -n true"])


def test_a_machine_that_loses_both_is_not_judged_and_what_to_do_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sshd = Sshd(open=[NEVER, NEVER, NEVER])
    words = (
        r"worker-0 \(10.0.1.21\) cannot be reached: no session came about: "
        r"SSHException\('No existing session'\); the load of this computer is [\d.]+ on \d+ CPUs: "
        r"run again when that is lower"
    )
    with pytest.raises(Unreachable, match=words) as told:
        machine(monkeypatch, sshd).run(["true"])
    assert isinstance(told.value, NotJudged)
    assert (sshd.made, sshd.closed) == (2, 2)


@pytest.mark.parametrize(
    "lost", [paramiko.SSHException("Channel closed."), EOFError(), OSError("gone")], ids=repr
)
def test_a_command_that_may_have_run_is_never_sent_again(
    monkeypatch: pytest.MonkeyPatch, lost: Exception
) -> None:
    sshd = Sshd(command=[lost])
    with pytest.raises(Unreachable, match="after sudo -n reboot was sent, which may have run"):
        machine(monkeypatch, sshd).run(["reboot"])
    assert (sshd.made, sshd.sent) == (1, ["sudo -n reboot"])


def test_a_machine_that_does_not_take_a_command_is_unreachable_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sshd = Sshd()
    sshd.silent = True
    monkeypatch.setattr(ssh, "COMMAND_TAKEN", 0.05)
    words = (
        r"worker-0 \(10.0.1.21\) cannot be reached: sudo -n reboot was not taken within 0.05 s "
        r"and may still run; the load of this computer is [\d.]+ on \d+ CPUs"
    )
    with pytest.raises(Unreachable, match=words):
        machine(monkeypatch, sshd).run(["reboot"])
    assert (sshd.made, sshd.closed, sshd.sent) == (1, 1, ["sudo -n reboot"])


@pytest.mark.parametrize(
    "said",
    [
        paramiko.AuthenticationException("no"),
        OSError("No route to host"),
        TimeoutError("timed out"),
    ],
    ids=repr,
)
def test_a_machine_that_refuses_or_is_not_there_is_asked_once(
    monkeypatch: pytest.MonkeyPatch, said: Exception
) -> None:
    sshd = Sshd(open=[said])
    with pytest.raises(Unreachable) as told:
        machine(monkeypatch, sshd).run(["true"])
    assert str(told.value) == f"worker-0 (10.0.1.21) cannot be reached: {said!r}"
    assert sshd.made == 1


def test_a_busy_machine_gets_no_second_session_on_top(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection lives: it was only slow."""
    sshd = Sshd(channel=[paramiko.SSHException("Timeout opening channel.")])
    with pytest.raises(Unreachable, match=r"Timeout opening channel.*run again when"):
        machine(monkeypatch, sshd).run(["true"])
    assert (sshd.made, sshd.sent) == (1, [])


def test_a_port_that_refuses_is_dialled_once_and_a_lost_connection_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sshd = Sshd(channel=[paramiko.ChannelException(2, "Connect failed"), DEAD])
    shell = machine(monkeypatch, sshd)
    with pytest.raises(Unreachable, match=r"to 127.0.0.1:1\).*Connect failed"):
        shell.dial(ssh.LOOPBACK, 1)
    assert sshd.made == 1
    shell.dial(ssh.LOOPBACK, 1)
    assert sshd.made == 2
