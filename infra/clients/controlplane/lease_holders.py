"""Who holds the Leases of elected components while API servers come and go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from infra.clients.controlplane import leases
from infra.clients.transport.paced_thread import Paced
from infra.errors import NotJudged
from infra.kube_api import Api
from infra.wait import SYSTEM, Clock

A_SECOND = 1.0


@dataclass(frozen=True)
class Move:
    """A Lease that another machine holds, ``at`` our clock's seconds."""

    at: float
    lease: str
    left: str
    taken_by: str

    def __str__(self) -> str:
        return f"the Lease {self.lease} left {self.left} for {self.taken_by}"


@dataclass(frozen=True)
class Restarts:
    """When each machine's API server was told to restart, and when it was ready again."""

    begun: dict[str, float] = field(default_factory=dict)
    ready: dict[str, float] = field(default_factory=dict)

    def span(self, machine: str) -> tuple[float, float]:
        """From and to when its API server was away; of one that was not restarted, never."""
        return self.begun.get(machine, inf), self.ready.get(machine, inf)

    def explain(self, move: Move, *, within: float) -> bool:
        """Whether a Lease left a machine because of its API server, and soon enough for that."""
        begun, ready = self.begun.get(move.left), self.ready.get(move.left, float("inf"))
        return begun is not None and begun <= move.at <= ready + within


class Holders:
    """Machines that hold the Leases, over and over, kept by a thread; nobody is no machine."""

    def __init__(self, api: Api, names: Iterable[str], *, clock: Clock = SYSTEM) -> None:
        self._api = api.at(api.base)  # a session of its own: the thread shares none
        self._clock = clock
        self._seen: dict[str, list[tuple[float, str]]] = {name: [] for name in names}
        because = "samples are recorded, not judged"
        self._paced = Paced(self._look, a_second=A_SECOND, because=because, clock=clock)

    def open(self) -> "Holders":
        self._paced.open()
        return self

    def close(self) -> None:
        self._paced.close()

    @property
    def seen(self) -> Mapping[str, Sequence[tuple[float, str]]]:
        """By Lease, its holders and when."""
        return self._seen

    def moves(self) -> list[Move]:
        return [
            Move(at, name, before, now)
            for name, seen in self._seen.items()
            for (_, before), (at, now) in pairwise(seen)
            if before != now
        ]

    def _look(self) -> None:
        for name, seen in self._seen.items():
            try:
                machine = leases.read(self._api, name).machine
            except NotJudged:
                continue  # what the balancer's clients miss is judged elsewhere
            if machine:
                seen.append((self._clock.now(), machine))
