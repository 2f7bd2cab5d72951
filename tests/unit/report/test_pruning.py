"""Old runs go by the rule that pruning states, and nothing else below reports does."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.__main__ import app
from infra.report.comparison import history, pruning
from tests.unit.report.several_runs import add

HOLDS = {"68.4": "holds"}


def pruned(reports: Path) -> list[str]:
    return sorted(folder.name[:8] for folder in pruning.prune(reports, say=lambda _: None))


def test_the_newest_runs_of_each_minor_stay(tmp_path: Path) -> None:
    for day in range(1, 3 + pruning.KEPT):
        add(tmp_path, HOLDS, day=day, version="v1.36.10" if day > 3 else "v1.36.5")
    add(tmp_path, HOLDS, day=1, version="v1.37.2")
    assert pruned(tmp_path) == ["20261101", "20261102"]
    assert not pruned(tmp_path)
    assert (tmp_path / "v1.37.2" / "20261101T000000Z-series" / "claims.json").exists()
    assert (tmp_path / "v1.36.5" / "20261103T000000Z-series" / "claims.json").exists()


def test_their_outcomes_stay(tmp_path: Path) -> None:
    for day in range(1, 2 + pruning.KEPT):
        add(tmp_path, HOLDS, day=day)
    pruned(tmp_path)
    assert history.load(tmp_path)[0].name == "20261101T000000Z-series"
    assert "20261101T" not in (tmp_path / "index.html").read_text()


def test_a_run_that_judged_a_claim_last_stays(tmp_path: Path) -> None:
    add(tmp_path, {"63.4": "holds"}, day=1)
    for day in range(2, 4 + pruning.KEPT):
        add(tmp_path, HOLDS, day=day)
    assert pruned(tmp_path) == ["20261102", "20261103"]


def test_what_a_killed_run_left_goes_when_it_is_old(tmp_path: Path) -> None:
    for day in range(3, 3 + pruning.KEPT):
        add(tmp_path, HOLDS, day=day)
    for killed_on in ("01", "30"):
        killed = tmp_path / "v1.36.5" / f"202611{killed_on}T000000Z-series" / "evidence"
        killed.mkdir(parents=True)
    assert pruned(tmp_path) == ["20261101"]
    assert killed.exists()  # it may still run


@pytest.mark.parametrize("place", ["v1.36.5/mine", "notes/20261101T000000Z-series", "bench.json"])
def test_what_is_somebodys_own_stays(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True)
    for day in range(2, 2 + pruning.KEPT):
        add(tmp_path, HOLDS, day=day)
    assert not pruned(tmp_path)
    assert (tmp_path / place).exists()


def test_the_command_says_how_many_went(tmp_path: Path) -> None:
    for day in range(1, 2 + pruning.KEPT):
        add(tmp_path, HOLDS, day=day)
    done = CliRunner().invoke(app, ["report", "--prune"], env={"KFS_REPORTS": str(tmp_path)})
    told = f"1 old runs removed from {tmp_path}; their outcomes stay in history.html"
    assert done.output.splitlines() == [told, str(tmp_path / "index.html")]
