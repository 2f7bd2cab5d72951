"""Tests as pytest has them, as far as their markers go."""

from types import SimpleNamespace
from typing import Any


def marked(*tags: str, **more: object) -> Any:
    """An item with these tags and attributes."""
    markers = [SimpleNamespace(name=tag) for tag in tags]
    return SimpleNamespace(
        iter_markers=lambda: iter(markers),
        get_closest_marker=lambda name: next((m for m in markers if m.name == name), None),
        **{"stash": {}, "nodeid": "a test", "name": "a test", **more},
    )
