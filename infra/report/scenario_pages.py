"""A page a scenario: its evidence and its transcript, beside the run's page, which shows it on
demand and links to it.

So index.html stays small, however much was seen; without JavaScript its links are followed.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.report import stored_run, transcript
from infra.report.evidence_shown import Shown
from infra.report.jinja import TEMPLATES, environment
from infra.report.model import Run, Scenario


def write(
    folder: Path, run: Run, scenarios: Iterable[Scenario], shown: Mapping[str, Shown]
) -> None:
    (folder / stored_run.SCENARIOS).mkdir(parents=True, exist_ok=True)
    (folder / stored_run.STYLE).write_text((TEMPLATES / "style.css").read_text())
    template = environment().get_template("scenario.html")
    for one in (one for one in scenarios if transcript.seen(one)):
        page = template.render(s=one, run=run, shown=shown, style=stored_run.STYLE)
        (folder / stored_run.page_of(one)).write_text(page)
