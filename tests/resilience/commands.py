"""Our command, as one types it, on a cluster of the test's own."""

import subprocess
import sys
from pathlib import Path

from infra.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def argv_of(settings: Settings, *argv: str) -> list[str]:
    return [sys.executable, "-m", "infra", *argv, "--cluster-id", settings.cluster_id]


def infra(settings: Settings, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs it to its end; what it said is the failure's message."""
    ended = subprocess.run(
        argv_of(settings, *argv), check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert not check or ended.returncode == 0, ended.stdout + ended.stderr
    return ended
