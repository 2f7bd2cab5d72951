"""An upgrade in the article's order, by the real phases on machines in memory; killed anywhere, the
same command goes on.
"""

from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest

from infra.clients.lifecycle import version_skew
from infra.desired import facts
from infra.desired.plan import plan
from infra.errors import UserError
from infra.lifecycle import (
    cluster_identity,
    cluster_lifecycle,
    platforms,
    state_dir,
    stopped,
    upgrade_record,
)
from infra.lifecycle.build_runner import all_of
from infra.pki.material import Material
from infra.progress import Progress
from infra.settings import Settings
from tests.unit.upgrade_fake import (
    NEW,
    OLD,
    built,
    cluster_of,
    recorded,
    run,
)
from tests.unit.upgrade_world import Killed, World

ETCD = {OLD: "v3.6.8", NEW: "v3.7.0"}
CONTROLLERS, WORKERS = [f"controller-{n}" for n in range(3)], ["worker-0", "worker-1"]


def whole(world: World, settings: Settings, material: Material, programs: Any) -> None:
    """Everything is of the new version, nothing is left to do, and the record says so."""
    cluster = cluster_of(world, NEW, material)
    for machine in cluster.spec.machines:
        things, fake = all_of(cluster, machine), world.machines[machine.name]
        left = plan(things, facts.read(fake, things), dict(programs[NEW].digests))
        assert not left.actions, machine.name
    assert not version_skew.differing(world.versions(), NEW)
    assert [world.version(m, "etcd") for m in CONTROLLERS] == [ETCD[NEW]] * 3
    assert not world.cordoned
    record = state_dir.read(settings.state)
    identity = cluster_identity.read(settings.state)
    assert record
    assert identity
    assert (record["kubernetes"], identity.kubernetes) == (NEW, NEW)
    assert upgrade_record.KEY not in record


def half_way(settings: Settings, *, begun: bool) -> None:
    """The record has the old version; every command that takes the cluster to be of one refuses."""
    record = state_dir.read(settings.state)
    assert record
    assert record["kubernetes"] == OLD
    assert (upgrade_record.KEY in record) == begun
    if not begun:
        return
    line = rf"from {OLD} to {NEW} has not ended; .*: ./kfs upgrade --to 1.37 --cluster-id unit$"
    for command in (cluster_lifecycle.up, stopped.start, stopped.stop):
        with pytest.raises(UserError, match=line) as refused:
            command(settings, Progress(StringIO()))
        assert "\n" not in str(refused.value)


def test_components_are_upgraded_in_the_order_of_the_article(
    world: World, settings: Settings, material: Material, programs: dict[str, Any]
) -> None:
    assert run(settings).done
    assert world.started == [
        *((m, "etcd", ETCD[NEW]) for m in CONTROLLERS),
        *((m, "kube-apiserver", NEW) for m in CONTROLLERS),
        *(
            (m, unit, NEW)
            for m in CONTROLLERS
            for unit in ("kube-controller-manager", "kube-scheduler")
        ),
        *((m, unit, NEW) for m in WORKERS for unit in ("kubelet", "kube-proxy")),
    ]
    whole(world, settings, material, programs)


def test_a_worker_is_drained_while_its_kubelet_changes(world: World, settings: Settings) -> None:
    run(settings)
    mine = [e.partition(": ")[2] for e in world.effects if e.startswith("worker-0")]
    kubelet = ["install kubelet", "restart kubelet"]
    assert mine == [
        "drain", *kubelet, "install kube-proxy", "restart kube-proxy", "uncordon",
    ]  # fmt: skip
    others = [e for e in world.effects if e.startswith("worker-1")]
    assert world.effects.index(others[0]) > world.effects.index("worker-0: uncordon")


def test_the_skew_policy_holds_whenever_a_unit_has_started(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = {name: dict(found) for name, found in world.versions().items()}
    run(settings)
    names = {"kube-apiserver": version_skew.API, "kube-controller-manager": "controller manager",
             "kube-scheduler": "scheduler"}  # fmt: skip
    moves = [
        version_skew.Move(names.get(unit, unit), machine, version)
        for machine, unit, version in world.started
        if unit != "etcd"
    ]
    assert not version_skew.broken_on_the_way(now, moves)
    assert version_skew.broken_on_the_way(now, moves[::-1]), "the check can fail"


def test_a_killed_upgrade_goes_on_from_wherever_it_was(
    world: World,
    settings: Settings,
    material: Material,
    programs: dict[str, Any],
) -> None:
    """Killed before each of its effects in turn, twice in a row every other time."""
    run(settings)
    effects = list(world.effects)
    for number, effect in enumerate(effects, start=1):
        if effect.startswith("controller-2"):
            continue  # as controller-1, and this takes a while
        world.begin_anew(built(material, programs[OLD]))
        recorded(settings)
        for kill_at in (number, 2) if number % 2 else (number,):
            world.kill_at = len(world.effects) + kill_at
            with pytest.raises(Killed):
                run(settings)
            first_write = number == 1 and kill_at == 1
            half_way(settings, begun=not first_write)
        run(settings)
        whole(world, settings, material, programs)
        drains = [e for e in world.effects if e.endswith("drain")]
        assert len(drains) <= len(WORKERS) + 2, (effect, drains)


def test_machines_that_were_switched_off_meanwhile_run_again(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As AWS's are when nobody uses them; before an upgrade nothing is started."""
    started: list[str] = []
    state = {"worker-1": "stopped"}
    machines = SimpleNamespace(
        look=lambda name: SimpleNamespace(state=state.get(name, "running")), start=started.append
    )
    monkeypatch.setattr(platforms, "instances", lambda *_: machines)
    world.kill_at = 8
    with pytest.raises(Killed):
        run(settings)
    assert started == []
    run(settings)
    assert started == ["worker-1"]
