"""The image's Debian is a minimal root of the release that the series uses on AWS, as a tarball."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from infra.artifacts.store import Store, key_of
from infra.errors import MissingArtifact, UserError
from infra.localec2.image.apt import KEYRING, private_apt

SUITE = "trixie"
PACKAGES = (
    # The base of a server: boot, login, name of disks.
    "systemd-sysv", "dbus", "udev", "openssh-server", "sudo", "mount", "util-linux", "e2fsprogs",
    # What the kubelet, kube-proxy and the CNI plugins call.
    "iproute2", "iptables", "nftables", "ebtables", "ipset", "kmod", "conntrack", "socat",
    "ethtool", "procps",
    # The load balancer, and the tools that phases and scenarios use on a machine.
    "haproxy", "python3", "ca-certificates", "curl", "less", "busybox-static",
)  # fmt: skip
# A server's root without what only a reader of manuals or a user of another language needs.
LEFT_OUT = ("/usr/share/man/*", "/usr/share/locale/*", "/usr/share/doc/*", "/usr/share/info/*")
NODE_TOOLS = ("base-files", "e2fsprogs", "mount", "util-linux")
"""mkfs.ext4, resize2fs, fsck, mount, umount, lsblk, blkid, blockdev, with their libraries."""
OPTIONS = (
    "--aptopt=Acquire::Languages none",
    *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
    f"--keyring={KEYRING}",
)
RECIPE = "1"
"""Raised when the same inputs shall give another root."""
Say = Callable[[str], None]


def debian(*, store_root: Path, say: Say) -> Path:
    """Tarball of the root directory, from the store or made now.

    Raises:
        UserError: mmdebstrap or Debian's keyring is missing.
        MissingArtifact: a package cannot be obtained; the text names the log.

    """
    store = Store(store_root)
    key = root_key()

    def fill(result: Path) -> None:
        say(f"image: installing Debian {SUITE}, once (about a minute)")
        log = store.file("logs", f"debian-{key}.log")
        with store.workspace(f"debian-{key}-apt") as work:
            _installed(private_apt(work, (SUITE,)).mirror, result / "root.tar", log)

    return store.add("debian", key, fill) / "root.tar"


def node_tools(*, store_root: Path, say: Say) -> Path:
    """Tarball of the tools that the EBS CSI driver calls on a node; its image is made of it.

    Raises:
        UserError: mmdebstrap or Debian's keyring is missing.
        MissingArtifact: a package cannot be obtained; the text names the log.

    """
    store = Store(store_root)
    key = key_of(RECIPE, SUITE, *NODE_TOOLS, *LEFT_OUT)

    def fill(result: Path) -> None:
        say("image: Debian's tools for volumes")
        log = store.file("logs", f"node-tools-{key}.log")
        with store.workspace(f"node-tools-{key}-apt") as work:
            argv = ["mmdebstrap", "--variant=extract", f"--include={','.join(NODE_TOOLS)}"]
            mirror = private_apt(work, (SUITE,)).mirror
            _made([*argv, *OPTIONS, SUITE, str(result / "tools.tar"), mirror], log)

    return store.add("node-tools", key, fill) / "tools.tar"


def root_key() -> str:
    return key_of(RECIPE, SUITE, *PACKAGES, *LEFT_OUT)


def _installed(mirror: str, tarball: Path, log: Path) -> None:
    argv = ["mmdebstrap", "--variant=minbase"]
    # The first user of Debian's AMIs: admin, who may do everything by sudo.
    argv += ['--customize-hook=chroot "$1" useradd -m -u 1000 -s /bin/bash -G adm,sudo admin']
    argv += [f"--include={','.join(PACKAGES)}", *OPTIONS, SUITE, str(tarball), mirror]
    _made(argv, log)


def _made(argv: list[str], log: Path) -> None:
    with log.open("w") as out:
        try:
            done = subprocess.run(argv, stdout=out, stderr=out, check=False)
        except FileNotFoundError as error:
            raise UserError("mmdebstrap is missing: install the package mmdebstrap") from error
    if done.returncode:
        raise MissingArtifact(f"Debian {SUITE}", f"mmdebstrap ended with {done.returncode}", log)
