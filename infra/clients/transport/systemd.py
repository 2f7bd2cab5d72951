"""systemd units of a machine: what they are, and the few verbs a scenario needs."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra import wait
from infra.errors import preparing, require
from infra.ssh import Shell
from infra.timing import NODE_READY, scaled
from infra.wait import eventually

PROPERTIES = (
    "ActiveState",
    "ActiveEnterTimestampMonotonic",
    "ExecMainStartTimestampMonotonic",
    "MainPID",
    "NRestarts",
)
"""systemd.unit(5), systemd.service(5); the monotonic ones are microseconds since the boot."""


@dataclass(frozen=True)
class Unit:
    """One unit as systemd sees it now.

    ``entered_us`` and ``started_us`` are microseconds since the machine's boot: a process that was
    started again differs in them even when it got the same ``pid``.
    """

    machine: str
    name: str
    state: str
    pid: int
    entered_us: int
    started_us: int
    restarts: int

    @property
    def active(self) -> bool:
        return self.state == "active"


def parse(output: str, *, machine: str, name: str) -> Unit:
    """A unit from ``systemctl show`` output, lines of ``Property=value``."""
    values = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)

    def number(key: str) -> int:
        text = values.get(key, "")
        return int(text) if text.isdigit() else 0

    return Unit(
        machine,
        name,
        state=values.get("ActiveState", "unknown"),
        pid=number("MainPID"),
        entered_us=number("ActiveEnterTimestampMonotonic"),
        started_us=number("ExecMainStartTimestampMonotonic"),
        restarts=number("NRestarts"),
    )


def show(shell: Shell, name: str) -> Unit:
    result = shell.run(["systemctl", "show", f"--property={','.join(PROPERTIES)}", name])
    return parse(result.stdout, machine=shell.name, name=name)


def show_all(shell: Shell, names: Sequence[str]) -> tuple[Unit, ...]:
    """Several units with one command, in the order asked for."""
    result = shell.run(["systemctl", "show", f"--property={','.join(PROPERTIES)}", *names])
    blocks = [block for block in result.stdout.split("\n\n") if block.strip()]
    pairs = zip(names, blocks, strict=True)
    return tuple(parse(block, machine=shell.name, name=name) for name, block in pairs)


def command_line(shell: Shell, component: str) -> str:
    """Of the running process; a kubelet may be restarting for another scenario.

    Errors: NotPrepared when it does not run.
    """
    unit = shell.layout.units.named(component)
    with preparing():
        return eventually(
            lambda: (
                shell.run(["cat", f"/proc/{show(shell, unit).pid}/cmdline"], check=False).stdout
            ),
            bool,
            within=scaled(NODE_READY),
            what=f"{component} on {shell.name} runs",
        )


def flags(shell: Shell, component: str) -> dict[str, str]:
    """What the running process was started with, by flag with its dashes; ``true`` for a bare one.

    A flag that is not there has its default. Errors: NotPrepared when it does not run.
    """
    words = command_line(shell, component).split("\0")
    pairs = (word.partition("=") for word in words if word.startswith("--"))
    return {name: value if sign else "true" for name, sign, value in pairs}


def signal(shell: Shell, name: str, signal_name: str, *, check: bool = True) -> None:
    """Sends ``SIGSTOP``, ``SIGCONT`` ... to the unit's main process only."""
    kill = ["systemctl", "kill", "--kill-whom=main", f"--signal={signal_name}", name]
    shell.run(kill, check=check)


def start(shell: Shell, name: str) -> None:
    """Starts; a unit that gave up after too many restarts is allowed to try again."""
    shell.run(["systemctl", "reset-failed", name], check=False)
    shell.run(["systemctl", "start", name], timeout=START_TIMEOUT)


def restart(shell: Shell, name: str, *, reread: bool = True, killing: bool = False) -> None:
    """Starts anew; whether it stays up is not judged.

    ``reread`` has systemd read the unit files as they are now: all of them, a second or two of a
    busy machine, which who changed none need not pay. ``killing`` does not ask the process to end:
    an API server waits a minute then, for watches that its clients do not end (--request-timeout;
    measured).
    """
    if reread:
        shell.run(["systemctl", "daemon-reload"])
    shell.run(["systemctl", "reset-failed", name], check=False)
    if killing:  # not checked: it may have ended by itself
        signal(shell, name, "SIGKILL", check=False)
    with wait.told(f"{name} on {shell.name} is another process", "within", START_TIMEOUT):
        shell.run(["systemctl", "restart", name], check=False, timeout=START_TIMEOUT)


def stop(shell: Shell, name: str) -> None:
    with wait.told(f"{name} on {shell.name} has ended", "within", START_TIMEOUT):
        shell.run(["systemctl", "stop", name], timeout=START_TIMEOUT)


def kill(shell: Shell, name: str) -> None:
    """Ends its process without asking it, and keeps systemd from starting another.

    Errors: NotPrepared when systemd was quicker.
    """
    before = show(shell, name).restarts
    signal(shell, name, "SIGKILL")
    stop(shell, name)
    now = show(shell, name).restarts
    require(now == before, f"{name} on {shell.name} was started again before it could be stopped")


START_TIMEOUT = 240.0
"""Seconds: systemd gives 90 to stop; an API server that ends in 80 was seen to start in 45 more."""


def not_enabled(shell: Shell, names: Sequence[str]) -> list[str]:
    """Units that do not start with their machine, and what systemd calls them instead."""
    # is-enabled gives up at the first unit that is not there (systemd 252), and names none
    asked = ["systemctl", "list-unit-files", "--no-legend", "--full"]
    told = shell.run([*asked, *(f"{name}.service" for name in names)], check=False)
    states = dict(line.split()[:2] for line in told.stdout.splitlines())
    absent = told.stderr.strip() or "not there"
    words = {name: states.get(f"{name}.service", absent) for name in names}
    return [f"{name} is {word}" for name, word in words.items() if word != "enabled"]
