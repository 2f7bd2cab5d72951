"""What was seen of pairs stays on disk, and a run goes on where one stopped."""

from pathlib import Path

import pytest

from infra.footprints.footprint import of_tags
from tests.overlap import __main__ as command
from tests.overlap import results
from tests.overlap.pairs import Seen, told

ONE = frozenset((of_tags(["changes_a_worker"]), of_tags([])))
OTHER = frozenset((of_tags(["changes_a_worker"]),))


def test_green_pairs_are_kept_once_and_red_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "overlap.jsonl"
    found = [Seen(ONE, ("a", "b")), Seen(ONE, ("a", "c")), Seen(OTHER, ("a", "d"), red=("d",))]
    results.add(path, found, kubernetes="v1.36.5", commit="0123")
    assert results.read(path)[told(ONE)].ids == ("a", "b")
    assert results.left([ONE, OTHER], path) == {OTHER}


def test_half_a_line_of_a_killed_run_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "overlap.jsonl"
    results.add(path, [Seen(ONE, ("a", "b"))], kubernetes="v1.36.5", commit="0123")
    path.write_text(path.read_text() + '{"pair": "chan')
    assert list(results.read(path)) == [told(ONE)]


def test_what_is_left_or_red_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.summary([], []) == 0
    assert command.summary([OTHER], []) == 1
    assert "not seen: changes a_worker | changes a_worker" in capsys.readouterr().out
    assert command.summary([], [Seen(ONE, ("a", "b"), red=("b",))]) == 1
    assert "red: b in changes a_worker | relies on" in capsys.readouterr().out
