"""What is drawn over time, and the floor below which no run can end."""

from dataclasses import replace
from typing import Any

import pytest

from infra import claims
from infra.report import findings
from infra.report.evidence_kinds import spans, time_series
from infra.report.model import Scenario, Step, Wait
from infra.report.outcomes import Outcome
from infra.report.run_time import wait_lower_bound
from infra.report.verdicts import verdicts
from tests.unit.report.sample_run import DEATHS, FLOOD, circumstances


def waiting(lane: str, waited: float, *, started: float = 100.0, took: float = 0.0) -> Scenario:
    step = Step("Then", "it is so", waits=[Wait("x", "within", 60, waited)])
    return Scenario(
        f"{lane}-{started}",
        "n",
        lane=lane,
        started=started,
        ended=started + (took or waited + 1),
        steps=[step],
        outcome=Outcome.HOLDS,
    )


def test_disruptive_waits_add_up_and_parallel_ones_do_not() -> None:
    ran = [waiting("parallel", 30), waiting("parallel", 20)]
    ran += [waiting("disruptive", 40, started=131), waiting("disruptive", 25, started=172)]
    found = wait_lower_bound.of(ran)
    assert found.seconds == 30 + 40 + 25
    assert found.wall == 172 + 26 - 100
    assert found.ratio == pytest.approx(98 / 95)
    assert [lane.count for lane in found.lanes] == [2, 2]


def changing(waited: float, *tags: str) -> Scenario:
    return replace(waiting("disruptive", waited), tags=list(tags))


def test_who_changes_different_things_may_wait_side_by_side() -> None:
    pair = changing(40, "changes_worker_0"), changing(25, "changes_worker_1")
    assert wait_lower_bound.of(pair).seconds == 40
    assert wait_lower_bound.of([*pair, changing(30, "changes_worker_1")]).seconds == 55
    assert wait_lower_bound.of([*pair, changing(30, "changes_managers")]).seconds == 70
    some = [changing(40, "changes_a_worker") for _ in range(3)]
    assert wait_lower_bound.of(some).seconds == 60
    assert wait_lower_bound.of([changing(40, "changes_every_worker"), *pair]).seconds == 80


def test_clusters_wait_beside_each_other() -> None:
    first, second = waiting("disruptive", 40), waiting("disruptive", 25)
    second.cluster = "series-2"
    found = wait_lower_bound.of([waiting("parallel", 5), first, second])
    assert found.seconds == 5 + 40
    assert [lane.waited for lane in found.lanes] == [5, 65]


def test_nobody_waits_longer_than_it_ran() -> None:
    assert waiting("parallel", 30, took=10).waited == 10


def test_without_a_scenario_there_is_no_floor() -> None:
    assert (wait_lower_bound.of([]).seconds, wait_lower_bound.of([]).ratio) == (0, 0)


def test_a_table_over_time_has_a_panel_a_quantity_and_a_line_a_name() -> None:
    executing, rejected = time_series.panels(FLOOD)
    assert sorted(executing.lines) == ["exempt", "flood"]
    assert (executing.most, rejected.most) == (3, 44)
    assert list(rejected.lines) == ["flood"], "a line that stays at nothing only hides the others"
    picture = time_series.draw(FLOOD)
    assert "rejected up to 44" in picture
    assert "stair d1" in picture, "two lines differ in more than colour"


@pytest.mark.parametrize(
    "data",
    [
        {"columns": ["time_s", "ready"], "rows": [[0, 3]]},
        {"columns": ["second", "ready"], "rows": [[0, 3], [1, 2]]},
        {"columns": ["time_s", "phase"], "rows": [[0, "Running"], [1, "Failed"]]},
    ],
)
def test_other_tables_are_not_drawn_over_time(data: dict[str, Any]) -> None:
    assert not time_series.is_series(data)


def test_long_series_are_thinned_and_keep_their_end() -> None:
    points = [(float(n), 1.0) for n in range(4000)]
    thin = time_series.thinned(points)
    assert len(thin) <= time_series.MOST_POINTS + 1
    assert thin[-1] == points[-1]


def test_what_began_and_ended_is_drawn_in_order() -> None:
    assert spans.is_spans(DEATHS)
    assert "dns from 5.8 s to 8.9 s" in spans.draw(DEATHS)
    assert not spans.is_spans({"columns": ["name", "end_s"], "rows": [["a", 1]]})
    assert not spans.is_spans({"columns": DEATHS["columns"], "rows": [["a", 1, None, "no"]]})


def test_findings_stand_under_their_articles() -> None:
    found = findings.by_article(verdicts(claims.load(), circumstances(), [], {}), "v1.36.5")
    numbers = [article.number for article, _ in found]
    assert numbers == sorted(numbers)
    assert {"63.3", "69.12"} <= {v.claim.id for _, mine in found for v in mine}


@pytest.mark.parametrize(
    ("since", "until", "on", "told"),
    [
        ("", "", ["v1.35.8", "v1.36.5", "v1.37.2"], ""),
        ("", "1.36", ["v1.35.8", "v1.36.5"], "Kubernetes until 1.36"),
        ("1.37", "", ["v1.37.2"], "Kubernetes since 1.37"),
        ("1.36", "1.36", ["v1.36.5"], "Kubernetes since 1.36 until 1.36"),
    ],
)
def test_a_finding_is_told_of_the_versions_that_have_it(
    since: str, until: str, on: list[str], told: str
) -> None:
    claim = replace(claims.load()[0], finding="otherwise", finding_since=since, finding_until=until)
    versions = ("v1.35.8", "v1.36.5", "v1.37.2")
    assert [version for version in versions if claim.found_on(version)] == on
    assert claim.finding_range == told
