"""A process that was frozen, and what became of it when it went on."""

from dataclasses import dataclass

from infra.clients.transport import journal, systemd
from infra.clients.transport.journal import Exit
from infra.clients.transport.systemd import Unit
from infra.ssh import Shell


@dataclass(frozen=True)
class Aftermath:
    """How the unit's processes ended since, and the unit now."""

    exits: tuple[Exit, ...]
    unit: Unit


@dataclass(frozen=True)
class Frozen:
    """The ``unit`` and the end of its machine's journal just before it was frozen."""

    unit: Unit
    cursor: str

    def since(self, shell: Shell) -> Aftermath:
        ends = journal.exits(shell, self.unit.name, since=self.cursor)
        return Aftermath(tuple(ends), systemd.show(shell, self.unit.name))

    def ended_and_runs(self, seen: Aftermath) -> bool:
        """It ended by itself with an error, and systemd started it again."""
        failed = any(end.code == "exited" and end.status != "0" for end in seen.exits)
        again = seen.unit.active and seen.unit.restarts > self.unit.restarts
        return failed and again and seen.unit.pid != self.unit.pid
