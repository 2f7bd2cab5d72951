"""A kubelet's answers about its machine's logs, and the same read on the machine itself.

Arguments and words: kubernetes pkg/kubelet/kubelet_server_journal.go and _linux.go (1.36).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import quote, urlencode

from infra.clients.node.kubelet_api import Port
from infra.errors import require
from infra.kube_api import Answer
from infra.ssh import Shell
from infra.timing import Bound

LOGS = "/var/log"
ANSWER = Bound(40, "a kubelet answers about logs", "T28: it ends its reading after 30 s")
AROUND = timedelta(minutes=10)
"""Before and after a line: a busy kubelet prints some thousand lines in that time."""
JUST_OVER = timedelta(seconds=2)
"""So long ago that the journal gets nothing more of that time, and whole seconds do not matter."""
OWN_READERS = ("/usr/bin/journalctl", "/bin/journalctl")
READER = "/usr/local/bin/journalctl"
"""Found before the machine's own: /usr/local/bin is earlier in the path that systemd gives."""
ENDLESS_READER = b"""#!/bin/sh
# For the kubelet only: knows its unit, and never ends when it is asked for lines.
[ "$(cat /proc/$PPID/comm)" = kubelet ] || exec /usr/bin/journalctl "$@"
case "$*" in
*--field*) echo kubelet.service ;;
*) exec sleep 3600.072 ;;
esac
"""
RUNNING_READER = "sleep 3600[.]072"
"""A pattern that does not match the command line that holds it."""
NO_NAME_COMMAND = "touch claim-by-name"
SERVICE = "query=kubelet"
EARLIER, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
QUESTIONS: Mapping[str, str] = {
    "a service": f"{SERVICE}&tailLines=1",
    "an empty name": "query=",
    "an invalid time": f"{SERVICE}&sinceTime=yesterday",
    "an invalid number": f"{SERVICE}&tailLines=many",
    "options without a name": "tailLines=5",
    "fewer than 0 lines": f"{SERVICE}&tailLines=-1",
    "more than 100000 lines": f"{SERVICE}&tailLines=100001",
    "a future boot": f"{SERVICE}&boot=1",
    "until before since": f"{SERVICE}&sinceTime={LATER}&untilTime={EARLIER}",
    "a pattern invalid in Go": f"{SERVICE}&{urlencode({'pattern': '(?<=a)b'})}",
    "five services": "&".join([SERVICE] * 5),
    "a service and a file": f"{SERVICE}&query=a/b.log",
    "two files": "query=a/b.log&query=a/c.log",
    "a file with an option": "query=a/b.log&tailLines=1",
    "a second command in the name": f"query={quote(f'kubelet;{NO_NAME_COMMAND}')}",
    "a substitution in the name": f"query={quote(f'$({NO_NAME_COMMAND})')}",
}  # fmt: skip
"""Names of a question in features, and its text as it goes to the kubelet, encoded."""


@dataclass(frozen=True)
class Window:
    """From one moment to another, to the second: what the kubelet passes on to the journal."""

    since: datetime
    until: datetime

    @property
    def options(self) -> dict[str, str]:
        return {"sinceTime": zulu(self.since), "untilTime": zulu(self.until)}

    @property
    def argv(self) -> list[str]:
        return [f"--since={self.since:%F %T}", f"--until={self.until:%F %T}"]


@dataclass(frozen=True)
class NodeLogs:
    """The log endpoint of one kubelet, asked on its own port."""

    port: Port

    def ask(self, query: str) -> Answer:
        """``query`` is encoded, and may be empty. Errors: ApiUnreachable."""
        return self.port.ask(f"/logs/?{query}", timeout=ANSWER.seconds)

    def query(self, *names: str, **options: str) -> Answer:
        """Services or one file, with the options of the query."""
        return self.ask(urlencode([*(("query", name) for name in names), *options.items()]))

    def plain(self, path: str) -> Answer:
        """A file by its path below /var/log, without a query."""
        return self.port.ask(f"/logs/{path}", timeout=ANSWER.seconds)


def of_the_machine(shell: Shell, units: Sequence[str], window: Window) -> str:
    """The journal's lines of units, read on the machine. Errors: CommandFailed."""
    argv = ["journalctl", "--utc", "--no-pager", "--output=short-precise", *window.argv]
    return shell.run([*argv, *(f"--unit={unit}" for unit in units)]).stdout


def just_over(shell: Shell, units: Sequence[str]) -> Window:
    """Minutes around the last line of the quietest of these units, but for the last two seconds of
    the machine's own clock: nothing is added to them any more.

    However old a cluster is, few lines: one answer must be read within the kubelet's 30 s (T28).
    """
    last = min(last_line(shell, unit) for unit in units)
    until = min(clock(shell) - JUST_OVER, last + AROUND)
    return Window(last - AROUND, until)


def last_line(shell: Shell, unit: str) -> datetime:
    """When a unit's processes last printed. Errors: NotPrepared when they never did."""
    line = printed_last(shell, unit)
    require(line, f"{shell.name} has no line of {unit} in its journal")
    return datetime.fromtimestamp(int(float(line.split()[0])), tz=UTC)


def printed_last(shell: Shell, unit: str) -> str:
    """The last line of a unit's own processes, which begins with its time; empty for none."""
    argv = ["journalctl", "--quiet", "--lines=1", "--output=short-unix"]
    return shell.run([*argv, f"_SYSTEMD_UNIT={unit}.service"]).stdout.strip()


def marks(shell: Shell) -> list[str]:
    """Where a command in a name would leave its file: the kubelet's folder is /."""
    folders = ("", "/root", shell.layout.directories.kubelet)
    return [f"{folder}/claim-by-name" for folder in folders]


def clock(shell: Shell) -> datetime:
    """The machine's clock, to the second."""
    return datetime.fromtimestamp(int(shell.run(["date", "+%s"]).stdout), tz=UTC)


def zulu(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def is_list_of_files(answer: Answer) -> bool:
    """The answer of a kubelet that does not take questions: a page with links to files."""
    return answer.status == 200 and "<pre>" in answer.text and 'href="pods/"' in answer.text


def lines_of(text: str, unit: str) -> list[str]:
    """Lines of a journal that a unit of that name printed."""
    return [line for line in text.splitlines() if f" {unit}[" in line]


def mixed(text: str, one: str, two: str) -> bool:
    """Whether lines of one unit lie between lines of the other, both ways or more often."""
    owners = [
        one if f" {one}[" in line else two
        for line in text.splitlines()
        if f" {one}[" in line or f" {two}[" in line
    ]
    return sum(a != b for a, b in pairwise(owners)) > 1
