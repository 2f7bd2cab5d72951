"""The journal of a machine, read from a cursor on: no clock has to agree."""

import json
import re
from dataclasses import dataclass

from infra.errors import NotJudged
from infra.kube_api import JsonObject
from infra.ssh import Shell

UNIT_PROCESS_EXIT = "98e322203f7a4ed290d09fe03c09fe15"
"""SD_MESSAGE_UNIT_PROCESS_EXIT of systemd's sd-messages.h: a main process ended."""
CURSOR = "-- cursor: "
RECENT = "--since=-10min"


@dataclass(frozen=True)
class Exit:
    """How a unit's main process ended: ``code`` exited, killed or dumped; ``status`` of it."""

    code: str
    status: str


def cursor(shell: Shell) -> str:
    """The end of the journal now. Errors: NotJudged when there is no journal."""
    output = shell.run(["journalctl", "--lines=1", "--show-cursor", "--quiet"]).stdout
    for line in reversed(output.splitlines()):
        if line.startswith(CURSOR):
            return line.removeprefix(CURSOR).strip()
    raise NotJudged(f"the journal of {shell.name} is empty: nothing can be read from it")


def after(shell: Shell, position: str, *matches: str) -> list[JsonObject]:
    """Entries after a cursor; ``matches`` like ``_SYSTEMD_UNIT=etcd.service``."""
    argv = ["journalctl", "--output=json", "--quiet", f"--after-cursor={position}", *matches]
    return [json.loads(line) for line in shell.run(argv).stdout.splitlines() if line]


def messages(shell: Shell, position: str, unit: str) -> list[str]:
    """What a unit's processes logged after a cursor."""
    entries = after(shell, position, f"_SYSTEMD_UNIT={unit}.service")
    return [str(entry.get("MESSAGE", "")) for entry in entries]


def exits(shell: Shell, unit: str, *, since: str) -> list[Exit]:
    """Ends of a unit's main process after a cursor, as systemd itself reports them."""
    entries = after(
        shell, since, f"MESSAGE_ID={UNIT_PROCESS_EXIT}", f"UNIT={unit}.service", "_PID=1"
    )
    return [Exit(e.get("EXIT_CODE", "?"), str(e.get("EXIT_STATUS", "?"))) for e in entries]


FORMS = {
    "klog": re.compile(r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ "),
    "JSON": re.compile(r"\{.*\}$"),
    "logfmt": re.compile(r"time=\S+ level=\w+ "),
}
"""Forms in which components log: klog's header, etcd's zap, containerd's logrus."""


def line_with(shell: Shell, unit: str, word: str) -> tuple[str, str]:
    """The form of a component's newest line that holds a word, and the line.

    systemd's words on the unit are not the component's; ``unknown`` is also no line at all.
    """
    argv = ["journalctl", "--quiet", "--output=cat", RECENT, f"_SYSTEMD_UNIT={unit}.service"]
    lines = [line for line in shell.run(argv).stdout.splitlines() if word in line]
    for line in reversed(lines):
        for form, pattern in FORMS.items():
            if pattern.match(line):
                return form, line[:200]
    return "unknown", lines[-1][:200] if lines else ""


def holding(shell: Shell, word: str) -> list[str]:
    """Recent lines of all of a machine's journal that hold a word with a hyphen."""
    pattern = word.replace("-", "[-]", 1)  # sudo logs our own command: not to be found itself
    argv = ["journalctl", "--quiet", "--output=cat", RECENT, "--grep", pattern]
    return shell.run(argv, check=False).stdout.splitlines()
