"""The reconciler against a launcher and an API that only remember."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.errors import PlatformError
from infra.localec2.desired_state import Route
from infra.localec2.host import reconciler
from tests.unit.localec2.fakes import BROKE, ONE, Bench


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bench:
    return Bench(monkeypatch, tmp_path)


def test_running_is_said_when_the_kernel_answers(bench: Bench) -> None:
    bench.facts.wants(ONE)
    assert bench.passes(3)
    assert bench.facts.seen == [("i-1", "pending", "")]
    assert bench.launcher.calls == ["boot i-1"]
    bench.launcher.machines["i-1"].up = True
    assert bench.passes(2)
    assert bench.facts.seen[1:] == [("i-1", "running", "")]


def test_reachable_is_said_when_ssh_greets(bench: Bench) -> None:
    bench.facts.wants(ONE)
    bench.passes()
    bench.launcher.machines["i-1"].up = True
    bench.passes()
    assert bench.probed == ["i-1 10.0.1.11 from 10.0.1.1"]
    assert bench.facts.ok == {}
    bench.greets.add(("i-1", 1))
    assert not bench.passes()
    assert bench.facts.ok == {"i-1": True}


def test_nothing_is_done_twice(bench: Bench) -> None:
    bench.running()
    bench.passes(5)
    assert bench.launcher.calls == []
    assert bench.facts.seen == []


def test_a_machine_that_cannot_start_is_terminated_with_its_reason(bench: Bench) -> None:
    bench.facts.wants(ONE)
    bench.launcher.refusal = PlatformError("machine", "i-1", "no such kernel")
    bench.passes()
    assert bench.facts.seen == [
        ("i-1", "terminated", "Server.InternalError: machine i-1: no such kernel")
    ]


def test_one_machines_error_keeps_no_other_from_starting(bench: Bench) -> None:
    bench.facts.wants(ONE, replace(ONE, id="i-2"))
    bench.launcher.refusal = PlatformError("machine", "i-1", "no")
    bench.passes()
    assert bench.launcher.calls == ["boot i-1", "kill i-1", "boot i-2", "kill i-2"]


def test_a_machine_that_ends_by_itself_is_stopped(bench: Bench) -> None:
    bench.running().alive = False
    bench.passes()
    assert bench.facts.seen == [("i-1", "running", ""), ("i-1", "stopped", BROKE)]
    assert bench.launcher.calls == []


def test_a_machine_that_never_came_up_is_terminated(bench: Bench) -> None:
    bench.facts.wants(ONE)
    bench.passes()
    bench.launcher.machines["i-1"].alive = False
    bench.passes()
    assert bench.facts.seen[-1] == ("i-1", "terminated", BROKE)


def test_a_new_daemon_keeps_machines_and_says_what_they_are(bench: Bench) -> None:
    bench.running()
    bench.restart()
    bench.passes()
    assert bench.launcher.calls == []
    assert bench.facts.seen == [("i-1", "running", "")]


def test_a_machine_that_died_without_a_daemon_is_not_started_again(bench: Bench) -> None:
    bench.running().alive = False
    bench.restart()
    bench.passes()
    assert bench.launcher.calls == []
    assert bench.facts.seen[-1] == ("i-1", "stopped", BROKE)


def test_stop_is_orderly(bench: Bench) -> None:
    machine = bench.running()
    bench.facts.wants(replace(ONE, wanted="stopped"))
    bench.passes(3)
    assert bench.launcher.calls == ["shut down i-1"]
    machine.alive = False
    bench.passes(2)
    assert bench.facts.seen == [("i-1", "stopped", "")]
    bench.facts.wants(ONE)
    bench.passes()
    assert bench.launcher.calls[-1] == "boot i-1"


def test_stop_has_a_deadline(bench: Bench) -> None:
    bench.running()
    bench.facts.wants(replace(ONE, wanted="stopped"))
    bench.passes()
    bench.now += reconciler.ORDERLY - 1
    bench.passes()
    assert "kill i-1" not in bench.launcher.calls
    bench.now += 2
    bench.passes(2)
    assert bench.launcher.calls[-1] == "kill i-1"
    assert bench.facts.seen == [("i-1", "stopped", "")]


def test_a_machine_without_a_kernel_yet_is_just_killed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.facts.wants(ONE)
    bench.passes()

    def nobody(_: str) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(bench.launcher, "shut_down", nobody)
    bench.facts.wants(replace(ONE, wanted="stopped"))
    bench.passes(2)
    assert bench.facts.seen[-1] == ("i-1", "stopped", "")


def test_reboot_is_asked_once_and_ssh_again(bench: Bench) -> None:
    machine = bench.running()
    bench.facts.wants(replace(ONE, reboots=1))
    assert bench.passes(3)
    assert bench.launcher.calls == ["reboot i-1"]
    assert bench.facts.ok == {"i-1": False}
    machine.mark = 2
    bench.passes(2)
    assert bench.probed[-1] == "i-1 10.0.1.11 from 10.0.1.1"
    bench.greets.add(("i-1", 2))
    assert not bench.passes()
    assert bench.facts.ok == {"i-1": True}


def test_reboot_has_a_deadline(bench: Bench) -> None:
    bench.running()
    bench.facts.wants(replace(ONE, reboots=1))
    bench.passes()
    bench.now += reconciler.ORDERLY + 1
    bench.passes(2)
    assert bench.launcher.calls == ["reboot i-1", "reset i-1"]


def test_a_reboot_from_inside_is_noticed(bench: Bench) -> None:
    bench.running().mark = 2
    bench.passes()
    assert bench.facts.ok == {"i-1": False}


def test_terminate_destroys(bench: Bench) -> None:
    bench.running()
    bench.facts.wants(replace(ONE, wanted="terminated"))
    bench.passes()
    assert bench.launcher.calls == ["destroy i-1"]
    assert bench.facts.seen == [("i-1", "terminated", "")]


def test_a_machine_unknown_to_the_api_is_removed(bench: Bench) -> None:
    bench.running()
    bench.facts.snapshot = None
    bench.passes()
    assert bench.launcher.calls == ["destroy i-1"]


def test_nothing_starts_in_a_network_that_is_not_as_wanted_but_stopping_goes_on(
    bench: Bench,
) -> None:
    bench.running()
    bench.network.broken = True
    bench.facts.wants(replace(ONE, wanted="stopped"), replace(ONE, id="i-2"))
    bench.passes()
    assert bench.launcher.calls == ["shut down i-1"]


def test_routes_are_told_when_they_change(bench: Bench) -> None:
    bench.facts.wants(routes=(Route("10.200.0.0/24", "i-1"), Route("10.200.1.0/24", "i-2")))
    bench.passes()
    assert bench.facts.active == {"10.200.0.0/24": True, "10.200.1.0/24": False}


def test_a_pass_that_fails_does_not_end_the_thread(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = []

    def once() -> bool:
        passes.append(1)
        if len(passes) == 2:
            bench.reconciler.stop()
        raise ZeroDivisionError

    monkeypatch.setattr(reconciler, "QUICK_TICK", 0)
    monkeypatch.setattr(bench.reconciler, "once", once)
    monkeypatch.setattr(bench, "close", lambda: None, raising=False)
    bench.reconciler.run()
    assert len(passes) == 2
