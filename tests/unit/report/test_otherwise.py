"""The page of what a described cluster does otherwise tells all of it, and ours has none."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.described import means
from infra.report import html, otherwise, stored_run
from infra.report.outcomes import Outcome
from tests.unit.report.sample_run import circumstances, make, sample

ROWS = [
    {
        "topic": "Networks",
        "what": "Pods of <b>",
        "series": "in 10.200.0.0/16",
        "here": "10.244.0.0/24",
    },
    {
        "topic": "Flags of components",
        "what": "kube-apiserver --audit-log-path",
        "series": "/a",
        "here": "not set (cp)",
    },
    {"topic": "Not seen", "what": "Services could not be listed", "series": "", "here": ""},
]
LACK, NO_SSH = "my.toml has no drain = true in [may]", "my.toml has no [ssh]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run on a described cluster, with what our own sample holds."""
    place = make(tmp_path / "reports")
    run = replace(circumstances(), platform="existing", cluster_id="mine", otherwise=ROWS)
    scenarios = sample()
    for one, reason in zip(scenarios, (f"{LACK}; {NO_SSH}", NO_SSH), strict=False):
        one.outcome, one.reason = Outcome.ABSENT, reason
    stored_run.save(place, run, scenarios, features=tmp_path / "features")
    html.write_page(place)
    return place


def test_it_is_linked_from_the_run_and_back(folder: Path) -> None:
    assert (
        '<a href="otherwise.html">What your cluster does otherwise</a>'
        in (folder / stored_run.PAGE).read_text()
    )
    assert '<a href="index.html">' in (folder / otherwise.PAGE).read_text()


def test_it_tells_differences_by_topic(folder: Path) -> None:
    page = (folder / otherwise.PAGE).read_text()
    for topic in ("Networks", "Flags of components", "Not seen"):
        assert f"<h2>{topic}</h2>" in page
    assert "Pods of &lt;b&gt;" in page
    assert '<td class="mono">in 10.200.0.0/16</td><td class="mono">10.244.0.0/24</td>' in page
    assert "<li>Services could not be listed</li>" in page
    assert "mine, Kubernetes v1.36.1" in page


def test_it_tells_claims_that_do_not_hold_with_what_was_seen(folder: Path) -> None:
    page = (folder / otherwise.PAGE).read_text()
    (_, _, judged) = stored_run.load(folder)
    false = [one for one in judged if one.outcome is Outcome.FALSE]
    assert false
    for one in false:
        assert f'<a href="index.html#claim-{one.claim.id}">{one.claim.id}</a>' in page
        assert one.reason.split("<")[0][:40] in page


def test_it_tells_what_is_missing_by_how_much_that_costs(folder: Path) -> None:
    page = (folder / otherwise.PAGE).read_text()
    assert f'<td>{NO_SSH}</td><td class="n">2</td>' in page
    assert f'<td>{LACK}</td><td class="n">1</td>' in page
    assert page.index(f"<td>{NO_SSH}") < page.index(f"<td>{LACK}")


def test_a_reason_of_several_words_is_one() -> None:
    """Nodes that are left out are told within one reason."""
    (one, *_), why = sample(), means.lacks_of_nodes(["a"], {"b": "cordoned", "c": "not Ready"})
    one.outcome, one.reason = Outcome.ABSENT, f"{NO_SSH}; {why['workers_1']}"
    assert [reason for reason, _ in otherwise.not_applicable([one])] == [
        NO_SSH,
        "no second node takes Pods (b is cordoned, c is not Ready)",
    ]


def test_a_cluster_of_ours_has_none(tmp_path: Path) -> None:
    place = make(tmp_path / "reports")
    assert not (place / otherwise.PAGE).exists()
    assert otherwise.PAGE not in (place / stored_run.PAGE).read_text()


def test_a_run_that_recorded_nothing_says_so(folder: Path) -> None:
    run, scenarios, judged = stored_run.load(folder)
    written = otherwise.write(folder, replace(run, otherwise=[]), scenarios, judged)
    assert written
    assert "No difference in machines, versions" in written.read_text()
