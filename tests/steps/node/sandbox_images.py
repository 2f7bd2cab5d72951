"""The image that a worker's sandboxes run: were it collected, no Pod could start there again."""

from pytest_bdd import given, then

from infra.clients.node import image_gc
from infra.cluster import Cluster
from suite.expect import must_be_none

Sandboxes = dict[str, str]
"""Image by worker."""


@given("the sandbox image of every worker", target_fixture="sandboxes")
def sandbox_images(cluster: Cluster) -> Sandboxes:
    return {w.name: image_gc.sandbox(cluster.shell(w.name)) for w in cluster.spec.workers}


@then("every worker has its sandbox image")
def has_it(cluster: Cluster, sandboxes: Sandboxes) -> None:
    missing = [
        f"{node} has no {image}"
        for node, image in sandboxes.items()
        if image not in image_gc.images(cluster.shell(node))
    ]
    must_be_none(missing, "every worker has the image of its sandboxes")


@then("every worker's runtime pins its sandbox image")
def is_pinned(cluster: Cluster, sandboxes: Sandboxes) -> None:
    """The kubelet never collects an image that the runtime calls pinned."""
    loose = [
        f"{node} has {image}, but not pinned"
        for node, image in sandboxes.items()
        if not image_gc.images(cluster.shell(node)).get(image)
    ]
    must_be_none(loose, "the runtime has the image of its sandboxes pinned")
