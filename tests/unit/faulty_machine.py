"""A machine whose systemd obeys, or does not, under faults."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fixtures.worlds import faults
from fixtures.worlds.fault_types import Fault
from infra.errors import CommandFailed
from infra.ssh import Result
from tests.unit.fakes import FakeShell


class Machine(FakeShell):
    """A machine whose systemd obeys; ``ledgers`` is what was written down at each command."""

    def __init__(self, state: Path, *, obeys: bool = True) -> None:
        super().__init__("controller-1")
        self.state = state
        self.obeys = obeys
        self.active = True
        self.ledgers: list[list[Fault]] = []

    def run(self, argv: Sequence[str], **how: Any) -> Result:
        self.ran.append(tuple(argv))
        self.ledgers.append(faults.pending(self.state))
        if "start" in argv and not self.obeys:
            raise CommandFailed(self.name, argv, exit_status=1, stdout="", stderr="no such disk")
        self.active = "stop" not in argv and (self.active or "start" in argv or "restart" in argv)
        return Result(self.name, tuple(argv), 0, shown(active=self.active), "", 0.0)


def shown(*, active: bool) -> str:
    return f"ActiveState={'active' if active else 'inactive'}\nMainPID=7\n"
