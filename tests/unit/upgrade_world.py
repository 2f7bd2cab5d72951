"""Machines in memory that the engine of phases upgrades: programs are files that hold their
version, and a unit that starts has the version that its file has then.
"""

import hashlib
import io
import shlex
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.cluster import Cluster
from infra.desired.things import NftTable, Sysctl
from infra.lifecycle.upgrade.steps import Step
from infra.machine_layout import SERIES
from infra.ssh import Result

UNITS = {
    "etcd": "etcd",
    "API server": "kube-apiserver",
    "controller manager": "kube-controller-manager",
    "scheduler": "kube-scheduler",
    "kubelet": "kubelet",
    "kube-proxy": "kube-proxy",
}


class Killed(BaseException):
    """kill -9: nothing is tidied up by us."""


@dataclass
class World:
    """``effects`` are what changed something, in their order; the one numbered ``kill_at`` (from 1)
    is not done any more, as its run is killed. ``started`` are units by machine, with versions.
    """

    machines: dict[str, "FakeMachine"] = field(default_factory=dict)
    effects: list[str] = field(default_factory=list)
    kill_at: int = 0
    started: list[tuple[str, str, str]] = field(default_factory=list)
    cordoned: set[str] = field(default_factory=set)
    now: float = 1000.0

    def begin_anew(self, other: "World") -> None:
        """As that one, which is nobody's after it."""
        self.__dict__.update(vars(other))
        for machine in self.machines.values():
            machine.world = self

    def effect(self, what: str) -> None:
        self.effects.append(what)
        self.now += 2
        if len(self.effects) == self.kill_at:
            raise Killed(what)

    def version(self, machine: str, component: str) -> str:
        """Of the process that runs."""
        return self.machines[machine].running.get(UNITS[component], "")

    def versions(self) -> dict[str, dict[str, str]]:
        """Of Kubernetes' components, as version_skew has them."""
        return {
            name: {m: found for m in self.machines if (found := self.version(m, name))}
            for name in UNITS
            if name != "etcd"
        }

    def reported(self, _cluster: Cluster, step: Step) -> dict[str, str]:
        return {name: self.version(step.machine, name) for name in step.components}


class FakeMachine:
    """Answers what infra/desired asks, and does what it wants."""

    layout = SERIES

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.files: dict[str, tuple[int, float, bytes | None]] = {}
        self.running: dict[str, str] = {}
        self.since: dict[str, float] = {}
        self.kernel: list[Sysctl | NftTable] = []

    def run(
        self, argv: Sequence[str], *, check: bool = True, stdin: bytes | None = None, **_: Any
    ) -> Result:
        words = list(argv)
        answers: dict[str, Callable[[list[str]], str]] = {
            "stat": self.stat,
            "sha256sum": self.sums,
            "systemctl": self.systemctl,
            "dpkg-query": self.packages,
            "sysctl": self.sysctl,
            "nft": self.table,
            "tar": lambda _: self.unpack(stdin or b""),
        }
        answer = answers.get(words[0])
        return Result(self.name, tuple(argv), 0, answer(words) if answer else "", "", 0.0)

    def sysctl(self, _words: list[str]) -> str:
        known = [one for one in self.kernel if isinstance(one, Sysctl)]
        return "".join(f"{one.key} = {one.value}\n" for one in known)

    def table(self, words: list[str]) -> str:
        known = [one for one in self.kernel if isinstance(one, NftTable)]
        return "\n".join(line for o in known if o.name == " ".join(words[3:]) for line in o.lines)

    def packages(self, words: list[str]) -> str:
        return "".join(f"ii  {name}\n" for name in words[4:])

    def put(self, content: bytes, path: str, *, mode: int = 0o644) -> None:
        raise AssertionError("not used")

    def get(self, path: str) -> bytes:
        raise AssertionError("not used")

    def stat(self, words: list[str]) -> str:
        rows = ((path, self.files[path]) for path in words[5:] if path in self.files)
        return "".join(
            f"{mode:o} root {int(at)} {len(content or b'')} "
            f"{'directory' if content is None else 'regular file'}|{path}\n"
            for path, (mode, at, content) in rows
        )

    def sums(self, words: list[str]) -> str:
        contents = {path: self.files[path][2] or b"" for path in words[2:]}
        return "".join(f"{hashlib.sha256(c).hexdigest()}  {p}\n" for p, c in contents.items())

    def unpack(self, stream: bytes) -> str:
        with tarfile.open(fileobj=io.BytesIO(stream)) as tar:
            members = [(m, tar.extractfile(m)) for m in tar.getmembers()]
            names = [m.name.rpartition("/")[2] for m, _ in members]
            self.world.effect(f"{self.name}: install {' '.join(names)}")
            for member, data in members:
                content = data.read() if data else None
                self.files[f"/{member.name}"] = member.mode, self.world.now, content
        return ""

    def systemctl(self, words: list[str]) -> str:
        units = [word for word in words[2:] if not word.startswith("--")]
        match words[1]:
            case "show":
                return "\n\n".join(self.shown(unit.removesuffix(".service")) for unit in units)
            case "is-active":
                return "active\n" * len(units)
            case "start" | "restart":
                self.world.effect(f"{self.name}: {words[1]} {' '.join(units)}")
                for unit in units:
                    self.start(unit)
        return ""

    def start(self, unit: str) -> None:
        self.running[unit] = version = self.program_of(unit)
        self.since[unit] = self.world.now
        self.world.started.append((self.name, unit, version))

    def program_of(self, unit: str) -> str:
        text = (self.files[SERIES.unit_file(unit)][2] or b"").decode()
        path = next(line for line in text.splitlines() if line.startswith("ExecStart="))
        program = shlex.split(path.removeprefix("ExecStart=").removesuffix("\\"))[0]
        found = self.files.get(program)
        return (found[2] or b"").decode().partition(" ")[2] if found else ""

    def shown(self, unit: str) -> str:
        active = "active" if unit in self.running else "inactive"
        enabled = "enabled" if SERIES.unit_file(unit) in self.files else "disabled"
        return (
            f"Id={unit}.service\nActiveState={active}\nUnitFileState={enabled}\n"
            f"ActiveEnterTimestamp=@{self.since.get(unit, 0)}"
        )
