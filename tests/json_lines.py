"""Records that are kept from run to run: a line of JSON each."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """In their order, none without the file; a line that a killed run left half written does not
    count.
    """
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            yield json.loads(line)
        except ValueError:
            continue


def add(path: Path, row: Mapping[str, Any]) -> None:
    """One write of one line: two runs side by side write whole ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as out:
        out.write(json.dumps(row) + "\n")
