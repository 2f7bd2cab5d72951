"""Programs in the store: how each is keyed, sealed with its hash and found again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infra.artifacts import gomodule
from infra.artifacts.catalog import Component
from infra.artifacts.store import Store, key_of, sha256_of
from infra.errors import MissingArtifact

Provenance = Literal["release", "go module"]
Source = Literal["cache", "release", "go module"]
KIND = "programs"


@dataclass(frozen=True)
class Artifact:
    """One program on disk. ``source``: where this run found it; ``provenance``: who made it."""

    name: str
    version: str
    path: Path
    sha256: str
    source: Source
    provenance: Provenance


def cached(component: Component, sources: Sequence[Provenance], *, store: Store) -> Artifact | None:
    """The program if the store has it from one of the sources, the first one preferred."""
    for provenance in sources:
        key = _key(component, provenance)
        if key and (entry := store.find(KIND, key)):
            return _artifact(component, entry, provenance, source="cache")
    return None


def kept(
    component: Component, provenance: Provenance, *, store: Store, place: Callable[[Path], None]
) -> Artifact:
    """The program, put into the store by ``place(target)``; nothing stays when that fails."""
    key = _key(component, provenance)
    if key is None:
        raise MissingArtifact(str(component), f"it cannot come from a {provenance}")

    def fill(folder: Path) -> None:
        program = folder / component.name
        place(program)
        program.chmod(0o755)
        _seal(program).write_text(sha256_of(program) + "\n")

    entry = store.add(KIND, key, fill)
    return _artifact(component, entry, provenance, source=provenance)


def _key(component: Component, provenance: Provenance) -> str | None:
    """None where this source cannot have it: no release, no Go."""
    if provenance == "go module":
        go = gomodule.go_version()
        return gomodule.key(component, go) if go else None
    if component.release is None:
        return None
    release = component.release
    facts = (component.name, component.version, release.url, release.member or "")
    return key_of("release", *facts)


def _artifact(
    component: Component, entry: Path, provenance: Provenance, *, source: Source
) -> Artifact:
    program = entry / component.name
    digest = _seal(program).read_text().strip()
    return Artifact(component.name, component.version, program, digest, source, provenance)


def _seal(program: Path) -> Path:
    """File with the program's hash, so that a hit need not read a hundred megabytes."""
    return program.with_name(f"{program.name}.sha256")
