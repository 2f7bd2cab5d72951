"""Claims from run to run: strips, durations, what is unsteady, and what is forgotten."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.report.comparison import history, judged_runs, version_matrix
from infra.report.comparison.history_page import Line, spark
from infra.report.outcomes import Outcome
from infra.report.rerender import merge_reports
from tests.unit.report.several_runs import add
from tests.unit.report.test_page import parsed

HOLDS, FALSE = {"68.4": "holds"}, {"68.4": "does not hold"}


def updated(reports: Path) -> list[history.PastRun]:
    return history.update(reports, judged_runs.find(reports))


def page(reports: Path) -> str:
    version_matrix.write(reports)
    reader = parsed(reports / "history.html")
    assert not reader.errors
    assert not [link for link in reader.links if "://" in link]
    return (reports / "history.html").read_text()


def test_a_strip_has_the_newest_run_on_the_right(tmp_path: Path) -> None:
    add(tmp_path, FALSE, day=28, version="v1.36.10")
    add(tmp_path, HOLDS, day=29, version="v1.36.10")
    add(tmp_path, {"68.4": "not applicable"}, day=27, version="v1.36.5")
    add(tmp_path, HOLDS, day=26, version="v1.9.0")
    found = history.by_claim(updated(tmp_path))["68.4"]
    strip = str(Line("1.36", found["1.36"]).strip)
    assert re.findall(r'class="dot (\w+)"', strip) == ["absent", "false", "holds"]
    text = page(tmp_path)
    assert text.index("<td>1.9</td>") < text.index("<td>1.36</td>")
    assert 'title="2026-11-28, v1.36.10, 0123456789: does not hold">✗</i>' in text


def test_durations_are_of_runs_in_which_it_held(tmp_path: Path) -> None:
    add(tmp_path, HOLDS, day=27, seconds=4)
    add(tmp_path, FALSE, day=28, seconds=90)
    add(tmp_path, HOLDS, day=29, seconds=8)
    line = Line("1.36", history.by_claim(updated(tmp_path))["68.4"]["1.36"])
    assert line.held == [4, 8]
    assert line.told == "8 s, 6 s"
    assert 'aria-label="4 s to 8 s"' in line.durations
    assert "What takes longest" in page(tmp_path)


def test_a_line_needs_two_points() -> None:
    assert not spark([])
    assert not spark([1.0])
    assert 'points="2,18 8,2"' in spark([0.0, 3.0])


def test_what_changes_between_runs_of_one_commit_is_unsteady(tmp_path: Path) -> None:
    first = add(tmp_path, {**HOLDS, "63.4": "holds"}, day=28)
    add(tmp_path, {**FALSE, "63.4": "holds"}, day=29)
    (found,) = history.unsteady(updated(tmp_path))
    assert (found.claim, found.version, found.commit) == ("68.4", "v1.36.5", "0123456789")
    assert found.counts == {"holds": 1, "does not hold": 1}
    shutil.rmtree(first)
    index = version_matrix.write(tmp_path).read_text()
    (row,) = [line for line in index.splitlines() if "holds: 1, does not hold: 1" in line]
    assert 'href="v1.36.5/20261129T000000Z-series/index.html#claim-68.4"' in row
    assert "20261128T000000Z" not in row  # its folder is gone, and so is the link


@pytest.mark.parametrize(
    "other",
    [
        {"commit": "fedcba9876543210"},
        {"dirty": True},
        {"version": "v1.36.6"},
        {"platform": "aws"},
    ],
)
def test_what_changes_for_a_reason_is_not_unsteady(tmp_path: Path, other: dict[str, Any]) -> None:
    add(tmp_path, HOLDS, day=28)
    add(tmp_path, FALSE, day=29, **other)
    assert not history.unsteady(updated(tmp_path))


def test_runs_without_a_commit_say_nothing(tmp_path: Path) -> None:
    add(tmp_path, HOLDS, day=28, commit="")
    add(tmp_path, FALSE, day=29, commit="")
    assert not history.unsteady(updated(tmp_path))


def test_a_claim_keeps_its_last_runs_whatever_else_ran(tmp_path: Path) -> None:
    add(tmp_path, {**HOLDS, "63.4": "holds"}, day=1)
    for day in range(2, 4 + history.KEPT):
        add(tmp_path, HOLDS, day=day)
    found = history.by_claim(updated(tmp_path))
    assert len(found["68.4"]["1.36"]) == history.KEPT
    assert [one.run.name for one in found["63.4"]["1.36"]] == ["20261101T000000Z-series"]
    assert len(json.loads((tmp_path / "history.json").read_text())) == history.KEPT + 1


def test_a_run_is_remembered_when_its_folder_is_gone(tmp_path: Path) -> None:
    folder = add(tmp_path, FALSE, day=28, seconds=7)
    before = updated(tmp_path)
    shutil.rmtree(folder)
    assert updated(tmp_path) == before
    assert before[0].claims == {Outcome.FALSE: {"68.4": 7}}


def test_a_run_that_was_judged_again_counts_as_it_is_now(tmp_path: Path) -> None:
    folder = add(tmp_path, FALSE, day=28)
    updated(tmp_path)
    shutil.rmtree(folder)
    add(tmp_path, HOLDS, day=28)
    assert list(updated(tmp_path)[0].claims) == [Outcome.HOLDS]


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"version": "v1.36.5"}]'])
def test_a_damaged_history_begins_anew(tmp_path: Path, text: str) -> None:
    add(tmp_path, HOLDS)
    (tmp_path / "history.json").write_text(text)
    assert len(updated(tmp_path)) == 1


def test_what_other_machines_remember_is_merged(tmp_path: Path) -> None:
    old = add(tmp_path / "one", FALSE, day=27)
    updated(tmp_path / "one")
    shutil.rmtree(old)
    add(tmp_path / "one", HOLDS, day=28)
    add(tmp_path / "here", HOLDS, day=29)
    merge_reports([tmp_path / "one"], tmp_path / "here", say=lambda _: None)
    names = [run.name[:8] for run in history.load(tmp_path / "here")]
    assert names == ["20261127", "20261128", "20261129"]
