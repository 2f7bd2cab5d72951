"""What the kernel does with a Pod over its limits, and where it keeps them."""

from collections.abc import Callable

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.workloads.pods import Workloads
from infra.clients.workloads import cgroup_events, cgroups
from infra.clients.workloads.cgroup_events import PERIOD_US, Watched
from infra.clients.workloads.cgroups import Ending
from infra.cluster import Cluster
from infra.errors import ClaimError, require
from infra.lifecycle.gate.workers import condition
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import one_of, phrase

BUSY_LIMIT = 0.1
"""CPUs that fixtures/manifests/busy.yaml is limited to."""
MARGIN = 1.15
"""A period that was begun counts in full; claim 65.7 allows 15 %."""
NEUTRAL: dict[str, tuple[str, Callable[[RunningPod], list[str]]]] = {
    "the Pod's slice and all slices above": (
        "slices",
        lambda pod: cgroup_events.above(cgroups.slice_of(pod.first.pod)),
    ),
    "the Pod's container": (
        "container",
        lambda pod: list(cgroups.scopes_of(pod.first.pod).values()),
    ),
}
"""Whose memory, and its cgroups."""


@given("a Pod on each worker", target_fixture="uids")
def pod_on_each(workloads: Workloads, cluster: Cluster) -> dict[str, str]:
    """UIDs by worker. Not looked at as other Pods are: where its cgroups lie is the question."""
    names = [str(worker.name) for worker in cluster.spec.workers]
    for name in names:
        workloads.hold(name, cpu="1m", name=f"lies-on-{name}")
    found = {name: workloads.pods.get(f"lies-on-{name}") for name in names}
    return {name: str(pod["metadata"]["uid"]) for name, pod in found.items()}


@when(
    phrase('the Pod\'s container "{name:Name}" uses more memory than its limit'),
    target_fixture="restarted",
)
def take_memory(pod: RunningPod, name: str) -> str:
    first, *others = pod.first.cgroups.containers[name].pids
    require(others, f"container {name} has one process only: nothing else could die with it")
    pod.shell.run(["kill", "-USR1", str(first)])
    return name


@when(
    phrase("the CPU time of both Pods is recorded for {lasting:Duration}"),
    target_fixture="cpu_time",
)
def watch_both(
    pod: RunningPod, neighbour: RunningPod, lasting: float, evidence: Evidence
) -> Watched:
    paths = [cgroups.scopes_of(one.first.pod)["c"] for one in (pod, neighbour)]
    seen = cgroup_events.watch(pod.shell, *paths, seconds=scaled(lasting))
    columns = ["time_s", "container", "used_ms", "periods_throttled"]
    rows = [list(row) for row in seen.rows]
    evidence.record("CPU time since the first look", "table", {"columns": columns, "rows": rows})
    return seen


@then("the Pod on each worker has one slice, in the form that systemd creates")
def slice_of_each(cluster: Cluster, uids: dict[str, str]) -> None:
    shells = {name: cluster.shell(name) for name in uids}
    found = [
        text for n, uid in uids.items() for text in cgroup_events.outside_slices(shells[n], uid)
    ]
    must_be_none(found, "Pods lie in slices below kubepods.slice")


@then(phrase('the Pod\'s status reports the QoS class "{qos:Name}"'))
def qos_class(pod: RunningPod, qos: str) -> None:
    told = pod.first.pod["status"]["qosClass"]
    if told != qos:
        raise ClaimError(f"{pod.name} should be {qos}; its status tells {told}")


@then(phrase('the Pod has one slice, below "{parent:Name}"'))
def one_slice(pod: RunningPod, parent: str) -> None:
    found = cgroup_events.slices_of(pod.shell, pod.first.identity.uid)
    if [path.split("/")[-2] for path in found] != [parent]:
        raise ClaimError(f"{pod.name} should have one slice, below {parent}; it has {found}")


@then(
    phrase(
        'within {limit:Duration} the Pod\'s container "{name:Name}" has restarted once, '
        "after SIGKILL"
    )
)
def ended_by_sigkill(pod: RunningPod, limit: float, name: str, evidence: Evidence) -> None:
    """Reason Error is containerd's, which missed the kernel's event: systemd may take the scope
    away before it has looked (containerd#8893, #12714). Who killed is the kernel's to say."""
    ended = await_ending(pod, name, within=limit)
    evidence.record("how it ended", "text", str(ended))
    if (ended.restarts, ended.status) != (1, 137) or ended.reason not in ("OOMKilled", "Error"):
        raise ClaimError(f"{name} should restart once, OOMKilled with 137; it was {ended}")


@then(phrase('the kernel log reports that all processes of "{name:Name}" were killed for memory'))
def killed_for_memory(pod: RunningPod, name: str, evidence: Evidence) -> None:
    told = cgroup_events.killed_whole(pod.shell, cgroups.scopes_of(pod.first.pod)[name])
    evidence.record("the kernel's log", "text", "\n".join(told))
    if not told:
        raise ClaimError(f"the kernel's log on {pod.node} has no killing of all of {name}")


@then("the Pod's slice counts the OOM kill, and its worker has no memory pressure")
def slice_counts(pod: RunningPod) -> None:
    kills = pod.cgroups().pod.oom_kills - pod.first.cgroups.pod.oom_kills
    pressure = condition(pod.pods.api.get(f"/api/v1/nodes/{pod.node}"), "MemoryPressure")
    if kills < 1 or pressure != "False":
        raise ClaimError(f"the slice counts {kills} kills; memory pressure is {pressure}")


@then(phrase('no earlier process of container "{name:Name}" is left'))
def none_left(pod: RunningPod, name: str) -> None:
    left = cgroup_events.alive(pod.shell, pod.first.cgroups.containers[name].pids)
    must_be_none([f"process {pid}" for pid in left], "a killed container takes all its processes")


@then(
    phrase(
        "memory.min, memory.low and memory.high are unset on {where:Where}", Where=one_of(NEUTRAL)
    )
)
def memory_is_neutral(pod: RunningPod, where: str) -> None:
    whose, paths = NEUTRAL[where]
    found = cgroup_events.protections(pod.shell, paths(pod))
    must_be_none(found, f"memory protection of the {whose} is neutral")


@then("the busy Pod was throttled and used no more than its limit")
def busy_was_throttled(cpu_time: Watched) -> None:
    """Over the kernel's own periods: our clock also counts the time it took to look."""
    limited, most = cpu_time.limited, cpu_time.limited.periods * PERIOD_US * BUSY_LIMIT * MARGIN
    if limited.throttled < 1 or limited.usage_us > most:
        raise ClaimError(
            f"the busy Pod should be throttled and use at most {most:.0f} us: {limited}"
        )


@then("the neighbour Pod was not throttled")
def unlimited_was_not(cpu_time: Watched) -> None:
    """It did use CPU: one that rests is never throttled."""
    if cpu_time.unlimited.throttled or cpu_time.unlimited.usage_us < cpu_time.limited.usage_us:
        raise ClaimError(
            f"the neighbour should not be throttled, and should use more CPU: {cpu_time}"
        )


def await_ending(pod: RunningPod, name: str, *, within: float) -> Ending:
    """How a container ended, once it runs again."""
    return eventually(
        lambda: cgroups.ending(pod.get(), name),
        lambda ending: ending.runs_again,
        within=scaled(within),
        what=f"container {name} of {pod.name} runs again",
    )
