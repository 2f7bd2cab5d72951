"""Container images lie unpacked in the image's containerd store: a worker imports nothing at boot.

containerd itself writes that store, here, in a mount namespace of its own; the mounts of its
unpacking do not reach this host.
"""

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.errors import MissingArtifact

NAMESPACE = "k8s.io"
"""Where CRI looks: containerd, internal/cri/constants."""
READY_WITHIN = 60.0
"""Seconds for containerd to say that it serves; it takes less than one on an idle computer."""
CONFIG = """version = 3
root = "{root}/var/lib/containerd"
state = "{state}/state"
disabled_plugins = [
  "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri",
  "io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt"]
[grpc]
  address = "{state}/containerd.sock"
"""


def unpack(root: Path, *, images: Sequence[Path], binaries: Mapping[str, Path], log: Path) -> None:
    """The store below ``root`` holds the images of the OCI archives, unpacked, as CRI expects them.

    Raises:
        MissingArtifact: containerd or ctr is not among the binaries, or an import failed.

    """
    for name in ("containerd", "ctr"):
        if name not in binaries:
            raise MissingArtifact(name, "needed to unpack the container images into the image")
    with tempfile.TemporaryDirectory(prefix="kfs-") as state, log.open("w") as out:
        config = Path(state, "config.toml")
        config.write_text(CONFIG.format(root=root, state=state))
        with _containerd(binaries["containerd"], config, out.fileno()):
            ctr = [str(binaries["ctr"]), "-a", f"{state}/containerd.sock", "-n", NAMESPACE]
            for archive in images:
                _ctr([*ctr, "images", "import", "--local", "--snapshotter=overlayfs"], archive, log)
            for name in _ctr([*ctr, "images", "ls", "-q"], None, log).split():
                labels = ["io.cri-containerd.image=managed"]
                # CRI pins the sandbox's image, or the kubelet's collector would remove it.
                labels += ["io.cri-containerd.pinned=pinned"] if "/pause:" in name else []
                _ctr([*ctr, "images", "label", name, *labels], None, log)


@contextmanager
def _containerd(program: Path, config: Path, log: int) -> Iterator[None]:
    """containerd, serving; it tells so as to systemd, by a datagram."""
    notify = config.with_name("notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(notify))
        told.settimeout(READY_WITHIN)
        # unshare becomes containerd: one process, to be ended by its own number.
        argv = ["unshare", "--mount", "--propagation=private", str(program), "-c", str(config)]
        process = subprocess.Popen(
            argv, env={**os.environ, "NOTIFY_SOCKET": str(notify)}, stdout=log, stderr=log
        )
        try:
            told.recv(4096)
            yield
        except TimeoutError as error:
            raise MissingArtifact("containerd", f"not serving in {READY_WITHIN:.0f} s") from error
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _ctr(argv: list[str], archive: Path | None, log: Path) -> str:
    argv = [*argv, str(archive)] if archive else argv
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = f"{' '.join(argv[5:])} ended with {done.returncode}: {done.stderr}"
        raise MissingArtifact(archive.name if archive else "container images", reason, log)
    return done.stdout
