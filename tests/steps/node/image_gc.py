"""A kubelet that collects images: which, why, and which it leaves."""

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.faults import Faults
from fixtures.worlds.node.image_gc_images import Seeds
from fixtures.worlds.storage.data_images import DataImage
from fixtures.worlds.workloads.pods import Workloads
from infra.clients.node import image_gc, kubelet
from infra.clients.transport import journal
from infra.cluster import Cluster
from infra.errors import ClaimError, NotPrepared
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.workloads.pod_under_test import RunningPod
from tests.steps.node.kubelet_config_change import change
from tests.steps.phrases import phrase

LOOKED = "Image garbage collection"
SUCCEEDED = "succeeded"
"""What pkg/kubelet/kubelet.go (1.36) logs of each look, at verbosity 4 when there is no error."""
TALKATIVE = {"logging": {"vmodule": [{"filePattern": "kubelet", "verbosity": 4}]}}
LOOKS = 2
"""The first only notes what is there, and may come before there are figures of the disk."""
SECOND_LOOK = 60.0
"""Seconds after the first worker's: its kubelet was restarted later."""


@dataclass(frozen=True)
class Workers:
    """Images of both workers as their kubelets were restarted, and the second's journal's end."""

    first: str
    second: str
    images: Mapping[str, frozenset[str]]
    position: str


@given("two images on every worker, one unused and one that a Pod uses")
def two_images(cluster: Cluster, seeds: Seeds) -> None:
    """A kubelet that counts them as its runtime does; otherwise nothing could be collected."""
    for node in seeds.nodes:
        if not {seeds.unused, seeds.used} <= images_on(cluster, node):
            raise NotPrepared(f"{node} has not both images: {sorted(images_on(cluster, node))}")


@given("a running Pod with an unpinned image on the first worker", target_fixture="pod")
def pod_of_another(workloads: Workloads, seeds: Seeds) -> RunningPod:
    """Its image is the only one beside ours that is not pinned."""
    node, other = seeds.nodes
    pod = workloads.run("resizable", node=node)
    seeds.protect(node, but=[pod.first.pod["spec"]["containers"][0]["image"]])
    seeds.protect(other, but=[])
    return pod


@given("a Pod on the first worker that has a third image as a volume only", target_fixture="volume")
def volume_only(data_image: DataImage, seeds: Seeds) -> RunningPod:
    """It comes after others were pinned, so that it is not."""
    data_image.load()
    return data_image.run("volume", node=seeds.nodes[0])


@when("the disk of the first worker is over its threshold", target_fixture="workers")
def over_threshold(cluster: Cluster, faults: Faults, seeds: Seeds, evidence: Evidence) -> Workers:
    """By a threshold below what is used; the second worker's stay, and it tells of its looks."""
    node, other = seeds.nodes
    used = image_gc.disk(cluster.shell(node)).percent
    high = {"imageGCHighThresholdPercent": used - 1, "imageGCLowThresholdPercent": used - 2}
    evidence.record(f"disk of {node}", "figures", {"used %": used, **high})
    position = journal.cursor(cluster.shell(other))
    restart_with(cluster, faults, {node: high, other: TALKATIVE})
    return Workers(node, other, {one: images_on(cluster, one) for one in (node, other)}, position)


@when(
    phrase("the kubelet on the first worker is set to a maximum image age of {age:Duration}"),
    target_fixture="workers",
)
def may_be_old(cluster: Cluster, faults: Faults, seeds: Seeds, age: float) -> Workers:
    node, other = seeds.nodes
    restart_with(cluster, faults, {node: {"imageMaximumGCAge": f"{age:g}s"}})
    return Workers(node, other, {node: images_on(cluster, node)}, "")


@when("the Pods of the second image are deleted")
def pods_end(seeds: Seeds) -> None:
    """After the kubelet's first look, which noted that it is used."""
    for pod in seeds.pods.values():
        pod.pods.delete(pod.name)


@then(
    phrase(
        'within {limit:Duration} the first worker has collected one image with reason "{why:Name}"'
    )
)
def collected_one(cluster: Cluster, workers: Workers, limit: float, why: str) -> None:
    eventually(
        lambda: image_gc.collected(cluster.api, workers.first),
        lambda seen: seen == {why: 1},
        within=scaled(limit),
        every=5.0,
        what=f"the kubelet of {workers.first} has collected one image for {why}",
        giving_up_if=lambda seen: sum(seen.values()) > 1,
    )


@then("the collected image is the unused one, and the first worker has all its other images")
def unused_one(cluster: Cluster, seeds: Seeds, workers: Workers) -> None:
    was, now = workers.images[workers.first], images_on(cluster, workers.first)
    if was - now != {seeds.unused}:
        raise ClaimError(f"only {seeds.unused} should be collected; collected: {sorted(was - now)}")


@then("the volume of the third image is still readable")
def volume_is_read(volume: RunningPod, data_image: DataImage) -> None:
    must_be_none(data_image.unread([volume]), "an image that is a volume is not collected")


@then("no container or process of the Pod with the unpinned image has restarted")
def pod_untouched(pod: RunningPod) -> None:
    must_be_none(pod.restarts(), f"{pod.name} goes on while images are collected")


@then("the second worker has run as many collections and has all its images")
def second_keeps(cluster: Cluster, workers: Workers, evidence: Evidence) -> None:
    looks = await_looks(cluster, workers)
    evidence.record(f"looks of {workers.second}", "text", "\n".join(looks))
    gone = workers.images[workers.second] - images_on(cluster, workers.second)
    must_be_none(sorted(gone), f"{workers.second} is below its threshold and keeps its images")


def restart_with(
    cluster: Cluster, faults: Faults, settings: Mapping[str, Mapping[str, object]]
) -> None:
    """Kubelets with other settings, each back before the next."""
    for node, changes in settings.items():
        change(cluster, faults, node, changes)
        kubelet.await_heartbeat(cluster.api, node)


def images_on(cluster: Cluster, node: str) -> frozenset[str]:
    return frozenset(image_gc.images(cluster.shell(node)))


def await_looks(cluster: Cluster, workers: Workers) -> list[str]:
    """What the second worker's kubelet logged of its looks, the last without an error."""
    return eventually(
        lambda: looks_of(cluster, workers),
        lambda seen: len(seen) >= LOOKS and SUCCEEDED in seen[-1],
        within=scaled(SECOND_LOOK),
        what=f"the kubelet of {workers.second} has looked {LOOKS} times",
    )


def looks_of(cluster: Cluster, workers: Workers) -> list[str]:
    shell, unit = cluster.shell(workers.second), cluster.layout.units.kubelet
    lines = journal.messages(shell, workers.position, unit)
    return [line for line in lines if LOOKED in line]
