"""What became of each mutant, a line of JSON each, so that a run goes on where one stopped.

A plug-in of the runs that ``python -m tests.mutants`` starts: it takes a share of the mutants that
have no result yet.
"""

from collections.abc import Generator, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.report import stored_run
from infra.settings import PROJECT, Settings
from tests import json_lines
from tests.mutants.mutant import Mutant

RECORDS = PROJECT / "docs" / "mutants.jsonl"
"""In git: it is the track record, docs/TRACK_RECORD.md is written from it."""
WORDS = "words"
"""Property of a test: what the claim that caught it said."""


@dataclass(frozen=True)
class Result:
    """``caught`` by ``claim`` with ``words``; or what the test said that failed.

    ``change`` is what was done to the cluster, where its name does not say it.
    """

    name: str
    caught: bool
    claim: str = ""
    words: str = ""
    at: str = ""
    kubernetes: str = ""
    commit: str = ""
    change: str = ""


def read(path: Path) -> dict[str, Result]:
    """The last of each name."""
    return {row["name"]: Result(**row) for row in json_lines.rows(path)}


def add(path: Path, result: Result) -> None:
    json_lines.add(path, asdict(result))


def left(names: Iterable[str], path: Path, since: str = "") -> list[str]:
    """Those that were not caught yet, or not ``since`` a day like 2026-11-29, in their order."""
    caught = {name for name, one in read(path).items() if one.caught and one.at >= since}
    return [name for name in names if name not in caught]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mutants", "broken clusters")
    group.addoption("--share", default="1/1", help="a part of those that are left, like 1/2")
    group.addoption("--results", type=Path, help="file of results")
    group.addoption("--since", default="", help="also those that were caught before this day")
    group.addoption("--whatever-came", action="store_true", help="also those that were caught")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    number, _, shares = str(config.getoption("share")).partition("/")
    wanted = {name_of(item): item for item in items if name_of(item)}
    path = config.getoption("results")
    if path and not config.getoption("whatever_came"):
        wanted = {name: wanted[name] for name in left(wanted, path, config.getoption("since"))}
    mine = list(wanted.values())[int(number) - 1 :: int(shares)]
    config.hook.pytest_deselected(items=[item for item in items if item not in mine])
    items[:] = mine


def name_of(item: pytest.Item) -> str:
    """Of the mutant that a test is for; empty for another test."""
    chosen = mutant_of(item)
    return chosen.name if chosen else ""


def mutant_of(item: pytest.Item) -> Mutant | None:
    found = getattr(item, "callspec", None)
    chosen = found.params.get("mutant") if found else None
    return chosen if isinstance(chosen, Mutant) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    path, chosen = item.config.getoption("results"), mutant_of(item)
    if path and chosen and (report.when == "call" or report.failed):
        add(path, result_of(chosen, report))
    return report


def result_of(chosen: Mutant, report: pytest.TestReport) -> Result:
    """What a claim said, or the last line of what failed."""
    told = dict(report.user_properties)
    lines = report.longreprtext.strip().splitlines()
    words = str(told.get(WORDS) or (lines[-1] if lines else ""))
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
    commit = stored_run.git(PROJECT, "rev-parse", "--short=12", "HEAD")
    told_by = {"kubernetes": Settings().kubernetes, "commit": commit}
    return Result(chosen.name, report.passed, chosen.catches, words, at, **told_by)
