"""Verbs on units of a machine."""

from collections.abc import Sequence
from typing import Any

import pytest

from infra import wait
from infra.clients.transport import systemd
from infra.wait import Waited
from tests.unit.fakes import FakeShell, not_judged


def test_the_end_of_a_unit_is_a_wait_that_the_report_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """An API server's end takes a minute: nobody could see else what that minute was for."""
    heard: list[Waited] = []
    monkeypatch.setattr(wait, "listeners", [heard.append])
    shell = FakeShell("controller-0", {"systemctl": ""})
    systemd.stop(shell, "kube-apiserver")
    systemd.restart(shell, "kube-apiserver")
    assert [one.what for one in heard] == [
        "kube-apiserver on controller-0 has ended",
        "kube-apiserver on controller-0 is another process",
    ]
    assert {(one.kind, one.bound) for one in heard} == {("within", systemd.START_TIMEOUT)}


def test_who_is_asked_to_end_is_not_killed() -> None:
    shell = FakeShell("controller-0", {"systemctl": ""})
    systemd.restart(shell, "kube-apiserver")
    assert not any("kill" in argv for argv in shell.ran)
    systemd.restart(shell, "kube-apiserver", killing=True)
    assert [argv[1] for argv in shell.ran[-2:]] == ["kill", "restart"]


def test_unit_files_are_read_again_unless_none_was_changed() -> None:
    shell = FakeShell("controller-0", {"systemctl": ""})
    systemd.restart(shell, "etcd")
    assert shell.ran[0] == ("systemctl", "daemon-reload")
    shell.ran.clear()
    systemd.restart(shell, "etcd", reread=False)
    assert [argv[1] for argv in shell.ran] == ["reset-failed", "restart"]


class Counting(FakeShell):
    """A unit whose count of restarts is told in turn."""

    def __init__(self, *restarts: int) -> None:
        super().__init__(answers={"systemctl": ""})
        self.restarts = list(restarts)

    def run(self, argv: Sequence[str], **how: Any) -> Any:
        if argv[1] == "show":
            self.answers["systemctl show"] = f"NRestarts={self.restarts.pop(0)}\n"
            self.answers.pop("systemctl", None)
        else:
            self.answers = {"systemctl": ""}
        return super().run(argv, **how)


def test_a_killed_unit_is_kept_from_starting_again() -> None:
    shell = Counting(1, 1)
    systemd.kill(shell, "etcd")
    assert [argv[1] for argv in shell.ran] == ["show", "kill", "stop", "show"]
    assert "--signal=SIGKILL" in shell.ran[1]
    not_judged("etcd on worker-0 was started again", systemd.kill, Counting(1, 2), "etcd")
