"""Runs of several machines are laid together; a bad directory changes nothing and is one line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.__main__ import app
from infra.errors import UserError
from infra.report.rerender import merge_reports
from tests.unit.report.several_runs import add

HOLDS = {"68.4": "holds"}


def merge(tmp_path: Path, *sources: str) -> list[str]:
    said: list[str] = []
    merge_reports([tmp_path / name for name in sources], tmp_path / "here", say=said.append)
    return said


def test_runs_of_two_machines_are_columns_of_one_page(tmp_path: Path) -> None:
    add(tmp_path / "here", HOLDS, version="v1.35.8", day=27)
    add(tmp_path / "one", HOLDS, day=28)
    add(tmp_path / "two", {"68.4": "does not hold"}, version="v1.37.2", day=29, reason="stuck")
    assert merge(tmp_path, "one", "two") == ["runs: copied 2, kept 0"]
    page = (tmp_path / "here" / "index.html").read_text()
    for version, day in (("v1.35.8", 27), ("v1.36.5", 28), ("v1.37.2", 29)):
        run = f"{version}/202611{day}T000000Z-series/index.html"
        assert f'href="{run}#claim-68.4"' in page
        assert (tmp_path / "here" / run).read_text() == "its page"
    assert merge(tmp_path, "one", "two", "one", "here") == ["runs: copied 0, kept 3"]


def test_a_damaged_run_is_left_out_and_named(tmp_path: Path) -> None:
    add(tmp_path / "one", HOLDS, day=28)
    damaged = add(tmp_path / "one", HOLDS, day=29) / "claims.json"
    damaged.write_text("{")
    said = merge(tmp_path, "one")
    assert said[0] == f"left out: {damaged} is damaged or tried no claim"
    assert not (tmp_path / "here" / "v1.36.5" / "20261129T000000Z-series").exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gone", "gone: is no directory; name directories of reports"),
        ("a-file", "a-file: is no directory"),
        ("empty", "empty: holds no run; name a directory that has <version>/<run>/claims.json"),
    ],
)
def test_a_bad_directory_changes_nothing(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "a-file").touch()
    (tmp_path / "empty").mkdir()
    add(tmp_path / "one", HOLDS)
    with pytest.raises(UserError, match=told):
        merge(tmp_path, "one", name)
    assert not (tmp_path / "here").exists()


def test_two_runs_of_one_name_are_refused(tmp_path: Path) -> None:
    add(tmp_path / "one", HOLDS)
    add(tmp_path / "two", {"68.4": "not judged"})
    with pytest.raises(UserError, match="are two runs of one name"):
        merge(tmp_path, "one", "two")
    merge(tmp_path, "one")
    with pytest.raises(UserError, match="are two runs of one name"):
        merge(tmp_path, "two")


def test_what_a_killed_merge_left_is_copied_again(tmp_path: Path) -> None:
    folder = add(tmp_path / "one", HOLDS)
    left = tmp_path / "here" / "v1.36.5" / f"{folder.name}.new"
    left.mkdir(parents=True)
    (left / "claims.json").write_text("{")
    assert merge(tmp_path, "one") == ["runs: copied 1, kept 0"]
    assert not left.exists()


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--merge"], "--merge needs directories"),
        (["a", "b"], "name one run"),
        (["--prune", "a"], "--prune none"),
        (["--prune"], "no run below"),
    ],
)
def test_the_command_says_what_it_needs(argv: list[str], told: str, tmp_path: Path) -> None:
    env = {"KFS_REPORTS": str(tmp_path)}
    with pytest.raises(UserError, match=told):
        CliRunner().invoke(app, ["report", *argv], env=env, catch_exceptions=False)


def test_the_command_prints_the_page(tmp_path: Path) -> None:
    add(tmp_path / "one", HOLDS)
    env = {"KFS_REPORTS": str(tmp_path / "here")}
    done = CliRunner().invoke(app, ["report", "--merge", str(tmp_path / "one")], env=env)
    assert done.output.splitlines() == [
        "runs: copied 1, kept 0",
        str(tmp_path / "here" / "index.html"),
    ]
