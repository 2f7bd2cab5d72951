"""Where a scenario looks: clients tell it here, the record of the scenario hears it.

A claim says in the catalogue where it must be judged ("each worker"); what its Then-steps looked at
is compared with that after the run, so that a step cannot come to ask fewer unseen.
"""

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit

from infra.machine_layout import Ports

Where = Literal[
    "each worker",
    "each controller",
    "each machine",
    "each API server",
    "each member",
    "the leader",
    "any",
]
"""Where a claim must be judged; ``the leader`` and ``any`` are met by a single place."""
API_SERVER = -1
"""In place of a port: the API server of a machine, whose answer was read before."""
Listener = Callable[[str, int], None]
listeners: list[Listener] = []
"""Who hears of looks: a host (a machine's name or address) and a port, 0 for the machine itself."""
away = threading.local()
"""Of a thread whose looks nobody hears."""
NODE = re.compile(r"^/api/v1/nodes/([^/?]+)/proxy\b")
ENDPOINT = re.compile(r"https?://([^,:/\s]+):(\d+)")


@contextmanager
def unseen() -> Iterator[None]:
    """What this thread looks at in the block is none of the scenario's, as the run's own Lease."""
    away.now = True
    try:
        yield
    finally:
        away.now = False


def looked(host: str, port: int = 0) -> None:
    """A client looked at a machine or asked a port of it."""
    if getattr(away, "now", False):
        return
    for listener in listeners:
        listener(host, port)


def looked_by_command(machine: str, argv: Sequence[str]) -> None:
    """A command ran on a machine; one that names members of etcd asked those too."""
    looked(machine)
    for word in argv:
        if word.startswith("--endpoints="):
            for host, port in ENDPOINT.findall(word):
                looked(host, int(port))


def looked_by_request(url: str) -> None:
    """An API server was asked, or through it the kubelet of a node."""
    split = urlsplit(url)
    looked(split.hostname or "", split.port or 0)
    if found := NODE.match(split.path):
        looked(found[1])


def named(host: str, port: int, machines: Mapping[str, str], ports: Ports) -> str:
    """How the record names a place; ``machines`` are names by address. Empty: not one of ours."""
    name = machines.get(host, host)
    if name not in machines.values():
        return ""
    api, etcd = "API server of ", "etcd of "
    return {API_SERVER: api, ports.api_server: api, ports.etcd: etcd}.get(port, "") + name


def wanted(where: Where, *, workers: Sequence[str], controllers: Sequence[str]) -> list[str]:
    """Every place that must have been looked at."""
    return {
        "each worker": list(workers),
        "each controller": list(controllers),
        "each machine": [*controllers, *workers],
        "each API server": [f"API server of {name}" for name in controllers],
        "each member": [f"etcd of {name}" for name in controllers],
    }.get(where, [])
