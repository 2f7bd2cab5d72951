"""Images of a worker as its runtime has them, and what its kubelet removed of them.

Names: kubernetes pkg/kubelet/metrics/metrics.go (1.36), containerd internal/cri/labels (2.2).
"""

import gzip
import json
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.artifacts.oci import Entry, Spec, write
from infra.clients.node import kubelet
from infra.errors import require
from infra.kube_api import Api, JsonObject
from infra.ssh import Shell

COLLECTED = "kubelet_image_garbage_collected_total"
CTR = ("ctr", "--namespace=k8s.io", "images")
IMAGES_PLUGIN = "io.containerd.cri.v1.images"
PIN = "io.cri-containerd.pinned"
IMPORTED = 120.0
"""Seconds to unpack a seed: 20 s were measured beside a busy neighbour."""


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


def pin(shell: Shell, names: Collection[str]) -> None:
    """The kubelet never removes a pinned image; the runtime marks its sandbox's the same way."""
    for name in names:
        shell.run([*CTR, "label", name, f"{PIN}=pinned"])


def unpin(shell: Shell, names: Collection[str]) -> None:
    for name in names:
        shell.run([*CTR, "label", name, f"{PIN}="])


def load(shell: Shell, archive: bytes) -> None:
    """Errors: CommandFailed."""
    shell.run([*CTR, "import", "-"], stdin=archive, timeout=IMPORTED)


def remove(shell: Shell, name: str) -> None:
    """One that is gone already is no error."""
    shell.run(["crictl", "rmi", name], check=False)


def remove_of(shell: Shell, registry: str) -> None:
    """Everything that came from one, also what its tag named before. Errors: CommandFailed."""
    for image in listed(shell):
        if any(name.startswith(f"{registry}/") for name in names_of(image)):
            remove(shell, image["id"])


def collected(api: Api, node: str) -> dict[str, int]:
    """Images that a kubelet removed since its start, by reason. Errors: ApiRefused."""
    found = kubelet.samples(api, node, only=COLLECTED)
    return {sample.labels["reason"]: int(sample.value) for sample in found if sample.value}


def seed(name: str, program: Path, size: int) -> bytes:
    """A compressed archive of an image of ``size`` bytes that runs ``program``.

    Its data are zeros: they cost room on a worker's disk and no time on the way to it.
    """
    with TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        with data.open("wb") as file:
            file.truncate(size)
        label = Entry("name", mode=0o644, text=name)  # makes the layers of two seeds differ
        layer = [Entry("data", mode=0o644, program=data), label, Entry("run", program=program)]
        return packed(Spec(name, [layer], {"Entrypoint": ["/run"]}))


def packed(spec: Spec) -> bytes:
    """A compressed archive that ``load`` takes."""
    with TemporaryDirectory() as scratch:
        archive = Path(scratch) / "image.tar"
        write(spec, archive, scratch=Path(scratch))
        return gzip.compress(archive.read_bytes(), compresslevel=1)
