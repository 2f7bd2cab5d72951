"""What a step did, short enough to be read: equal looks once, cgroup files as a table.

Nothing of it is lost: records.json has every command and request as it was recorded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from infra.clients.workloads import cgroups
from infra.report.evidence_kinds.kind import cell, css, grid, head
from infra.report.model import Call, Command, Scenario, Step

MOST = 60
"""Commands, and requests, of a step that a page shows."""
LONG = 160
"""Characters of a command line that stand open; the rest is folded."""
OPEN_LINES = 6
"""Lines of an output that stand open: enough for an answer, too few for a log."""


@dataclass(frozen=True)
class Repeated:
    """The last of ``times`` equal commands, one after the other; ``seconds`` are of all."""

    command: Command
    times: int
    seconds: float

    @property
    def line(self) -> str:
        return " ".join(self.command.argv)

    @property
    def short(self) -> str:
        """The line as it stands open; the whole one when it is not long."""
        if self.table:
            return f"{self.command.argv[0]} of cgroup files"
        return self.line if len(self.line) <= LONG else f"{self.line[:LONG]} ..."

    @property
    def table(self) -> Markup:
        """A row a cgroup and a column a file, where the output is such files; else empty."""
        return cgroup_table(self.command.output)

    @property
    def first_lines(self) -> str:
        return "\n".join(self.command.output.splitlines()[:OPEN_LINES])

    @property
    def further_lines(self) -> str:
        return "\n".join(self.command.output.splitlines()[OPEN_LINES:])

    @property
    def further(self) -> str:
        return plural(len(self.further_lines.splitlines()), "more line")


@dataclass(frozen=True)
class RepeatedCall:
    """The last of ``times`` equal requests, one after the other; ``seconds`` are of all."""

    call: Call
    times: int
    seconds: float


def commands(step: Step) -> list[Repeated]:
    found = []
    for _, equal in groupby(step.commands, lambda one: (one.machine, one.argv, one.exit_status)):
        group = list(equal)
        found.append(Repeated(group[-1], len(group), sum(one.seconds for one in group)))
    return found


def calls(step: Step) -> list[RepeatedCall]:
    found = []
    for _, equal in groupby(step.calls, lambda one: (one.method, one.url, one.status)):
        group = list(equal)
        found.append(RepeatedCall(group[-1], len(group), sum(one.seconds for one in group)))
    return found


def counted(steps: Iterable[Step]) -> str:
    """How many commands and requests, in words; empty when there are none."""
    every = list(steps)
    amounts = (
        (sum(len(step.commands) for step in every), "command"),
        (sum(len(step.calls) for step in every), "request"),
    )
    return " and ".join(plural(count, word) for count, word in amounts if count)


def seen(scenario: Scenario) -> str:
    """What a scenario's page has beyond its steps, in words; empty when there is nothing."""
    evidence = ", ".join(item.name for item in scenario.evidence)
    journals = plural(len(scenario.journals), "journal") if scenario.journals else ""
    parts = [evidence, counted(scenario.steps), journals]
    trace = "where in our code" if scenario.failure and scenario.failure.trace else ""
    return "; ".join(part for part in [*parts, trace] if part)


def plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def cgroup_table(output: str) -> Markup:
    lines = output.splitlines()
    if len(lines) < 2 or not all(line.startswith(f"{cgroups.MOUNTED}/") for line in lines):
        return Markup()
    found = cgroups.parsed(output)
    files = list(dict.fromkeys(file for of in found.values() for file in of))
    heads = [head("cgroup"), *(head(file, "mono") for file in files)]
    return grid(heads, [row(path, of, files) for path, of in found.items()])


def row(path: str, values: Mapping[str, Sequence[str]], files: Iterable[str]) -> list[Markup]:
    name = Markup("<td{} title='{}'>{}</td>").format(css("mono"), path, cgroups.short(path))
    return [name, *(cell(", ".join(values.get(file, ())), "mono") for file in files)]
