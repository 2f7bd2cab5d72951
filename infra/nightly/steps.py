"""What a night runs for a minor, as command lines, and how they are run."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum

from infra.settings import PROJECT

LIVE = "tests/claims/test_part*.py"
WITH_US = ("setpriv", "--pdeathsig", "TERM")
"""A command that outlived a killed night would hold the cluster; it ends as at Ctrl-C instead."""

Execute = Callable[[Sequence[str]], int]
"""Runs a command line; its exit code, 128 and the signal's number when a signal ended it."""


class Step(StrEnum):
    """In their order."""

    DOWN = "down"
    OLDER = "older"
    UP = "up"
    SUITE = "suite"


def command(step: Step, minor: str, cluster_id: str, clusters: str) -> list[str]:
    """The command line of a step, from the project's directory."""
    python, version, cluster = (
        [sys.executable, "-m"],
        ["--kubernetes", minor],
        ["--cluster-id", cluster_id],
    )
    match step:
        case Step.DOWN:
            return [*python, "infra", "down", *cluster]
        case Step.OLDER:
            return [*python, "infra.artifacts", "older", *version]
        case Step.UP:
            return [*python, "infra", "up", *cluster, *version]
        case Step.SUITE:
            live = sorted(str(path.relative_to(PROJECT)) for path in PROJECT.glob(LIVE))
            share = ["-n", "auto", "--dist", "loadgroup", "--clusters", clusters]
            return [*python, "pytest", *live, *share, *cluster, *version, "--keep", "always"]


def execute(argv: Sequence[str]) -> int:
    """What it prints is seen; it ends when this process does."""
    done = subprocess.run([*WITH_US, *argv], check=False, cwd=PROJECT)
    return done.returncode if done.returncode >= 0 else 128 - done.returncode
