"""Decisions are numbered, dated and in one form, and their list is whole."""

import re
from pathlib import Path

import pytest

ADR = Path(__file__).resolve().parents[3] / "docs" / "adr"
DECISIONS = sorted(ADR.glob("0*.md"))
HEAD = re.compile(
    r"# (\d+)\. (.+)\n(20\d\d-\d\d-\d\d), (accepted|superseded by \[.+\]\(.+\))"
    r"(; written down on 20\d\d-\d\d-\d\d)?\.\n\n\*\*Context\.\*\* "
)


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_form(path: Path) -> None:
    text = path.read_text()
    head = HEAD.match(text)
    assert head, f"title, date and status, context: {text[:120]}"
    assert head[1].zfill(4) == path.name[:4]
    assert re.search(r"^\*\*Decision\.\*\*", text, re.MULTILINE)
    assert re.search(r"^\*\*Consequence\.\*\*", text, re.MULTILINE)
    assert f"* [{head[1]}. {head[2]}]({path.name}), {head[3]}\n" in (ADR / "README.md").read_text()


def test_numbers_have_no_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
