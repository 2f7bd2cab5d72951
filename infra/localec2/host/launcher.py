"""All that the reconciler asks of machines; ``user_mode_linux.Uml`` starts them as processes."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from infra.localec2.desired_state import Instance


class Launcher(Protocol):
    """What a machine can do. Ids are instance ids; every call may be repeated."""

    def known(self) -> tuple[str, ...]:
        """Instances that left files here, running or not."""

    def boot(self, instance: Instance, subnet: str, gateway: str) -> None: ...

    def is_alive(self, instance_id: str) -> bool: ...

    def is_up(self, instance_id: str) -> bool:
        """Whether its kernel answers."""

    def was_up(self, instance_id: str) -> bool: ...

    def reboots(self, instance_id: str) -> int: ...

    def reboot(self, instance: Instance, *, hard: bool = False) -> None: ...

    def boot_mark(self, instance_id: str) -> int:
        """Changes with every boot, also with one that the machine asked for itself."""

    def shut_down(self, instance_id: str) -> None:
        """Asks the machine to stop its services and end."""

    def kill(self, instance_id: str) -> None: ...

    def ending(self, instance_id: str) -> str | None:
        """How it ended by itself, as a StateReason; None when it was not started."""

    def settle(self, instance_id: str) -> None:
        """Nothing of a run is left but disk and console."""

    def destroy(self, instance_id: str) -> None: ...

    def console(self, instance_id: str) -> str: ...

    def units(self) -> str:
        """A letter for each disk that may be plugged in beside the root."""

    def plugged(self, instance_id: str) -> dict[str, Path]:
        """Files plugged in beside the root, by unit."""

    def plug(self, instance_id: str, unit: str, file: Path, *, serial: str) -> None: ...

    def unplug(self, instance_id: str, unit: str) -> bool:
        """Whether it is out; not while the machine has it open."""

    def held(self, instance_id: str) -> AbstractContextManager[None]:
        """The machine stands still: it writes nothing."""
