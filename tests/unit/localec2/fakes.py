"""A launcher, a network and an API that only remember, around a real reconciler."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from infra.errors import PlatformError
from infra.localec2.desired_state import DiskState, Instance, Route, State, Wanted
from infra.localec2.host import reconciler
from infra.localec2.host.network import Network, RouteFact
from infra.localec2.host.reconciler import Reconciler
from infra.localec2.host.volume_files import VolumeFiles
from infra.localec2.paths import Place

ONE = Instance(
    id="i-1", wanted="running", private_ip="10.0.1.11", mac="02:00:00:00:00:0b",
    instance_type="t3.small", source_dest_check=True, group_ids=(), hostname="one",
    user_data="", public_key=None, key_name=None, root_gib=8,
)  # fmt: skip
EMPTY = Wanted("10.0.1.0/24", "10.0.1.1")
BROKE = "Server.InternalError: the machine's kernel ended by itself"


@dataclass
class FakeFacts:
    snapshot: Wanted | None = EMPTY
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    ok: dict[str, bool] = field(default_factory=dict)
    active: dict[str, bool] = field(default_factory=dict)
    disks: list[tuple[str, str]] = field(default_factory=list)

    def wanted(self) -> Wanted | None:
        return self.snapshot

    def wants(self, *instances: Instance, routes: tuple[Route, ...] = ()) -> None:
        self.snapshot = replace(EMPTY, instances=instances, routes=routes)

    def observed(self, instance_id: str, state: State, *, reason: str = "") -> None:
        self.seen.append((instance_id, state, reason))

    def reachable(self, instance_id: str, *, ok: bool) -> None:
        self.ok[instance_id] = ok

    def disk_observed(self, ident: str, state: DiskState) -> None:
        self.disks.append((ident, state))

    def route_state(self, cidr: str, *, active: bool) -> None:
        self.active[cidr] = active


@dataclass
class FakeMachine:
    alive: bool = True
    up: bool = False
    was_up: bool = False
    reboots: int = 0
    mark: int = 1
    disks: dict[str, Path] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)


@dataclass
class FakeLauncher:
    machines: dict[str, FakeMachine] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    refusal: Exception | None = None
    reason: str = BROKE

    def known(self) -> tuple[str, ...]:
        return tuple(self.machines)

    def boot(self, instance: Instance, subnet: str, gateway: str) -> None:
        self.calls.append(f"boot {instance.id}")
        if self.refusal is not None:
            raise self.refusal
        self.machines[instance.id] = FakeMachine(reboots=instance.reboots)

    def is_alive(self, ident: str) -> bool:
        return ident in self.machines and self.machines[ident].alive

    def is_up(self, ident: str) -> bool:
        machine = self.machines[ident]
        machine.was_up |= machine.up
        return machine.up

    def was_up(self, ident: str) -> bool:
        return ident in self.machines and self.machines[ident].was_up

    def reboots(self, ident: str) -> int:
        return self.machines[ident].reboots

    def reboot(self, instance: Instance, *, hard: bool = False) -> None:
        self.calls.append(f"{'reset' if hard else 'reboot'} {instance.id}")
        self.machines[instance.id].reboots = instance.reboots

    def boot_mark(self, ident: str) -> int:
        return self.machines[ident].mark

    def shut_down(self, ident: str) -> None:
        self.calls.append(f"shut down {ident}")

    def kill(self, ident: str) -> None:
        self.calls.append(f"kill {ident}")
        if ident in self.machines:
            self.machines[ident].alive = False

    def ending(self, ident: str) -> str | None:
        return self.reason if ident in self.machines else None

    def settle(self, ident: str) -> None:
        self.machines.pop(ident, None)

    def destroy(self, ident: str) -> None:
        self.calls.append(f"destroy {ident}")
        self.machines.pop(ident, None)

    def console(self, ident: str) -> str:
        return ""

    def units(self) -> str:
        return "bcd"

    def plugged(self, ident: str) -> dict[str, Path]:
        return dict(self.machines[ident].disks)

    def plug(self, ident: str, unit: str, file: Path, *, serial: str) -> None:
        self.calls.append(f"plug {serial} into {ident} as {unit}")
        self.machines[ident].disks[unit] = file

    def unplug(self, ident: str, unit: str) -> bool:
        if unit in self.machines[ident].open:
            return False
        self.calls.append(f"unplug {unit} of {ident}")
        del self.machines[ident].disks[unit]
        return True

    @contextmanager
    def held(self, ident: str) -> Iterator[None]:
        self.calls.append(f"hold {ident}")
        yield
        self.calls.append(f"go on {ident}")


class FakeNetwork(Network):
    broken = False

    def sync(self, wanted: Wanted, *, keep: Collection[str] = ()) -> tuple[RouteFact, ...]:
        if self.broken:
            raise PlatformError("network", "nft", "no")
        return tuple(RouteFact(r.cidr, active=r.instance_id == "i-1") for r in wanted.routes)


class Bench:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.files = VolumeFiles(Place(folder))
        self.facts, self.launcher, self.network = FakeFacts(), FakeLauncher(), FakeNetwork()
        self.now = 100.0
        self.probed: list[str] = []
        self.greets: set[tuple[str, int]] = set()
        monkeypatch.setattr(reconciler.time, "monotonic", lambda: self.now)
        self.restart()

    def restart(self) -> None:
        self.reconciler = Reconciler(self.facts, self.launcher, self.network, self.files)
        self.reconciler._probes = self  # type: ignore[assignment]

    def greeted(self, ident: str, *, boot: int) -> bool:
        return (ident, boot) in self.greets

    def start(self, ident: str, address: str, *, source: str, boot: int) -> None:
        self.probed.append(f"{ident} {address} from {source}")

    def passes(self, times: int = 1) -> bool:
        return [self.reconciler.once() for _ in range(times)][-1]

    def running(self) -> FakeMachine:
        self.facts.wants(ONE)
        self.passes()
        machine = self.launcher.machines["i-1"]
        machine.up = True
        self.greets.add(("i-1", 1))
        self.passes(2)
        self.facts.seen.clear()
        self.launcher.calls.clear()
        return machine
