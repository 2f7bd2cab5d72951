"""How long a whole run takes, by what scenarios took and by their footprints, before it is tried.

``python -m tests.run_model [REPORT]``: with a run's folder (or a directory of reports) durations
are those of its records, else guessed from the words of steps. It decides as the scheduler does
(fixtures/turns/order.py). What it leaves out: that more at once is slower each, builds that fail,
and the moments between scenarios.
"""

import heapq
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from fixtures.plugin.extra_clusters import WORKERS
from fixtures.turns import durations, order
from fixtures.turns.order import FREE, Task, next_of
from infra import version_tags
from infra.artifacts import catalog
from infra.footprints.footprint import of_tags
from infra.footprints.held_resources import Need
from infra.report import stored_run
from infra.report.model import Scenario, Step

FEATURES = Path(__file__).resolve().parents[1] / "features"
BUILD = 65.0
"""Seconds until a further cluster is there, beside a run that has begun (measured: about a minute
alone, six for two of them)."""


@dataclass
class Process:
    """A worker of xdist on a cluster, which is 0 for the first."""

    cluster: int
    chain: list[Task] = field(default_factory=list)
    task: Task | None = None
    need: Need | None = None
    busy: float = 0.0


@dataclass(frozen=True)
class Modelled:
    """``wall`` is the run's time, ``spans`` are what ran where: cluster, task, beginning, end."""

    wall: float
    spans: Sequence[tuple[int, Task, float, float]]
    processes: int

    @property
    def busy(self) -> float:
        """The part of all processes' time in which they had a scenario."""
        return sum(end - begin for *_, begin, end in self.spans) / (self.wall * self.processes)


class Run:
    """Processes that take what may run, until nothing is left."""

    def __init__(self, tasks: Iterable[Task], *, clusters: int, workers: int = WORKERS) -> None:
        self._groups: dict[str, list[Task]] = {}
        for task in tasks:
            self._groups.setdefault(task.group, []).append(task)
        firsts = [Process(0) for _ in range(workers)]
        self._processes = [*firsts, *(Process(number) for number in range(1, clusters))]
        self._spans: list[tuple[int, Task, float, float]] = []

    def to_its_end(self) -> Modelled:
        starts = [BUILD if process.cluster else 0.0 for process in self._processes]
        ends = [(at, number) for number, at in enumerate(starts)]
        heapq.heapify(ends)
        ready: set[int] = set()
        now = 0.0
        while ends:
            now, number = heapq.heappop(ends)
            ready.add(number)
            self._end(self._processes[number])
            for one in sorted(ready):
                if took := self._begin(self._processes[one], now):
                    heapq.heappush(ends, (now + took, one))
                    ready.discard(one)
        if self._groups:
            raise RuntimeError(f"never ran: {', '.join(self._groups)}")
        wall = max(end for *_, end in self._spans)
        return Modelled(wall, self._spans, len(self._processes))

    def _begin(self, process: Process, now: float) -> float:
        """Seconds that what it takes now will take; 0 when it has to wait."""
        if process.chain:
            return self._go_on(process, now)
        others = self._held_beside(process)
        waiting = [tasks[0] for tasks in self._groups.values()]
        further = process.cluster > 0
        clusters = len({one.cluster for one in self._processes})
        chosen = next_of(waiting, others, further=further, clusters=clusters)
        if chosen is None:
            return 0.0
        process.chain = self._groups.pop(chosen.group)
        process.need = chosen.need(others)
        return self._go_on(process, now)

    def _go_on(self, process: Process, now: float) -> float:
        """With the next of its chain, as soon as nobody who runs is in the way."""
        task, need = process.chain[0], process.need or FREE
        beside = [p for p in self._processes if p is not process and p.cluster == process.cluster]
        if any(need.conflicts(p.need) for p in beside if p.task and p.need):
            return 0.0
        process.task, process.chain = task, process.chain[1:]
        self._spans.append((process.cluster, task, now, now + task.seconds))
        return max(task.seconds, 0.001)

    def _end(self, process: Process) -> None:
        """The next of its chain has its turn before all that are not given out yet."""
        process.task = process.need = None
        if process.chain:
            process.need = process.chain[0].need(self._held_beside(process))

    def _held_beside(self, process: Process) -> list[Need]:
        same = [p for p in self._processes if p.cluster == process.cluster and p is not process]
        return [p.need for p in same if p.need]


def tasks_of(features: Path, took: Mapping[str, float], kubernetes: str) -> Iterator[Task]:
    """Of every scenario of that version, as pytest sorts them; ``took`` are seconds by name."""
    found: list[tuple[tuple[bool, ...], Task]] = []
    for path in sorted(features.rglob("*.feature")):
        parsed: Any = Parser().parse(path.read_text())
        for number, pickle in enumerate(Compiler().compile({**parsed, "uri": path.stem})):
            tags = frozenset(tag["name"].lstrip("@") for tag in pickle["tags"])
            if not version_tags.why_not_applicable(tags, kubernetes):
                task = task_of(f"{path.stem}:{number}", pickle, tags, took)
                found.append((order.place_of(of_tags(tags), slow="slow" in tags), task))
    yield from (task for _, task in sorted(found, key=lambda one: one[0]))


def task_of(
    ident: str, pickle: Mapping[str, Any], tags: frozenset[str], took: Mapping[str, float]
) -> Task:
    footprint = of_tags(tags)
    steps = [Step("", step["text"]) for step in pickle["steps"]]
    scenario = Scenario(pickle["name"], pickle["name"], lane=footprint.lane, steps=steps)
    return Task(
        ident,
        group=order.group_of(ident, footprint),
        footprint=footprint,
        seconds=durations.expected(scenario, took),
        patient="patient" in tags,
    )


def recorded(folder: Path) -> dict[str, float]:
    """Seconds by scenario name, of a run's folder or of all below; the last one counts."""
    found: dict[str, float] = {}
    for path in sorted(folder.rglob(stored_run.RECORDS)):
        for one in stored_run.LIST.validate_json(path.read_bytes()):
            if one.ran and one.seconds:
                found[one.name.partition(" [")[0]] = one.seconds
    return found


def modelled(tasks: Sequence[Task], *, clusters: int, overlap: bool) -> Modelled:
    return Run([replace(one, overlap=overlap) for one in tasks], clusters=clusters).to_its_end()


def clock(seconds: float) -> str:
    return f"{seconds // 60:.0f} min {seconds % 60:02.0f} s"


def main(argv: Sequence[str]) -> None:
    took = recorded(Path(argv[0])) if argv else {}
    tasks = list(tasks_of(FEATURES, took, catalog.default_minor()))
    disturb = [one for one in tasks if one.disturbs]
    alone = [one for one in disturb if one.is_alone]
    source = f"{len(took)} recorded" if took else "guessed"
    print(f"{len(tasks)} scenarios, durations {source}: {total(tasks)} added up")
    print(
        f"  {len(disturb)} change something: {total(disturb)}; {len(alone)} alone: {total(alone)}"
    )
    for clusters in (1, 2):
        for overlap in (False, True):
            run = modelled(tasks, clusters=clusters, overlap=overlap)
            way = "footprints" if overlap else "who changes something alone"
            print(f"{clusters} cluster(s), {way}: {clock(run.wall)}, {run.busy:.0%} busy")


def total(tasks: Iterable[Task]) -> str:
    return clock(sum(one.seconds for one in tasks))


if __name__ == "__main__":
    main(sys.argv[1:])
