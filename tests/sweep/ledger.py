"""What a sweep has changed and not mended yet: written before it is done, read by the next run."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from infra.errors import NotJudged
from tests.sweep.setting import Setting

NAME = "sweep.json"
KEPT = ".swept"
"""Suffix of the sweep's own copy beside a changed file."""


@dataclass(frozen=True)
class Entry:
    """One setting on one machine, or an object of the API with the manifest that it should have."""

    key: str
    machine: str = ""
    paths: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    debris: tuple[str, ...] = ()
    manifest: dict[str, Any] = field(default_factory=dict)
    pods: str = ""

    @property
    def changes(self) -> int:
        """How many things ``up`` has to do for it: it writes files, and starts what was ended."""
        return 1 if self.manifest else len(self.paths) + len(self.units)


def entry_of(setting: Setting, machine: str) -> Entry:
    if instead := setting.object:
        return Entry(setting.key, manifest=dict(instead.original), pods=instead.pods)
    place = setting.places[machine]
    return Entry(setting.key, machine, tuple(place.files), place.units, place.debris)


def read(state: Path) -> Entry | None:
    """What was left. Errors: NotJudged when it cannot be read."""
    path = state / NAME
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text())
        lists = {name: tuple(found[name]) for name in ("paths", "units", "debris")}
        return Entry(**{**found, **lists})
    except (ValueError, TypeError, KeyError) as error:
        raise NotJudged(
            f"{path} is damaged ({error}); what is changed on the machines is unknown: "
            "mend with: ./kfs up; then remove the file"
        ) from error


def write(state: Path, entry: Entry) -> None:
    new = (state / NAME).with_suffix(".new")
    new.write_text(json.dumps(asdict(entry), indent=2) + "\n")
    new.replace(state / NAME)


def remove(state: Path) -> None:
    (state / NAME).unlink(missing_ok=True)
