"""Images as volumes: what a container finds in one, and Pods whose image is not there."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from pytest_bdd import given, step, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.storage.data_images import DataImage
from fixtures.worlds.workloads.pods import Workloads
from infra import observed_places
from infra.clients.node import image_gc
from infra.clients.workloads.pod_status import is_ready
from infra.cluster import Cluster
from infra.errors import ClaimError, require
from infra.kube_api import JsonObject, need
from infra.timing import scaled
from infra.wait import consistently, eventually
from suite.expect import must_be_none
from suite.storage import image_volumes
from suite.storage.image_volumes import PLACE, SCRATCH
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import Time, one_of, phrase

WAITS = "waits"
"""Name of the Pod that cannot start, or not yet."""
A_FILE = "a path that is not a directory"
NO_FOLDER = "only directory subpath is supported"
"""containerd 2.2, internal/cri/server/container_image_mount.go."""


WRITES: Mapping[str, tuple[str, Callable[[Mapping[str, str]], None]]] = {
    "cannot write to the image volume": (PLACE, image_volumes.must_be_read_only),
    "can write to a scratch volume": (SCRATCH, image_volumes.must_be_writable),
}
"""Where root attempts to write, and how the answers are judged."""
COUNTED: Mapping[str, Callable[[Mapping[str, int]], bool]] = {
    "the image volume as mounted": (
        lambda more: more["requested"] == more["mounted"] > 0 == more["failed"]
    ),
    "no further image volume": lambda more: not any(more.values()),
}
"""How much more the kubelet counts of each."""


@step("the data image is loaded on every worker", target_fixture="image")
def on_every_worker(data_image: DataImage) -> DataImage:
    data_image.load()
    return data_image


@given("a data image that no worker has", target_fixture="image")
def on_no_worker(cluster: Cluster, data_image: DataImage) -> DataImage:
    shells = [cluster.shell(worker.name) for worker in cluster.spec.workers]
    have = [s.name for s in shells if data_image.reference in image_gc.images(s)]
    require(not have, f"{', '.join(have)} has {data_image.reference} already")
    return data_image


@given("the image volume counters of the reserved worker's kubelet", target_fixture="volume_counts")
def counted_before(cluster: Cluster, reserved_worker: str) -> dict[str, int]:
    return image_volumes.counted(cluster.api, reserved_worker)


@when(phrase('a Pod on "{worker:Name}" mounts the data image'), target_fixture="pod")
def mount(image: DataImage, worker: str) -> RunningPod:
    return image.start("one", node=worker)


@when("a Pod on the reserved worker mounts the data image", target_fixture="pod")
def mount_there(image: DataImage, reserved_worker: str) -> RunningPod:
    return image.start("one", node=reserved_worker)


@when(phrase('two Pods on "{worker:Name}" mount the data image'), target_fixture="pods")
def mount_twice(image: DataImage, worker: str) -> list[RunningPod]:
    return [image.start("one", node=worker), image.start("two", node=worker)]


@when(
    phrase('a Pod on "{worker:Name}" mounts the directory "{folder:Name}" of the data image'),
    target_fixture="pod",
)
def mount_folder(image: DataImage, worker: str, folder: str) -> RunningPod:
    return image.start("one", node=worker, folder=folder)


@when(
    phrase(
        'a new Pod on "{worker:Name}" mounts the {kind:Kind} "{folder:Name}" of the data image',
        Kind=one_of(["directory", "file"]),
    )
)
def mount_other_folder(image: DataImage, worker: str, folder: str) -> None:
    body = image.body(WAITS, node=worker, folder=folder)
    need(image.workloads.pods.ask_to_create(body))


@when(phrase('a new Pod mounts the data image with the pull policy "{policy:Name}"'))
def mount_by_policy(image: DataImage, policy: str) -> None:
    need(image.workloads.pods.ask_to_create(image.body(WAITS, policy=policy)))


@when("a new Pod on the reserved worker mounts an image that does not exist")
def mount_nowhere(image: DataImage, reserved_worker: str) -> None:
    nowhere = replace(image, reference=f"{image.reference}-nowhere")
    body = nowhere.body(WAITS, node=reserved_worker, policy="Never")
    need(image.workloads.pods.ask_to_create(body))


@when("one of the two Pods is deleted")
def delete_one(pods: list[RunningPod]) -> None:
    gone = pods.pop()
    gone.pods.delete(gone.name)


@then("the Pod's container reads the nonce of the data image")
def reads_nonce(pod: RunningPod, image: DataImage) -> None:
    must_be_none(image.unread([pod]), f"the marker of {image.reference} is read")


@then("each Pod that mounts the data image reads its nonce")
def read_nonce(pods: list[RunningPod], image: DataImage) -> None:
    must_be_none(image.unread(pods), f"the marker of {image.reference} is read")


@then("the Pod's worker has the data image, and no container of the data image")
def no_container(pod: RunningPod, image: DataImage) -> None:
    if image.reference not in image_gc.images(pod.shell):
        raise ClaimError(f"the runtime of {pod.node} should list {image.reference}")
    found = image_volumes.containers_of(pod.shell, image.reference)
    must_be_none(found, f"no container runs {image.reference}")


@then(phrase("root in the Pod's container {writes:Writes}", Writes=one_of(WRITES)))
def root_writes(pod: RunningPod, evidence: Evidence, writes: str) -> None:
    place, judge = WRITES[writes]
    found = image_volumes.attempts(pod, place)
    evidence.table(f"attempts of root at {place}", "attempt, answer", found.items())
    judge(found)


@then("the image volume is mounted read-only, and the scratch volume is not")
def mounted_read_only(pod: RunningPod, evidence: Evidence) -> None:
    found = image_volumes.options(pod)
    evidence.table("mounts of the container", "place, options", sorted(found.items()))
    require("rw" in found.get(SCRATCH, "").split(","), f"{SCRATCH} is not mounted rw: {found}")
    if "ro" not in found.get(PLACE, "").split(","):
        raise ClaimError(f"{PLACE} should be mounted ro; it is {found.get(PLACE, 'no mount')}")


@then(phrase('the Pod\'s container sees "{name:Name}" in the image volume and nothing else'))
def sees_only(pod: RunningPod, name: str) -> None:
    found = image_volumes.listed(pod)
    if found != [name]:
        raise ClaimError(f"only {name} should be at {PLACE}; there are {found}")


@then(phrase('within {limit:Duration} the new Pod reports "{reason:Name}"'))
def waits_with(workloads: Workloads, limit: float, reason: str) -> None:
    await_waiting(workloads, reason, "", limit)


@then(
    phrase(
        'within {limit:Duration} the new Pod reports "{reason:Name}" for {what:What}',
        What=one_of([A_FILE, "the data image"]),
    )
)
def waits_naming(
    workloads: Workloads, image: DataImage, limit: float, reason: str, what: str
) -> None:
    words = NO_FOLDER if what == A_FILE else image.reference
    await_waiting(workloads, reason, words, limit)


@then(phrase("for {lasting:Duration} the new Pod's container does not start"))
def never_starts(workloads: Workloads, lasting: float) -> None:
    consistently(
        lambda: image_volumes.started(looked_at(workloads.pods.get(WAITS))),
        lambda began: not began,
        lasting=scaled(lasting),
        what=f"the container of {WAITS} does not start",
    )


@then("a Pod without an image volume starts on the same worker")
def others_start(workloads: Workloads) -> None:
    node = workloads.pods.get(WAITS)["spec"]["nodeName"]
    workloads.run("resizable", node=node, name="without")


@then(
    phrase("within {limit:Duration} the new Pod runs, with the same UID and no restart"),
    target_fixture="pod",
)
def recovers(workloads: Workloads, limit: float) -> RunningPod:
    before = workloads.pods.get(WAITS)["metadata"]["uid"]
    await_ready(workloads, limit)
    pod = workloads.running(WAITS)
    identity = pod.first.identity
    restarts = sum(count for _, _, count in identity.containers.values())
    if identity.uid != before or restarts:
        raise ClaimError(f"{WAITS} should be {before} without a restart; it is {identity}")
    return pod


@then(phrase("{time:Time}the kubelet has counted {what:What}", What=one_of(COUNTED)))
def has_counted(
    cluster: Cluster, reserved_worker: str, volume_counts: dict[str, int], time: Time, what: str
) -> None:
    """More than when this was asked the last time."""
    time.must(
        lambda: image_volumes.more(cluster.api, reserved_worker, volume_counts),
        COUNTED[what],
        what=f"the kubelet of {reserved_worker} counts {what}",
    )
    volume_counts.update(image_volumes.counted(cluster.api, reserved_worker))


def looked_at(pod: JsonObject) -> JsonObject:
    """What the kubelet of its node told of a Pod."""
    observed_places.looked(pod["spec"].get("nodeName", ""))
    return pod


def await_ready(workloads: Workloads, limit: float) -> None:
    eventually(
        lambda: is_ready(workloads.pods.get(WAITS)),
        bool,
        within=scaled(limit),
        what=f"{WAITS} runs once its image is there",
    )


def await_waiting(workloads: Workloads, reason: str, named: str, limit: float) -> None:
    eventually(
        lambda: image_volumes.waiting(looked_at(workloads.pods.get(WAITS))),
        lambda seen: seen[0] == reason and named in seen[1],
        within=scaled(limit),
        what=f"{WAITS} waits with {reason}{f', naming {named}' * bool(named)}",
    )
