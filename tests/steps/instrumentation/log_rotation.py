"""Logs that are rotated: their files, the numbers in them, what the API and a follower see."""

from pytest_bdd import then, when

from fixtures.plugin.recording import Evidence
from infra.clients.transport.kubectl import Running
from infra.errors import ClaimError, NotPrepared, claimed, require
from infra.timing import Bound, scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.instrumentation import log_rotation
from suite.instrumentation.container_logs import Log
from suite.instrumentation.log_rotation import Files
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import phrase

PRINTED = Bound(450, "100 MB are printed", "158 s of pauses, and one CPU that stores them")
ROTATED = Bound(120, "a log is rotated once", "T10: a look each 10 s; 10 MB take 8 s to print")


@when(phrase("the Pod has printed {count:Count} numbered lines"), target_fixture="counts")
def has_printed(pod: RunningPod, count: int) -> list[int]:
    """By the end of its log, which the API gives without the rest. How many files it had."""
    counts: list[int] = []
    what = f"{pod.name} has printed line {count}"
    within = scaled(PRINTED)
    eventually(
        lambda: last_line(pod, counts), lambda n: n == [count], within=within, what=what, every=3.0
    )
    return counts


@when(
    phrase("the Pod's log has been rotated once and {count:Count} more lines were followed"),
    target_fixture="seen",
)
def rotated_once(pod: RunningPod, followed: Running, evidence: Evidence, count: int) -> list[int]:
    """The numbers that were followed; the rotated file's last number lies among them."""
    last = log_rotation.numbers_in(Log(pod), await_rotation(pod))[-1]
    with claimed():
        seen = await_number(followed, last + count)
    evidence.record("followed", "figures", {"from": seen[0], "rotated at": last, "to": seen[-1]})
    kept_up(log_rotation.files(Log(pod)), seen)
    return seen


@then(
    phrase(
        "within {limit:Duration} the Pod's log has one current, one rotated and three "
        "compressed files, and had at most five while the Pod printed"
    ),
    target_fixture="files",
)
def five_files(pod: RunningPod, counts: list[int], limit: float, evidence: Evidence) -> Files:
    evidence.record("number of files at each look", "text", str(counts))
    must_be_none([f"once {n}" for n in counts if n > MOST], f"it has no more than {MOST} files")
    return eventually(
        lambda: log_rotation.files(Log(pod)),
        lambda seen: str(seen) == "1 current, 1 rotated, 3 compressed",
        within=scaled(limit),
        what=f"the log of {pod.name} is five files",
    )


@then("the numbers in the files are consecutive and end with the last line")
def unbroken(pod: RunningPod, files: Files, evidence: Evidence) -> None:
    rows = [(n, log_rotation.numbers_in(Log(pod), [n])) for n in files.oldest_first]
    table = [(n, found[0], found[-1], len(found)) for n, found in rows if found]
    evidence.table("numbers in the files", "file, first, last, lines", table)
    numbers = [number for _, found in rows for number in found]
    must_be_none(log_rotation.gaps(numbers), "rotation loses and doubles no line")
    require(table[-1][0] in files.current, "the log was rotated after its last line")
    if len(table) != len(rows) or numbers[-1] != LAST:
        raise ClaimError(f"every file should hold lines, the last {LAST}: {table}")


@then("the API returns the numbers of the current file only")
def only_current(pod: RunningPod, files: Files) -> None:
    given = log_rotation.numbers_printed(Log(pod).ask().text)
    current = log_rotation.numbers_in(Log(pod), files.current)
    if given != current:
        raise ClaimError(
            f"the API should give {told(current)}, the current file; it gives {told(given)}"
        )


@then("the neighbour's log is one file")
def one_file(neighbour: RunningPod) -> None:
    seen = str(log_rotation.files(Log(neighbour)))
    if seen != "1 current":
        raise ClaimError(f"the log of {neighbour.name} should be one file; it is {seen}")


@then("the followed numbers are consecutive")
def followed_unbroken(seen: list[int]) -> None:
    must_be_none(log_rotation.gaps(seen), "who follows a log sees every line of it")


MOST = 5
"""Files of a container's log: containerLogMaxFiles of the kubelet."""
LAST = 100100
"""The last line that fixtures/manifests/numbering.yaml prints."""


def last_line(pod: RunningPod, counts: list[int]) -> list[int]:
    """The number of the last line; how many files there are is noted."""
    counts.append(log_rotation.count(Log(pod)))
    return log_rotation.numbers_printed(Log(pod).ask(tailLines="1").text)


def await_rotation(pod: RunningPod) -> tuple[str, ...]:
    """Names of rotated files, once there are some."""
    return eventually(
        lambda: log_rotation.files(Log(pod)).rotated,
        bool,
        within=scaled(ROTATED),
        what=f"the log of {pod.name} is rotated",
    )


def kept_up(files: Files, seen: list[int]) -> None:
    """A client that is a whole file behind loses that file: it says nothing of one that keeps up.

    Errors: NotPrepared when lines are missing and the log was rotated again meanwhile.
    """
    lost, rotations = log_rotation.gaps(seen), len(files.rotated) + len(files.compressed)
    if lost and rotations > 1:
        raise NotPrepared(
            f"the client fell behind: the log was rotated {rotations} times before it had read the "
            f"first rotated file to its end ({lost[0]})"
        )


def await_number(followed: Running, number: int) -> list[int]:
    """Numbers that were followed up to that one; the line that is being written is left away."""
    return eventually(
        lambda: log_rotation.numbers_printed(followed.told().text.rpartition("\n")[0]),
        lambda seen: bool(seen) and seen[-1] >= number,
        within=scaled(ROTATED),
        every=2.0,
        what=f"line {number} is followed",
    )


def told(numbers: list[int]) -> str:
    return f"{numbers[0]} to {numbers[-1]} ({len(numbers)} lines)" if numbers else "no lines"
