"""Bars with a name and an amount, the longest as wide as there is room."""

from collections.abc import Sequence

from markupsafe import Markup

from infra.report.evidence_kinds.svg import clock


def durations(rows: Sequence[tuple[str, float]]) -> Markup:
    """A bar a row with its time."""
    return bars([(name, seconds, clock(round(seconds, 1))) for name, seconds in rows])


def amounts(rows: Sequence[tuple[str, float]], unit: str) -> Markup:
    """As ``durations``, for any unit."""
    return bars([(name, amount, f"{amount:g} {unit}") for name, amount in rows])


def bars(rows: Sequence[tuple[str, float, str]]) -> Markup:
    longest = max((size for _, size, _ in rows), default=0) or 1
    return Markup('<div class="bars">{}</div>').format(
        Markup("").join(
            Markup(
                '<div class="row"><span class="what">{}</span>'
                '<span class="track"><span class="length" style="width:{:.1f}%"></span></span>'
                '<span class="much">{}</span></div>'
            ).format(name, max(size / longest * 100, 0.4), words)
            for name, size, words in rows
        )
    )
