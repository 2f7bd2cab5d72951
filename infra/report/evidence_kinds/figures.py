"""A few figures with their names, each on a tile of its own."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from infra.report.evidence_kinds.kind import Kind


def numbers(data: Mapping[str, Any]) -> Markup:
    tile = Markup("<div><dt>{}</dt><dd>{}</dd></div>")
    tiles = Markup().join(tile.format(name, value) for name, value in data.items())
    return Markup('<dl class="tiles">{}</dl>').format(tiles)


KIND = Kind("figures", dict[str, Any], numbers=numbers)
