"""docs/SWEEP.md from the records: the score by component, and what nothing notices, with why."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from infra.inventory import series
from infra.pki import authority, kubeconfigs
from infra.settings import Settings
from tests.sweep import driver, machines, objects, scope, whys
from tests.sweep.judging import GATE
from tests.sweep.records import Record
from tests.sweep.setting import Setting

WORDS = 150
"""Characters of a message in a table."""
HEAD = """# Sweep
Every flag and setting that the phases write, every field of a certificate, every resource of an
RBAC rule and every argument of an add-on, taken from what the phases render, is left out or changed
on **one** machine, one at a time; then the health gate and the claims of the articles that speak of
it are asked, without slow ones. `make sweep` goes on where it stopped, on two clusters side by
side; this page is written from its records, `docs/sweep.jsonl`. Which articles speak of a setting
is in `tests/sweep/scope.toml`, why nothing notices one in `tests/sweep/whys.toml`: both are
reviewed.
"""


def generated(settings: Settings) -> list[Setting]:
    """All there are, from throw-away key material, as ``render`` does."""
    spec = series(settings.cluster_id, kubernetes=settings.kubernetes, platform=settings.platform)
    with tempfile.TemporaryDirectory() as scratch:
        material = authority.create_all(spec, Path(scratch) / "pki")
        kubeconfigs.create_all(spec, material)
        return [
            *machines.settings(spec, material),
            *objects.settings(spec),
            *driver.settings(spec, driver.manifests()),
        ]


def page(settings: Sequence[Setting], found: Mapping[str, Record]) -> str:
    """What is no setting any more is left out."""
    keys = {one.key for one in settings}
    current = [record for key, record in sorted(found.items()) if key in keys]
    parts = [HEAD, score(settings, current), unnoticed(current), unnamed(current)]
    parts += [refused(current), by_hand(current), noticed(current)]
    return "\n".join(part for part in parts if part)


def counted(record: Record) -> bool:
    """Whether it belongs to the score: an article speaks of it, and it makes a difference."""
    if record.kind in ("refused", "red anyway") or not scope.of(record.key).articles:
        return False
    excused = record.kind == "not noticed" and whys.of(record.key).kind in (
        "equivalent",
        "not claimed",
    )
    return not excused


def score(settings: Sequence[Setting], current: Sequence[Record]) -> str:
    """Of the settings that an article speaks of, so many are noticed."""
    all_of = Counter(one.component for one in settings)
    lines = [
        "| component | settings | swept | noticed | by the gate | count | noticed of these |",
        "|---|---|---|---|---|---|---|",
    ]
    for component in sorted(all_of):
        mine = [one for one in current if one.component == component]
        lines.append(f"| {component} | {all_of[component]} | {' | '.join(figures(mine))} |")
    lines.append(f"| **all** | {all_of.total()} | {' | '.join(figures(current))} |")
    seeds = ", ".join(sorted({str(one.seed) for one in current})) or "none yet"
    told = f"Seeds: {seeds}. Of those that count an article speaks, and they make a difference."
    return "## Score\n" + "\n".join(lines) + f"\n\n{told}\n"


def figures(records: Sequence[Record]) -> list[str]:
    seen = [one for one in records if one.kind == "noticed"]
    count = [one for one in records if counted(one)]
    good = sum(one.kind == "noticed" for one in count)
    share = f"{good} ({100 * good // len(count)} %)" if count else "-"
    gate = sum(one.by == GATE for one in seen)
    return [str(len(records)), str(len(seen)), str(gate), str(len(count)), share]


def unnoticed(current: Iterable[Record]) -> str:
    rows = []
    for one in current:
        if one.kind == "not noticed":
            row, why = scope.of(one.key), whys.of(one.key)
            spoken = ", ".join(map(str, row.articles)) or "-"
            asked = f"{len(one.asked)} claims" + ("" if one.thorough else ", the first ones only")
            rows.append([cell(one.key), place(one), spoken, asked, f"{why.kind}: {cell(why.why)}"])
    return table("What nothing notices", ["setting", "on", "articles", "asked", "why"], rows)


def unnamed(current: Iterable[Record]) -> str:
    rows = [
        [cell(one.key), place(one), "yes" if one.starts else "no", one.by, cell(one.words)]
        for one in current
        if one.kind == "unnamed"
    ]
    names = ["setting", "on", "starts", "red", "words"]
    return table("Red, but neither component nor machine is named", names, rows)


def refused(current: Iterable[Record]) -> str:
    kinds = {"refused": "the API refuses it", "red anyway": "the claim is red without it, too"}
    rows = [
        [cell(one.key), kinds[one.kind], one.by, cell(one.words)]
        for one in current
        if one.kind in kinds
    ]
    return table("Not judged", ["setting", "why", "by", "words"], rows)


def by_hand(current: Iterable[Record]) -> str:
    rows = [
        [cell(one.key), place(one), one.mended]
        for one in current
        if one.kind != "refused" and not (one.mended == "up" and one.exactly)
    ]
    return table("Where `up` did not mend it, or changed more", ["setting", "on", "by"], rows)


def noticed(current: Iterable[Record]) -> str:
    rows = [
        [cell(one.key), place(one), one.by, cell(one.words)]
        for one in current
        if one.kind == "noticed"
    ]
    return table("Noticed", ["setting", "on", "by", "words"], rows)


def table(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    head = [f"## {title} ({len(rows)})", f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def place(record: Record) -> str:
    return record.machine or "the API"


def cell(text: str) -> str:
    short = text if len(text) <= WORDS else text[: WORDS - 3] + "..."
    return short.replace("|", "\\|").replace("\n", " ")
