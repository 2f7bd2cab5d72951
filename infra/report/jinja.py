"""The templates of reports, and the filters and words that they use."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from infra.report import stored_run, transcript
from infra.report.evidence_kinds import bars, svg
from infra.report.outcomes import SIGNS, Sign, Untried, sign
from infra.report.run_time import timeline

TEMPLATES = Path(__file__).with_name("templates")
BEFORE_ARTICLES = (("top", "Outcome"), ("articles", "Articles"))
AFTER_ARTICLES = (("not-shown", "Not shown"), ("time", "Time"))
"""Sections of a run's page by anchor, as its contents name them around the articles."""


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"clock": svg.clock, "code": code, "utc": utc, "kind": kind, "anchor": anchor}
    made.filters |= {"sign": sign_of, "page_of": stored_run.page_of, "seen": transcript.seen}
    made.filters |= {"commands": transcript.commands, "calls": transcript.calls}
    made.filters["counted"] = transcript.counted
    made.globals |= {
        "SIGNS": SIGNS,
        "by_class": by_class,
        "Untried": Untried,
        "stacked": svg.stacked,
        "fan": svg.fan,
        "run_timeline": timeline.draw,
        "durations": bars.durations,
        "MOST": transcript.MOST,
        "BEFORE_ARTICLES": BEFORE_ARTICLES,
        "AFTER_ARTICLES": AFTER_ARTICLES,
        "css": ours("style.css"),
        "script": ours("report.js"),
    }
    return made


def ours(name: str) -> Markup:
    """A file of the templates, to stand in a page as it is."""
    return Markup((TEMPLATES / name).read_text())  # noqa: S704 - our own file


def by_class(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Counts by outcome as counts by CSS class, in the order of the legend."""
    return [(one.css, counts.get(str(outcome), 0)) for outcome, one in SIGNS.items()]


def kind(outcome: str) -> str:
    """CSS class of an outcome."""
    return sign(outcome).css


def sign_of(css: str) -> Sign:
    """Word and glyph by CSS class. Errors: StopIteration for none of ours."""
    return next(one for one in SIGNS.values() if one.css == css)


def code(sentence: str) -> Markup:
    """A claim with its `code` in a code element."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))  # noqa: S704


def utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def anchor(node_id: str) -> str:
    return stored_run.key(node_id)
