"""Verbs on units of a machine."""

import pytest

from infra import wait
from infra.clients import units
from infra.wait import Waited
from tests.unit.fakes import FakeShell


def test_the_end_of_a_unit_is_a_wait_that_the_report_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """An API server's end takes a minute: nobody could see else what that minute was for."""
    heard: list[Waited] = []
    monkeypatch.setattr(wait, "listeners", [heard.append])
    shell = FakeShell("controller-0", {"systemctl": ""})
    units.stop(shell, "kube-apiserver")
    units.restart(shell, "kube-apiserver")
    assert [one.what for one in heard] == [
        "kube-apiserver on controller-0 has ended",
        "kube-apiserver on controller-0 is another process",
    ]
    assert {(one.kind, one.bound) for one in heard} == {("within", units.START_TIMEOUT)}


def test_who_is_asked_to_end_is_not_killed() -> None:
    shell = FakeShell("controller-0", {"systemctl": ""})
    units.restart(shell, "kube-apiserver")
    assert not any("kill" in argv for argv in shell.ran)
    units.restart(shell, "kube-apiserver", killing=True)
    assert [argv[1] for argv in shell.ran[-2:]] == ["kill", "restart"]
