"""A cluster in memory of one version, with the programs and the record of another one beside it."""

import hashlib
import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.artifacts import catalog as catalogs
from infra.desired.apply import Supplies
from infra.desired.things import Binary, Running, Unit
from infra.inventory import ClusterSpec, Machine, series
from infra.lifecycle import cluster_identity, state_dir
from infra.lifecycle.build_runner import all_of
from infra.lifecycle.upgrade import cluster_upgrade
from infra.machine_layout import SERIES
from infra.pki.material import Material
from infra.progress import Progress
from infra.settings import Settings
from tests.unit.upgrade_world import FakeMachine, World

OLD, NEW = (catalogs.load(minor).kubernetes for minor in ("1.36", "1.37"))


def spec_of(version: str) -> ClusterSpec:
    return series("unit", kubernetes=version, platform="local")


class FakeKubectl:
    def __init__(self, world: World, status: int = 0) -> None:
        self.world, self.status = world, status

    def run(self, *argv: str, timeout: float = 0) -> Any:
        verb, machine = argv[:2]
        self.world.effect(f"{machine}: {verb}")
        change = self.world.cordoned.add if verb == "drain" else self.world.cordoned.discard
        change(machine)
        return type("Told", (), {"status": self.status, "text": "cannot evict the last one"})()


def cluster_of(world: World, version: str, material: Material) -> Any:
    class Live:
        spec = spec_of(version)
        layout = SERIES
        state = material.root.parent

        def __init__(self) -> None:
            self.material = material

        def shell(self, name: str) -> FakeMachine:
            return world.machines[name]

        def reached_at(self, name: str) -> str:
            return str(self.spec.machine(name).private_ip)

        def api_of(self, _name: str) -> None: ...

        def close(self) -> None: ...

    return Live()


def supplies(cluster: Any, version: str, root: Path) -> Supplies:
    """Files that hold the name and the version of every program that the phases install."""
    names = {
        thing.name
        for machine in cluster.spec.machines
        for thing in all_of(cluster, machine)
        if isinstance(thing, Binary)
    }
    made: dict[str, Path] = {}
    for name in names:
        made[name] = root / f"{name}-{version}"
        made[name].write_text(f"{name} {catalogs.component_version(version, name)}")
    digests = {n: hashlib.sha256(path.read_bytes()).hexdigest() for n, path in made.items()}
    return Supplies(made, digests)


def built(material: Material, given: Supplies) -> World:
    """A cluster of the old version, by its things: all files there, all units running."""
    world = World()
    for machine in spec_of(OLD).machines:
        world.machines[machine.name] = FakeMachine(world, machine.name)
    cluster = cluster_of(world, OLD, material)
    for machine in cluster.spec.machines:
        put_everything(world.machines[machine.name], cluster, machine, given)
    world.started.clear()
    return world


def put_everything(fake: FakeMachine, cluster: Any, machine: Machine, given: Supplies) -> None:
    for thing in all_of(cluster, machine):
        if isinstance(thing, Running):
            fake.kernel += thing.makes
            fake.start(thing.unit)
        elif isinstance(thing, Binary):
            fake.files[thing.path] = 0o755, 0, given.binaries[thing.name].read_bytes()
        elif path := getattr(thing, "path", None):
            content = getattr(thing, "content", None)
            data = content.encode() if isinstance(content, str) else content
            fake.files[path] = getattr(thing, "mode", 0o644), 0, data
        elif isinstance(thing, Unit):
            fake.files[SERIES.unit_file(thing.name)] = 0o644, 0, thing.content.encode()


def recorded(made: Settings) -> Settings:
    """That of a finished cluster of the old version."""
    identity = cluster_identity.Identity("unit", "local", made.region, kubernetes=OLD)
    state_dir.replace(made.state / cluster_identity.FILE, asdict(identity))
    addresses = {m.name: str(m.private_ip) for m in spec_of(OLD).machines}
    of = {"id": "unit", "platform": "local", "region": made.region, "kubernetes": OLD}
    state_dir.write(made.state, {**of, "addresses": addresses, "artifacts": []})
    return made


def run(settings: Settings, to: str = "1.37") -> cluster_upgrade.Upgraded:
    return cluster_upgrade.upgrade(settings, to, Progress(io.StringIO()))
