"""The machines' base image is one ext4 file: Debian, our units, the programs, the container images.

Content-addressed by everything in it. Machines write to sparse copy-on-write files beside it.
"""

import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from infra.artifacts.store import Store, key_of
from infra.errors import MissingArtifact, tail
from infra.localec2.image import containers, debian, layout
from infra.localec2.image.hashes import sha256s

SIZE = "8G"
"""Virtual size, of Debian's AMIs' root volume (8 GiB); the file is sparse."""
RECIPE = "1"
"""Raised when the same inputs shall give another image."""
Say = Callable[[str], None]


def base_image(
    *, store_root: Path, binaries: Mapping[str, Path], images: Sequence[Path], say: Say
) -> Path:
    """Root disk that every machine starts from, from the store or made now.

    Args:
        store_root: the cache.
        binaries: name of a program on the machine -> file here.
        images: OCI archives, to be found unpacked by containerd.
        say: told what takes long.

    Raises:
        UserError: a tool is missing on this host; the text names its package.
        MissingArtifact: a package or an image cannot be obtained, or the disk cannot be written.

    """
    store = Store(store_root)
    memory = store.file("hashes", "image-inputs.json")
    hashes = sha256s([*binaries.values(), *images], memory=memory)
    key = image_key(
        {name: hashes[path] for name, path in binaries.items()}, [hashes[p] for p in images]
    )

    def fill(result: Path) -> None:
        tarball = debian.debian(store_root=store_root, say=say)
        say(f"image: {len(binaries)} programs, {len(images)} container images on Debian's root")
        with store.workspace(f"image-{key}-tree") as work:
            root = work / "root"
            root.mkdir()
            _run(["tar", "--xattrs", "--numeric-owner", "-xf", str(tarball), "-C", str(root)])
            layout.furnish(root)
            layout.install(root, binaries)
            if images:
                log = store.file("logs", f"containers-{key}.log")
                containers.unpack(root, images=images, binaries=binaries, log=log)
            _file_system(root, result / "base.img")

    return store.add("image", key, fill) / "base.img"


def image_key(binaries: Mapping[str, str], images: Iterable[str]) -> str:
    """Name of an image in the store: anything that is in it changes it. Values are sha256s."""
    programs = [f"{name} {sha256}" for name, sha256 in sorted(binaries.items())]
    facts = (RECIPE, SIZE, debian.root_key(), layout.overlay_hash(), containers.CONFIG)
    return key_of(*facts, *programs, "", *sorted(images))


def _file_system(root: Path, image: Path) -> None:
    _run(["truncate", f"--size={SIZE}", str(image)])
    # A fresh file reads as zeros: without the option each machine would write its inode tables.
    _run(["mkfs.ext4", "-q", "-F", "-m", "1", "-L", "root", "-E", "assume_storage_prezeroed=1",
          "-d", str(root), str(image)])  # fmt: skip


def _run(argv: list[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingArtifact("base image", f"{' '.join(argv)}: {tail(done.stderr)}")
