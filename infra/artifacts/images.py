"""Container images under upstream's names, made from the programs that were obtained.

They stand in for images that cannot be pulled, and carry less: agnhost has Debian's busybox instead
of Alpine's tools (no bash, curl, dig or iperf), and the two agnhost and the two busybox tags hold
the same program each.
"""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.artifacts import ebs_images
from infra.artifacts.artifact import Artifact
from infra.artifacts.catalog import Catalog
from infra.artifacts.oci import Entry, Spec, write
from infra.artifacts.store import Store, key_of, sha256_of
from infra.errors import MissingArtifact

KIND = "images"
FORMAT = "1"
"""Raised when the same inputs shall give other archives: it is part of every key."""
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BUSYBOX_TAGS = ("1.36", "1.37")
"""1.36 in the articles; 1.37 in test/utils/image/manifest.go of Kubernetes 1.36."""
AGNHOST_TAGS = ("2.52", "2.63.0")
"""2.52 in article 16; 2.63.0 in test/utils/image/manifest.go of Kubernetes 1.36."""
USERS = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n"
GROUP = "root:x:0:\nnobody:x:65534:\n"
BIND_LOW_PORTS = "\x01\x00\x00\x02\x00\x04" + "\x00" * 14
"""security.capability of ``setcap cap_net_bind_service=+ep`` (capability 10; struct vfs_cap_data,
revision 2, of linux/capability.h), as CoreDNS's Dockerfile sets it."""


@dataclass(frozen=True)
class Image:
    """One archive that ``ctr images import`` reads; ``sha256`` is the archive's own."""

    reference: str
    path: Path
    digest: str
    sha256: str


def build_images(
    catalog: Catalog,
    artifacts: Mapping[str, Artifact],
    *,
    busybox: Path,
    tools: Path | None = None,
    store: Store,
    say: Callable[[str], None],
) -> tuple[Image, ...]:
    """Archives of every image whose program is among the artifacts; made once, then found.

    ``tools`` is a tar archive of what the EBS CSI driver calls on a node; none: without its images.

    Errors: MissingArtifact when ``busybox`` does not run, or a default program is not there.
    """
    if absent := [name for name in ("pause", "agnhost", "coredns") if name not in artifacts]:
        reason = f"images of Kubernetes {catalog.kubernetes} are made of it: obtain it first"
        raise MissingArtifact(", ".join(absent), reason)
    driver = ebs_images.specs(artifacts, tools) if tools else ()
    specs = (*_specs(artifacts, _tools(busybox)), *driver)
    return tuple(_image(spec, store=store, say=say) for spec in specs)


def _specs(artifacts: Mapping[str, Artifact], tools: tuple[Entry, ...]) -> Iterator[Spec]:
    yield _lone("registry.k8s.io/pause", artifacts["pause"], user="65535:65535")
    for tag in BUSYBOX_TAGS:
        name, config = f"docker.io/library/busybox:{tag}", {"Cmd": ["sh"], "Env": [PATH]}
        yield Spec(name, [tools], config | _labels(tag))
    agnhost = Entry("agnhost", program=artifacts["agnhost"].path)
    extras = (agnhost, Entry("agnhost-2", link="agnhost", mode=0o777), Entry("uploads"))
    for tag in AGNHOST_TAGS:
        name = f"registry.k8s.io/e2e-test-images/agnhost:{tag}"
        config = {"Cmd": ["pause"], "Entrypoint": ["/agnhost"], "Env": [PATH]}
        yield Spec(name, [tools, extras], config | _labels(tag))
    coredns = artifacts["coredns"]
    low = {"security.capability": BIND_LOW_PORTS}
    yield _lone("registry.k8s.io/coredns/coredns", coredns, user="65532:65532", xattrs=low)
    metrics = artifacts["metrics-server"]
    yield _lone("registry.k8s.io/metrics-server/metrics-server", metrics, user="65534")


def _lone(
    repository: str, artifact: Artifact, *, user: str, xattrs: Mapping[str, str] | None = None
) -> Spec:
    """An image of one program and what it may look for: users, a writable /tmp."""
    program = Entry(artifact.name, program=artifact.path, xattrs=xattrs or {})
    files = (Entry("etc"), Entry("etc/passwd", 0o644, USERS), Entry("tmp", 0o1777), program)
    config = {"Entrypoint": [f"/{artifact.name}"], "Env": [PATH], "User": user, "WorkingDir": "/"}
    return Spec(f"{repository}:{artifact.version}", [files], config | _labels(artifact.version))


def _tools(busybox: Path) -> tuple[Entry, ...]:
    """Root file system of busybox: the program, a link for each of its applets."""
    try:
        listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise MissingArtifact("busybox", f"`{busybox} --list` fails: {error}") from error
    applets = sorted(set(listed.stdout.split()) - {"busybox"})
    if "sh" not in applets:
        raise MissingArtifact("busybox", f"{busybox} has no applet `sh`: name a full busybox")
    folders = [Entry(path) for path in ("bin", "dev", "etc", "home", "proc", "sys", "usr", "var")]
    return (
        *folders,
        Entry("bin/busybox", program=busybox),
        *(Entry(f"bin/{applet}", link="busybox", mode=0o777) for applet in applets),
        Entry("etc/group", 0o644, GROUP),
        Entry("etc/passwd", 0o644, USERS),
        Entry("root", 0o700),
        Entry("tmp", 0o1777),
        Entry("usr/bin"),
        Entry("usr/bin/env", link="../../bin/env", mode=0o777),
    )


def _labels(tag: str) -> dict[str, dict[str, str]]:
    """The tag makes images of one program differ: the kubelet counts and removes by image id."""
    return {"Labels": {"org.opencontainers.image.version": tag}}


def _image(spec: Spec, *, store: Store, say: Callable[[str], None]) -> Image:
    def fill(folder: Path) -> None:
        say(f"making image {spec.reference}")
        with TemporaryDirectory(dir=folder) as scratch:
            digest = write(spec, folder / "image.tar", scratch=Path(scratch))
        (folder / "digest").write_text(f"{digest}\n{sha256_of(folder / 'image.tar')}\n")

    entry = store.add(KIND, _key(spec), fill)
    digest, sha256 = (entry / "digest").read_text().split()
    return Image(spec.reference, entry / "image.tar", digest, sha256)


def _key(spec: Spec) -> str:
    """Everything in the image, programs by their hash: where they lie does not matter."""
    entries = [
        (e.path, oct(e.mode), e.text, e.program and sha256_of(e.program), e.link, dict(e.xattrs))
        for layer in spec.layers
        if not isinstance(layer, Path)
        for e in (*layer, Entry("next layer"))
    ]
    archives = [sha256_of(layer) for layer in spec.layers if isinstance(layer, Path)]
    return key_of(
        *archives, FORMAT, spec.reference, repr(entries), json.dumps(spec.config, sort_keys=True)
    )
