"""Where one local EC2 keeps what is its own; every name derives from its state directory.

So several local EC2s live beside each other, and removing one touches nothing of another.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

API_PORT = 8000
"""Port of the EC2 API inside the namespace, on 127.0.0.1 and, for machines, at the metadata's
address."""


@dataclass(frozen=True)
class Place:
    """Files and names of the local EC2 of a state directory."""

    state: Path

    @property
    def name(self) -> str:
        """Name of the network namespace, and of the directory for sockets."""
        return "kfs-" + hashlib.sha256(str(self.state.resolve()).encode()).hexdigest()[:8]

    @property
    def root(self) -> Path:
        return self.state / "localec2"

    @property
    def journal(self) -> Path:
        return self.root / "journal.jsonl"

    @property
    def endpoint(self) -> Path:
        return self.root / "endpoint.json"

    @property
    def log(self) -> Path:
        return self.root / "daemon.log"

    @property
    def lock(self) -> Path:
        return self.root / "daemon.lock"

    @property
    def machines(self) -> Path:
        return self.root / "machines"

    def machine(self, instance_id: str) -> Path:
        """Disk, console and record of one."""
        return self.machines / instance_id

    @property
    def sockets(self) -> Path:
        """UML's uml_dir. Not in the state directory: a socket's path holds 107 bytes at most."""
        return Path("/run") / self.name

    def console(self, instance_id: str) -> Path:
        """The socket of a machine's management console."""
        return self.sockets / instance_id / "mconsole"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{API_PORT}"
