"""Synthetic runs below a directory of reports, as far as pages about several runs read them."""

import json
from collections.abc import Mapping
from pathlib import Path

NAME = "202611{:02}T000000Z-series"


def add(
    reports: Path,
    outcomes: Mapping[str, str],
    *,
    version: str = "v1.36.5",
    day: int = 29,
    commit: str = "0123456789abcdef",
    dirty: bool = False,
    platform: str = "local",
    reason: str = "",
    seconds: float = 4.2,
) -> Path:
    """A run's folder of a day of November 2026; ``outcomes`` by claim."""
    folder = reports / version / NAME.format(day)
    folder.mkdir(parents=True)
    claims = [
        {
            "id": claim,
            "outcome": outcome,
            "reason": "" if outcome == "holds" else reason,
            "scenarios": [] if outcome == "not applicable" else [{"name": "one"}],
            "seconds": seconds,
        }
        for claim, outcome in outcomes.items()
    ]
    (folder / "claims.json").write_text(json.dumps({"platform": platform, "claims": claims}))
    (folder / "run.json").write_text(json.dumps({"commit": commit, "dirty": dirty}))
    (folder / "index.html").write_text("its page")
    return folder
