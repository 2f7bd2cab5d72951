"""Wiring of the suite: its plug-ins by name. No fixture, no step, no logic."""

from pathlib import Path

HERE = Path(__file__).parent
STEPS = sorted(path.stem for path in (HERE / "tests/steps").glob("*.py") if path.stem != "phrases")
"""Every module of steps: one that is written is loaded."""

pytest_plugins = [
    "fixtures.settings",
    "fixtures.cluster",
    "fixtures.lanes",
    "fixtures.scheduling",
    "fixtures.further",
    "fixtures.capabilities",
    "fixtures.faults",
    "fixtures.accounts",
    "fixtures.data_images",
    "fixtures.devices",
    "fixtures.ebs",
    "fixtures.ebs_site",
    "fixtures.counterparts",
    "fixtures.maintenance",
    "fixtures.namespace",
    "fixtures.newcomers",
    "fixtures.other_minors",
    "fixtures.outages",
    "fixtures.policies",
    "fixtures.power",
    "fixtures.registries",
    "fixtures.renewal",
    "fixtures.seeds",
    "fixtures.workloads",
    "fixtures.workbench",
    *(f"tests.steps.{name}" for name in STEPS),
]
