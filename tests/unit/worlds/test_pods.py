"""A worker is had alone when other scenarios' Pods have left it, however long these take."""

from typing import Any

import pytest

from fixtures.worlds.workloads.pods import await_empty
from infra import wait
from infra.errors import NotPrepared
from tests.unit.fakes import FakeApi, no_time_passes

CLOCK = wait.SystemClock()


class Api(FakeApi):
    """``pod`` is on the node until ``leaves``, in seconds of the clock."""

    def __init__(self, pod: str, leaves: float) -> None:
        super().__init__({})
        self.pod, self.leaves = pod, leaves

    def get(self, path: str, **_: Any) -> Any:
        metadata = {"namespace": self.pod, "name": "rz"}
        return {"items": [{"metadata": metadata}] if CLOCK.now() < self.leaves else []}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)


def test_a_long_scenario_is_waited_for() -> None:
    """One that prints 100 MB took 200 s beside a cluster that was built (seen)."""
    await_empty(Api("claim-1", leaves=300), "worker-1")
    assert CLOCK.now() >= 300


def test_pods_that_no_scenario_made_stay() -> None:
    await_empty(Api("kube-system", leaves=9999), "worker-1")
    assert CLOCK.now() < 1


def test_one_that_never_leaves_is_named() -> None:
    with pytest.raises(NotPrepared, match=r"worker-1 is free .*last seen: \['claim-1/rz'\]"):
        await_empty(Api("claim-1", leaves=9999), "worker-1")
