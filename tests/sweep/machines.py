"""Settings in files of the machines, from the phases' own desired state: every one of them."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from infra.desired.facts import unit_path
from infra.desired.things import File, Running, Secret, Thing, Unit
from infra.inventory import ClusterSpec, Machine
from infra.phases import BUILD
from infra.pki.material import Material
from tests.sweep import identities, texts
from tests.sweep.setting import Place, Setting

DEBRIS = {"etcd: etcd.service: --data-dir is left out": ("/{machine}.etcd",)}
"""What stays of a component that ran with a setting, by its key: etcd's default data directory."""

SHARED = frozenset({"machines", "haproxy", "kube-apiserver", "etcd"})
"""Components whose files name all machines on each of them."""


def settings(spec: ClusterSpec, material: Material) -> list[Setting]:
    """One for what is the same on several machines, with a place on each of them."""
    found: dict[tuple[str, str, str], dict[str, Place]] = {}
    for machine in spec.machines:
        for component, where, what, place in on(spec, material, machine):
            found.setdefault((component, where, what), {})[machine.name] = place
    return [Setting(*names, places=places) for names, places in found.items()]


def on(
    spec: ClusterSpec, material: Material, machine: Machine
) -> Iterator[tuple[str, str, str, Place]]:
    things = {
        thing: phase.name
        for phase in BUILD
        if machine.role in phase.on
        for thing in phase.desired(spec, material, machine)
    }
    readers = readers_of(things)
    known = identities.Known(spec, material, machine)
    for thing, phase in things.items():
        if not isinstance(thing, File | Unit | Secret):
            continue
        path = path_of(thing)
        units = readers.get(path, ())
        component = units[0] if units else phase
        where = PurePosixPath(path).name
        for what, files in changes(thing, known):
            told = what if component in SHARED else without_self(what, machine)
            left = DEBRIS.get(f"{component}: {where}: {told}", ())
            debris = tuple(one.format(machine=machine.name) for one in left)
            yield component, where, told, Place(files, units, debris)


def changes(thing: Thing, known: identities.Known) -> Iterator[tuple[str, Mapping[str, bytes]]]:
    match thing:
        case File(path=path, content=content):
            for what, text in texts.edits(PurePosixPath(path).name, content):
                yield what, {path: text.encode()}
        case Unit(name=name, content=content):
            for what, text in texts.edits(f"{name}.service", content):
                yield what, {unit_path(name): text.encode()}
        case Secret():
            yield from identities.changes(thing, known)


def without_self(what: str, machine: Machine) -> str:
    """The same words for every machine where they are about the machine itself."""
    own = {str(machine.pod_cidr): "ITS RANGE", str(machine.private_ip): "ITS ADDRESS"}
    for value, words in {**own, str(machine.name): "ITS NAME"}.items():
        what = what.replace(value, words)
    return what


def readers_of(things: Mapping[Thing, str]) -> dict[str, tuple[str, ...]]:
    """Units that are started anew for a file, by its path, in the order of the build."""
    found: dict[str, tuple[str, ...]] = {}
    for thing in things:
        if isinstance(thing, Running):
            for path in dict.fromkeys([unit_path(thing.unit), *thing.restarts_on]):
                found[path] = (*found.get(path, ()), thing.unit)
    return found


def path_of(thing: File | Unit | Secret) -> str:
    return unit_path(thing.name) if isinstance(thing, Unit) else thing.path
