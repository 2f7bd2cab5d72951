"""Pods that run: what a scenario starts from, and whether anything restarted."""

from collections.abc import Callable, Mapping

from pytest_bdd import given, then, when

from fixtures.worlds.workloads.pods import Workloads, kinds, unended_on
from infra import quantity
from infra.cluster import Cluster
from infra.errors import ClaimError, NotPrepared
from infra.kube_api import JsonObject
from infra.quantity import count_of_bytes
from infra.timing import scaled
from infra.wait import consistently
from suite.expect import must_be_none, stays
from suite.node import kubelet_restarts
from suite.workloads.pod_under_test import RunningPod
from suite.workloads.pods import PodIdentity, identity
from tests.steps.phrases import one_of, phrase, typed

KIND = one_of(kinds())
"""A kind of Pod is a manifest."""
FILLED = ", and a filler Pod that leaves"


def left_free(text: str) -> str:
    """Like 50m, of ", and a filler Pod that leaves 50m CPU free"; empty of nothing."""
    return text.removeprefix(FILLED).removesuffix(" CPU free").strip()


def other_image_or_labels(first: JsonObject, now: JsonObject) -> str:
    was, became = (
        (pod["metadata"]["labels"], pod["spec"]["containers"][0]["image"]) for pod in (first, now)
    )
    return f"a resize changed labels or image: {was} became {became}" if was != became else ""


def stored_policy(_: JsonObject, now: JsonObject) -> str:
    (container,) = now["spec"]["containers"]
    policy = container.get("resizePolicy")
    return f"a default was written to the spec: {policy}" if "resizePolicy" in container else ""


STORED: Mapping[str, Callable[[JsonObject, JsonObject], str]] = {
    "image and labels are the same": other_image_or_labels,
    "spec has no resize policy": stored_policy,
}
"""What is wrong with the Pod in the API, as compared with its start; nothing is good."""


@given(phrase("a running {kind:Kind} Pod", Kind=KIND), target_fixture="pod")
def running_pod(workloads: Workloads, kind: str) -> RunningPod:
    """A Pod of ``fixtures/manifests/<kind>.yaml``."""
    return workloads.run(kind)


@given(
    phrase(
        "a running {kind:Kind} Pod on the reserved worker{leaving:Leaving}",
        Kind=KIND,
        Leaving=typed(rf"(?:{FILLED} {quantity.PATTERN} CPU free)?", left_free),
    ),
    target_fixture="pod",
)
def running_pod_there(
    workloads: Workloads, kind: str, reserved_worker: str, leaving: str
) -> RunningPod:
    """The filler requests what the Pod leaves, but for that much CPU."""
    pod = workloads.run(kind, node=reserved_worker)
    if leaving:
        workloads.fill(reserved_worker, leaving=leaving)
    return pod


@given(phrase("a running {kind:Kind} Pod on that worker", Kind=KIND), target_fixture="pod")
def running_pod_on_it(workloads: Workloads, kind: str, changed: str) -> RunningPod:
    """On the worker whose kubelet was changed."""
    return workloads.run(kind, node=changed)


@given(phrase("a running {kind:Kind} Pod on {worker:Worker}", Kind=KIND), target_fixture="pod")
def running_pod_on(workloads: Workloads, kind: str, worker: str) -> RunningPod:
    """Put there by the scheduler, and only once no other scenario keeps that worker for itself."""
    return workloads.run(kind, nodeSelector={"kubernetes.io/hostname": worker})


@given(phrase("a running {kind:Kind} Pod on each worker", Kind=KIND), target_fixture="on_each")
def running_on_each(workloads: Workloads, cluster: Cluster, kind: str) -> list[RunningPod]:
    names = [str(worker.name) for worker in cluster.spec.workers]
    return [workloads.run(kind, node=name, name=f"rz-{name}") for name in names]


@given(
    phrase("a neighbour {kind:Kind} Pod on the same worker", Kind=KIND), target_fixture="neighbour"
)
def neighbour_of_pod(workloads: Workloads, pod: RunningPod, kind: str) -> RunningPod:
    return workloads.run(kind, node=pod.node, name="neighbour")


@given(
    phrase("a neighbour {kind:Kind} Pod on another worker", Kind=KIND), target_fixture="neighbour"
)
def neighbour_elsewhere(
    workloads: Workloads, cluster: Cluster, pod: RunningPod, kind: str
) -> RunningPod:
    other = cluster.spec.other_worker(pod.node).name
    return workloads.run(kind, node=other, name="neighbour")


