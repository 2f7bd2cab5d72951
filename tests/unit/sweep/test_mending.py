"""What a sweep remembers is mended by ``up``, or by its own copy; its records survive a kill."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.errors import NotJudged
from infra.settings import Settings
from tests.sweep import judging, ledger, mending, records
from tests.sweep.mending import Mended
from tests.sweep.records import Record
from tests.sweep.setting import Place, Setting

SETTING = Setting(
    "etcd",
    "etcd.service",
    "--name is left out",
    {"controller-1": Place({"/etc/x": b"new"}, ("etcd",))},
)


def test_a_half_written_record_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    records.add(path, Record("a", "etcd", "controller-1", "noticed", 15, seconds=30))
    with path.open("a") as out:
        out.write('{"key": "b", "compo')
    assert list(records.read(path)) == ["a"]
    assert records.usual(records.read(path).values(), 240.0) == 30
    assert records.usual([], 240.0) == 240


def test_a_ledger_is_what_was_written_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    assert ledger.read(tmp_path) is None
    entry = ledger.entry_of(SETTING, "controller-1")
    ledger.write(tmp_path, entry)
    assert ledger.read(tmp_path) == entry
    assert entry.changes == 2
    (tmp_path / ledger.NAME).write_text('{"key": 1')
    with pytest.raises(NotJudged, match="what is changed on the machines is unknown"):
        ledger.read(tmp_path)


def test_a_run_is_told_to_end_when_its_time_is_over() -> None:
    slow = [sys.executable, "-c", "import time; print('began', flush=True); time.sleep(60)"]
    status, told = judging.run(slow, {}, 2.0)
    assert status is None
    assert "began" in told
    assert judging.run([sys.executable, "-c", "raise SystemExit(3)"], {}, 30.0)[0] == 3


def completed(output: str, status: int = 0) -> "subprocess.CompletedProcess[str]":
    return subprocess.CompletedProcess([], status, output, "")


UP = "   3.1 s  6 etcd: controller-1 changed 2, kept 4, 3.2 s\ncluster test is up: kept 300, "


@pytest.mark.parametrize(
    ("output", "exactly"),
    [
        (f"{UP}changed 2\n", True),
        (f"{UP}changed 3\n", False),
        (UP.replace("controller-1", "controller-2") + "changed 2\n", False),
        ("no tally\n", False),
    ],
)
def test_up_must_have_changed_what_was_swept_and_nothing_else(output: str, exactly: object) -> None:
    entry = ledger.entry_of(SETTING, "controller-1")
    assert mending.judged(entry, completed(output)).exactly is exactly


@pytest.mark.parametrize(
    ("statuses", "same", "by"),
    [([0], True, "up"), ([0, 0], False, "its own copy"), ([1, 0], True, "its own copy")],
)
def test_what_up_does_not_mend_its_own_copy_does(
    statuses: list[int], same: object, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mended, cluster = mends(monkeypatch, statuses, same)
    assert mended().by == by
    assert cluster.done == ["put back"] * (by != "up") + ["forgotten"]


def test_what_nothing_mends_stays_in_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    mended, cluster = mends(monkeypatch, [1, 1], same=True)
    with pytest.raises(NotJudged, match=r"could not be mended:\nthe end"):
        mended()
    assert cluster.done == ["put back"]


def mends(
    monkeypatch: pytest.MonkeyPatch, statuses: list[int], same: object
) -> tuple[Callable[[], Mended], Any]:
    cluster = SimpleNamespace(done=[], close=lambda: None)
    monkeypatch.setattr(mending.cluster_lifecycle, "attach", lambda _: cluster)
    monkeypatch.setattr(mending, "halt", lambda *_: None)
    monkeypatch.setattr(mending, "as_it_was", lambda *_: same)
    monkeypatch.setattr(mending, "put_back", lambda *_: cluster.done.append("put back"))
    monkeypatch.setattr(mending, "forget", lambda *_: cluster.done.append("forgotten"))
    entry = ledger.entry_of(SETTING, "controller-1")

    def run(_: object) -> "subprocess.CompletedProcess[str]":
        return completed("the end", statuses.pop(0))

    return lambda: mending.mend(Settings(cluster_id="test"), entry, run=run), cluster
