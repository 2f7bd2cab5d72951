"""What a run recorded, as values: scenarios with their steps, commands, errors and evidence.

Times of day are seconds since the epoch; durations are seconds.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from infra.errors import ClaimError
from infra.footprints.locks import LockWait
from infra.report.outcomes import Outcome


class Ended(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Command:
    """A command on a machine; ``output`` is its masked last lines."""

    machine: str
    argv: tuple[str, ...]
    exit_status: int
    seconds: float
    output: str = ""


@dataclass(frozen=True)
class Call:
    """A request to the API."""

    method: str
    url: str
    status: int
    seconds: float


@dataclass(frozen=True)
class Wait:
    """A wait of a step: ``for`` (a time that must pass) or ``within`` (what Kubernetes took)."""

    what: str
    kind: str
    bound: float
    seconds: float


@dataclass
class Step:
    """``kind`` is given, when or then, also of a step that begins with And; empty outside steps.

    ``places`` are what it looked at, as infra.observed_places names them.
    """

    keyword: str
    text: str
    ended: Ended = Ended.NOT_RUN
    seconds: float = 0.0
    commands: list[Command] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    kind: str = ""


@dataclass(frozen=True)
class Failure:
    """The first error of a scenario. ``when`` is setup, call or teardown."""

    kind: str
    message: str
    when: str
    trace: str = ""

    @property
    def first_line(self) -> str:
        return next((line for line in self.message.splitlines() if line.strip()), self.kind)

    @property
    def rest(self) -> str:
        return self.message.partition("\n")[2].strip("\n")


@dataclass(frozen=True)
class Journal:
    """Lines of a unit since the scenario began, taken because it failed."""

    machine: str
    unit: str
    text: str


@dataclass(frozen=True)
class Item:
    """One piece of evidence; ``path`` is relative to the run's folder."""

    name: str
    kind: str
    path: str


AFTERWARDS = "afterwards"
"""Lane of what followed a scenario or ended the session; no scenario has it."""


@dataclass
class Scenario:
    """One scenario as it ran, or as it would have run; ``id`` is pytest's node id.

    ``cluster`` is empty for the run's first one. ``held_alone`` and ``held_shared`` are the
    resources that it held; it waited for its turn before it ``started``.
    """

    id: str
    name: str
    feature: str = ""
    rule: str = ""
    article: int | None = None
    claims: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    lane: str = "parallel"
    outcome: Outcome = Outcome.UNKNOWN
    reason: str = "the run ended before it"
    started: float = 0.0
    ended: float = 0.0
    worker: str = ""
    cluster: str = ""
    steps: list[Step] = field(default_factory=list)
    failure: Failure | None = None
    evidence: list[Item] = field(default_factory=list)
    journals: list[Journal] = field(default_factory=list)
    held_alone: list[str] = field(default_factory=list)
    held_shared: list[str] = field(default_factory=list)
    lock_waits: list[LockWait] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return max(0.0, self.ended - self.started)

    @property
    def place(self) -> str:
        """The process that ran it, and its cluster when it was a further one."""
        return f"{self.worker}, {self.cluster}" if self.cluster else self.worker

    @property
    def places(self) -> list[str]:
        """What its Then-steps looked at."""
        return sorted({p for step in self.steps if step.kind == "then" for p in step.places})

    @property
    def waits(self) -> list[Wait]:
        return [wait for step in self.steps for wait in step.waits]

    @property
    def waited(self) -> float:
        """Seconds in which it only waited for Kubernetes."""
        return min(self.seconds, sum(wait.seconds for wait in self.waits))

    @property
    def ran(self) -> bool:
        return self.started > 0


@dataclass(frozen=True)
class Run:
    """The circumstances: what was judged, where, by which commit, with which command line.

    ``cores`` are this computer's; ``busy_cores`` are times of day, each with how many of them were
    busy until then from the time before.
    """

    kubernetes: str
    platform: str
    cluster_id: str
    time_scale: float
    started: float
    ended: float
    command_line: str
    commit: str = ""
    dirty: bool = False
    region: str = ""
    machines: list[dict[str, Any]] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    cores: int = 0
    busy_cores: list[tuple[float, float]] = field(default_factory=list)
    otherwise: list[dict[str, str]] = field(default_factory=list)
    """In what a cluster that others built differs from the series' (infra/survey/otherwise.py)."""


def judged(error: BaseException, *, in_step: str) -> Outcome:
    """What an error says about the claim; ``in_step`` is the kind of the step whose body raised it.

    Then-steps judge: an AssertionError there says that the claim is false. What a Given or a When
    did not bring about is a bad start, unless it was raised as a ClaimError and nothing more
    special: a wait that ended in vain is none (infra.errors.claimed). A NotJudged, any other error,
    and whatever fails before or after the steps are no verdict.
    """
    if in_step == "then":
        return Outcome.FALSE if isinstance(error, AssertionError) else Outcome.UNKNOWN
    false = type(error) is ClaimError and in_step in ("given", "when")
    return Outcome.FALSE if false else Outcome.UNKNOWN
