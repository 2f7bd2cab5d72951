"""What a killed run left is mended by those who left it, each in its turn."""

from types import SimpleNamespace
from typing import Any

import pytest

from fixtures import cluster as clusters
from fixtures import repairs
from fixtures.repairs import Stage
from infra.settings import Settings

LIVE: Any = SimpleNamespace(close=lambda: None, is_ours=True)


def test_these_have_their_turn_in_this_order() -> None:
    assert [
        (one.stage, one.name.removeprefix("fixtures.worlds.")) for one in repairs.in_order()
    ] == [
        (Stage.FAULTS, "faults.undo_left"),
        (Stage.SCHEDULING, "lifecycle.drain.open_left"),
        (Stage.OBJECTS, "stale_objects.remove_left"),
        (Stage.DRIVERS, "storage.ebs_csi_driver_turns.remove_left"),
        (Stage.NODES, "lifecycle.extra_worker.remove_left"),
        (Stage.NODES, "node.device_plugins.remove_left"),
    ]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was asked, with a repair for each stage, registered from the last to the first."""
    found: list[str] = []
    monkeypatch.setattr(repairs, "REGISTERED", [])
    for stage in reversed(Stage):
        repairs.repairs(stage)(lambda *_, name=stage.name: found.append(name))
    monkeypatch.setattr("infra.lifecycle.cluster_lifecycle.attach", lambda _: LIVE)
    monkeypatch.setattr("infra.lifecycle.gate.gate", lambda *_, **__: found.append("gate"))
    monkeypatch.setattr("infra.lifecycle.state_dir.mended", lambda _: found.append("mended"))
    monkeypatch.setattr("infra.lifecycle.capabilities.lacks", lambda _: {})
    monkeypatch.setattr("infra.lifecycle.capabilities.save", lambda *_: None)
    return found


def test_the_gate_stands_between_what_it_needs_and_what_needs_it(told: list[str]) -> None:
    clusters.repair(Settings())
    assert told == ["FAULTS", "SCHEDULING", "gate", "mended", "OBJECTS", "DRIVERS", "NODES"]


def test_what_cannot_be_mended_keeps_the_rest_from_a_cluster_that_is_ill(
    told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ill(*_: object, **__: object) -> None:
        raise RuntimeError("no leader")

    monkeypatch.setattr("infra.lifecycle.gate.gate", ill)
    with pytest.raises(RuntimeError, match="no leader"):
        clusters.repair(Settings())
    assert told == ["FAULTS", "SCHEDULING"]
