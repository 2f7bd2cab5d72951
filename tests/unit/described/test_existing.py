"""A run on a cluster that others built says what it makes, and speaks of its machines."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures import capabilities as taking_out
from fixtures import existing, repairs
from fixtures.plugin import lanes
from fixtures.plugin.recording import KEY
from fixtures.turns.held import chosen, compared, in_sight, real_name, slot_of
from fixtures.worlds.namespace import elsewhere
from infra.cluster import Cluster, Entrance
from infra.described import own_objects
from infra.described.attaching import NO_ADDRESS
from infra.errors import NotJudged, UserError
from infra.footprints.footprint import of_tags
from infra.footprints.touched import Touch
from infra.inventory import Machine, MachineName, Role, series
from infra.kube_api import Credentials
from infra.lifecycle import capabilities
from infra.settings import Settings
from tests.unit.fakes import FakeApi
from tests.unit.plugin.marked import marked

NOBODY: Any = None
LACKS = {"may_disrupt": "no", "may_power_off": "no", "may_storage": "no"}


@pytest.fixture
def others(tmp_path: Path) -> Cluster:
    spec = series("mine", kubernetes="v1.36.1", platform="existing")
    names = {"worker-0": "ip-10-0-0-5", "worker-1": "node.b", "controller-0": "cp"}
    machines = tuple(
        Machine(MachineName(names.get(one.name, one.name)), one.role, one.private_ip, "")
        for one in spec.machines
        if one.role is not Role.CONTROLLER or one.name == "controller-0"
    )
    spec = type(spec)("mine", "v1.36.1", "existing", machines)
    entrance = Entrance(
        "https://api", Credentials(ca=Path("ca")), {}, Path("config"), "admin", lacks=LACKS
    )
    return Cluster(spec, tmp_path, NOBODY, entrance=entrance)


def test_machines_of_steps_are_those_of_the_cluster(others: Cluster) -> None:
    assert existing.renamed(others, "a Pod on worker-1, not worker-0") == (
        "a Pod on node.b, not ip-10-0-0-5"
    )
    assert existing.renamed(others, "controller-0 and controller-2") == "cp and controller-2"
    assert [real_name(others, slot) for slot in ("worker-0", "worker-1")] == [
        "ip-10-0-0-5",
        "node.b",
    ]


def with_workers(others: Cluster, *names: str) -> Cluster:
    machines = (Machine(MachineName(name), Role.WORKER, NO_ADDRESS, "") for name in names)
    return replace(others, spec=replace(others.spec, machines=tuple(machines)))


@pytest.mark.parametrize("name", ["worker-0", "worker-1", "node.b"])
@pytest.mark.parametrize("tags", [[], ["changes_a_worker"], ["relies_on_every_worker"]])
def test_the_only_worker_is_everybody_s(others: Cluster, name: str, tags: list[str]) -> None:
    """Whatever it is called: Pods that ran there are in the footprint."""
    at, footprint = with_workers(others, name), of_tags(tags)
    need = chosen(at, footprint, [], alone=False)
    assert chosen(at, footprint, [], alone=True).own_worker in ("", "worker-0")
    assert real_name(at, need.own_worker) == ("" if "relies_on_every_worker" in tags else name)
    pods = [{"metadata": {"name": "p"}, "spec": {"nodeName": name}}]
    api = FakeApi({"/api/v1/namespaces/ns/pods": {"items": pods}})
    seen: Any = SimpleNamespace(api=api, is_ours=False, spec=at.spec)
    assert elsewhere(seen, "ns", need) == []
    assert [one.name for one in in_sight(at, need).spec.workers] == [name]
    item = marked(*tags, stash={KEY: seen_at(name)})
    with lanes.within_footprint(at, item, need):
        pass


def test_two_who_take_the_only_worker_wait_for_each_other(others: Cluster) -> None:
    at, footprint = with_workers(others, "node.b"), of_tags(["changes_a_worker"])
    first = chosen(at, footprint, [], alone=False)
    assert chosen(at, footprint, [first], alone=False).conflicts(first)
    assert compared(at, first) == frozenset({"node.b"})


def test_no_worker_at_all_is_no_error(others: Cluster) -> None:
    assert chosen(with_workers(others), of_tags([]), [], alone=False).own_worker == "worker-0"


def test_a_worker_is_known_by_its_place_and_not_by_its_name(others: Cluster) -> None:
    """worker-0 is cordoned: the cluster's worker-1 is the first one here, node.b the second."""
    at = with_workers(others, "worker-1", "node.b")
    assert [slot_of(at, name) for name in ("worker-1", "node.b", "worker-0", "cp")] == [
        "worker-0",
        "worker-1",
        "worker-0 (not judged on)",
        "cp",
    ]
    need = chosen(at, of_tags(["changes_worker_0"]), [], alone=False)
    restart = Touch("worker-1", "systemctl restart kubelet", "worker-1")
    item = marked("changes_worker_0", stash={KEY: seen_at("worker-1", restart)})
    with lanes.within_footprint(at, item, need):
        pass
    item = marked("changes_worker_0", stash={KEY: seen_at("node.b")})
    with (
        pytest.raises(NotJudged, match="it looked at worker-1, which others may be changing"),
        lanes.within_footprint(at, item, need),
    ):
        pass


