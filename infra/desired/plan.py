"""The difference between things and facts as actions; pure."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from infra.desired import things as t
from infra.desired.facts import Facts, unit_path


@dataclass(frozen=True)
class Write:
    """A file, or a directory when ``content`` is None."""

    path: str
    mode: int
    owner: str
    content: bytes | None = field(repr=False)


@dataclass(frozen=True)
class Install:
    """A pinned binary."""

    name: str
    path: str


@dataclass(frozen=True)
class Import:
    reference: str


@dataclass(frozen=True)
class AddPackage:
    name: str


@dataclass(frozen=True)
class SetSysctl:
    key: str
    value: str


@dataclass(frozen=True)
class Enable:
    unit: str


@dataclass(frozen=True)
class Start:
    unit: str


@dataclass(frozen=True)
class Restart:
    unit: str


Action = Write | Install | Import | AddPackage | SetSysctl | Enable | Start | Restart


@dataclass(frozen=True)
class Plan:
    """``actions`` in the order of things; ``kept`` counts things that need none."""

    actions: tuple[Action, ...]
    kept: int

    @property
    def changed(self) -> int:
        return len(self.actions)


def plan(
    things: Iterable[t.Thing],
    facts: Facts,
    digests: dict[str, str],
    before: Sequence[Action] = (),
) -> Plan:
    """What is missing.

    ``digests`` is name -> sha256 of the pinned binaries; ``before`` are actions of earlier phases:
    a unit restarts when one of them wrote what it reads.
    """
    actions: list[Action] = []
    kept = 0
    for thing in things:
        more = missing(thing, facts, digests, [*before, *actions])
        actions.extend(more)
        kept += not more
    return Plan(tuple(actions), kept)


def missing(
    thing: t.Thing, facts: Facts, digests: dict[str, str], before: list[Action]
) -> list[Action]:
    match thing:
        case t.Directory():
            return written(Write(thing.path, thing.mode, thing.owner, None), facts)
        case t.File():
            content = thing.content.encode()
            return written(Write(thing.path, thing.mode, thing.owner, content), facts)
        case t.Secret():
            return written(Write(thing.path, thing.mode, thing.owner, thing.content), facts)
        case t.Binary():
            fact = facts.paths.get(thing.path)
            same = fact is not None and fact.sha256 == digests[thing.name]
            return [] if same else [Install(thing.name, thing.path)]
        case t.Image():
            return [] if thing.reference in facts.images else [Import(thing.reference)]
        case t.Package():
            return [] if thing.name in facts.packages else [AddPackage(thing.name)]
        case t.Sysctl():
            same = facts.sysctls.get(thing.key) == thing.value
            return [] if same else [SetSysctl(thing.key, thing.value)]
        case t.Unit():
            path, content = unit_path(thing.name), thing.content.encode()
            wrote = written(Write(path, 0o644, "root", content), facts)
            unit = facts.units.get(thing.name)
            return [*wrote, *([] if unit and unit.enabled else [Enable(thing.name)])]
        case t.Running():
            return running(thing, facts, before)


def written(wanted: Write, facts: Facts) -> list[Action]:
    """Nothing when the path is so already."""
    fact = facts.paths.get(wanted.path)
    same = fact is not None and (fact.mode, fact.owner) == (wanted.mode, wanted.owner)
    if fact and wanted.content is not None:
        same = same and fact.sha256 == hashlib.sha256(wanted.content).hexdigest()
    return [] if same else [wanted]


def running(thing: t.Running, facts: Facts, before: list[Action]) -> list[Action]:
    """Start, or restart when a file is newer than the unit: also one written by a killed build; or
    when what the unit made in the kernel is not there any more.

    A package that is added starts its units itself, on Debian, with Debian's configuration.
    """
    unit = facts.units.get(thing.unit)
    if unit is None or not unit.active:
        started = any(isinstance(action, AddPackage) for action in before)
        return [Restart(thing.unit) if started else Start(thing.unit)]
    reads = {unit_path(thing.unit), *thing.restarts_on}
    wrote = any(isinstance(a, Write | Install) and a.path in reads for a in before)
    newer = any(facts.paths[p].mtime > unit.since for p in reads if p in facts.paths)
    undone = not all(in_force(one, facts) for one in thing.makes)
    return [Restart(thing.unit)] if wrote or newer or undone else []


def in_force(made: t.Sysctl | t.NftTable, facts: Facts) -> bool:
    match made:
        case t.Sysctl():
            return facts.sysctls.get(made.key) == made.value
        case t.NftTable():
            return set(made.lines) <= facts.tables.get(made.name, frozenset())
