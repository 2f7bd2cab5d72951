"""The page of a synthetic run with all four outcomes: well-formed, self-contained, masked."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from infra import claims
from infra.errors import UserError
from infra.report import html, stored_run
from infra.report.comparison import version_matrix
from infra.report.evidence_shown import Shown, show
from infra.report.jinja import TEMPLATES
from infra.report.model import AFTERWARDS, Scenario
from infra.report.outcomes import Outcome
from infra.report.rerender import rerender
from tests.unit.report.sample_run import EVERYWHERE, SECRET, circumstances, make, sample, scenario


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "reports")


class Nesting(HTMLParser):
    """Errors of a page: tags that do not close, links that leave it, ids used twice."""

    VOID = frozenset({"meta", "br", "link", "img", "hr", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.errors: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        loads = tag in ("link", "img", "iframe") or (tag == "script" and "src" in values)
        if loads and values.get("href") != f"../{stored_run.STYLE}":
            self.errors.append(f"<{tag}> loads something")
        for name in ("src", "href", "xlink:href"):
            if value := values.get(name):
                self.links.append(value)
        if ident := values.get("id"):
            self.ids.append(ident)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.errors.append(f"</{tag}> at {self.getpos()}")


def parsed(page: Path) -> Nesting:
    reader = Nesting()
    reader.feed(page.read_text())
    return reader


def test_pages_are_well_formed_and_load_nothing(folder: Path) -> None:
    pages = [*folder.glob("scenarios/*.html"), folder / "index.html"]
    assert len(pages) > 10
    for page in (*pages, folder.parents[1] / "index.html"):
        found = parsed(page)
        assert found.errors == []
        assert found.open == []
        assert len(found.ids) == len(set(found.ids))
        assert not [link for link in found.links if "//" in link]


def test_links_inside_the_page_arrive(folder: Path) -> None:
    found = parsed(folder / "index.html")
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)
    for page in folder.glob("scenarios/*.html"):
        back = [link for link in parsed(page).links if link.startswith("../index.html#")]
        assert back
        assert {link.partition("#")[2] for link in back} <= set(found.ids)
    matrix = parsed(folder.parents[1] / "index.html")
    targets = [link.partition("#")[2] for link in matrix.links if "#" in link]
    assert targets
    assert set(targets) <= set(found.ids)


def test_what_was_seen_stands_beside_the_page_that_links_to_it(folder: Path) -> None:
    found = parsed(folder / "index.html")
    there = {f"scenarios/{page.name}" for page in folder.glob("scenarios/*.html")}
    linked = {link for link in found.links if link.startswith("scenarios/")}
    assert linked
    assert linked <= there
    page = next(text for text in texts(folder) if "CPU and memory grow in place</h1>" in text)
    assert page.count("cannot be drawn") == 2
    assert "evidence/cgroups.json" in page
    assert "evidence/cgroups.json" not in (folder / "index.html").read_text()


def texts(folder: Path) -> list[str]:
    return [page.read_text() for page in sorted(folder.glob("scenarios/*.html"))]


def test_a_claim_has_what_the_filter_asks_for(folder: Path) -> None:
    page = (folder / "index.html").read_text()
    assert 'id="claim-65.9" data-outcome="false" data-took="45"' in page
    assert 'data-article="65"' in page
    assert 'id="claim-69.1" data-outcome="untried"' in page
    assert '<form class="filter card" id="filter" autocomplete="off" hidden>' in page, "no script"


def test_the_script_finds_what_it_speaks_of(folder: Path) -> None:
    script = (TEMPLATES / "report.js").read_text()
    page = (folder / "index.html").read_text()
    ids = set(re.findall(r'getElementById\("([\w-]+)"\)', script))
    names = set(re.findall(r"\[name=(\w+)\]", script)) | {"text", "article", "least"}
    assert ids <= set(parsed(folder / "index.html").ids)
    assert names == set(re.findall(r'<(?:input|select)[^>]* name="(\w+)"', page))


def test_why_it_failed_is_on_the_page_and_where_in_our_code_beside_it(folder: Path) -> None:
    page = next(text for text in texts(folder) if "tests/steps/nodes.py:41" in text)
    assert "eviction manager: attempting" in page
    assert "in-use image is spared: not within 90 s" in (folder / "index.html").read_text()


def test_the_page_tells_all_four_outcomes(folder: Path) -> None:
    page = (folder / "index.html").read_text()
    assert "10 of the 12 claims tried hold" in page
    assert f"of the catalogue's {len(claims.load())} were not tried" in page
    for words in ("does not hold", "not judged", "not applicable", "not tried"):
        assert words in page
    assert "21 s without a leader that acts" in page


def test_the_page_tells_the_version_that_the_articles_used(folder: Path) -> None:
    run, scenarios, judged = stored_run.load(folder)
    assert "(the articles: " not in html.render(run, scenarios, judged, shown_of(folder, scenarios))
    newer = html.render(
        replace(run, kubernetes="v1.37.2"), scenarios, judged, shown_of(folder, scenarios)
    )
    assert "v1.37.2 <small>(the articles: v1.36.1)" in newer


def shown_of(folder: Path, scenarios: Iterable[Scenario]) -> dict[str, Shown]:
    return {item.path: show(folder, item) for one in scenarios for item in one.evidence}


def test_no_secret_and_no_markup_of_others_comes_through(folder: Path) -> None:
    texts = [path.read_text() for path in folder.rglob("*") if path.is_file()]
    assert not [text for text in texts if SECRET in text]
    assert not [text for text in texts if "<script>alert" in text and "</html>" in text]


def test_every_claim_has_a_verdict(folder: Path) -> None:
    stored = json.loads((folder / "claims.json").read_text())
    found = {claim["id"]: claim for claim in stored["claims"]}
    assert list(found) == [claim.id for claim in claims.load()]
    assert found["65.9"]["outcome"] == "does not hold"
    assert found["71.12"]["reason"] == "the local EC2 does not modify volumes"
    assert found["69.1"]["reason"] == "not in this run"
    assert found["72.1"]["reason"] == "no scenario yet"
    assert found["68.4"]["evidence"] == ["evidence/lease.json"]
    assert stored["platform"] == "local"


def test_a_recorded_run_is_judged_again(folder: Path) -> None:
    before = (folder / "claims.json").read_text()
    (folder / "index.html").unlink()
    assert rerender(None, folder.parents[1]) == folder / "index.html"
    assert (folder / "claims.json").read_text() == before
    with pytest.raises(UserError, match="holds no run"):
        rerender(folder.parent, folder.parents[1])
    (folder / "run.json").write_text("{")
    with pytest.raises(UserError, match=r"the records of .* cannot be read"):
        rerender(folder, folder.parents[1])
    (folder / "run.json").unlink()
    with pytest.raises(UserError, match=r"the records of .* cannot be read: .*No such file"):
        rerender(folder, folder.parents[1])


def test_a_part_run_later_leaves_the_rest_of_the_matrix_standing(folder: Path) -> None:
    later = folder.with_name("20270101T000000Z-series")
    run = circumstances()
    only = [s for s in sample() if s.claims == ["65.9"]]
    only[0].outcome = Outcome.HOLDS
    stored_run.save(later, run, only, features=folder.parents[2] / "features")
    version_matrix.write(folder.parents[1])
    matrix = parsed(folder.parents[1] / "index.html")
    assert f"v1.36.1/{later.name}/index.html#claim-65.9" in matrix.links
    assert f"v1.36.1/{folder.name}/index.html#claim-68.4" in matrix.links


def test_what_followed_a_scenario_is_no_scenario_without_a_claim(folder: Path) -> None:
    run, scenarios, judged = stored_run.load(folder)
    entry = scenario("63.1", "after a snapshot is taken", claims=[], lane=AFTERWARDS)
    page = html.render(run, [*scenarios, entry], judged, shown_of(folder, scenarios))
    assert "<h2>After scenarios</h2>" in page
    assert "Scenarios that name no claim" not in page
    stray = html.render(
        run, [*scenarios, replace(entry, lane="disruptive")], judged, shown_of(folder, scenarios)
    )
    assert "After scenarios" not in stray
    assert "Scenarios that name no claim" in stray


def test_a_claim_judged_in_part_says_so_on_the_page_and_in_the_export(folder: Path) -> None:
    page = (folder / "index.html").read_text()
    assert "holds, 1 of 2 scenarios" in page
    assert "its Then-steps looked at API server of controller-0, API server of controller-1" in page
    stored = {c["id"]: c for c in json.loads((folder / "claims.json").read_text())["claims"]}
    assert stored["63.4"]["partial"]
    assert stored["63.4"]["lane"] == "disruptive"  # the features', not that of one scenario
    assert stored["63.4"]["places"] == sorted(EVERYWHERE)
    assert not stored["63.1"]["partial"]


def test_a_scenario_of_several_claims_is_told_once_and_linked_from_the_others(
    folder: Path,
) -> None:
    shared = scenario("72.2", "Every kubelet has its settings", claims=["72.2", "72.3", "72.4"])
    stored_run.save(folder, circumstances(), [shared], features=folder.parents[2] / "features")
    run, scenarios, judged = stored_run.load(folder)
    (folder / "index.html").write_text(
        html.render(run, scenarios, judged, shown_of(folder, scenarios))
    )
    found = parsed(folder / "index.html")
    own = [one for one in found.ids if one.startswith("test-every-kubelet")]
    assert len(own) == 1
    assert found.links.count(f"#{own[0]}") == 3, "from both claims and from the critical path"
    assert (folder / "index.html").read_text().count("shown under 72.2") == 2
