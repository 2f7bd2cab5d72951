"""Mutants are run in shares, go on where they stopped, and say what is left."""

import sys
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.progress import Progress
from infra.settings import Settings
from tests.mutants import __main__ as mutants
from tests.mutants import all_mutants, report, results, side_by_side
from tests.mutants.mutant import Mutant
from tests.mutants.results import Result

NAMES = ["a", "b", "c"]


def item(name: str) -> Any:
    mutant = Mutant(name, "63.1", "words", lambda _: None)
    return SimpleNamespace(callspec=SimpleNamespace(params={"mutant": mutant}))


def config(deselected: list[Any], **options: Any) -> Any:
    given = {"share": "1/1", "results": None, "since": "", "whatever_came": False, **options}

    def told(items: list[Any]) -> None:
        deselected.extend(items)

    hook = SimpleNamespace(pytest_deselected=told)
    return SimpleNamespace(getoption=given.__getitem__, hook=hook)


def collected(**options: Any) -> list[str]:
    items = [item(name) for name in NAMES]
    deselected: list[Any] = []
    results.pytest_collection_modifyitems(config(deselected, **options), items)
    assert len(items) + len(deselected) == len(NAMES)
    return [results.name_of(one) for one in items]


def test_shares_are_complementary() -> None:
    assert collected() == NAMES
    assert collected(share="1/2") == ["a", "c"]
    assert collected(share="2/2") == ["b"]


def test_what_was_caught_is_not_tried_again_and_what_was_not_is(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "results.jsonl"
    results.add(path, Result("a", caught=True))
    results.add(path, Result("b", caught=False, words="the suite stayed green"))
    with path.open("a") as out:
        out.write('{"name": "c", "cau')
    assert results.left(NAMES, path) == ["b", "c"]
    assert collected(results=path, share="1/2") == ["b"]
    assert collected(results=path, whatever_came=True) == NAMES


def test_a_result_has_what_the_claim_said_or_the_last_line() -> None:
    chosen = Mutant("a", "63.1", "words", lambda _: None)
    good = SimpleNamespace(passed=True, user_properties=[("words", "no leader")], longreprtext="")
    assert results.result_of(chosen, good).words == "no leader"  # type: ignore[arg-type]
    bad = SimpleNamespace(passed=False, user_properties=[], longreprtext="x\nE stayed green\n")
    assert results.result_of(chosen, bad).words == "E stayed green"  # type: ignore[arg-type]


def test_what_was_caught_before_a_day_is_left_again(tmp_path: Path) -> None:
    path = tmp_path / "mutants.jsonl"
    results.add(path, Result("a", caught=True, at="2026-11-28 20:00"))
    results.add(path, Result("b", caught=True, at="2026-11-30 08:00"))
    assert results.left(NAMES, path, "2026-11-29") == ["a", "c"]
    assert collected(results=path, since="2026-11-29") == ["a", "c"]


def test_the_track_record_is_written_and_what_is_left_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mutants.jsonl"
    told = {"kubernetes": "v1.36.5", "commit": "0123456789ab", "change": "by `x=1`"}
    results.add(path, Result("a kubelet", True, "63.1", "no | leader", "2026-11-28 20:00", **told))
    results.add(path, Result("a member", caught=False, words="stayed green"))
    results.add(path, Result("no more", caught=True, at="2026-11-28 20:00"))
    names = ["a kubelet", "a member", "its kubelet"]
    made = [Mutant(name, "63.1", "", lambda _: None, outcome="not judged") for name in names]
    monkeypatch.setattr(mutants.all_mutants, "mutants", lambda: made)
    monkeypatch.setattr(report, "PAGE", tmp_path / "page.md")
    mutants.told_of(names, path)
    page = (tmp_path / "page.md").read_text()
    assert (
        "| a kubelet: by `x=1` | 63.1: *not judged* | `no \\| leader` | "
        '2026-11-28, v1.36.5, 0123456789ab | `make mutants ARGS="-k a-kubelet"` |'
    ) in page.splitlines()
    assert "Of 3 mutants 1 were caught, 1 were not caught, 1 were not tried yet." in page
    assert '- a member (63.1): not caught: `stayed green`; `make mutants ARGS="-k member"`' in page
    assert '- its kubelet (63.1): not tried; `make mutants ARGS="-k its"`' in page
    assert "no more" not in page
    assert capsys.readouterr().out.splitlines()[1:] == [
        "left: a member (not caught: stayed green)",
        "left: its kubelet (not tried yet)",
    ]


def test_each_mutant_has_a_command_that_selects_it_alone() -> None:
    made = all_mutants.mutants()
    commands = [report.command(one, made) for one in made]
    assert len(set(commands)) == len(made)


def test_the_page_is_what_the_records_say() -> None:
    assert report.PAGE.read_text() == report.page(
        all_mutants.mutants(), results.read(results.RECORDS)
    )


@pytest.mark.parametrize(
    ("given", "left", "ran"),
    [
        ([], NAMES, "two clusters"),
        ([], ["a"], "one cluster"),
        ([], [], "nothing"),
        (["--one-cluster"], NAMES, "one cluster"),
        (["-k", "a"], [], "two clusters"),
    ],
)
def test_one_mutant_needs_no_second_cluster(
    given: list[str], left: list[str], ran: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[str] = []

    def caught(*_: object, alone: bool) -> int:
        seen.append("one cluster" if alone else "two clusters")
        return 0

    monkeypatch.setattr(results, "RECORDS", tmp_path / "mutants.jsonl")
    monkeypatch.setattr(mutants, "told_of", lambda *_: None)
    monkeypatch.setattr(mutants, "chosen", lambda _: NAMES)
    monkeypatch.setattr(results, "left", lambda names, *_: left)
    monkeypatch.setattr(mutants, "caught", caught)
    assert mutants.main(given) == 0
    assert seen == ([] if ran == "nothing" else [ran])


def test_again_forgets_what_was_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mutants.jsonl"
    results.add(path, Result("a", caught=True))
    monkeypatch.setattr(results, "RECORDS", path)
    monkeypatch.setattr(mutants, "told_of", lambda *_: None)
    monkeypatch.setattr(mutants, "chosen", lambda _: ["a"])
    monkeypatch.setattr(mutants, "caught", lambda *_, alone: 0)
    mutants.main(["--again"])
    assert not path.exists()


@pytest.mark.parametrize("there", [True, False])
def test_two_processes_have_a_cluster_each_and_ours_goes_again(
    there: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(side_by_side.state_dir, "read", lambda _: {} if there else None)
    monkeypatch.setattr(
        side_by_side.subprocess,
        "run",
        lambda argv, **_: ran.append(f"{argv[3]} {argv[-3 if argv[3] == 'up' else -1]}"),
    )
    code = "import os; n = os.environ['KFS_CLUSTER_ID']; print(n); raise SystemExit(len(n) > 4)"
    settings = Settings(cluster_id="test", state_root=tmp_path)
    command = [sys.executable, "-c", code]
    status = side_by_side.run(settings, lambda *_: command, Progress(out=StringIO()))
    assert status == 1
    assert ran == ["up test", "up test-2", *([] if there else ["down test-2"])]
    told = capsys.readouterr().err.splitlines()
    assert sorted(told) == ["test-2: test-2", "test: test"]
