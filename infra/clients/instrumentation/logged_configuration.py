"""What a kubelet logs of its configuration as it starts: all of it since 1.37, flags before.

Source: kubernetes cmd/kubelet/app/server.go (1.37), component-base cli/flag/flags.go. klog writes a
value of several lines as ``config=<``, each line behind a tab, and `` >``; journalctl, which
answers the query, writes a tab as eight spaces (seen on 1.37.2).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import takewhile

import yaml

from infra.clients.instrumentation import node_log_query
from infra.clients.transport import systemd
from infra.kube_api import JsonObject
from infra.ssh import Shell

BEGINS = '"Effective KubeletConfiguration" config=<'
TAB = " " * 8
ANY = "KubeletConfiguration"
"""In the line that has the configuration: 1.36 writes one, too, at verbosity 5."""
FLAG = re.compile(r"FLAG: (--[\w-]+)=")
SECRET = ("PRIVATE KEY-----", "client-key-data")
KEY_LINE = 40
"""Characters of a line of a key in PEM: shorter words are in any log."""


def since_start(shell: Shell) -> dict[str, str]:
    """The option of a query for all that the kubelet has logged since it started, to the second.

    Errors: NotPrepared when it does not run.
    """
    unit = systemd.show(shell, shell.layout.units.kubelet)
    lived = shell.run(["ps", "-o", "etimes=", "-p", str(unit.pid)]).stdout
    began = node_log_query.clock(shell) - timedelta(seconds=int(lived) + 1)
    return {"sinceTime": node_log_query.zulu(began)}


def configuration(log: str) -> JsonObject:
    """The last that is logged, as it is written; empty when there is none."""
    messages = [line.partition("]: ")[2] for line in log.splitlines()]
    starts = [number for number, text in enumerate(messages) if BEGINS in text]
    if not starts:
        return {}
    expanded = (text.replace("\t", TAB, 1) for text in messages[starts[-1] + 1 :])
    lines = takewhile(lambda text: text.startswith(TAB), expanded)
    found = yaml.safe_load("\n".join(line.removeprefix(TAB) for line in lines))
    return found if isinstance(found, dict) else {}


def unlogged(told: Mapping[str, object], logged: Mapping[str, object]) -> list[str]:
    """Settings that a log has not, or has otherwise."""
    return [
        f"{name} is {logged.get(name, 'absent')}, must be {value}"
        for name, value in told.items()
        if logged.get(name, "absent") != value
    ]


def flags(log: str) -> set[str]:
    return set(FLAG.findall(log))


def secrets_in(log: str, keys: Iterable[bytes]) -> list[str]:
    """Words of keys that a log has, told without the key."""
    found = [f"the log has {word!r}" for word in SECRET if word in log]
    lines = [line for key in keys for line in key.decode().splitlines() if len(line) >= KEY_LINE]
    return found + [f"the log has {line[:6]}... of a key" for line in lines if line in log]
