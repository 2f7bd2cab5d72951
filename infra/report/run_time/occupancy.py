"""How much of a run was used: processes that had a scenario and cores that were busy, over time."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from markupsafe import Markup

from infra.report.evidence_kinds import time_series
from infra.report.model import Run, Scenario
from infra.report.run_time import idle_processes
from infra.report.run_time.timeline import bounds

END = 300.0
"""Seconds at the end of a run in which its last scenarios leave cores idle in any order."""
Stretch = tuple[float, float, float]
"""From a time of day to another, and how many cores were busy between them."""


def draw(run: Run, scenarios: Sequence[Scenario]) -> Markup:
    """A panel for processes, one for cores where they were recorded, as wide as the timeline."""
    ran = [scenario for scenario in scenarios if scenario.ran]
    if not ran:
        return Markup()
    low, high = bounds(run, ran)
    had = idle_processes.over_time(ran)
    rows: list[list[float | None]] = [[0.0, 0, None], [high - low, 0, None]]
    rows += [[at - low, count, None] for at, count in had]
    rows += [[begin - low, None, cores] for begin, _, cores in stretches(run)]
    processes = len({scenario.place for scenario in ran})
    names = (f"processes with a scenario, of {processes}", f"busy cores, of {run.cores}")
    ordered = sorted(rows, key=lambda row: row[0] or 0.0)
    return time_series.draw({"columns": [time_series.TIME, *names], "rows": ordered})


def stretches(run: Run) -> Iterator[Stretch]:
    """Of the run's time; a sample tells of the time before it."""
    samples = [(run.started, 0.0), *run.busy_cores]
    for (begin, _), (end, cores) in pairwise(samples):
        if run.started <= begin < end <= run.ended:
            yield begin, end, cores


def processes(scenarios: Sequence[Scenario]) -> float:
    """The part of all processes' time, from the first scenario to the last, that had one."""
    ran = [scenario for scenario in scenarios if scenario.ran]
    if not ran:
        return 0.0
    wall = max(s.ended for s in ran) - min(s.started for s in ran)
    places = {scenario.place for scenario in ran}
    return sum(s.seconds for s in ran) / (wall * len(places)) if wall else 0.0


def cores(run: Run, *, without_end: float = 0.0) -> float | None:
    """The part of all cores that was busy on average, the last seconds left out; None of a run that
    did not look, or was no longer.
    """
    seen = [one for one in stretches(run) if one[1] <= run.ended - without_end]
    wall = sum(end - begin for begin, end, _ in seen)
    if not wall or not run.cores:
        return None
    return sum((end - begin) * busy for begin, end, busy in seen) / (wall * run.cores)
