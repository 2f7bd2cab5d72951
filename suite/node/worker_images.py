"""Images that a scenario puts onto a worker, keeps from its kubelet, and takes away again.

Names: containerd internal/cri/labels (2.2).
"""

import gzip
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.artifacts.oci import Entry, Spec, write
from infra.clients.node.image_gc import CTR, listed, names_of
from infra.ssh import Shell

PIN = "io.cri-containerd.pinned"
IMPORTED = 120.0
"""Seconds to unpack a seed: 20 s were measured beside a busy neighbour."""


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
