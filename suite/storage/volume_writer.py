"""A Pod that writes numbers to its volume: what it wrote, whether anything is missing, and how long
nothing was written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from infra.errors import NotJudged, preparing
from infra.timing import Bound, scaled
from infra.wait import eventually
from suite.storage.image_volumes import inside
from suite.workloads.pod_under_test import RunningPod

NUMBERS = "/data/numbers"
FIXED = "/data/fixed"
"""A file that the scenario writes itself and whose sum it knows."""
FOLDER = "/data"
ABSENT = "No such file or directory"
ENOUGH = 10
"""Numbers before a copy: with few of them one that had lost the last seconds would look whole."""
GOES_ON = Bound(15, "a writer adds three numbers", "one in 0.2 s, and a disk that others use too")


@dataclass(frozen=True)
class Line:
    """A number, and the machine's uptime in seconds when it was written."""

    number: int
    uptime: float

    def __str__(self) -> str:
        return f"{self.number} of {self.uptime} s"


def numbers(pod: RunningPod) -> list[Line]:
    """What the Pod's volume holds. Errors: NotJudged when it cannot be read."""
    read = inside(pod, "cat", NUMBERS)
    if ABSENT in read.stderr:
        return []  # an empty volume, whatever it should hold
    if read.exit_status:
        raise NotJudged(f"{pod.name}: {NUMBERS} cannot be read: {read.stderr.strip()}")
    lines = [line.split() for line in read.stdout.splitlines()]
    return [Line(int(line[0]), float(line[1])) for line in lines if len(line) == 2]


def on_disk(pod: RunningPod) -> list[Line]:
    """What is on the volume's disk for certain: the last number may be on its way to it.

    Errors: NotPrepared when the Pod writes nothing.
    """
    with preparing():
        await_more(pod, ENOUGH)
    return numbers(pod)[:-1]


def broken(lines: Sequence[Line]) -> list[str]:
    """Where numbers do not follow one another from 1 on."""
    return [
        f"line {at} holds {line.number}"
        for at, line in enumerate(lines, start=1)
        if line.number != at
    ]


def of_no_moment(
    found: Sequence[Line], *, before: Sequence[Line], after: Sequence[Line]
) -> list[str]:
    """Why a copy of a disk is not what lay on it at one moment between two looks at it.

    The last number of a copy may have been on its way to the disk: its time is not judged.
    """
    wrong = broken(found)
    wrong += [
        f"{was} was on the disk before; there is {there or 'nothing'}"
        for was, there in zip_longest(before, found[: len(before)])
        if was != there
    ][:3]
    if len(found) > len(after):
        wrong.append(f"{len(found)} numbers are there; {len(after)} were written by then")
    known = len(before)
    later = zip(found[known:-1], after[known:], strict=False)
    return wrong + [f"{x} was never written, {was} was" for x, was in later if x != was][:3]


def pauses(lines: Sequence[Line], *, longer_than: float) -> list[str]:
    """Where more seconds than that lie between two numbers of one boot; an end is one too."""
    if len(lines) < 2:
        return ["the writer has written nothing since"]
    return [
        f"{after.uptime - before.uptime:.1f} s before number {after.number}"
        for before, after in pairwise(lines)
        if after.uptime - before.uptime > longer_than
    ]


def await_more(pod: RunningPod, before: int) -> None:
    """The writer adds numbers. Errors: WaitTimeout."""
    eventually(
        lambda: len(numbers(pod)),
        lambda count: count > before + 2,
        within=scaled(GOES_ON),
        what=f"{pod.name} adds numbers to the {before} that there are",
        every=0.3,
    )


def write_fixed(pod: RunningPod, mib: int) -> str:
    """SHA-256 of a file of random bytes that is on the volume's disk now. Errors: NotJudged."""
    must(pod, "dd", "if=/dev/urandom", f"of={FIXED}", "bs=1M", f"count={mib}", "conv=fsync")
    return sum_of_fixed(pod)


def sum_of_fixed(pod: RunningPod) -> str:
    """Of the file that the scenario wrote; empty when it wrote none."""
    done = inside(pod, "sha256sum", FIXED)
    return done.stdout.split()[0] if done.exit_status == 0 else ""


def size_mib(pod: RunningPod) -> int:
    """Size of the volume's file system."""
    return int(must(pod, "df", "-m", FOLDER).splitlines()[-1].split()[1])


def must(pod: RunningPod, *argv: str) -> str:
    done = inside(pod, *argv)
    if done.exit_status:
        raise NotJudged(f"{pod.name}: {' '.join(argv)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout
