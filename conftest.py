"""Wiring of the suite: its plug-ins by name. No fixture, no step, no logic."""

from pathlib import Path

HERE = Path(__file__).parent


def modules(folder: str) -> list[str]:
    """Every module of a folder's folders, by its dotted name: one that is written is loaded."""
    paths = sorted((HERE / folder).rglob("*.py"))
    named = [path.relative_to(HERE).with_suffix("").parts for path in paths]
    return [".".join(parts) for parts in named if parts[-1] != "__init__"]


pytest_plugins = [
    "fixtures.plugin.settings",
    "fixtures.cluster",
    "fixtures.existing",
    "fixtures.turns.held",
    "fixtures.plugin.lanes",
    "fixtures.plugin.scheduling",
    "fixtures.plugin.extra_clusters",
    "fixtures.version_selection",
    "fixtures.upgrade_selection",
    "fixtures.capabilities",
    *modules("fixtures/worlds"),
    *(name for name in modules("tests/steps") if name != "tests.steps.phrases"),
]
