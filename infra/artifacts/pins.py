"""Pins a release of Kubernetes: go.mod and go.sum of its programs, of the etcd that it prescribes,
and its version file. Nothing is written before Go has had every module that the programs need.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from infra.artifacts import catalog
from infra.artifacts.gomodule import MODULES
from infra.errors import UserError, tail

Say = Callable[[str], None]
KUBERNETES = "k8s.io/kubernetes"
ETCD = ("go.etcd.io/etcd/etcdctl/v3", "go.etcd.io/etcd/etcdutl/v3", "go.etcd.io/etcd/server/v3")
GO = "1.26.0"
"""The language of our go.mod, which decides how modules are loaded; upstream's GODEBUG decides how
the programs behave."""
CONSTANTS = "cmd/kubeadm/app/constants/constants.go"
"""Of Kubernetes: what kubeadm installs beside it."""
RELEASE = re.compile(r"v1\.\d+\.\d+")
LOG_LINES = 6
TOOLS = (
    "// The programs that are built from here; tool lines keep their modules through go mod tidy."
)
STAGING = (
    "// Kubernetes requires its staging modules as v0.0.0 and replaces them by folders of its",
    "// repository, which are not in the module; each is published under the matching v0 version.",
)


@dataclass(frozen=True)
class Upstream:
    """A release as its module says: ``root`` has its files, ``replaced`` its staging modules."""

    version: str
    root: Path
    godebug: Mapping[str, str]
    replaced: tuple[str, ...]

    def text(self, path: str) -> str:
        return (self.root / path).read_text()


def pin(version: str, only: Sequence[str] = (), *, say: Say) -> None:
    """Writes the files of ``version``, with all programs or, for version skew, ``only`` some.

    Errors: UserError naming a module that Go cannot have; nothing is written then.
    """
    if not RELEASE.fullmatch(version):
        raise UserError(f"{version!r} is no release of Kubernetes; name one like v1.37.2")
    minor = catalog.minor_of(version)
    packages = packages_of(minor, only)
    with TemporaryDirectory(prefix="kfs-pin-") as scratch:
        work = Path(scratch)
        upstream = look(version, work)
        named_etcd = "v" + named(upstream, CONSTANTS, "DefaultEtcdVersion")
        etcd = shared_etcd(named_etcd, minor)
        folders = [write(work, f"kubernetes-{minor}", kubernetes(upstream, packages))]
        if not only:
            folders.append(write(work, f"etcd-{catalog.minor_of(etcd)}", etcd_pins(etcd)))
        for folder in folders:
            say(f"{folder.name}: {tidied(folder)} modules")
        for folder in folders:
            shutil.copytree(folder, MODULES / folder.name, dirs_exist_ok=True)
    path = catalog.VERSIONS / f"{minor}.toml"
    new = path.with_suffix(".new")
    new.write_text(version_file(version, only, etcd, named_etcd))
    new.replace(path)  # at once: every command reads it
    say(f"written: {path.name} and {', '.join(folder.name for folder in folders)}")
    for line in prescribed(upstream, named_etcd, etcd):
        say(line)


def packages_of(minor: str, only: Sequence[str]) -> list[str]:
    """What is built from the minor's go.mod. Errors: UserError for an unknown program."""
    known = catalog.groups()["kubernetes"]["programs"]
    if wrong := [name for name in only if name not in known]:
        raise UserError(f"no program {', '.join(wrong)} of Kubernetes; known: {', '.join(known)}")
    rows = [known[name] for name in only or known]
    agnhost = catalog.groups()["agnhost"]["programs"]["agnhost"]
    if not only and agnhost["folder"] == f"kubernetes-{minor}":
        rows.append(agnhost)
    return sorted(row["package"] for row in rows)


def look(version: str, work: Path) -> Upstream:
    """What the release's module says. Errors: UserError when Go cannot have it."""
    module = json.loads(go(["mod", "download", "-json", f"{KUBERNETES}@{version}"], work))
    own = json.loads(go(["mod", "edit", "-json", module["GoMod"]], work))
    staging = [row["Old"]["Path"] for row in own["Replace"] if row["New"]["Path"].startswith("./")]
    godebug = {row["Key"]: row["Value"] for row in own.get("GoDebug") or ()}
    return Upstream(version, Path(module["Dir"]), godebug, tuple(staging))


