"""What a fault must not touch: the processes of the control plane, the Leases, the nodes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from infra import parallel
from infra.clients.controlplane import leases
from infra.clients.transport import systemd
from infra.clients.transport.systemd import Unit
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.inventory import Role

Place = tuple[str, str]
"""A machine and a unit on it."""


@dataclass(frozen=True)
class Bystanders:
    """``processes`` by place; ``holders`` by Lease; both compared by identity, not by name."""

    processes: Mapping[Place, Unit]
    holders: Mapping[str, str]


@dataclass(frozen=True)
class Stopped:
    """A process that a scenario stopped, and the controllers before. ``lease`` may move."""

    place: Place
    before: Bystanders
    lease: str = ""


def look(cluster: Cluster, *, names: Iterable[str] = ()) -> Bystanders:
    """Units of these names, or all of the control plane's."""
    found = processes(cluster, names or cluster.layout.units.of(Role.CONTROLLER))
    elected = cluster.layout.leases.elected
    return Bystanders(found, {name: leases.read(cluster.api, name).holder for name in elected})


def processes(cluster: Cluster, names: Iterable[str]) -> dict[Place, Unit]:
    """Units of that name on every controller, stopped ones too."""
    wanted = tuple(names)
    machines = [machine.name for machine in cluster.spec.controllers]
    shown = parallel.found(machines, lambda m: systemd.show_all(cluster.shell(m), wanted))
    return {(unit.machine, unit.name): unit for unit in shown}


def differences(
    before: Bystanders, after: Bystanders, *, but: Iterable[Place] = (), lease: str = ""
) -> list[str]:
    """What was touched. ``but``: places the fault is about; ``lease``: the one that may move."""
    spared = set(but)
    found = [
        text for place, text in process_differences(before, after).items() if place not in spared
    ]
    return found + [
        f"Lease {name}: {holder!r} became {after.holders.get(name)!r}"
        for name, holder in before.holders.items()
        if name != lease and after.holders.get(name) != holder
    ]


def process_differences(before: Bystanders, after: Bystanders) -> dict[Place, str]:
    """Processes that are not the same any more, by place."""
    return {
        place: f"{unit.name} on {unit.machine}: process {unit.pid} is now "
        f"{after.processes[place].pid} ({after.processes[place].state})"
        for place, unit in before.processes.items()
        if identity(unit) != identity(after.processes[place])
    }


def identity(unit: Unit) -> tuple[int, int, bool]:
    return unit.pid, unit.started_us, unit.active


def all_active(found: Bystanders) -> None:
    """Errors: NotJudged when something does not run before the fault: nothing could be judged."""
    down = [f"{u.name} on {u.machine} is {u.state}" for u in found.processes.values()]
    bad = [text for text in down if not text.endswith("is active")]
    if bad:
        raise NotJudged("before the fault: " + "; ".join(bad))
