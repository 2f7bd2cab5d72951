"""The machines' kernel is Debian's Linux source built with ARCH=um, with our options and patches.

Debian's own user-mode-linux package lacks legacy iptables, cpusets and PSI, hence the build:
about 13 CPU minutes, once.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from infra.artifacts.store import Store, key_of
from infra.errors import MissingArtifact, UserError
from infra.localec2.image.apt import Apt, candidate, private_apt

HERE = Path(__file__).parent
FRAGMENT = HERE / "kernel.config"
PATCHES = tuple(sorted((HERE / "patches").glob("*.patch")))
# The first that the suites have is taken; 7.2 is the one that the cluster was measured on.
SOURCES = ("linux-source-7.2", "linux-source-7.3")
SUITES = ("trixie-backports",)
TOOLS = {"gcc": "gcc", "make": "make", "flex": "flex", "bison": "bison", "bc": "bc"}
TOOLS |= {"patch": "patch", "xz": "xz-utils", "dpkg-deb": "dpkg"}
HEADERS = {"/usr/include/libelf.h": "libelf-dev", "/usr/include/openssl/ssl.h": "libssl-dev"}
Say = Callable[[str], None]


def kernel(*, store_root: Path, say: Say) -> Path:
    """User-mode Linux kernel of this recipe, from the store or built now.

    Beside it stand ``config`` (as built) and ``source`` (Debian's package and version).

    Raises:
        UserError: a build tool is missing; the text names the packages.
        MissingArtifact: fetch, configuration or build failed; the text names the log.

    """
    store = Store(store_root)
    key = recipe_key(FRAGMENT.read_text(), [p.read_text() for p in PATCHES], compiler())

    def fill(result: Path) -> None:
        _require_tools()
        say("kernel: building User-mode Linux, once (about 7 minutes on two cores)")
        with store.workspace(f"kernel-{key}-tree") as work:
            _build(work, result, log=store.file("logs", f"kernel-{key}.log"), say=say)

    return store.add("kernel", key, fill) / "linux"


def recipe_key(fragment: str, patches: Sequence[str], compiler: str) -> str:
    """Name of a build in the store: anything that changes the kernel changes it."""
    return key_of(*SOURCES, *SUITES, fragment, *patches, compiler)


def compiler() -> str:
    if not shutil.which("gcc"):
        raise UserError("gcc is missing: install the package gcc")
    asked = subprocess.run(["gcc", "--version"], capture_output=True, text=True, check=True)
    return asked.stdout.splitlines()[0]


def dropped(fragment: str, config: str) -> list[str]:
    """Options of the fragment that a kernel configuration does not carry as asked."""
    asked = re.findall(r"(?m)^(CONFIG_\w+)=(.*)$", fragment)
    got = dict(re.findall(r"(?m)^(CONFIG_\w+)=(.*)$", config))
    return [f"{name}={value}" for name, value in asked if got.get(name, "n") != value]


def _require_tools() -> None:
    missing = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    missing += [package for header, package in HEADERS.items() if not Path(header).exists()]
    if missing:
        raise UserError(f"the kernel build needs packages: apt-get install {' '.join(missing)}")


def _build(work: Path, result: Path, *, log: Path, say: Say) -> None:
    apt = private_apt(work / "apt", SUITES)
    package, version = _available(apt)
    say(f"kernel: {package} {version}, log {log}")
    log.write_text(f"{package} {version}\n")
    tree = _source(apt, package, work)
    for patch in PATCHES:
        _logged(["patch", "-p1", "--fuzz=0", "-i", str(patch)], tree, log)
    _logged(["make", "ARCH=um", "x86_64_defconfig"], tree, log)
    _logged(["scripts/kconfig/merge_config.sh", "-m", ".config", str(FRAGMENT)], tree, log)
    _logged(["make", "ARCH=um", "olddefconfig"], tree, log)
    if lost := dropped(FRAGMENT.read_text(), (tree / ".config").read_text()):
        raise MissingArtifact(f"{package} {version}", f"options were dropped: {lost}", log)
    _logged(["nice", "make", "ARCH=um", f"-j{os.cpu_count()}", "linux"], tree, log)
    (result / "source").write_text(f"{package} {version}\n")
    shutil.copy(tree / ".config", result / "config")
    shutil.copy(tree / "linux", result / "linux")


def _available(apt: Apt) -> tuple[str, str]:
    for package in SOURCES:
        if version := candidate(apt, package):
            return package, version
    raise MissingArtifact("kernel source", f"none of {SOURCES} in {SUITES} at {apt.mirror}")


def _source(apt: Apt, package: str, work: Path) -> Path:
    apt.run(["apt-get", "-q", "download", package], cwd=work)
    (archive,) = work.glob(f"{package}_*.deb")
    apt.run(["dpkg-deb", "-x", str(archive), str(work / "deb")])
    apt.run(["tar", "-xf", str(work / f"deb/usr/src/{package}.tar.xz"), "-C", str(work)])
    return work / package


def _logged(argv: list[str], tree: Path, log: Path) -> None:
    with log.open("a") as out:
        done = subprocess.run(argv, cwd=tree, stdout=out, stderr=out, check=False)
    if done.returncode:
        raise MissingArtifact("kernel", f"{' '.join(argv)} ended with {done.returncode}", log)
