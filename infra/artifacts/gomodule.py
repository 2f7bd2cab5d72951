"""Builds from Go modules: the programs of a group in one ``go build``, pinned by its go.mod."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from infra.artifacts.catalog import Component, GoBuild
from infra.artifacts.store import key_of
from infra.errors import MissingArtifact, tail

MODULES = Path(__file__).with_name("go")
LOG_LINES = 8
"""Last lines of a failed build that its error shows; the log has the rest."""
MAJOR = re.compile(r"v\d+")
"""A last path element that is a major version names no program: go.etcd.io/etcd/server/v3."""


def go_version() -> str | None:
    """Go's version, or none where there is no Go."""
    program = shutil.which("go")
    return _version(program) if program else None


@cache
def _version(program: str) -> str | None:
    done = subprocess.run(
        [program, "env", "GOVERSION"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or None


def key(component: Component, go: str) -> str:
    """Key of a program built from its module: all that decides its bytes."""
    build = _build(component)
    facts = (build.package, build.ldflags, ",".join(build.tags), str(build.cgo))
    return key_of("go module", component.name, component.version, *facts, pins(build.group), go)


def build(components: Sequence[Component], folder: Path, *, log: Path) -> dict[str, Path]:
    """Programs of one group, built into the empty ``folder``, by component name.

    Errors: MissingArtifact with the last lines of the log and its path.
    """
    builds = {component.name: _build(component) for component in components}
    first = next(iter(builds.values()))
    argv = _argv(first, folder, packages=[build.package for build in builds.values()])
    with log.open("w") as output:
        print("$", *argv, file=output, flush=True)
        done = subprocess.run(
            argv,
            cwd=MODULES / first.group,
            env=os.environ | _environment(first),
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    built = {name: folder / _program(build.package) for name, build in builds.items()}
    if done.returncode or not all(path.is_file() for path in built.values()):
        last = tail(log.read_text(errors="replace"), LOG_LINES)
        names = ", ".join(map(str, components))
        raise MissingArtifact(
            names, f"go build in {first.group} ended with status {done.returncode}\n{last}", log
        )
    return built


def _argv(build: GoBuild, folder: Path, *, packages: Sequence[str]) -> list[str]:
    flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", build.ldflags]
    if build.tags:
        flags += ["-tags", ",".join(build.tags)]
    return ["go", "build", *flags, "-o", f"{folder}/", *packages]


def _environment(build: GoBuild) -> dict[str, str]:
    """Nothing of the caller's Go settings may change the program."""
    return {
        "CGO_ENABLED": "1" if build.cgo else "0",
        "GOARCH": "amd64",
        "GOFLAGS": "",
        "GOOS": "linux",
        "GOWORK": "off",
    }


def _build(component: Component) -> GoBuild:
    if component.build is None:
        raise MissingArtifact(str(component), "it has no Go module; it comes with the root disk")
    return component.build


def pins(group: str) -> str:
    """Hash of the group's go.mod, go.sum and own sources."""
    digest = hashlib.sha256()
    for path in sorted((MODULES / group).iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _program(package: str) -> str:
    """The name that ``go build -o FOLDER/`` gives to a package's program."""
    *parents, last = package.split("/")
    return parents[-1] if parents and MAJOR.fullmatch(last) else last
