"""Evidence as pages show it: drawn from its file by its kind."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from infra.report.evidence_kinds import KINDS
from infra.report.model import Item

RAW = 4000
"""Characters of evidence that has no drawable shape."""


@dataclass(frozen=True)
class Shown:
    """A piece of evidence ready for the page: a picture, its numbers, or a sentence on why not.

    ``eventful``: the picture may stand on top of the page.
    """

    name: str
    kind: str
    path: str
    picture: Markup
    numbers: Markup = Markup()
    eventful: bool = False
    anchor: str = ""
    title: str = ""


def show(folder: Path, item: Item) -> Shown:
    """Evidence drawn from its file; what cannot be drawn is shown as it is and says so."""
    stored: dict[str, Any] = {}
    try:
        stored = json.loads((folder / item.path).read_text())
        kind = KINDS[item.kind]
        data = kind.shaped(stored["data"])
        picture = kind.picture(data)
        numbers, eventful = kind.below(data, picture), kind.is_eventful(data)
        return Shown(item.name, item.kind, item.path, picture, numbers, eventful)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raw = json.dumps(stored.get("data"), indent=1, ensure_ascii=False)[:RAW]
        words = Markup('<p class="quiet">cannot be drawn: {}</p><pre>{}</pre>').format(
            type(error).__name__, raw
        )
        return Shown(item.name, "broken", item.path, words)
