"""Images of a worker as its runtime has them, and what its kubelet removed of them.

Names: kubernetes pkg/kubelet/metrics/metrics.go (1.36), containerd internal/cri/labels (2.2).
"""

import json
import tomllib
from dataclasses import dataclass

from infra.clients.node import kubelet
from infra.errors import require
from infra.kube_api import Api, JsonObject
from infra.ssh import Shell

COLLECTED = "kubelet_image_garbage_collected_total"
CTR = ("ctr", "--namespace=k8s.io", "images")
IMAGES_PLUGIN = "io.containerd.cri.v1.images"


@dataclass(frozen=True)
class Disk:
    """The file system of a worker's images, in bytes."""

    capacity: int
    available: int

    @property
    def percent(self) -> int:
        """Used, rounded up: pkg/kubelet/images/image_gc_manager.go, GarbageCollect."""
        return 100 - self.available * 100 // self.capacity


def disk(shell: Shell) -> Disk:
    """As it is now: a kubelet's own figures may be 10 s old (seen) and lack an image just loaded.

    Errors: CommandFailed.
    """
    store = shell.layout.directories.images
    found = shell.run(["df", "--block-size=1", "--output=size,avail", store]).stdout
    capacity, available = found.splitlines()[-1].split()
    return Disk(int(capacity), int(available))


def images(shell: Shell) -> dict[str, bool]:
    """Whether each name is pinned. Errors: CommandFailed."""
    return {name: bool(image.get("pinned")) for image in listed(shell) for name in names_of(image)}


def stored(shell: Shell) -> frozenset[str]:
    """Names under which containerd has one, as they were imported. Errors: CommandFailed."""
    return frozenset(shell.run([*CTR, "ls", "--quiet"]).stdout.split())


def sandbox(shell: Shell) -> str:
    """The image that its configuration, defaults filled in, names for sandboxes.

    Errors: CommandFailed; NotPrepared when it names none.
    """
    images = configuration(shell).get("plugins", {}).get(IMAGES_PLUGIN, {})
    name = images.get("pinned_images", {}).get("sandbox", "")
    require(name, f"containerd on {shell.name} is configured with no sandbox image")
    return str(name)


def configuration(shell: Shell) -> JsonObject:
    """What containerd is configured with, defaults filled in. Errors: CommandFailed."""
    layout = shell.layout
    argv = [layout.programs.container_runtime, f"--config={layout.files.container_runtime}"]
    return tomllib.loads(shell.run([*argv, "config", "dump"]).stdout)


def names_of(image: JsonObject) -> list[str]:
    """Its tags; the digest of one whose tag has moved on, or that was pulled without."""
    return list(image["repoTags"] or image["repoDigests"] or [image["id"]])


def listed(shell: Shell) -> list[JsonObject]:
    """Images as the runtime lists them. Errors: CommandFailed."""
    found = json.loads(shell.run(["crictl", "images", "--output=json"]).stdout)
    return list(found["images"])


def collected(api: Api, node: str) -> dict[str, int]:
    """Images that a kubelet removed since its start, by reason. Errors: ApiRefused."""
    found = kubelet.samples(api, node, only=COLLECTED)
    return {sample.labels["reason"]: int(sample.value) for sample in found if sample.value}
