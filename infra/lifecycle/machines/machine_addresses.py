"""Where this run reaches a cluster's machines: on AWS they have others after a stop and a start."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from infra import ec2
from infra.ec2.model import InstanceInfo
from infra.errors import PlatformError
from infra.lifecycle import state_dir
from infra.pki import ssh_keys


class Recorded(Mapping[str, str]):
    """Addresses by machine, as the record has them now: another process may have started one since.

    Errors: UserError when the record is damaged, KeyError when there is none.
    """

    def __init__(self, state: Path) -> None:
        self._state = state
        self._seen = -1
        self._known: dict[str, str] = {}

    def __getitem__(self, machine: str) -> str:
        return self._now()[machine]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def _now(self) -> dict[str, str]:
        written = (self._state / state_dir.RECORD).stat().st_mtime_ns
        if written != self._seen and (record := state_dir.read(self._state)):
            self._known, self._seen = record["addresses"], written
        return self._known


def reach(provisioned: ec2.Provisioned, *, public: bool) -> dict[str, str]:
    """By machine. Errors: PlatformError when one that has to have a public address has none."""
    return {
        str(name): of(str(name), instance, public=public)
        for name, instance in provisioned.instances.items()
    }


def of(machine: str, instance: InstanceInfo, *, public: bool) -> str:
    """Errors: PlatformError when it has to have a public address and has none."""
    if not public:
        return instance.private_ip
    if not instance.public_ip:
        raise PlatformError("instance", f"{instance.id} ({machine})", "has no public address")
    return instance.public_ip


def moved(state: Path, machine: str, address: str) -> None:
    """The machine has another address now: every process that has the cluster finds it there."""
    if record := state_dir.read(state):
        record["addresses"][machine] = address
        ssh_keys.known_hosts(state / "ssh", record["addresses"])
        state_dir.write(state, record)
