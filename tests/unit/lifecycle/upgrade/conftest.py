"""A kept cluster of the old version in memory, and what an upgrade of it would ask elsewhere."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.clients.etcd import alarms
from infra.lifecycle import (
    cluster_identity,
    cluster_lifecycle,
    gate,
    platforms,
    state_dir,
    upgrade_record,
)
from infra.lifecycle.cluster_artifacts import Supplied
from infra.lifecycle.upgrade import cluster_upgrade, observed
from infra.phases import api_server
from infra.pki import authority, kubeconfigs
from infra.pki.material import Material
from infra.settings import Settings
from tests.unit.fakes import no_time_passes
from tests.unit.upgrade_fake import (
    NEW,
    OLD,
    FakeKubectl,
    built,
    cluster_of,
    recorded,
    spec_of,
    supplies,
)
from tests.unit.upgrade_world import World


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    made = authority.create_all(spec_of(OLD), tmp_path_factory.mktemp("state") / "pki")
    kubeconfigs.create_all(spec_of(OLD), made)
    return made


@pytest.fixture(scope="module")
def programs(material: Material, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("programs")
    return {v: supplies(cluster_of(World(), v, material), v, root) for v in (OLD, NEW)}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(state_root=tmp_path, cluster_id="unit")
    state_dir.prepare(made.state)
    return recorded(made)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, material: Material, programs: dict[str, Any]) -> World:
    """A cluster of the old version that everything is healthy of."""
    made = built(material, programs[OLD])
    no_time_passes(monkeypatch)
    running = SimpleNamespace(look=lambda _: SimpleNamespace(state="running"))
    replaced: list[tuple[Any, str, Callable[..., Any]]] = [
        (cluster_lifecycle, "gather", lambda *_: Supplied(programs[NEW], ({"name": "new"},))),
        (cluster_lifecycle, "kubectl", lambda _: Path("kubectl")),
        (cluster_lifecycle, "attach_as", lambda _, v: cluster_of(made, v, material)),
        (cluster_upgrade, "Kubectl", lambda *_: FakeKubectl(made)),
        (cluster_upgrade, "build", lambda *_: made.effect("build")),
        (platforms, "renew", lambda _: None),
        (platforms, "put_off", lambda *_: None),
        (platforms, "instances", lambda *_: running),
        (gate, "gate", lambda *_, **__: None),
        (gate, "problems", lambda _: []),
        (observed, "versions", made.reported),
        (api_server, "await_api", lambda _: None),
        (alarms, "disarm", lambda _: False),
    ]
    for where, name, fake in replaced:
        monkeypatch.setattr(where, name, fake)
    for where, name in (
        (upgrade_record, "save"),
        (cluster_identity, "moved_to"),
        (upgrade_record, "over"),
    ):
        told(monkeypatch, made, where, name)
    return made


def told(monkeypatch: pytest.MonkeyPatch, world: World, where: Any, name: str) -> None:
    """A write of the record is an effect too: a kill may come before it."""
    write = getattr(where, name)

    def effect(*given: Any, **named: Any) -> None:
        world.effect(name)
        write(*given, **named)

    monkeypatch.setattr(where, name, effect)
