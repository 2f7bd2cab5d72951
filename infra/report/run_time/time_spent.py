"""What a run's page tells of its time, beside the timeline and the floor."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from infra.report.model import Run, Scenario
from infra.report.run_time import critical_path, idle_processes, occupancy
from infra.report.run_time.critical_path import Link
from infra.report.run_time.held import need
from infra.report.run_time.idle_processes import WaitsForLock


@dataclass(frozen=True)
class TimeSpent:
    """Parts are of 1; ``cores`` are None where nobody looked."""

    path: Sequence[Link]
    occupancy: Markup
    processes: float
    cores: float | None
    cores_before_end: float | None
    idle: Sequence[tuple[str, float]]
    lock_waits: Sequence[WaitsForLock]

    @property
    def critical(self) -> frozenset[str]:
        return frozenset(link.scenario.id for link in self.path)

    @property
    def path_seconds(self) -> float:
        return sum(link.scenario.seconds + link.gap for link in self.path)

    @property
    def path_alone(self) -> float:
        """Of these, those of scenarios that nobody may run beside."""
        return sum(one.scenario.seconds for one in self.path if need(one.scenario).is_alone)

    @property
    def path_waited(self) -> float:
        return sum(link.scenario.waited for link in self.path)

    @property
    def path_by_cause(self) -> list[tuple[str, float]]:
        return critical_path.by_cause(self.path)


def of(run: Run, scenarios: Sequence[Scenario]) -> TimeSpent:
    return TimeSpent(
        critical_path.of(scenarios),
        occupancy.draw(run, scenarios),
        occupancy.processes(scenarios),
        occupancy.cores(run),
        occupancy.cores(run, without_end=occupancy.END),
        idle_processes.causes(scenarios),
        idle_processes.lock_waits(scenarios),
    )
