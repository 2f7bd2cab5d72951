"""What happened, one JSON line each, so that a restarted local EC2 answers with the same ids."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.errors import UserError
from infra.localec2.desired_state import DiskState

IDS = re.compile(r"\b(?:vpc|subnet|igw|rtb|sg|key|eipalloc|eni|i|vol|snap)-[0-9a-f]{17}\b")


@dataclass(frozen=True)
class Call:
    """A mutating call that succeeded. ``seed`` of moto's generator; ``ids`` of its answer."""

    service: str
    seed: int
    body: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """A state that was observed and changed an instance."""

    instance_id: str
    state: str
    reason: str


@dataclass(frozen=True)
class DiskFact:
    """A state that was observed and changed a volume or a snapshot."""

    ident: str
    state: DiskState


@dataclass(frozen=True)
class Restart:
    """The local EC2 was started again: what ran has to be seen running anew."""


Entry = Call | Fact | DiskFact | Restart
KINDS: dict[str, type[Call] | type[Fact] | type[DiskFact] | type[Restart]] = {
    "call": Call,
    "fact": Fact,
    "diskfact": DiskFact,
    "restart": Restart,
}


class Journal:
    """An append-only file (0600: it holds user data and addresses)."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, entry: Entry) -> None:
        kind = type(entry).__name__.lower()
        line = json.dumps({"kind": kind, **asdict(entry)}, sort_keys=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(line + "\n")

    def entries(self) -> Iterator[Entry]:
        """Every whole line; a last line cut short by a crash was never answered and is dropped.

        Errors: UserError when an earlier line cannot be read.
        """
        if not self.path.exists():
            return
        text = self.path.read_text(encoding="utf-8")
        whole, _, torn = text.rpartition("\n")
        if torn:
            self.path.write_text(whole + "\n" if whole else "", encoding="utf-8")
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                values = json.loads(line)
                entry = KINDS[values.pop("kind")](**values)
            except (ValueError, KeyError, TypeError) as error:
                raise UserError(
                    f"{self.path}:{number} cannot be read ({error}): remove the cluster's state "
                    "directory and build the cluster again"
                ) from error
            yield entry


def ids_of(answer: str) -> tuple[str, ...]:
    return tuple(sorted(set(IDS.findall(answer))))
