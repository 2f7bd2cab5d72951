"""What is refused leaves everything as it was, with one line and an exit code."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from fixtures import cluster as session_cluster
from infra.__main__ import app
from infra.artifacts import catalog as catalogs
from infra.computer.exit_codes import told
from infra.errors import ClusterBroken, NotJudged, PhaseFailed, UserError
from infra.lifecycle import cluster_lifecycle, gate, state_dir, upgrade_record
from infra.lifecycle.upgrade import cluster_upgrade, observed
from infra.lifecycle.upgrade_record import UnderWay
from infra.settings import Settings
from tests.unit.upgrade_fake import NEW, OLD, FakeKubectl, run
from tests.unit.upgrade_world import Killed, World

OLDER = catalogs.load("1.35").kubernetes


def record(settings: Settings) -> dict[str, Any]:
    found = state_dir.read(settings.state)
    assert found
    return found


def refused(settings: Settings, to: str, words: str, error: type[NotJudged] = UserError) -> None:
    before = record(settings)
    with pytest.raises(error, match=words) as caught:
        run(settings, to)
    assert "\n" not in str(caught.value)
    assert record(settings) == before


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("1.35", "would be a downgrade"),
        ("1.99", r"'1.99' is not known; known versions: .*v1.37"),
        ("1.33", "'1.33' is not known"),  # programs for version skew, and no cluster
    ],
)
def test_versions_that_it_may_not_have(
    world: World, settings: Settings, to: str, words: str
) -> None:
    refused(settings, to, words)
    assert world.effects == []


def test_two_minors_at_once(world: World, settings: Settings) -> None:
    state_dir.write(settings.state, record(settings) | {"kubernetes": OLDER})
    refused(settings, "1.37", "first: ./kfs upgrade --to 1.36")
    assert world.effects == []


def test_a_cluster_that_the_health_gate_refuses(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ill(_: object, *, deep: bool = False) -> None:
        assert deep
        raise ClusterBroken("the cluster is not healthy after 90 s: no leader\n  nodes\nlook with")

    monkeypatch.setattr(gate, "gate", ill)
    words = "'unit' is not upgraded: the cluster is not healthy after 90 s: no leader; look with:"
    refused(settings, "1.37", words, ClusterBroken)
    assert world.effects == []


def test_no_cluster_and_one_that_others_built(settings: Settings) -> None:
    (settings.state / state_dir.RECORD).unlink()
    with pytest.raises(UserError, match="there is no finished cluster 'unit'"):
        run(settings)
    others = settings.model_copy(update={"platform": "existing"})
    with pytest.raises(UserError, match="others built"):
        run(others)


def test_a_version_that_it_has_already_is_fine(world: World, settings: Settings) -> None:
    done = run(settings, "1.36")
    assert (done.old, done.new, done.done) == (OLD, OLD, ())
    assert world.effects == []


def test_the_command_ends_with_a_code(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("KFS_STATE_ROOT", str(settings.state_root))
    argv = ["upgrade", "--cluster-id", "unit", "--to"]
    same = CliRunner().invoke(app, [*argv, "1.36"])
    assert (same.exit_code, same.stdout) == (0, f"cluster unit has Kubernetes {OLD} already\n")
    with pytest.raises(SystemExit) as ended, told():
        CliRunner().invoke(app, [*argv, "1.35"], catch_exceptions=False, standalone_mode=False)
    assert ended.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    whole = CliRunner().invoke(app, [*argv, "1.37"])
    assert whole.exit_code == 0
    assert f"cluster unit is upgraded from {OLD} to {NEW}" in whole.stdout


def killed(world: World, settings: Settings, at: int) -> None:
    world.kill_at = len(world.effects) + at
    with pytest.raises(Killed):
        run(settings)


def test_one_that_is_under_way_goes_nowhere_else(world: World, settings: Settings) -> None:
    killed(world, settings, 6)
    before = list(world.effects)
    refused(settings, "1.36", f"from {OLD} to {NEW} has not ended; .*upgrade --to 1.37")
    assert world.effects == before


def test_another_patch_of_its_minor_begins_its_steps_again(
    world: World, settings: Settings
) -> None:
    way = UnderWay(OLD, "v1.37.1", {"controller-0": {"etcd": "v3.7.0", "API server": "v1.37.1"}})
    upgrade_record.save(settings.state, way)
    found, goes_on = cluster_upgrade.decided(settings, NEW)
    assert goes_on
    assert (found.old, found.new) == (OLD, NEW)
    assert found.machines == way.machines


def test_the_record_tells_the_version_of_each_machine(world: World, settings: Settings) -> None:
    # record, two effects and a record for each of three members and of the first API server
    killed(world, settings, 1 + 3 * 3 + 3 + 1)
    told_now = record(settings)[upgrade_record.KEY]["machines"]
    assert [told_now[f"controller-{n}"]["API server"] for n in range(3)] == [NEW, OLD, OLD]
    assert {told_now[f"controller-{n}"]["etcd"] for n in range(3)} == {"v3.7.0"}
    assert told_now["worker-1"] == {"kubelet": OLD, "kube-proxy": OLD}


def test_pytest_and_status_refuse_a_half_upgraded_cluster(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(world, settings, 6)
    monkeypatch.setattr(session_cluster, "hold", lambda *_: None)
    config: Any = type("Config", (), {"stash": {}, "getoption": lambda *_: False})()
    words = r"has not ended; it goes on with: \./kfs upgrade --to 1\.37 --cluster-id unit$"
    with pytest.raises(pytest.UsageError, match=words):
        session_cluster.ensure_and_hold(config, settings)
    with pytest.raises(UserError, match=words):
        cluster_lifecycle.status(settings)


def test_another_machine_that_is_ill_is_not_made_worse(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is half done may look ill: the first member is the next step's, the others are not."""
    killed(world, settings, 3)
    before = len(world.effects)
    wrong = ["etcd https://10.0.1.11:2379 does not answer", "node worker-1 is not Ready"]
    monkeypatch.setattr(gate, "problems", lambda _: wrong)
    words = "does not go on: every other machine is well: not within 90 s; .*worker-1.*mend that"
    refused(settings, "1.37", words, ClusterBroken)
    assert len(world.effects) == before
    wrong.pop()
    assert run(settings).done


def test_a_step_that_does_not_become_ready_is_the_last_one(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reported(cluster: Any, step: Any) -> dict[str, str]:
        ill = step.machine == "controller-1" and step.kind == "API server"
        return {} if ill else world.reported(cluster, step)

    monkeypatch.setattr(observed, "versions", reported)
    words = "upgrade of API server failed on controller-1: .*not within 180 s"
    with pytest.raises(PhaseFailed, match=words) as failed:
        run(settings)
    assert "the same command goes on" in str(failed.value)
    assert world.started[-1][:2] == ("controller-1", "kube-apiserver")
    assert json.loads((settings.state / state_dir.RECORD).read_text())["kubernetes"] == OLD


def test_a_drain_that_is_refused_leaves_the_kubelet(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_upgrade, "Kubectl", lambda *_: FakeKubectl(world, status=1))
    with pytest.raises(PhaseFailed, match=r"kubectl drain worker-0 .*cannot evict the last one"):
        run(settings)
    assert world.version("worker-0", "kubelet") == OLD
