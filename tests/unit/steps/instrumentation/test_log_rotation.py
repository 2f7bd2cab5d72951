"""Rotated logs and who keeps them: every Then-step goes red, as one understands."""

import pytest

from infra.clients.transport.kubectl import Running, Told
from infra.errors import NotPrepared, WaitTimeout
from suite.instrumentation import log_rotation
from suite.instrumentation.log_rotation import Files
from tests.steps.instrumentation import log_rotation as steps
from tests.unit.fakes import (
    FakeShell,
    Made,
    evidence,
    goes_red,
    not_judged,
    running_pod,
)
from tests.unit.steps.instrumentation.test_container_logs import gives

ROTATED = "0.log.20261125-230001"
OLDER = "0.log.20261125-22000%d.gz"
FIVE = "\n".join(["0.log", ROTATED, *(OLDER % n for n in range(3))])
FILES = Files(("0.log",), (ROTATED,), tuple(OLDER % n for n in range(3)))
LAST = steps.LAST


@pytest.fixture
def made() -> Made:
    pod, api, shell = running_pod(**{"ls -1": FIVE, "ls -l": "-rw"})
    return pod, api, shell


def holds(shell: FakeShell, **numbers: range) -> None:
    """Numbers in the current file, the rotated one and each compressed one, by ``log_files``."""
    folder = "/var/log/pods/ns_rz_0a1b-2c3d/c"
    for name, found in numbers.items():
        text = "".join(f"stdout F {number:08d}\n" for number in found)
        files = {"current": "0.log", "rotated": ROTATED}
        file = files[name] if name in files else OLDER % int(name[-1])
        shell.answers[" ".join([*log_rotation.GREP, f"{folder}/{file}"])] = text


def unbroken(shell: FakeShell) -> None:
    holds(
        shell, packed0=range(LAST - 9, LAST - 7), packed1=range(LAST - 7, LAST - 5),
        packed2=range(LAST - 5, LAST - 3), rotated=range(LAST - 3, LAST - 1),
        current=range(LAST - 1, LAST + 1),
    )  # fmt: skip


def test_files_of_a_log(made: Made) -> None:
    pod, _, shell = made
    assert steps.five_files(pod, [1, 5], 60, evidence()) == FILES
    words = "it has no more than 5 files; instead: once 6"
    goes_red(words, steps.five_files, pod, [1, 6, 5], 60, evidence())
    packing = f"{FIVE}\n{ROTATED}.tmp\n{ROTATED}.gz"
    shell.answers["ls -1"] = packing
    assert log_rotation.count(steps.Log(pod)) == 5, "one that is being compressed is one"
    shell.answers["ls -1"] = f"{FIVE}\n0.log.old"
    assert log_rotation.count(steps.Log(pod)) == 6
    with pytest.raises(WaitTimeout, match="is five files"):
        steps.five_files(pod, [5], 60, evidence())
    assert str(log_rotation.files(steps.Log(pod))).endswith("1 odd")
    goes_red("should be one file; it is 1 current, 1 rotated", steps.one_file, pod)
    shell.answers["ls -1"] = "0.log"
    steps.one_file(pod)


def test_numbers_that_are_lost_doubled_or_too_few(made: Made) -> None:
    pod, _, shell = made
    unbroken(shell)
    steps.unbroken(pod, FILES, evidence())
    holds(shell, rotated=range(LAST - 3, LAST - 2))
    goes_red(f"{LAST - 3} is followed by {LAST - 1}", steps.unbroken, pod, FILES, evidence())
    unbroken(shell)
    holds(shell, rotated=range(LAST - 4, LAST - 1))
    goes_red(f"{LAST - 4} is followed by {LAST - 4}", steps.unbroken, pod, FILES, evidence())
    unbroken(shell)
    empty = Files((), (ROTATED,), FILES.compressed)
    not_judged("was rotated after its last line", steps.unbroken, pod, empty, evidence())
    holds(shell, current=range(LAST - 1, LAST))
    goes_red(
        f"every file should hold lines, the last {LAST}", steps.unbroken, pod, FILES, evidence()
    )
    assert len(log_rotation.gaps([1, 3, 5, 7, 9, 11, 13, 15])) == 6


def test_a_line_that_a_rotation_cut() -> None:
    whole = [("F", "00000001"), ("F", "00000002")]
    assert log_rotation.joined(whole) == [1, 2]
    cut = [("P", "00000003"), ("F", "xxxxxxxx"), ("F", "00000004")]
    assert log_rotation.joined([*whole, *cut]) == [1, 2, 3, 4]
    assert log_rotation.joined([("P", "0000"), ("F", "0005 xxx"), ("F", "00000006")]) == [5, 6]
    assert log_rotation.joined([("F", "xxxxxxxx"), ("F", "00000006")]) == [6]
    lost = log_rotation.joined([("P", "00000003"), ("F", "xxxxxxxx"), ("F", "00000005")])
    assert log_rotation.gaps(lost) == ["3 is followed by 5"]


def test_an_api_that_gives_older_lines(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    pod, _, shell = made
    unbroken(shell)
    gives(monkeypatch, f"{LAST - 1:08d} x\n{LAST:08d} x\n")
    steps.only_current(pod, FILES)
    gives(monkeypatch, f"{LAST - 2:08d} x\n{LAST - 1:08d} x\n{LAST:08d} x\n")
    goes_red(
        r"should give 100099 to 100100 \(2 lines\).*gives 100098", steps.only_current, pod, FILES
    )
    with pytest.raises(WaitTimeout, match="has printed line 7"):
        steps.has_printed(pod, 7)


class Followed(Running):
    def __init__(self, text: str) -> None:
        self.text = text

    def told(self) -> Told:
        return Told(("logs",), -1, self.text)


def test_a_follower_that_misses_lines(made: Made) -> None:
    pod, _, shell = made
    unbroken(shell)
    text = "".join(f"{number:08d} x\n" for number in range(LAST - 9, LAST + 1))
    seen = steps.rotated_once(pod, Followed(text + "00"), evidence(), 2)
    steps.followed_unbroken(seen)
    goes_red("1 is followed by 3", steps.followed_unbroken, [1, 3])
    goes_red("is followed", steps.rotated_once, pod, Followed(text), evidence(), 3)


def test_a_client_that_falls_a_file_behind_is_not_judged() -> None:
    once, twice = Files(("0.log",), ("a",), ()), Files(("0.log",), ("b",), ("a.gz",))
    steps.kept_up(once, [1, 3])  # nothing excuses it: the Then-step goes red
    steps.kept_up(twice, [1, 2])
    with pytest.raises(NotPrepared, match=r"rotated 2 times .* \(1 is followed by 3\)"):
        steps.kept_up(twice, [1, 3])