def kubernetes(upstream: Upstream, packages: Sequence[str]) -> list[str]:
    """Lines of a go.mod after its module. Kubernetes requires its staging modules as v0.0.0 and
    replaces them by folders that are not in the module; each is published as the matching v0.
    """
    staging = "v0" + upstream.version.removeprefix("v1")
    replaced = [f"{module} => {module} {staging}" for module in upstream.replaced]
    return [
        *(f"godebug {key}={value}" for key, value in upstream.godebug.items()),
        f"require {KUBERNETES} {upstream.version}",
        "",
        TOOLS,
        *block("tool", packages),
        "",
        *STAGING,
        *block("replace", replaced),
    ]


def shared_etcd(prescribed: str, minor: str) -> str:
    """The etcd of a minor: the newest patch that it or another minor with its etcd minor names, as
    they share one go.mod.
    """
    others = (
        one.component("etcd").version
        for name, one in catalog.all_minors().items()
        if name != minor and "etcd" in one.components
    )
    same = [one for one in others if catalog.minor_of(one) == catalog.minor_of(prescribed)]
    return max([prescribed, *same], key=catalog.numbers)


def etcd_pins(version: str) -> list[str]:
    return [
        *block("require", [f"{package} {version}" for package in ETCD]),
        "",
        TOOLS,
        *block("tool", ETCD),
    ]


def block(word: str, lines: Iterable[str]) -> list[str]:
    return [f"{word} (", *(f"\t{line}" for line in lines), ")"]


def write(work: Path, name: str, lines: Sequence[str]) -> Path:
    folder = work / name
    folder.mkdir()
    head = [f"module kubernetes-from-scratch/artifacts/{name}", "", f"go {GO}", ""]
    (folder / "go.mod").write_text("\n".join([*head, *lines, ""]))
    return folder


def tidied(folder: Path) -> int:
    """How many modules the programs need; each is there, with its go.mod and its sources."""
    go(["mod", "tidy"], folder)
    needed = go(
        ["list", "-mod=readonly", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "tool"], folder
    )
    modules = sorted(set(needed.split()) - {f"kubernetes-from-scratch/artifacts/{folder.name}"})
    go(["mod", "download", *modules], folder)
    return len(modules)


def go(arguments: Sequence[str], folder: Path) -> str:
    argv = ["go", *arguments]
    environment = os.environ | {"GOFLAGS": "-mod=mod", "GOWORK": "off", "CGO_ENABLED": "1"}
    try:
        done = subprocess.run(
            argv, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise UserError("no `go` on PATH to read modules with; install Go") from error
    if done.returncode:
        said = tail(done.stderr or done.stdout, LOG_LINES)
        raise UserError(f"{' '.join(argv[:4])} ... in {folder.name}: {said}")
    return done.stdout


def version_file(version: str, only: Sequence[str], etcd: str, prescribed: str) -> str:
    if only:
        listed = ", ".join(f'"{name}"' for name in only)
        what = "for version skew; no cluster has it"
        return f'kubernetes = "{version}"\nprograms = [{listed}]  # {what}\n'
    one, minor = catalog.minor_of(version).split(".")
    before, two_before = (f"{one}.{int(minor) - back}" for back in (1, 2))
    return (
        f'kubernetes = "{version}"\n'
        f'before = "{before}"      # its kubelet plays the minor before (64.5)\n'
        f'two-before = "{two_before}"  # its kubectl (64.4)\n\n'
        "[versions]\n"
        f'etcd = "{etcd}"  # it names {prescribed} (DefaultEtcdVersion, {CONSTANTS})\n'
    )


def prescribed(upstream: Upstream, named_etcd: str, etcd: str) -> Iterator[str]:
    """What that Kubernetes names beside ours, for whoever reviews the change."""
    groups = catalog.groups()
    theirs = {
        "etcd": named_etcd,
        "coredns": named(upstream, CONSTANTS, "CoreDNSVersion"),
        "cni": "v" + dependency(upstream.text("build/dependencies.yaml"), "cni"),
        "agnhost": upstream.text("test/images/agnhost/VERSION").strip(),
    }
    for name, version in theirs.items():
        ours = etcd if name == "etcd" else groups[name]["version"]
        yield f"{name:10} {upstream.version} names {version:10} ours {ours}"


def named(upstream: Upstream, path: str, constant: str) -> str:
    """A version that a Go constant names: 3.7.0 of ``DefaultEtcdVersion = "3.7.0-0"``."""
    if found := re.search(rf'\b{constant} = "([^"]+)"', upstream.text(path)):
        return found[1].partition("-")[0]
    raise UserError(f"{path} of Kubernetes {upstream.version} names no {constant}")


def dependency(text: str, name: str) -> str:
    rows: list[dict[str, Any]] = yaml.safe_load(text)["dependencies"]
    return next((str(row["version"]).removeprefix("v") for row in rows if row["name"] == name), "?")
