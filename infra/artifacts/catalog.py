"""What a Kubernetes version is made of: ``versions/common.toml`` and ``versions/<minor>.toml``.

The newest patch of a minor stands in the minor's file, and nowhere else.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from infra.errors import UserError

VERSIONS = Path(__file__).with_name("versions")
COMMON = "common"
MINOR = re.compile(r"\d+\.\d+")


@dataclass(frozen=True)
class Release:
    """Where upstream publishes a program.

    ``member`` is its path in the archive; none: the file is the program.
    """

    url: str
    checksum_url: str
    member: str | None


@dataclass(frozen=True)
class GoBuild:
    """How a program is built; ``group`` is the folder of ``go/`` whose go.mod pins it."""

    group: str
    package: str
    ldflags: str
    tags: tuple[str, ...] = ()
    cgo: bool = False


@dataclass(frozen=True)
class Component:
    """One program. ``version`` is empty for Debian's: the root disk decides it.

    ``contained`` ones run in containers, or where a scenario brings them: not on a machine's disk.
    """

    name: str
    version: str
    source: Literal["upstream", "debian"]
    contained: bool = False
    release: Release | None = None
    build: GoBuild | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()


@dataclass(frozen=True)
class Catalog:
    """``before`` and ``two_before`` are the minors whose programs play the older side of a version
    skew, like "1.35"; empty for a minor of which only such programs are had, and no cluster.
    """

    kubernetes: str
    components: Mapping[str, Component]
    before: str = ""
    two_before: str = ""

    @property
    def default_names(self) -> tuple[str, ...]:
        """Components that are obtained here, in the file's order."""
        return tuple(c.name for c in self.components.values() if c.source == "upstream")

    def component(self, name: str) -> Component:
        if name not in self.components:
            known = ", ".join(self.components)
            raise UserError(
                f"no component {name!r} in Kubernetes {self.kubernetes}; known: {known}"
            )
        return self.components[name]


def load(version: str) -> Catalog:
    """Catalog of a Kubernetes version, named "v1.36.5" or, by its minor, "1.36".

    Errors: UserError naming the known versions.
    """
    catalogs = all_minors()
    if minor := _minor_of(version, catalogs):
        return catalogs[minor]
    raise UserError(f"Kubernetes {version!r} is not known; known versions: {_known(catalogs)}")


def component_version(kubernetes: str, component: str) -> str:
    """That of a component in a cluster: the same for all patches of a minor.

    Errors: UserError naming the known versions, or components.
    """
    return load(minor_of(kubernetes)).component(component).version


def cluster_version(named: str) -> str:
    """The version that a cluster has when "1.36", "v1.36" or "v1.36.5" is asked for.

    Errors: UserError naming the versions of which clusters can be built.
    """
    clusters = {minor: catalog for minor, catalog in all_minors().items() if catalog.before}
    if minor := _minor_of(named, clusters):
        return clusters[minor].kubernetes
    raise UserError(f"Kubernetes {named!r} is not known; known versions: {_known(clusters)}")


def default_minor() -> str:
    """Of a cluster when no version is named."""
    return str(_read(COMMON)["default"])


def series_version() -> str:
    """What the articles use."""
    return str(_read(COMMON)["series"])


def groups() -> Mapping[str, Any]:
    """Tables of the groups, as they are written."""
    return dict(_read(COMMON)["groups"])


@cache
def all_minors() -> dict[str, Catalog]:
    """Every minor that has a version file, older ones first.

    Errors: UserError naming a file that is not whole.
    """
    stems = [path.stem for path in VERSIONS.glob("*.toml") if path.stem != COMMON]
    if odd := [stem for stem in stems if not MINOR.fullmatch(stem)]:
        raise UserError(f"{odd[0]}.toml in {VERSIONS} is of no minor: names are like 1.36.toml")
    found = sorted(stems, key=numbers)
    return {minor: _named(minor) for minor in found}


def _named(minor: str) -> Catalog:
    """Errors: UserError when its file, or the common one, is not whole."""
    try:
        return _catalog(_read(COMMON), _read(minor))
    except (KeyError, ValueError) as error:
        lacks = f"lacks {error}" if isinstance(error, KeyError) else f"is damaged ({error})"
        raise UserError(f"{minor}.toml in {VERSIONS} (or {COMMON}.toml) {lacks}") from error


def _read(stem: str) -> dict[str, Any]:
    return tomllib.loads((VERSIONS / f"{stem}.toml").read_text())


def _minor_of(version: str, catalogs: Mapping[str, Catalog]) -> str | None:
    bare = version.removeprefix("v")
    names = ((minor, catalog.kubernetes.removeprefix("v")) for minor, catalog in catalogs.items())
    return next((minor for minor, full in names if bare in {minor, full}), None)


def _known(catalogs: Mapping[str, Catalog]) -> str:
    return ", ".join(f"{catalog.kubernetes} ({minor})" for minor, catalog in catalogs.items())


def _catalog(common: Mapping[str, Any], own: Mapping[str, Any]) -> Catalog:
    """A minor that names its ``programs`` has only these of Kubernetes' group."""
    versions = {"kubernetes": own["kubernetes"], **own.get("versions", {})}
    components = list(_upstream(common["groups"], versions))
    if only := own.get("programs"):
        chosen = [component for component in components if component.name in only]
        return Catalog(own["kubernetes"], {c.name: c for c in chosen})
    components += [Component(name, "", "debian") for name in common["debian"]["programs"]]
    by_name = {component.name: component for component in components}
    return Catalog(own["kubernetes"], by_name, own["before"], own["two-before"])


def _upstream(groups: Mapping[str, Any], versions: Mapping[str, str]) -> Iterator[Component]:
    for group, table in groups.items():
        own = versions.get(group)
        if own is None and "version" not in table:
            continue  # a minor without clusters names no etcd
        version = own or table["version"]
        folder = f"{group}-{minor_of(version)}" if own else group
        for name, program in table["programs"].items():
            yield _component(
                name, {"version": version, "folder": folder, **table, **program}, version
            )


def minor_of(version: str) -> str:
    """Like "1.36" of "v1.36.5"."""
    major, minor, *_ = version.removeprefix("v").split(".")
    return f"{major}.{minor}"


def is_since(version: str, minor: str) -> bool:
    """Whether a version is of that minor, like "1.36", or of a later one."""
    return numbers(minor_of(version)) >= numbers(minor)


def numbers(version: str) -> list[int]:
    """[1, 36, 5] of "v1.36.5", so that v1.36.10 comes after it."""
    return [int(word) for word in version.removeprefix("v").split(".")]


def _component(name: str, row: Mapping[str, Any], of_group: str) -> Component:
    words = _words(name, of_group)
    release = None
    if row.get("url"):
        member = row["member"].format(**words) if "member" in row else None
        release = Release(row["url"].format(**words), row["checksum_url"].format(**words), member)
    ldflags = " ".join(row["ldflags"].format(**words).split())
    tags = tuple(row.get("tags", ()))
    build = GoBuild(row["folder"], row["package"], ldflags, tags, cgo=row.get("cgo", False))
    contained = row.get("contained", False)
    return Component(
        name, row["version"], "upstream", contained=contained, release=release, build=build
    )


def _words(name: str, version: str) -> dict[str, str]:
    """What the templates of the version file may name; the version is the group's."""
    bare = version.removeprefix("v")
    major, minor, *_ = bare.split(".")
    return {"name": name, "version": version, "bare": bare, "major": major, "minor": minor}
