"""Which means (means.py) each scenario needs: read from what its steps were found to touch."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("needs.json")
"""Written by ``python -m tests.scenario_needs``."""


def key(feature: str, scenario: str) -> str:
    """Of a scenario: its feature's path below ``features`` and its name, outlines filled in."""
    return f"{feature}: {scenario}"


@cache
def known() -> Mapping[str, tuple[str, ...]]:
    """Means by ``key``."""
    return {name: tuple(of) for name, of in json.loads(FILE.read_text()).items()}


def lacking(scenario: str, lacks: Mapping[str, str]) -> list[str]:
    """Reasons why a scenario, by its ``key``, cannot be judged; none when it can."""
    return list(dict.fromkeys(lacks[one] for one in known()[scenario] if one in lacks))
