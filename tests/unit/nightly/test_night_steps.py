"""A night's command lines, and how they are run: exit codes, and the end of a killed night's."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.nightly.steps import Step, command, execute
from infra.settings import PROJECT
from infra.wait import eventually


def test_the_suite_is_the_whole_one_on_the_nights_cluster() -> None:
    argv = command(Step.SUITE, "1.36", "nightly", "auto")
    assert len([word for word in argv if word.startswith("tests/claims/test_part")]) == 4
    assert argv[-8:] == [
        *("--clusters", "auto", "--cluster-id", "nightly"),
        *("--kubernetes", "1.36", "--keep", "always"),
    ]


@pytest.mark.parametrize(
    ("code", "told"),
    [("pass", 0), ("exit(5)", 5), (f"import os; os.kill(os.getpid(), {signal.SIGKILL})", 137)],
)
def test_an_exit_code_is_told_as_a_shell_does(code: str, told: int) -> None:
    assert execute([sys.executable, "-c", code]) == told


PARENT = """
import sys
from infra.nightly.steps import execute
execute([sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"])
"""


def test_a_command_ends_with_a_killed_night() -> None:
    argv = [sys.executable, "-c", PARENT]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()
    eventually(lambda: runs(child), lambda there: not there, within=10, what="it ends", every=0.05)


def runs(pid: int) -> bool:
    """A zombie has ended; who adopted it need not have looked."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
