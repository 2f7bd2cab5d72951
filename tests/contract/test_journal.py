"""A restarted local EC2 answers as before: the journal is replayed."""

import json
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra import ec2
from infra.errors import UserError
from infra.inventory import MachineName
from tests.contract.cluster import SPEC, provision
from tests.contract.conftest import Served
from tests.contract.rows.disks import ZONE, shown, volume
from tests.contract.world import World, front_at, settle

if TYPE_CHECKING:
    from infra.localec2.moto_api.front import Front


@pytest.fixture(scope="module")
def lived(served: Served, local_client: Any, tmp_path_factory: pytest.TempPathFactory) -> "Front":
    """A cluster with a past: a machine replaced, one rebooted, one stopped."""
    front = served.front = front_at(tmp_path_factory.mktemp("lived") / "journal")
    front.on_change = lambda: settle(front)
    made = provision(local_client)
    ec2.route_pods(local_client, SPEC, made)
    local_client.terminate_instances(InstanceIds=[made.instances[MachineName("worker-1")].id])
    made = provision(local_client)
    ec2.route_pods(local_client, SPEC, made)
    local_client.reboot_instances(InstanceIds=[made.instances[MachineName("worker-0")].id])
    local_client.stop_instances(InstanceIds=[made.instances[MachineName("lb")].id])
    return front


@pytest.fixture
def path(lived: "Front", tmp_path: Path) -> Path:
    """A copy of its journal."""
    return Path(shutil.copy(lived._journal.path, tmp_path / "journal"))


def states(front: "Front") -> dict[str, str]:
    return {i.id: i.state for i in front._backend.all_instances()}


def test_restart_gives_the_same_cluster(lived: "Front", path: Path) -> None:
    again = front_at(path)
    assert again.wanted() == lived.wanted()
    assert len(again.wanted().instances) == 3  # type: ignore[union-attr]


def test_what_ran_is_pending_until_seen_again(lived: "Front", path: Path) -> None:
    before, again = states(lived), front_at(path)
    expected = {i: "pending" if s == "running" else s for i, s in before.items()}
    assert states(again) == expected
    assert set(expected.values()) == {"pending", "stopped", "terminated"}
    settle(again)
    assert states(again) == before


def test_second_restart_after_changes(path: Path, served: Served, local_client: Any) -> None:
    again = served.front = front_at(path)
    settle(again)
    again.on_change = lambda: settle(again)
    provision(local_client)  # starts the stopped balancer
    third = front_at(path)
    assert third.wanted() == again.wanted()
    assert {i.wanted for i in third.wanted().instances} == {"running"}  # type: ignore[union-attr]


def test_client_tokens_survive(local: World, served: Served) -> None:
    ident = local.launch(ClientToken="once")
    served.front = front_at(local.front._journal.path)
    assert local.launch(ClientToken="once") == ident


def test_new_ids_after_a_restart_are_new(local: World, served: Served) -> None:
    first = local.launch()
    served.front = front_at(local.front._journal.path)
    assert local.launch() != first


def test_last_line_cut_short_is_dropped(lived: "Front", path: Path) -> None:
    whole = path.read_text()
    path.write_text(whole + '{"kind": "call", "se')
    assert front_at(path).wanted() == lived.wanted()
    assert path.read_text().startswith(whole)


def test_damaged_line_names_itself_and_the_way_out(lived: "Front", path: Path) -> None:
    path.write_text("damaged\n" + path.read_text())
    with pytest.raises(UserError, match=r"journal:1 cannot be read .* build the cluster again"):
        front_at(path)


def test_other_answer_than_before_is_told(lived: "Front", path: Path) -> None:
    lines = path.read_text().splitlines()
    call = json.loads(lines[0])
    path.write_text("\n".join([json.dumps(call | {"seed": 1}), *lines[1:], ""]))
    with pytest.raises(UserError, match="journal:1 gives another answer"):
        front_at(path)


def test_only_its_owner_reads_it(lived: "Front") -> None:
    assert stat.S_IMODE(lived._journal.path.stat().st_mode) == 0o600


def test_signatures_are_not_kept(lived: "Front", path: Path) -> None:
    assert "Signature" not in path.read_text()


def test_volumes_survive_and_a_repeated_call_makes_no_second_one(
    local: World, served: Served
) -> None:
    """What a driver does that asks again because the local EC2 was killed in between."""
    instance, disk = local.running(), volume(local, ClientToken="once")
    local.ec2.attach_volume(VolumeId=disk, InstanceId=instance, Device="/dev/xvdaa")
    local.settle()
    snapshot = local.ec2.create_snapshot(VolumeId=disk)["SnapshotId"]
    local.settle()
    before = local.front.wanted()
    served.front = local.front = front_at(local.front._journal.path)
    settle(local.front)
    assert volume(local, ClientToken="once") == disk
    assert local.front.wanted() == before
    assert shown(local, disk)["Attachments"][0]["State"] == "attached"
    (copy,) = local.ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]
    assert copy["State"] == "completed"


def test_what_was_under_way_stays_so_until_it_is_seen(local: World, served: Served) -> None:
    instance, disk = local.running(), volume(local)
    local.ec2.attach_volume(VolumeId=disk, InstanceId=instance, Device="/dev/xvdaa")
    made = local.ec2.create_volume(AvailabilityZone=ZONE, Size=4, VolumeType="gp3")["VolumeId"]
    served.front = local.front = front_at(local.front._journal.path)
    assert shown(local, disk)["Attachments"][0]["State"] == "attaching"
    assert shown(local, made)["State"] == "creating"
