"""Artifacts of a catalog, each from the first source that has it: cache, release, Go module."""

import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

from infra.artifacts import gomodule
from infra.artifacts.artifact import Artifact, Provenance, cached, kept
from infra.artifacts.catalog import Catalog, Component
from infra.artifacts.release import NotOffered, Releases
from infra.artifacts.store import Store
from infra.errors import MissingArtifact, UserError

Say = Callable[[str], None]
SETTING = "KFS_ARTIFACT_SOURCE"
CHOICES: Mapping[str, tuple[Provenance, ...]] = {
    "auto": ("release", "go module"),
    "release": ("release",),
    "gomodule": ("go module",),
}
WORTH_SAYING = 5.0
"""Seconds after which the end of something is reported as well."""
RELEASES = Releases()
"""One for the process: an unreachable server is found out once a run."""


def obtain(
    catalog: Catalog, names: Iterable[str], *, store: Store, say: Say
) -> dict[str, Artifact]:
    """Programs by name, in the order asked for.

    Errors: MissingArtifact naming the programs, every source that was tried and the log.
    """
    wanted = [catalog.component(name) for name in dict.fromkeys(names)]
    if debian := [component.name for component in wanted if component.source == "debian"]:
        raise MissingArtifact(", ".join(debian), "it comes from Debian, with the root disk")
    sources = _sources()
    found = {c.name: hit for c in wanted if (hit := cached(c, sources, store=store))}
    missing = [component for component in wanted if component.name not in found]
    refused: dict[str, str] = {}
    if "release" in sources:
        released, refused = _from_releases(missing, store=store, say=say)
        found |= released
    missing = [component for component in missing if component.name not in found]
    for group in _groups(missing):
        _require_go(group, sources, refused)
        found |= _from_modules(group, store=store, say=say)
    return {component.name: found[component.name] for component in wanted}


def _sources() -> tuple[Provenance, ...]:
    """Sources that this run may use, in order, as the environment sets them."""
    chosen = os.environ.get(SETTING, "auto")
    if chosen not in CHOICES:
        raise UserError(f"{SETTING}={chosen!r}: it must be one of {', '.join(CHOICES)}")
    return CHOICES[chosen]


def _from_releases(
    components: Sequence[Component], *, store: Store, say: Say
) -> tuple[dict[str, Artifact], dict[str, str]]:
    """What the releases have; and for the others, by name, why not."""
    found: dict[str, Artifact] = {}
    refused: dict[str, str] = {}
    for component in components:
        if component.release is None:
            refused[component.name] = "upstream releases no such program"
            continue
        start = time.monotonic()
        place = partial(RELEASES.fetch, component, store=store)
        try:
            found[component.name] = kept(component, "release", store=store, place=place)
        except NotOffered as answer:
            refused[component.name] = str(answer)
        _say_end(f"downloading {component}", start, say)
    for reason in dict.fromkeys(refused.values()):
        names = ", ".join(name for name, why in refused.items() if why == reason)
        say(f"no official release of {names}: {reason}")
    return found, refused


def _from_modules(
    components: Sequence[Component], *, store: Store, say: Say
) -> dict[str, Artifact]:
    """Programs of one group, in one build; what another run built meanwhile is taken."""
    group = components[0].build.group if components[0].build else ""
    work, start = f"go-{group}", time.monotonic()
    with store.locked(work), store.workspace(work) as folder:
        hits = [cached(component, ["go module"], store=store) for component in components]
        found = {hit.name: hit for hit in hits if hit}
        missing = [component for component in components if component.name not in found]
        if not missing:
            return found
        what = f"building {', '.join(map(str, missing))} from Go modules ({group})"
        say(f"{what} ...")
        built = gomodule.build(missing, folder, log=store.file("logs", f"{work}.log"))
        for component in missing:
            place = partial(_move, built[component.name])
            found[component.name] = kept(component, "go module", store=store, place=place)
    _say_end(what, start, say)
    return found


def _move(program: Path, target: Path) -> None:
    shutil.move(program, target)


def _groups(components: Sequence[Component]) -> list[list[Component]]:
    def group(component: Component) -> str:
        return component.build.group if component.build else ""

    return [list(same) for _, same in groupby(sorted(components, key=group), key=group)]


def _require_go(
    group: Sequence[Component], sources: Sequence[Provenance], refused: Mapping[str, str]
) -> None:
    names = ", ".join(map(str, group))
    reasons = [refused[c.name] for c in group if c.name in refused]
    if "go module" not in sources:
        reasons.append(f"{SETTING}=release forbids building it; unset it")
    elif not gomodule.go_version():
        reasons.append("no `go` on PATH to build it from its module; install Go")
    else:
        return
    raise MissingArtifact(names, "; ".join(dict.fromkeys(reasons)))


def _say_end(what: str, start: float, say: Say) -> None:
    seconds = time.monotonic() - start
    if seconds > WORTH_SAYING:
        say(f"{what} ... {seconds:.0f} s")
