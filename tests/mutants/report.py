"""docs/TRACK_RECORD.md from the records: which broken clusters were caught, and by what."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.settings import PROJECT
from tests.mutants.mutant import Mutant
from tests.mutants.results import Result

PAGE = PROJECT / "docs" / "TRACK_RECORD.md"
LESSONS = Path(__file__).with_name("lessons.md")
WORDS = 200
"""Characters of a message in a table."""
HEAD = """# Track record
Deliberately broken clusters, one change each to a good one, and the claim that must catch it.
`make mutants` breaks the cluster, runs that claim with `--no-build`, requires its outcome and
message, and lets `./kfs up` mend it. A mutant that stays green is a defect of the suite.
This page is written from the records, `docs/mutants.jsonl`; each row names the command that runs
it, and has what the report said when it was last seen.
"""
NOT_IN_K = re.compile(r"[^\w:+.\[\]\\\\/-]")
"""What an expression of pytest's ``-k`` cannot have."""


def page(mutants: Sequence[Mutant], found: Mapping[str, Result]) -> str:
    """Records of what is no mutant any more are left out."""
    tried = [one for one in mutants if one.name in found]
    caught = [one for one in tried if found[one.name].caught]
    rows = [row(one, found[one.name], mutants) for one in caught]
    counts = (
        f"Of {len(mutants)} mutants {len(caught)} were caught, {len(tried) - len(caught)} were not "
        f"caught, {len(mutants) - len(tried)} were not tried yet.\n"
    )
    parts = [HEAD, counts]
    parts += ["| broken cluster | caught by | what the report said | seen | command |"]
    parts += ["|---|---|---|---|---|", *rows, ""]
    if others := [one for one in mutants if one not in caught]:
        unseen = (left(one, found.get(one.name), mutants) for one in others)
        parts += ["## Not caught, or not tried yet", *unseen, ""]
    return "\n".join([*parts, LESSONS.read_text()])


def row(one: Mutant, seen: Result, mutants: Sequence[Mutant]) -> str:
    name = f"{one.name}: {seen.change}" if seen.change else one.name
    outcome = "" if one.outcome == "does not hold" else f": *{one.outcome}*"
    words = seen.words[:WORDS].replace("|", "\\|")
    when = ", ".join(filter(None, (seen.at[:10], seen.kubernetes, seen.commit)))
    return f"| {name} | {seen.claim}{outcome} | `{words}` | {when} | {command(one, mutants)} |"


def left(one: Mutant, seen: Result | None, mutants: Sequence[Mutant]) -> str:
    why = f"not caught: `{seen.words[:WORDS]}`" if seen else "not tried"
    return f"- {one.name} ({one.catches}): {why}; {command(one, mutants)}"


def command(one: Mutant, mutants: Sequence[Mutant]) -> str:
    """By the fewest words of its name that select it alone."""
    words = ident(one.name).split("-")
    others = [ident(other.name) for other in mutants if other is not one]
    for size in range(1, len(words) + 1):
        for start in range(len(words) - size + 1):
            part = "-".join(words[start : start + size])
            if not NOT_IN_K.search(part) and not any(part in other for other in others):
                return f'`make mutants ARGS="-k {part}"`'
    return f'`make mutants ARGS="-k [{"-".join(words)}]"`'  # another's name begins with it


def ident(name: str) -> str:
    """Of a mutant among pytest's."""
    return name.replace(" ", "-")
