"""All files of a container's log: the current one, rotated ones, and the numbers in them.

Names: kubernetes pkg/kubelet/logs/container_log_manager.go (1.36).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from infra.ssh import Shell
from suite.instrumentation.container_logs import Log

ROTATED = re.compile(r"0\.log\.\d{8}-\d{6}")
NUMBER = re.compile(r"^(\d{8})\b", re.MULTILINE)
DIGITS = 8
GREP = [
    "zgrep",
    "--no-filename",
    "--only-matching",
    "--extended-regexp",
    "std(out|err) [FP] .{0,8}",
]
READ_TIMEOUT = 120.0
"""Seconds to read fifty megabytes on a machine of one CPU: 6 s were measured."""


@dataclass(frozen=True)
class Files:
    """Names in a container's folder of logs, by what they are; ``odd`` are of no known form."""

    current: tuple[str, ...]
    rotated: tuple[str, ...]
    compressed: tuple[str, ...]
    odd: tuple[str, ...] = ()

    def __str__(self) -> str:
        kinds = {"rotated": self.rotated, "compressed": self.compressed, "odd": self.odd}
        told = [f"{len(found)} {kind}" for kind, found in kinds.items() if found]
        return ", ".join([f"{len(self.current)} current", *told])

    @property
    def oldest_first(self) -> tuple[str, ...]:
        return (*sorted(self.compressed), *sorted(self.rotated), *self.current)


def folder(log: Log) -> str:
    return log.file.rpartition("/")[0]


def files(log: Log) -> Files:
    """Files of a container's log. Errors: CommandFailed."""
    found = names(log)
    current = tuple(name for name in found if name == "0.log")
    rotated = tuple(name for name in found if ROTATED.fullmatch(name))
    packed = tuple(
        name for name in found if name.endswith(".gz") and ROTATED.fullmatch(name[: -len(".gz")])
    )
    known = {*current, *rotated, *packed}
    return Files(current, rotated, packed, tuple(name for name in found if name not in known))


def count(log: Log) -> int:
    """How many logs there are: one that is being compressed is two files for a moment."""
    return len({name.removesuffix(".gz").removesuffix(".tmp") for name in names(log)})


def names(log: Log) -> list[str]:
    """Of all files of a container's log, by name. Errors: CommandFailed."""
    return sorted(log.pod.shell.run(["ls", "-1", folder(log)]).stdout.split())


def numbers_in(log: Log, names: Sequence[str]) -> list[int]:
    """Numbers of the lines in files, in the order of files and lines. Errors: CommandFailed."""
    paths = [f"{folder(log)}/{name}" for name in names]
    found = log.pod.shell.run([*GREP, *paths], timeout=READ_TIMEOUT).stdout
    return joined([parts(line) for line in found.splitlines()])


def parts(line: str) -> tuple[str, str]:
    """Tag and beginning of the text of what GREP prints of a stored line."""
    _, tag, text = line.split(" ", 2)
    return tag, text


def joined(lines: Sequence[tuple[str, str]]) -> list[int]:
    """Numbers of stored lines. A rotation may cut a line in two: the first part is tagged P.

    What has no number of its own is the rest of such a line.
    """
    numbers: list[int] = []
    begun = ""
    for tag, text in lines:
        number = (begun + text)[:DIGITS]
        if len(begun) < DIGITS and len(number) == DIGITS and number.isdigit():
            numbers.append(int(number))
        begun = begun + text if tag == "P" else ""
    return numbers


def numbers_printed(text: str) -> list[int]:
    """Numbers at the beginning of lines, as the API gives them."""
    return [int(found) for found in NUMBER.findall(text)]


def gaps(numbers: Sequence[int]) -> list[str]:
    """Where a run of numbers is not one by one; empty is an unbroken run."""
    odd = [(a, b) for a, b in pairwise(numbers) if b != a + 1]
    return [f"{a} is followed by {b}" for a, b in odd[:5]] + (
        [f"and {len(odd) - 5} more such places"] if len(odd) > 5 else []
    )


def folders_of(shell: Shell, words: Sequence[str]) -> list[str]:
    """Folders among the logs of Pods whose name holds one of these words."""
    names = shell.run(["ls", "-1", shell.layout.directories.pod_logs]).stdout.split()
    return [name for name in names if any(word in name for word in words)]


def folders_of_components(shell: Shell) -> list[str]:
    """Folders among the logs of Pods that are named like a component."""
    units = shell.layout.units
    control_plane = (units.api_server, units.scheduler, units.etcd)
    return folders_of(shell, (units.kubelet, units.container_runtime, *control_plane))