@given("a worker reserved for this scenario", target_fixture="reserved_worker")
def worker_reserved(kept_worker: str) -> str:
    return kept_worker


@given(
    phrase("a running {kind:Kind} Pod that uses more than {memory:Quantity} memory", Kind=KIND),
    target_fixture="pod",
)
def pod_using_memory(workloads: Workloads, kind: str, memory: str) -> RunningPod:
    pod = workloads.run(kind)
    used = pod.first.cgroups.containers[pod.only_container].memory_current
    if used <= count_of_bytes(memory):
        raise NotPrepared(f"{pod.name} uses {used} bytes of memory, not more than {memory}")
    return pod


@when("the Pod frees its memory")
def free_memory(pod: RunningPod) -> None:
    """By SIGUSR1 to its shell, the oldest process of its container; the manifest traps it."""
    first, *_ = pod.cgroups().containers[pod.only_container].pids
    pod.shell.run(["kill", "-USR1", str(first)])


@given("the containers on the Pod's worker", target_fixture="on_worker")
def containers_of_worker(pod: RunningPod, cluster: Cluster) -> dict[str, PodIdentity]:
    return identities_on(cluster, pod.node)


@when("the kubelet on the Pod's worker restarts", target_fixture="on_worker")
def restart_kubelet(pod: RunningPod, cluster: Cluster) -> dict[str, PodIdentity]:
    before = identities_on(cluster, pod.node)
    kubelet_restarts.restart(pod.shell, cluster.api)
    return before


@then("no container on the Pod's worker has restarted")
def none_on_worker_restarted(
    pod: RunningPod, cluster: Cluster, on_worker: dict[str, PodIdentity]
) -> None:
    now = identities_on(cluster, pod.node)
    changed = [name for name in on_worker if on_worker[name] != now.get(name)]
    if changed:
        told = "\n".join(f"  {name}: {on_worker[name]} -> {now.get(name)}" for name in changed)
        raise ClaimError(f"containers of {pod.node} changed as its kubelet restarted:\n{told}")


@then("no container or process of the Pod has restarted")
def nothing_restarted(pod: RunningPod) -> None:
    must_be_none(pod.restarts(), f"{pod.name} was resized in place")


@then("no other container or process of the Pod has restarted")
def others_not_restarted(pod: RunningPod, restarted: str) -> None:
    must_be_none(pod.restarts(but=restarted), f"only {restarted} of {pod.name} restarted")


@then("the neighbour Pod is unchanged")
def neighbour_untouched(neighbour: RunningPod) -> None:
    must_be_none(neighbour.changes() + neighbour.restarts(), "the neighbour is as it was")


@then(
    phrase(
        'for {lasting:Duration} the Pod\'s container "{name:Name}" has one restart, for the resize'
    ),
    target_fixture="restarted",
)
def restarted_once(pod: RunningPod, lasting: float, name: str) -> str:
    """A crash would come back, or tell no resize in the event that explains the kill."""
    consistently(
        lambda: identity(pod.get()).containers[name][2],
        lambda count: count == 1,
        lasting=scaled(lasting),
        what=f"container {name} of {pod.name} has restarted exactly once",
    )
    must_tell(pod, f"Container {name} resize requires restart")
    return name


@then(phrase("for {lasting:Duration} the Pod, its containers and its cgroups stay the same"))
def nothing_changes(pod: RunningPod, lasting: float) -> None:
    stays(pod.changes, lasting, f"a refused resize changes nothing of {pod.name}")


@then(phrase("for {lasting:Duration} the Pod's cgroups and containers stay the same"))
def files_stay(pod: RunningPod, lasting: float) -> None:
    stays(pod.file_changes, lasting, f"cgroups and containers of {pod.name} stay")


@then(phrase("the Pod's stored {what:What}", What=one_of(STORED)))
def stored(pod: RunningPod, what: str) -> None:
    if wrong := STORED[what](pod.first.pod, pod.get()):
        raise ClaimError(wrong)


@when("the filler Pod is deleted")
def delete_filler(workloads: Workloads) -> None:
    workloads.pods.delete("filler")


def must_tell(pod: RunningPod, message: str) -> None:
    told = [event.get("message", "") for event in pod.pods.events(pod.first.identity.uid)]
    if message not in told:
        raise ClaimError(f"no event of {pod.name} says {message!r}; events say {told}")


def identities_on(cluster: Cluster, node: str) -> dict[str, PodIdentity]:
    """Every Pod of a node, by namespace and name."""
    return {
        f"{pod['metadata']['namespace']}/{pod['metadata']['name']}": identity(pod)
        for pod in unended_on(cluster.api, node)
    }
