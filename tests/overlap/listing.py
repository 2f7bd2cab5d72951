"""A plug-in of pytest: ``--tasks-to FILE`` writes what the scheduler knows of each scenario."""

import json
from pathlib import Path

import pytest

from fixtures.plugin.recording import is_live
from fixtures.plugin.scheduling import task_of


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tasks-to", type=Path, help="a file of JSON, by test id")


def pytest_collection_finish(session: pytest.Session) -> None:
    live = [item for item in session.items if is_live(item)]
    tasks = {item.nodeid: task_of(item, {}, overlap=True).to_json() for item in live}
    session.config.getoption("tasks_to").write_text(json.dumps(tasks))
