"""Deliberately broken clusters that the suite must catch, by claim (docs/TRACK_RECORD.md).

Each is one change to a good cluster. The suite runs against it with ``--no-build`` (which must not
mend it first); ``python -m infra up`` afterwards mends it, which is itself worth proving.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.commands import live_suite
from fixtures.worlds.storage import ebs_csi_driver_turns
from infra.lifecycle import cluster_lifecycle
from infra.progress import Progress
from infra.settings import Settings
from tests.mutants.all_mutants import mutants
from tests.mutants.mutant import Mutant
from tests.mutants.results import WORDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=mutants(), ids=lambda m: m.name.replace(" ", "-"))
def mutant(request: pytest.FixtureRequest) -> Iterator[Mutant]:
    chosen: Mutant = request.param
    subprocess.run([sys.executable, "-m", "infra", "up"], check=True, cwd=ROOT)
    cluster = cluster_lifecycle.attach(Settings())
    try:
        chosen.change(cluster)
        yield chosen
    finally:
        chosen.mend(cluster)
        subprocess.run([sys.executable, "-m", "infra", "up"], check=True, cwd=ROOT)
        ebs_csi_driver_turns.remove_left(
            cluster, Settings()
        )  # only now does its API answer for certain
        cluster.close()


def test_the_suite_catches(
    mutant: Mutant, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    kuberc = tmp_path / "kuberc"
    kuberc.write_text(mutant.kuberc)
    mark = f"claim_{mutant.catches.replace('.', '_')}"
    ended = subprocess.run(
        # one scenario of the claim that goes red is enough; slow ones come later
        [sys.executable, "-m", "pytest", "-q", "-x", "-m", mark, "--no-build", *live_suite()],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={
            **os.environ,
            "KFS_REPORTS": str(tmp_path / "reports"),
            "KFS_KEEP": "always",
            **({"KUBERC": str(kuberc)} if mutant.kuberc else {}),
        },
    )
    claim = judged(tmp_path / "reports", mutant.catches)
    record_property(WORDS, claim["reason"])
    Progress().say(f"{mutant.name}: {claim['outcome']}: {claim['reason'][:200]}")
    assert ended.returncode == 1, (
        f"the suite stayed green on: {mutant.name}\n{ended.stdout[-2000:]}"
    )
    assert claim["outcome"] == mutant.outcome, claim
    expected = [one for one in (mutant.says, mutant.or_says) if one]
    assert any(one in claim["reason"] for one in expected), claim


def judged(reports: Path, claim: str) -> dict[str, str]:
    (path,) = reports.glob("v*/*/claims.json")
    found = [c for c in json.loads(path.read_text())["claims"] if c["id"] == claim]
    return dict(found[0])