def seen_at(place: str, *touches: Touch) -> Any:
    """The recording of a scenario that looked at a place."""
    step = SimpleNamespace(kind="then", places=[place])
    return SimpleNamespace(
        evidence=SimpleNamespace(touches=list(touches)), scenario=SimpleNamespace(steps=[step])
    )


def test_the_first_run_asks_and_the_next_does_not(
    others: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    settings = Settings(state_root=tmp_path, cluster_id="mine", platform="existing")
    settings.state.mkdir()
    with pytest.raises(UserError, match="repeat with --yes"):
        existing.agree(settings, others)
    text = capsys.readouterr().err
    assert "judged on: ip-10-0-0-5, node.b" in text
    assert f"{own_objects.LABEL}={own_objects.VALUE}" in text
    assert "allowed by [may]: drain" in text
    existing.agree(settings.model_copy(update={"yes": True}), others)
    existing.agree(settings, others)
    assert others.entrance
    object.__setattr__(others.entrance, "lacks", {})  # more is allowed now: asked again
    with pytest.raises(UserError, match="repeat with --yes"):
        existing.agree(settings, others)


class Item:
    """By its identity, as pytest's are."""

    def __init__(self, **of: object) -> None:
        vars(self).update(of)


def test_what_the_nodes_lack_is_not_applicable_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The description has a second worker; it was cordoned when the cluster was attached to."""
    needs_second = "part13_operating/64_draining.feature: A worker is drained"
    keys = {
        "moves": needs_second,
        "reads": "part13_operating/66_logging.feature: The default rotation settings",
    }
    items: Any = [Item(**vars(marked(name=name))) for name in keys]
    config: Any = SimpleNamespace(
        option=SimpleNamespace(collectonly=False),
        hook=SimpleNamespace(pytest_deselected=lambda **_: None),
    )
    settings = Settings(
        state_root=tmp_path,
        cluster_id="mine",
        platform="existing",
        cluster_file=tmp_path / "my.toml",
    )
    settings.state.mkdir()
    out: dict[str, str] = {}
    monkeypatch.setattr(taking_out, "from_config", lambda _: settings)
    monkeypatch.setattr(taking_out.reading, "read", lambda _: None)
    monkeypatch.setattr(taking_out.means, "lacks", lambda _: {})
    monkeypatch.setattr(taking_out, "is_live", lambda _: True)
    monkeypatch.setattr(taking_out, "key_of", lambda item: keys[item.name])
    monkeypatch.setattr(
        taking_out, "not_applicable", lambda item, why: out.update({item.name: why})
    )
    seen = {"workers_1": "no second node takes Pods (b is cordoned)"}
    monkeypatch.setattr(
        taking_out.cluster,
        "ensure_and_hold",
        lambda _, told: capabilities.save(told.state, seen),
    )
    taking_out.take_out_of_others(config, items)
    assert out == {"moves": seen["workers_1"]}
    assert [one.name for one in items] == ["reads"]


def test_only_what_is_ours_is_mended(others: Cluster) -> None:
    names = [one.name.removeprefix("fixtures.worlds.") for one in repairs.in_order(ours=False)]
    assert names == ["faults.undo_left", "lifecycle.drain.open_left", "stale_objects.remove_left"]
