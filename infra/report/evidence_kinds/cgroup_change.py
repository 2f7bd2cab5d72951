"""The picture of a change of limits: each cgroup file's values before and after on one axis."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from typing_extensions import TypedDict  # pydantic wants it before Python 3.12

from infra.report.evidence_kinds.kind import Kind, cell, grid, head
from infra.report.evidence_kinds.svg import bar, picture, text

ROW = 50
FULL = 68.0
"""Per cent of the width for the longest bar; its number stands behind it."""
MEANING = {
    "cpu.max": "CPU the kernel allows",
    "memory.max": "memory the kernel allows",
    "cpu.weight": "share when CPU is short",
}


class Row(TypedDict):
    file: str
    scope: str
    before: str
    after: str


class CgroupChange(TypedDict):
    rows: list[Row]


def number(file: str, value: str) -> float | None:
    """The size of a value: CPUs, bytes or a weight; None for no limit or no number."""
    words = str(value).split()
    try:
        if file == "cpu.max" and len(words) == 2:
            return float(words[0]) / float(words[1])
        return float(words[0])
    except (ValueError, IndexError, ZeroDivisionError):
        return None


def shown(file: str, value: str) -> str:
    """A value in the words of a Pod spec: 500m, 256Mi."""
    size = number(file, value)
    if size is None:
        return "no limit" if str(value).startswith("max") else str(value)
    if file == "cpu.max":
        return f"{size * 1000:g}m"
    if file.startswith("memory."):
        return f"{size / 2**20:g}Mi"
    return f"{size:g}"


def draw(data: Mapping[str, Any]) -> Markup:
    """One picture a file, in the order they came."""
    rows: list[Mapping[str, Any]] = list(data["rows"])
    files = dict.fromkeys(str(row["file"]) for row in rows)
    return Markup("").join(one(file, [r for r in rows if r["file"] == file]) for file in files)


def one(file: str, rows: Sequence[Mapping[str, Any]]) -> Markup:
    sizes = [number(file, row[when]) for row in rows for when in ("before", "after")]
    longest = max((size for size in sizes if size is not None), default=0) or 1
    parts = []
    for index, row in enumerate(rows):
        y = index * ROW
        parts.append(text(0, y + 12, str(row["scope"]), kind="name"))
        for when, down in (("before", 17), ("after", 32)):
            value = str(row[when])
            size = number(file, value)
            width = FULL if size is None else size / longest * FULL
            kind = f"{when} endless" if size is None else when
            parts.append(bar(0, width, y + down, 12, kind=kind, title=f"{when}: {value}"))
            words = f"{when} {shown(file, value)}"
            parts.append(text(width + 1.5, y + down + 10, words, kind=f"value {when}-value"))
    words = "; ".join(
        f"{r['scope']} {shown(file, r['before'])} to {shown(file, r['after'])}" for r in rows
    )
    drawn = picture(len(rows) * ROW + 2, *parts, title=f"{file}: {words}")
    meaning = MEANING.get(file, "")
    return Markup('<div class="file"><p class="axis"><code>{}</code> {}</p>{}</div>').format(
        file, meaning, drawn
    )


def numbers(data: Mapping[str, Any]) -> Markup:
    rows = [
        (
            cell(row["file"], "mono"),
            cell(row["scope"]),
            cell(row["before"], "mono"),
            cell(row["after"], "mono"),
        )
        for row in data["rows"]
    ]
    return grid([head(name) for name in ("file", "cgroup", "before", "after")], rows)


def folded(_data: Mapping[str, Any]) -> str:
    return "as the kernel writes them"


def eventful(data: Mapping[str, Any]) -> bool:
    """A file that stays as it was is evidence, but nothing to look at first."""
    return any(row["before"] != row["after"] for row in data["rows"])


KIND = Kind("cgroup-change", CgroupChange, draw, numbers, folded, eventful)
