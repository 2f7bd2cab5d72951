"""What each machine would receive, as plain files to read and review; no secret is among them."""

import tempfile
from pathlib import Path

from infra.desired.things import Binary, Directory, File, Package, Running, Secret, Thing, Unit
from infra.inventory import ClusterSpec, Machine, series
from infra.phases import BUILD
from infra.pki import authority, kubeconfigs
from infra.pki.material import Material
from infra.settings import Settings

SECRETS = "SECRETS"
OTHERS = "OTHERS"


def render_anew(settings: Settings, out: Path) -> None:
    """What each machine of a new cluster would receive, from throw-away key material."""
    spec = series(settings.cluster_id, kubernetes=settings.kubernetes, platform=settings.platform)
    with tempfile.TemporaryDirectory() as scratch:
        material = authority.create_all(spec, Path(scratch) / "pki")
        kubeconfigs.create_all(spec, material)
        render(spec, material, out)


def render(spec: ClusterSpec, material: Material, out: Path) -> None:
    """Writes ``<out>/<machine>/<path>`` for files and units, and two lists a machine.

    SECRETS: mode, owner and path of what is secret or differs from cluster to cluster.
    OTHERS: directories, programs, packages and running units, in the order of the build.
    """
    for machine in spec.machines:
        folder = out / machine.name
        folder.mkdir(parents=True, exist_ok=True)
        lists: dict[str, list[str]] = {SECRETS: [], OTHERS: []}
        for thing in things_of(spec, material, machine):
            match thing:
                case File():
                    write(folder, thing.path, thing.content)
                case Unit():
                    path = spec.layout.unit_file(thing.name)
                    write(folder, path, thing.content)
                case Secret():
                    lists[SECRETS].append(f"{thing.mode:04o} {thing.owner} {thing.path}")
                case _:
                    lists[OTHERS].append(line(thing))
        for name, lines in lists.items():
            write(folder, name, "".join(f"{entry}\n" for entry in lines))


def things_of(spec: ClusterSpec, material: Material, machine: Machine) -> tuple[Thing, ...]:
    """Everything that the build puts on a machine, in its order."""
    return tuple(
        thing
        for phase in BUILD
        if machine.role in phase.on
        for thing in phase.desired(spec, material, machine)
    )


def line(thing: Thing) -> str:
    match thing:
        case Directory():
            return f"directory {thing.mode:04o} {thing.owner} {thing.path}"
        case Binary():
            return f"program {thing.name} {thing.path}"
        case Package():
            return f"package {thing.name}"
        case Running():
            return f"running {thing.unit}"
    return repr(thing)


def write(folder: Path, path: str, content: str) -> None:
    target = folder / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content)
