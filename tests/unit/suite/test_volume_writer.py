"""The Pod that writes numbers to its volume, as a worker that goes off ends it."""

import os
import signal
import subprocess
from functools import partial
from operator import lt
from pathlib import Path

from fixtures.worlds.workloads.pods import manifest
from infra.wait import eventually

ROUNDS = 12
PAUSE = "sync -d /data/numbers; sleep 0.2"


def test_it_leaves_whole_lines_when_all_its_processes_are_ended(tmp_path: Path) -> None:
    """systemd ends a scope's processes all at once, whatever each of them does just then.

    Neither the disk nor a pause is waited for here: it shall be met while it writes.
    """
    file = tmp_path / "numbers"
    script = manifest("volume-user")["spec"]["containers"][0]["command"][-1]
    assert PAUSE in script, "it would be met in its pause, where nothing can go wrong"
    script = script.replace(PAUSE, "true")
    for _ in range(ROUNDS):
        before = len(lines_of(file))
        writer = subprocess.Popen(
            ["sh", "-c", script.replace("/data", str(tmp_path))], start_new_session=True
        )
        eventually(
            lambda: len(lines_of(file)),
            partial(lt, before + 2),
            within=20,
            what="it writes",
            every=0.001,
        )
        os.killpg(writer.pid, signal.SIGTERM)
        assert writer.wait(20) in (0, 143), "it ends when it is asked to"
    lines = [line.split() for line in lines_of(file)]
    assert [line[0] for line in lines] == [str(n) for n in range(1, len(lines) + 1)]
    assert [line for line in lines if len(line) != 2] == []


def lines_of(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []
