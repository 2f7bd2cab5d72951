"""Where the series, or what we read of upstream, and the live cluster differ: a page of its own."""

from collections.abc import Sequence
from pathlib import Path

from infra.claims import Article, articles
from infra.report.jinja import environment
from infra.report.model import Run
from infra.report.verdicts import Verdict

PAGE = "findings.html"
Findings = list[tuple[Article, list[Verdict]]]


def by_article(judged: Sequence[Verdict], kubernetes: str) -> Findings:
    """Articles with those of their claims that have a finding on that version, in the order of the
    series.
    """
    found = [verdict for verdict in judged if verdict.claim.found_on(kubernetes)]
    return [
        (article, mine)
        for article in articles()
        if (mine := [verdict for verdict in found if verdict.claim.article == article.number])
    ]


def write(folder: Path, run: Run, judged: Sequence[Verdict]) -> Path:
    page = (
        environment()
        .get_template(PAGE)
        .render(run=run, findings=by_article(judged, run.kubernetes))
    )
    (folder / PAGE).write_text(page)
    return folder / PAGE
