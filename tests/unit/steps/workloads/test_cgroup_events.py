"""Cgroups of a Pod beyond its limits: every Then-step goes red, as one understands."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.clients.workloads import cgroup_events, cgroups
from infra.clients.workloads.cgroup_events import CpuTime, Watched
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.inventory import series
from tests.steps.instrumentation import component_configz
from tests.steps.workloads import cgroup_events as steps
from tests.unit.fakes import (
    POD,
    FakeShell,
    Made,
    cgroup_files,
    evidence,
    goes_red,
    not_judged,
    pod,
    running_pod,
)  # fmt: skip

SLICE = f"{cgroups.ROOT}/kubepods-burstable.slice/kubepods-burstable-pod0a1b_2c3d.slice"
DEFAULTS = {"failCgroupV1": True, "evictionHard": {"imagefs.available": "15%"}}


@pytest.fixture
def made() -> Made:
    return running_pod()


class Workers:
    """Two workers with the same shell."""

    def __init__(self, **answers: str) -> None:
        self.spec = series("series", kubernetes="v1.36.1", platform="local")
        self.found = FakeShell(
            answers={key.replace("_", " "): text for key, text in answers.items()}
        )

    def shell(self, name: str) -> FakeShell:
        return self.found


def workers(**answers: str) -> Cluster:
    return cast("Cluster", Workers(**answers))


def test_a_worker_whose_runtime_makes_no_slices() -> None:
    flat = "/sys/fs/cgroup/kubepods/burstable/pod0a1b-2c3d"
    slices = "find /sys/fs/cgroup -type d -name *pod0a1b_2c3d.slice"
    plain = "find /sys/fs/cgroup -type d -name *pod0a1b-2c3d"
    good = FakeShell("worker-0", {slices: f"{SLICE}\n"})
    other = FakeShell("worker-1", {slices: "", plain: f"{flat}\n"})
    shells = {"worker-0": good, "worker-1": good}
    live = cast("Cluster", SimpleNamespace(shell=shells.__getitem__))
    uids = {"worker-0": "0a1b-2c3d", "worker-1": "0a1b-2c3d"}
    steps.slice_of_each(live, uids)
    shells["worker-1"] = other
    goes_red(f"worker-1 has it at {flat}", steps.slice_of_each, live, uids)
    other.answers[plain] = ""
    goes_red("worker-1 has it at no place at all", steps.slice_of_each, live, uids)


def test_a_place_in_the_tree(made: Made) -> None:
    subject, _, shell = made
    steps.qos_class(subject, "Burstable")
    goes_red(
        "should be Guaranteed; its status tells Burstable", steps.qos_class, subject, "Guaranteed"
    )
    shell.answers["find"] = f"{SLICE}\n"
    steps.one_slice(subject, "kubepods-burstable.slice")
    goes_red("one slice, below kubepods.slice; it has", steps.one_slice, subject, "kubepods.slice")
    shell.answers["find"] = f"{SLICE}\n/sys/fs/cgroup/other/x\n"
    goes_red("should have one slice", steps.one_slice, subject, "kubepods-burstable.slice")
    shell.answers["find"] = ""
    goes_red(r"it has \[\]", steps.one_slice, subject, "kubepods-burstable.slice")


def ended(reason: str = "OOMKilled", status: int = 137, count: int = 1) -> dict[str, Any]:
    base = "status__containerStatuses__0"
    last = {"terminated": {"reason": reason, "exitCode": status}}
    return pod(**{f"{base}__restartCount": count, f"{base}__lastState": last})


def test_a_kill_for_memory(made: Made) -> None:
    subject, api, shell = made
    goes_red("c of rz runs again: not within", steps.ended_by_sigkill, subject, 60, "c", evidence())
    for wrong in (ended("Completed"), ended(status=1), ended(count=2)):
        api.table[POD] = wrong
        goes_red(
            "should restart once, OOMKilled", steps.ended_by_sigkill, subject, 60, "c", evidence()
        )
    for right in (ended(), ended("Error")):
        api.table[POD] = right
        steps.ended_by_sigkill(subject, 60, "c", evidence())
    scope = cgroups.scopes_of(subject.first.pod)["c"].removeprefix("/sys/fs/cgroup")
    end = "are going to be killed due to memory.oom.group set"
    for log in ("", f"Tasks in {scope} are fine\n", f"Tasks in {scope[:-9]}9.scope {end}\n"):
        shell.answers["dmesg"] = log
        goes_red("no killing of all of c", steps.killed_for_memory, subject, "c", evidence())
    shell.answers["dmesg"] = f"[   9.5] Tasks in {scope} {end}\n"
    steps.killed_for_memory(subject, "c", evidence())
    pressure = {"status": {"conditions": [{"type": "MemoryPressure", "status": "False"}]}}
    api.table["/api/v1/nodes/worker-0"] = pressure
    goes_red("the slice counts 0 kills", steps.slice_counts, subject)
    shell.answers["grep"] = cgroup_files() + f"{SLICE}/memory.events:oom_kill 2\n"
    steps.slice_counts(subject)
    pressure["status"]["conditions"][0]["status"] = "True"
    goes_red("memory pressure is True", steps.slice_counts, subject)


def test_a_process_that_outlives_its_container(made: Made) -> None:
    subject, _, shell = made
    shell.answers["ls /proc"] = "1\n321\nself\n"
    goes_red("process 321", steps.none_left, subject, "c")
    shell.answers["ls /proc"] = "1\nself\n"
    steps.none_left(subject, "c")
    not_judged("has one process only", steps.take_memory, subject, "c")


def protection(path: str, **files: str) -> str:
    values = {
        **cgroup_events.NEUTRAL,
        **{name.replace("_", "."): text for name, text in files.items()},
    }
    return "".join(f"{path}/{name}:{value}\n" for name, value in values.items())


SLICES, CONTAINER = steps.NEUTRAL


def test_protected_memory(made: Made) -> None:
    subject, _, shell = made
    paths = cgroup_events.above(SLICE)
    assert paths[-1] == cgroups.ROOT
    shell.answers["grep"] = "".join(protection(path) for path in paths)
    steps.memory_is_neutral(subject, SLICES)
    shell.answers["grep"] = protection(SLICE, memory_min="4096") + "".join(
        map(protection, paths[1:])
    )
    goes_red("memory.min is 4096", steps.memory_is_neutral, subject, SLICES)
    shell.answers["grep"] = "".join(map(protection, paths[1:]))
    with pytest.raises(NotJudged, match="protection cannot be judged"):
        steps.memory_is_neutral(subject, SLICES)
    scope = f"{SLICE}/cri-containerd-c0ffee.scope"
    shell.answers["grep"] = protection(scope, memory_high="4096")
    goes_red("worker-0: .*memory.high is 4096", steps.memory_is_neutral, subject, CONTAINER)


def test_throttling() -> None:
    free = CpuTime(9_000_000, 0, 0)
    good = Watched(CpuTime(1_200_000, 120, 110), free)
    steps.busy_was_throttled(good)
    steps.unlimited_was_not(good)
    over = Watched(CpuTime(2_000_000, 120, 110), free)
    goes_red("use at most 1380000 us", steps.busy_was_throttled, over)
    goes_red(
        "should be throttled", steps.busy_was_throttled, Watched(CpuTime(900_000, 120, 0), free)
    )
    slowed = Watched(good.limited, CpuTime(9_000_000, 100, 3))
    goes_red("neighbour should not be throttled", steps.unlimited_was_not, slowed)
    idle = Watched(good.limited, CpuTime(10, 0, 0))
    goes_red("should use more CPU", steps.unlimited_was_not, idle)


def test_watching_two_cgroups() -> None:
    shell = FakeShell(answers={"cat": "usage_usec 5\nnr_periods 2\nnr_throttled 1\n"})
    seen = cgroup_events.watch(shell, "/a", "/b", seconds=4)
    assert seen.limited == CpuTime(0, 0, 0)
    assert [row[:2] for row in seen.rows] == [
        (2.0, "limited"), (2.0, "unlimited"), (4.0, "limited"), (4.0, "unlimited"),
    ]  # fmt: skip


def test_settings_of_kubelets() -> None:
    kubelets = {"worker-0": DEFAULTS, "worker-1": {**DEFAULTS, "failCgroupV1": False}}
    table = [["setting", "value"], ["failCgroupV1", "True"]]
    component_configz.set_to({"worker-0": DEFAULTS}, "kubelet", table)
    goes_red(
        "worker-1: failCgroupV1 is False, must be True",
        component_configz.set_to,
        kubelets,
        "kubelet",
        table,
    )
    unknown = [["setting", "value"], ["nosuch", "1"]]
    goes_red("nosuch is absent", component_configz.set_to, kubelets, "kubelet", unknown)
    nested = [["setting", "value"], ["webhook.cacheTTL", "2m0s"]]
    component_configz.set_to({"worker-1": {"webhook": {"cacheTTL": "2m0s"}}}, "kubelet", nested)
    believing = {"worker-1": {"webhook": {"cacheTTL": "1h0m0s"}}}
    words = "worker-1: webhook.cacheTTL is 1h0m0s, must be 2m0s"
    goes_red(words, component_configz.set_to, believing, "kubelet", nested)
    goes_red("webhook.cacheTTL is absent", component_configz.set_to, kubelets, "kubelet", nested)
    component_configz.evicts_at(kubelets, "imagefs.available", "15%")
    goes_red("worker-0: at 15%", component_configz.evicts_at, kubelets, "imagefs.available", "10%")


def test_a_log_directory() -> None:
    kubelets = {"worker-0": {"podLogsDir": "/var/log/pods"}, "worker-1": {}}
    table = [["setting", "value"], ["podLogsDir", "/var/log/pods"]]
    goes_red("worker-1: podLogsDir is absent", component_configz.set_to, kubelets, "kubelet", table)
