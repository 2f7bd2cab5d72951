"""xdist's private parts that we use are there, in the version that is pinned, and in one module."""

import inspect
import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from xdist.dsession import DSession
from xdist.remote import WorkerInteractor
from xdist.scheduler import LoadScopeScheduling

from fixtures.plugin import xdist_internals

ROOT = Path(__file__).resolve().parents[3]
SEAM = Path(xdist_internals.__file__)
PRIVATE = (
    "_split_scope",
    "_assign_work_unit",
    "_reschedule",
    "_handlefailures",
    "workqueue",
    "assigned_work",
)


def test_the_minor_version_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (pin,) = [one for one in project["dependencies"] if one.startswith("pytest-xdist")]
    found = re.fullmatch(r"pytest-xdist>=(\d+)\.(\d+),<(\d+)\.(\d+)", pin)
    assert found, pin
    low, high = found.groups()[:2], found.groups()[2:]
    assert high == (low[0], str(int(low[1]) + 1))
    assert version("pytest-xdist").split(".")[:2] == list(low)


def test_the_worker_that_we_change_is_as_we_know_it() -> None:
    """A method of another name would leave every worker waiting for a second test."""
    for name in ("run_one_test", "pytest_runtestloop", "sendevent"):
        assert callable(getattr(WorkerInteractor, name))
    told = inspect.getsource(WorkerInteractor)
    assert "self.run_one_test()" in told
    for name in ("torun", "nextitem_index", "item_index", "runtest_protocol_complete"):
        assert name in told


@pytest.mark.parametrize("name", ["_split_scope", "_assign_work_unit", "_reschedule"])
def test_what_we_replace_or_call_is_there(name: str) -> None:
    """A method that xdist renamed would never be called: groups would be torn apart unseen."""
    assert callable(getattr(LoadScopeScheduling, name))
    assert callable(DSession._handlefailures)


def test_nobody_else_knows_them() -> None:
    others = [*ROOT.glob("fixtures/**/*.py"), ROOT / "conftest.py"]
    strays = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in others
        for name in PRIVATE
        if path != SEAM and name in path.read_text()
    ]
    assert not strays


def test_entries_of_several_workers_count_together() -> None:
    session = DSession.__new__(DSession)
    session.countfailures, session.maxfail, session.shouldstop = 0, 2, False
    known: dict[str, Any] = {"dsession": session}
    config: Any = SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=known.get))
    report: Any = SimpleNamespace(failed=True)
    seen: list[object] = []
    for _ in range(2):
        xdist_internals.count(config, report)
        seen.append(session.shouldstop)
    assert seen == [False, "stopping after 2 failures"]
    known.clear()
    xdist_internals.count(config, report)
