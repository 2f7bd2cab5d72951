"""Wiring of the suite: options, plug-ins, order of lanes. No fixture, no step, no logic."""

import pytest

from fixtures import cluster as clusters
from fixtures import lanes
from fixtures import settings as options

pytest_plugins = [
    "fixtures.settings",
    "fixtures.cluster",
    "fixtures.lanes",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    options.from_config(config)  # a bad option is told before anything starts
    clusters.terminate_as_interrupt(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    lanes.order(items)


def pytest_sessionstart(session: pytest.Session) -> None:
    clusters.prepare_for_workers(session.config)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    clusters.finish(session)
