"""Swap: what containers may use goes red as one understands; a machine gets rid of it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.worlds import faults as fixture
from fixtures.worlds.fault_types import Swapping
from fixtures.worlds.faults import Faults
from infra.cluster import Cluster
from infra.errors import NotJudged
from suite.node import swap
from tests.steps.node import swap as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeShell, cluster_of, evidence, goes_red, running_pod

MEMINFO = "MemTotal: 1048576 kB\nSwapTotal:  %d kB\n"
SCOPE = (
    "/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b_2c3d.slice"
)
MAX = f"cat {SCOPE}/cri-containerd-c0ffee.scope/memory.swap.max"


def test_containers_that_may_swap_too_much() -> None:
    pod, api, shell = running_pod()
    shell.answers |= {MAX: "0\n", "cat /proc/meminfo": MEMINFO % 262144}
    api.table["/api/v1/nodes/worker-0"] = {"status": {"capacity": {"memory": "1Gi"}}}
    table = [["class", "share"], ["Burstable", "in proportion to its memory request"]]
    nothing = [["class", "share"], ["Burstable", "none"]]
    live, pods = cluster_of(api), {"Burstable": pod}
    steps.may_swap(live, pods, nothing, evidence())
    goes_red("Burstable: 0, must be 16777216", steps.may_swap, live, pods, table, evidence())
    shell.answers[MAX] = "16773120\n"  # whole pages of 64Mi / 1Gi * 256Mi
    steps.may_swap(live, pods, table, evidence())
    goes_red("Burstable: 16773120, must be 0", steps.may_swap, live, pods, nothing, evidence())
    shell.answers[MAX] = "max\n"
    goes_red("Burstable: -1", steps.may_swap, live, pods, table, evidence())


def test_a_pod_of_each_class_and_a_critical_one() -> None:
    made: dict[str, Any] = {}
    runs = cast("Any", SimpleNamespace(run=lambda kind, **more: made.update({kind: more})))
    assert list(steps.pod_of_each_class(runs, "worker-1", critical=False)) == list(steps.PODS)
    assert not any("priorityClassName" in more for more in made.values())
    assert steps.CRITICAL in steps.pod_of_each_class(runs, "worker-1", critical=True)
    assert steps.AND_CRITICAL(" and a critical Pod run") is True
    assert steps.AND_CRITICAL(" runs") is False


def test_a_critical_pod_that_may_swap() -> None:
    pod, api, shell = running_pod()
    shell.answers |= {MAX: "16777216\n", "cat /proc/meminfo": MEMINFO % 262144}
    table = [["Pod", "share"], ["critical", "none"]]
    goes_red("critical: 16777216, must be 0", steps.may_swap, cluster_of(api), {"critical": pod},
             table, evidence())  # fmt: skip


def test_a_machine_that_gets_no_swap() -> None:
    shell = FakeShell(
        answers={"fallocate": "", "chmod": "", "swapon": "", "cat /proc/meminfo": MEMINFO % 0}
    )
    with pytest.raises(NotJudged, match="worker-0 has no swap although it was switched on"):
        swap.switch_on(cast("Any", shell))


def test_swap_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixture.kubelet, "await_heartbeat", lambda *_: None)
    answers = {"fallocate": "", "chmod": "", "swapon": "", "cat /proc/meminfo": MEMINFO % 262144}
    shell = FakeShell(
        "worker-0", {**answers, "test -e": "", "rm": "", "systemctl": "ActiveState=active\n"}
    )
    live: Cluster = cluster(tmp_path, shell=lambda _: shell)
    live.api = None  # type: ignore[misc,assignment]
    caused = Faults(live, gate=lambda _: None)
    caused.swap("worker-0")
    assert fixture.pending(tmp_path) == [Swapping("worker-0", "kubelet", swap.FILE)]
    caused.restore()
    ran = [argv[:2] for argv in shell.ran]
    assert ran.index(("swapoff", swap.FILE)) < ran.index(("systemctl", "restart"))
    assert fixture.pending(tmp_path) == []
