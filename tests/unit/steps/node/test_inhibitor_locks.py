"""Locks on shutdowns, each worker's: every Then-step goes red, as one understands."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.worlds.faults import Faults
from infra.clients.node import kubelet
from infra.clients.transport import journal
from infra.cluster import Cluster
from infra.errors import Changed, WaitTimeout
from infra.inventory import series
from suite.node import graceful_shutdown
from tests.steps.node import cancelled_shutdown as called_off
from tests.steps.node import graceful_shutdown as going
from tests.steps.node import inhibitor_locks as steps
from tests.steps.node.inhibitor_locks import Held
from tests.steps.phrases import Time
from tests.unit.fakes import (
    FakeApi,
    FakeShell,
    evidence,
    goes_red,
    not_judged,
    workloads_of,
)

LOCK = "kubelet 0 root 7 kubelet shutdown Kubelet needs time to handle node shutdown delay\n"
HOLDS = {"systemctl": "MainPID=7\n", "systemd-inhibit": LOCK, "test -e": ""}
FIVE, TWENTY, THIRTY = "t 5000000\n", "t 20000000\n", "t 30000000\n"
BEFORE = {"worker-0": 5.0, "worker-1": 5.0}
LATE = "/api/v1/namespaces/ns/pods/late"
SAID = (
    "Failed to start node shutdown manager: node shutdown manager was timed out after 5 attempts "
    "waiting for logind InhibitDelayMaxSec to update to 20s (ShutdownGracePeriod), "
    "current value is 5s"
)


def workers(first: dict[str, str], second: dict[str, str]) -> Cluster:
    shells = {"worker-0": FakeShell("worker-0", first), "worker-1": FakeShell("worker-1", second)}
    spec = series("series", kubernetes="v1.36.1", platform="local")
    made = SimpleNamespace(spec=spec, layout=spec.layout, shell=shells.__getitem__, api=FakeApi({}))
    return cast("Cluster", made)


def test_a_logind_that_allows_more_already_is_no_start() -> None:
    """As where unattended-upgrades of Debian is installed."""
    live = workers({"busctl": FIVE}, {"busctl": THIRTY})
    not_judged(
        "no kubelet has to raise what logind allows already: .*worker-1 allows 30 s",
        steps.allowing_less, live, 20.0,
    )  # fmt: skip
    assert steps.allowing_less(workers({"busctl": FIVE}, {"busctl": FIVE}), 20.0) == BEFORE


def test_such_a_machine_is_judged_where_nothing_has_to_be_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """65.16, 65.17 and 65.19 only need the lock."""
    changed: list[dict[str, str]] = []
    monkeypatch.setattr(kubelet, "await_heartbeat", lambda *_: None)
    monkeypatch.setattr(going, "change", lambda *given: changed.append(given[-1]))
    live = workers({"busctl": THIRTY}, {"busctl": THIRTY})
    live.state = tmp_path
    assert going.delaying_worker(live, Faults(live), "", 30.0, 12.0) == "worker-0"
    assert changed == [graceful_shutdown.settings(30.0, 12.0)]


def test_one_kubelet_without_a_lock() -> None:
    whole = {**HOLDS, "busctl": TWENTY}
    steps.each_holds_lock(workers(whole, whole), BEFORE, evidence(), 15)
    live = workers(whole, {"systemctl": "MainPID=7\n", "systemd-inhibit": "", "busctl": FIVE})
    with pytest.raises(WaitTimeout, match=r"hold a lock.*'worker-1': \('', 'logind allows 5 s'\)"):
        steps.each_holds_lock(live, BEFORE, evidence(), 15)
    live = workers(whole, {"systemctl": "MainPID=7\n", "systemd-inhibit": ""})
    with pytest.raises(WaitTimeout, match=r"'worker-1': \('', 'logind does not answer"):
        steps.each_holds_lock(live, BEFORE, evidence(), 15)


def test_a_limit_that_is_not_raised() -> None:
    whole = {**HOLDS, "busctl": TWENTY}
    steps.limits_raised(workers(whole, whole), BEFORE, 20)
    low = workers(whole, {**HOLDS, "busctl": FIVE})
    goes_red("allow 20 s; instead: worker-1: 5 s after 5 s", steps.limits_raised, low, BEFORE, 20)
    other = workers(whole, {"busctl": TWENTY})
    goes_red("worker-1: 20 s after 5 s, without .*99-", steps.limits_raised, other, BEFORE, 20)


def test_a_kubelet_that_does_not_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    live, held = workers({}, HOLDS), Held("worker-1", "s=1")
    found: list[str] = []
    monkeypatch.setattr(journal, "messages", lambda *_: found)
    with pytest.raises(WaitTimeout, match="worker-1 says that it could not raise"):
        steps.says_not_raised(live, held, 15, 5)
    found.append(SAID)
    steps.says_not_raised(live, held, 15, 5)
    with pytest.raises(WaitTimeout, match="worker-1 says that it could not raise"):
        steps.says_not_raised(live, held, 15, 7)


def test_a_lock_that_is_held_all_the_same() -> None:
    lasting = Time("for", 5)
    with pytest.raises(Changed, match="the kubelet of worker-1 holds no lock on its shutdown"):
        steps.has_lock(workers({}, HOLDS), "worker-1", evidence(), lasting, "no")
    none = workers({}, {"systemctl": "MainPID=7\n", "systemd-inhibit": ""})
    steps.has_lock(none, "worker-1", evidence(), lasting, "no")


def test_a_worker_without_logind() -> None:
    steps.every_logind(workers({"busctl": FIVE}, {"busctl": FIVE}), evidence())
    goes_red(
        "every worker has logind; instead: worker-1: logind does not answer",
        steps.every_logind, workers({"busctl": FIVE}, {}), evidence(),
    )  # fmt: skip


def pods(**status: Any) -> Any:
    return workloads_of(FakeApi({LATE: {"status": status}, f"POST {LATE[:-5]}": {}}))


def test_a_pod_that_is_bound_during_a_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    rejected = pods(phase="Failed", reason="NodeShutdown")
    monkeypatch.setattr(type(rejected), "await_gone", lambda *_: None)
    called_off.bound(rejected, "worker-0", "NodeShutdown")
    other = pods(phase="Failed", reason="Evicted")
    says = "rejected by NodeShutdown; it is .*Evicted"
    goes_red(says, called_off.bound, other, "worker-0", "NodeShutdown")
    with pytest.raises(WaitTimeout, match=r"bound meanwhile is rejected.*'Running'"):
        called_off.bound(pods(phase="Running"), "worker-0", "NodeShutdown")
    called_off.bound(pods(phase="Running"), "worker-0", "")
    with pytest.raises(WaitTimeout, match=r"a Pod that is bound to worker-0 runs.*'Failed'"):
        called_off.bound(rejected, "worker-0", "")
