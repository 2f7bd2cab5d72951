"""Whether machines answer on port 22, asked beside the reconciler so that nobody waits."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

SSH = 22
PATIENCE = 2.0
"""Seconds for a connection and the first bytes of the banner, on a machine that is starting."""
AT_ONCE = 8
"""As many as a cluster of the series has machines, and room."""

Ask = Callable[[str, str], bool]


def greets(address: str, source: str) -> bool:
    """Whether an SSH server says its name (RFC 4253, 4.2), asked from the address ``source``."""
    try:
        with socket.create_connection((address, SSH), PATIENCE, (source, 0)) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


class Probes:
    """One question at a time for each machine. ``wake`` is called when one greets."""

    def __init__(self, wake: Callable[[], None], ask: Ask = greets) -> None:
        self._wake = wake
        self._ask = ask
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="probe")
        self._lock = threading.Lock()
        self._asking: set[str] = set()
        self._greeted: dict[str, int] = {}

    def greeted(self, instance_id: str, *, boot: int) -> bool:
        """Whether the machine has greeted since this boot."""
        with self._lock:
            return self._greeted.get(instance_id) == boot

    def start(self, instance_id: str, address: str, *, source: str, boot: int) -> None:
        with self._lock:
            if instance_id in self._asking:
                return
            self._asking.add(instance_id)
        self._pool.submit(self._probe, instance_id, address, source, boot)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _probe(self, instance_id: str, address: str, source: str, boot: int) -> None:
        greeted = False
        try:
            greeted = self._ask(address, source)
        finally:
            with self._lock:
                self._asking.discard(instance_id)
                if greeted:
                    self._greeted[instance_id] = boot
        if greeted:
            self._wake()
