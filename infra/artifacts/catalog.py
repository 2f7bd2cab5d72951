"""What a Kubernetes version is made of, read from ``versions/<minor>.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from infra.errors import UserError

VERSIONS = Path(__file__).with_name("versions")


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
    optional: bool = False
    contained: bool = False
    release: Release | None = None
    build: GoBuild | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()


@dataclass(frozen=True)
class Catalog:
    kubernetes: str
    components: Mapping[str, Component]

    @property
    def default_names(self) -> tuple[str, ...]:
        """Components that every cluster needs and that are obtained here, in the file's order."""
        chosen = (c for c in self.components.values() if c.source == "upstream" and not c.optional)
        return tuple(component.name for component in chosen)

    def component(self, name: str) -> Component:
        if name not in self.components:
            known = ", ".join(self.components)
            raise UserError(
                f"no component {name!r} in Kubernetes {self.kubernetes}; known: {known}"
            )
        return self.components[name]


def load(version: str) -> Catalog:
    """Catalog of a Kubernetes version, named "v1.36.1" or, by its minor, "1.36".

    Errors: UserError naming the known versions.
    """
    catalogs = {path.stem: _parse(path.read_text()) for path in sorted(VERSIONS.glob("*.toml"))}
    for minor, catalog in catalogs.items():
        if version.removeprefix("v") in {minor, catalog.kubernetes.removeprefix("v")}:
            return catalog
    known = ", ".join(f"{catalog.kubernetes} ({minor})" for minor, catalog in catalogs.items())
    raise UserError(f"Kubernetes {version!r} is not known; known versions: {known}")


def _parse(text: str) -> Catalog:
    document = tomllib.loads(text)
    upstream = [
        _component(name, group=group, table=table, own=own)
        for group, table in document["groups"].items()
        for name, own in table["programs"].items()
    ]
    debian = [Component(name, "", "debian") for name in document["debian"]["programs"]]
    return Catalog(document["kubernetes"], {c.name: c for c in [*upstream, *debian]})


def _component(
    name: str, *, group: str, table: Mapping[str, Any], own: Mapping[str, Any]
) -> Component:
    row = {**table, **own}
    words = _words(name, table["version"])
    release = None
    if row.get("url"):
        member = row["member"].format(**words) if "member" in row else None
        release = Release(row["url"].format(**words), row["checksum_url"].format(**words), member)
    ldflags = " ".join(row["ldflags"].format(**words).split())
    build = GoBuild(
        group, row["package"], ldflags, tuple(row.get("tags", ())), cgo=row.get("cgo", False)
    )
    return Component(
        name,
        row["version"],
        "upstream",
        optional=row.get("optional", False),
        contained=row.get("contained", False),
        release=release,
        build=build,
    )


def _words(name: str, version: str) -> dict[str, str]:
    """What the templates of the version file may name; the version is the group's."""
    bare = version.removeprefix("v")
    major, minor, *_ = bare.split(".")
    return {"name": name, "version": version, "bare": bare, "major": major, "minor": minor}
