"""A run on a cluster that others built says what it makes, and speaks of its machines."""

from pathlib import Path
from typing import Any

import pytest

from fixtures import existing, repairs
from fixtures.turns.held import real_name
from infra.cluster import Cluster, Entrance
from infra.described import own_objects
from infra.errors import UserError
from infra.inventory import Machine, MachineName, Role, series
from infra.kube_api import Credentials
from infra.settings import Settings

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


def test_only_what_is_ours_is_mended(others: Cluster) -> None:
    names = [one.name.removeprefix("fixtures.worlds.") for one in repairs.in_order(ours=False)]
    assert names == ["faults.undo_left", "lifecycle.drain.open_left", "stale_objects.remove_left"]
