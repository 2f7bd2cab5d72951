"""What of a night is done: a file in the state directory, so that a killed night goes on."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter

from infra.lifecycle import state_dir

FILE = "nightly.json"
FRESH = 24 * 3600.0
"""Seconds for which a night can go on; then its cluster and its commit say little of another."""


@dataclass(frozen=True)
class Ended:
    """A minor that was judged, or could not be: exit codes by step, and what it took in seconds.

    ``lacked`` says what was missing when it was not begun, or not finished.
    """

    codes: dict[str, int]
    seconds: float
    lacked: str = ""

    @property
    def code(self) -> int:
        """The worst; 1 when something lacked."""
        return max([*self.codes.values(), 1 if self.lacked else 0])


@dataclass(frozen=True)
class Night:
    """A night of a commit; ``began`` is in seconds since the epoch.

    ``running`` is the minor whose cluster may be there; ``finished`` ones are not gone on with.
    """

    began: float
    commit: str
    minors: list[str]
    ended: dict[str, Ended] = field(default_factory=dict)
    running: str = ""
    finished: bool = False

    @property
    def code(self) -> int:
        """The worst of all minors."""
        return max((one.code for one in self.ended.values()), default=0)

    def goes_on(self, other: "Night") -> bool:
        """Whether ``other``, which would begin now, is this one after it was killed."""
        same = (self.commit, self.minors) == (other.commit, other.minors)
        return same and not self.finished and 0 <= other.began - self.began < FRESH

    def with_ended(self, minor: str, how: Ended) -> "Night":
        return replace(self, ended=self.ended | {minor: how}, running="")


NIGHT = TypeAdapter(Night)


def read(root: Path) -> Night | None:
    """The last night; none when there was none, or its file is damaged."""
    try:
        return NIGHT.validate_json((root / FILE).read_bytes())
    except (OSError, ValueError):
        return None


def save(root: Path, night: Night) -> Night:
    """The same night, which a kill from now on does not undo."""
    state_dir.replace(root / FILE, asdict(night))
    return night
