"""A whole run's page stays light, however much its scenarios saw."""

import re
from pathlib import Path

import pytest

from infra import claims
from infra.report import html, scenario_pages, stored_run
from infra.report.evidence_shown import Shown, show
from infra.report.model import Item, Scenario
from infra.report.verdicts import verdicts
from tests.unit.report import large_run
from tests.unit.report.large_run import SCENARIOS, SEEN, circumstances_of

LIMIT = 2_000_000
"""Bytes of a page that holds 300 scenarios (issue: a whole run's had 8.7 MB)."""


@pytest.fixture(scope="module")
def ran() -> list[Scenario]:
    return large_run.scenarios()


@pytest.fixture(scope="module")
def page(ran: list[Scenario], tmp_path_factory: pytest.TempPathFactory) -> str:
    run = circumstances_of(ran)
    judged = verdicts(claims.load(), run, ran, {})
    return html.render(run, ran, judged, drawn(ran, tmp_path_factory.mktemp("run")))


def drawn(ran: list[Scenario], folder: Path) -> dict[str, Shown]:
    """Each kind of evidence once, for all that are equal."""
    kinds = {}
    for name, kind, data in SEEN:
        stored_run.dump(folder / "one.json", {"name": name, "kind": kind, "data": data})
        kinds[name] = show(folder, Item(name, kind, "one.json"))
    return {item.path: kinds[item.name] for one in ran for item in one.evidence}


def test_the_page_of_a_whole_run_is_light(page: str, ran: list[Scenario]) -> None:
    assert len(ran) == SCENARIOS
    assert len(page.encode()) < LIMIT
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert "eviction_manager.go" not in page, "transcripts are beside it"


def test_it_shows_where_the_time_went(page: str) -> None:
    assert "kept the run from ending earlier" in page
    assert "processes with a scenario, of 5" in page
    assert "busy cores, of 2" in page
    assert re.search(r"cores were busy in <b>7\d %</b> \(\d\d % until the last five", page)
    assert "From asking for a turn to having it" in page


def test_a_scenarios_page_folds_its_transcript(ran: list[Scenario], tmp_path: Path) -> None:
    one = next(s for s in ran if s.evidence and any(step.commands for step in s.steps))
    scenario_pages.write(tmp_path, circumstances_of(ran), [one], drawn([one], tmp_path))
    page = (tmp_path / stored_run.page_of(one)).read_text()
    assert page.index('class="evidence"') < page.index('class="fold transcript"'), "figures first"
    folded = page.partition('class="fold transcript"')[2]
    assert "journalctl" in folded
    assert (tmp_path / stored_run.STYLE).exists()
