"""Who notices: the health gate first, then claims of the articles, none slow, until one does."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fixtures import commands
from infra.cluster import Cluster
from infra.errors import ClusterBroken
from infra.lifecycle import gate
from infra.settings import PROJECT, Settings
from tests.sweep import driver
from tests.sweep.scope import Question
from tests.sweep.setting import Argument

GATE = "the health gate"
START = "the start of the run"
NEVER_RAN = frozenset({"", "the run ended before it", "not in this run", "no scenario yet"})
"""Reasons of claims that nobody asked."""
STOPS = 60.0
"""Seconds for a run that was told to end: it undoes its scenarios' faults."""


@dataclass(frozen=True)
class Noticed:
    """Who noticed, and the first words of it."""

    by: str
    outcome: str
    words: str


@dataclass(frozen=True)
class Asked:
    """``claims`` were judged; the first that is red has ``noticed``. ``cut``: time was over."""

    claims: tuple[str, ...] = ()
    noticed: Noticed | None = None
    cut: bool = False


def asked_gate(cluster: Cluster) -> Noticed | None:
    try:
        gate.gate(cluster)
    except ClusterBroken as broken:
        first = str(broken).splitlines()[0]
        return Noticed(GATE, "not judged", first.partition(" s: ")[2] or first)
    return None


def ask(
    settings: Settings, question: Question, seconds: float, argument: Argument | None = None
) -> Asked:
    """Runs claims on the cluster as it is, to the first that is red or the end of the time.

    The driver that the run installs has another ``argument``.
    """
    more = driver.environment(argument) if argument else {}
    with tempfile.TemporaryDirectory() as reports:
        status, told = run(argv(question), {**environment(settings, reports), **more}, seconds)
        found = claims_in(Path(reports))
    asked = judged(found)
    cut = status is None
    if asked.noticed or cut or status in (0, 5):  # 5: nothing is selected
        return Asked(asked.claims, asked.noticed, cut)
    return Asked(asked.claims, Noticed(START, "not judged", cause(told)))


def argv(question: Question) -> list[str]:
    side_by_side = ["-n", str(question.processes), "--dist", "loadgroup"]
    options = ["-q", "-x", "-p", "no:cacheprovider", "--no-build", *side_by_side]
    named = ["-m", question.selection, *commands.live_suite()]
    return [sys.executable, "-m", "pytest", *driver.PLUG_IN, *options, *named]


def environment(settings: Settings, reports: str) -> dict[str, str]:
    own = {"KFS_CLUSTER_ID": settings.cluster_id, "KFS_REPORTS": reports, "KFS_KEEP": "always"}
    return {**os.environ, **own, "KFS_CLUSTERS": "1"}


def run(argv: Sequence[str], environ: Mapping[str, str], seconds: float) -> tuple[int | None, str]:
    """Status and output; None for one that was told to end because its time was over."""
    with tempfile.TemporaryFile("w+") as out:
        started = time.monotonic()
        running = subprocess.Popen(
            argv, env=dict(environ), cwd=PROJECT, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            running.wait(max(0.0, seconds - (time.monotonic() - started)))
            status: int | None = running.returncode
        except subprocess.TimeoutExpired:
            status = None
        finally:
            stop(running)
        out.seek(0)
        return status, out.read()


def stop(running: "subprocess.Popen[bytes]") -> None:
    if running.poll() is not None:
        return
    running.send_signal(signal.SIGINT)
    try:
        running.wait(STOPS)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def claims_in(reports: Path) -> list[dict[str, Any]]:
    """Of the only run in a folder; none when it ended before its first scenario."""
    return [
        claim
        for path in reports.glob("v*/*/claims.json")
        for claim in json.loads(path.read_text())["claims"]
    ]


def judged(claims: Sequence[Mapping[str, Any]]) -> Asked:
    """Claims that were judged, and the worst of the red ones; pure."""
    tried = [claim for claim in claims if claim["scenarios"] and reason_of(claim) is not None]
    red = [claim for claim in tried if claim["outcome"] in ("does not hold", "not judged")]
    red.sort(key=lambda claim: claim["outcome"] != "does not hold")
    noticed = [Noticed(c["id"], c["outcome"], reason_of(c) or "") for c in red]
    return Asked(tuple(claim["id"] for claim in tried), noticed[0] if noticed else None)


def reason_of(claim: Mapping[str, Any]) -> str | None:
    """The first reason that is one; None for a claim that was not judged for want of time."""
    if claim["outcome"] not in ("does not hold", "not judged"):
        return str(claim["reason"])
    parts = [part for part in claim["reason"].split("; ") if part not in NEVER_RAN]
    return "; ".join(parts) if parts else None


def cause(told: str) -> str:
    """The line of a run's output that says why it did not begin."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR", "error"))]
    return (errors or lines or ["it said nothing"])[-1]
