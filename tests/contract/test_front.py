"""The front: facts, journal, capacity, and no answer that a client would repeat for minutes."""

import json
import stat
import threading
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import pytest

from infra import ec2
from infra.errors import UserError
from infra.localec2.front import Front
from infra.localec2.moto_backend import LocalBackend
from tests.contract.cluster import SPEC, provision
from tests.contract.conftest import Served
from tests.contract.world import PUBLIC_KEY, World, refused, settle


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/latest/meta-data/", "UnsupportedOperation"),
        ("/moto-api/reset", "UnsupportedOperation"),
        ("/", "MissingAuthenticationToken"),
    ],
)
def test_anything_but_signed_calls_is_refused(
    served: Served, front: Front, path: str, code: str
) -> None:
    request = Request(served.endpoint + path, data=b"Action=DescribeVpcs")
    with pytest.raises(HTTPError) as caught:
        urlopen(request)
    with caught.value as answer:
        assert answer.code in {403, 404}
        assert f"<Code>{code}</Code>" in answer.read().decode()


def test_other_services_and_regions_are_refused(front: Front) -> None:
    body = "Action=DescribeVpcs&Version=2016-11-15"
    assert front.answer("ec2", "ap-southeast-1", body)[0] == 200
    assert front.answer("ec2", "eu-central-1", body)[0] == 400
    assert front.answer("s3", "ap-southeast-1", "Action=ListBuckets")[0] == 400
    assert front.answer("ec2", "ap-southeast-1", "")[0] == 400


def test_failure_of_moto_is_a_fault_and_is_logged(
    local: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("moto tripped")

    monkeypatch.setattr(LocalBackend, "describe_vpcs", broken)
    with refused("InternalError"):
        local.ec2.describe_vpcs()
    assert "moto failed on Action=DescribeVpcs" in caplog.text
    assert "RuntimeError: moto tripped" in caplog.text


def test_identity_and_roles(served: Served, front: Front) -> None:
    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=served.endpoint,
            region_name="ap-southeast-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )

    assert client("sts").get_caller_identity()["Account"] == "123456789012"
    iam = client("iam")
    iam.create_role(RoleName="workers", AssumeRolePolicyDocument="{}")
    iam.create_instance_profile(InstanceProfileName="workers")
    iam.add_role_to_instance_profile(InstanceProfileName="workers", RoleName="workers")
    shown = iam.get_instance_profile(InstanceProfileName="workers")["InstanceProfile"]
    assert [role["RoleName"] for role in shown["Roles"]] == ["workers"]
    with refused("UnsupportedOperation"):
        iam.create_user(UserName="nobody")


def test_changes_wake_the_reconciler_and_looks_do_not(local: World) -> None:
    woken: list[str] = []
    local.front.on_change = lambda: woken.append("woken")
    local.ec2.describe_vpcs()
    with refused("InvalidAMIID.NotFound"):
        local.run(ImageId="ami-00000000000000000")
    assert woken == []
    local.launch()
    assert woken == ["woken"]


def test_snapshot_holds_what_a_machine_needs(local: World) -> None:
    assert Front(local.front._journal.path.with_name("empty")).wanted() is None
    local.ec2.import_key_pair(KeyName="me", PublicKeyMaterial=PUBLIC_KEY.encode())
    ident = local.launch(
        PrivateIpAddress="10.0.1.21",
        KeyName="me",
        UserData="#cloud-config\n",
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
    )
    wanted = local.front.wanted()
    instance = wanted.instances[0]
    assert (wanted.subnet, wanted.gateway) == ("10.0.1.0/24", "10.0.1.1")
    assert (instance.id, instance.wanted) == (ident, "running")
    assert (instance.private_ip, instance.hostname) == ("10.0.1.21", "ip-10-0-1-21")
    assert (instance.user_data, instance.public_key) == ("#cloud-config\n", PUBLIC_KEY)
    assert (instance.root_gib, instance.group_ids) == (20, (local.group,))
    assert (instance.http_tokens, instance.hop_limit) == ("required", 2)
    assert instance.mac.startswith("02:")


def test_deleted_key_pair_stays_on_its_machine(local: World) -> None:
    local.ec2.import_key_pair(KeyName="me", PublicKeyMaterial=PUBLIC_KEY.encode())
    local.launch(KeyName="me")
    local.ec2.delete_key_pair(KeyName="me")
    assert local.front.wanted().instances[0].public_key == PUBLIC_KEY


def test_root_volume_keeps_iops_and_throughput(local: World) -> None:
    disk = {"VolumeSize": 20, "VolumeType": "gp3", "Iops": 4000, "Throughput": 250}
    local.launch(BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": disk}])
    (volume,) = local.front._backend.volumes.values()
    assert (volume.size, volume.iops, volume.throughput) == (20, 4000, 250)


def test_capacity_is_asked_at_launch_and_at_start(local: World) -> None:
    asked: list[tuple[str, int]] = []

    def full(instance_type: str, running: int) -> None:
        asked.append((instance_type, running))
        if running >= 1:
            raise UserError("no memory")

    local.front.capacity = full
    first = local.running()
    with refused("InsufficientInstanceCapacity"):
        local.launch(InstanceType="t3.medium")
    local.ec2.stop_instances(InstanceIds=[first])
    local.settle()
    local.ec2.start_instances(InstanceIds=[first])
    assert asked == [("t3.small", 0), ("t3.medium", 1), ("t3.small", 0)]


class TestFacts:
    def test_failed_launch_tells_why(self, local: World) -> None:
        ident = local.launch()
        local.front.observed(ident, "terminated", reason="no kernel")
        shown = local.describe(ident)
        assert shown["State"]["Name"] == "terminated"
        assert shown["StateReason"] == {
            "Code": "Server.InternalError",
            "Message": "Server.InternalError: no kernel",
        }
        assert local.front.wanted().instances == ()

    def test_stop_keeps_its_reason(self, local: World) -> None:
        ident = local.running()
        local.ec2.stop_instances(InstanceIds=[ident])
        local.settle()
        assert local.describe(ident)["StateReason"]["Code"] == "Client.UserInitiatedShutdown"

    def test_shutdown_from_inside_stops_it(self, local: World) -> None:
        ident = local.running()
        local.front.observed(ident, "stopped")
        assert local.state(ident) == "stopped"
        assert local.front.wanted().instances[0].wanted == "stopped"
        assert local.describe(ident)["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"

    def test_late_looks_undo_nothing(self, local: World) -> None:
        ident = local.running()
        local.ec2.stop_instances(InstanceIds=[ident])
        local.front.observed(ident, "running")  # seen before the stop
        assert local.state(ident) == "stopping"
        local.settle()
        local.ec2.start_instances(InstanceIds=[ident])
        local.front.observed(ident, "stopped")  # seen before the start
        assert local.state(ident) == "pending"
        local.ec2.terminate_instances(InstanceIds=[ident])
        local.front.observed(ident, "running")
        assert local.state(ident) == "shutting-down"
        local.front.observed(ident, "terminated")
        local.front.observed(ident, "running")
        assert local.state(ident) == "terminated"

    def test_reboots_are_counted(self, local: World) -> None:
        ident = local.running()
        local.ec2.reboot_instances(InstanceIds=[ident])
        assert local.front.wanted().instances[0].reboots == 1
        assert local.state(ident) == "running"

    def test_route_whose_machine_is_unreachable_is_a_blackhole(self, local: World) -> None:
        cidr, table = "10.200.0.0/24", local.main_table()
        ident = local.running()
        local.ec2.create_route(RouteTableId=table, DestinationCidrBlock=cidr, InstanceId=ident)
        local.front.route_state(cidr, active=False)
        assert local.route_state(cidr) == "blackhole"
        local.front.route_state(cidr, active=True)
        assert local.route_state(cidr) == "active"

    def test_dead_machine_is_not_reachable(self, local: World) -> None:
        ident = local.launch()
        local.front.reachable(ident, ok=True)
        local.settle()
        status = local.ec2.describe_instance_status(InstanceIds=[ident])["InstanceStatuses"][0]
        assert status["InstanceStatus"]["Status"] == "initializing"


class TestJournal:
    @pytest.fixture
    def lived(self, front: Front, local_client: Any) -> Front:
        """A cluster with a past: a machine replaced, one stopped, one rebooted."""
        front.on_change = lambda: settle(front)
        made = provision(local_client)
        ec2.route_pods(local_client, SPEC, made)
        local_client.terminate_instances(InstanceIds=[made.instances["worker-1"].id])
        made = provision(local_client)
        ec2.route_pods(local_client, SPEC, made)
        local_client.reboot_instances(InstanceIds=[made.instances["worker-0"].id])
        local_client.stop_instances(InstanceIds=[made.instances["lb"].id])
        return front

    @staticmethod
    def states(front: Front) -> dict[str, str]:
        return {i.id: i.state for i in front._backend.all_instances()}

    def test_restart_gives_the_same_cluster(self, lived: Front) -> None:
        again = Front(lived._journal.path)
        assert again.wanted() == lived.wanted()
        assert len(again.wanted().instances) == 6  # type: ignore[union-attr]

    def test_what_ran_is_pending_until_seen_again(self, lived: Front) -> None:
        before, again = self.states(lived), Front(lived._journal.path)
        expected = {i: "pending" if s == "running" else s for i, s in before.items()}
        assert self.states(again) == expected
        assert set(expected.values()) == {"pending", "stopped", "terminated"}
        settle(again)
        assert self.states(again) == before

    def test_second_restart_after_changes(
        self, lived: Front, served: Served, local_client: Any
    ) -> None:
        again = served.front = Front(lived._journal.path)
        settle(again)
        again.on_change = lambda: settle(again)
        provision(local_client)  # starts the stopped balancer
        third = Front(lived._journal.path)
        assert third.wanted() == again.wanted()
        assert {i.wanted for i in third.wanted().instances} == {"running"}  # type: ignore[union-attr]

    def test_client_tokens_survive(self, local: World, served: Served) -> None:
        ident = local.launch(ClientToken="once")
        served.front = Front(local.front._journal.path)
        assert local.launch(ClientToken="once") == ident

    def test_new_ids_after_a_restart_are_new(self, local: World, served: Served) -> None:
        first = local.launch()
        served.front = Front(local.front._journal.path)
        assert local.launch() != first

    def test_last_line_cut_short_is_dropped(self, lived: Front) -> None:
        path = lived._journal.path
        whole = path.read_text()
        path.write_text(whole + '{"kind": "call", "se')
        assert Front(path).wanted() == lived.wanted()
        assert path.read_text().startswith(whole)

    def test_damaged_line_names_itself_and_the_way_out(self, lived: Front) -> None:
        path = lived._journal.path
        path.write_text("damaged\n" + path.read_text())
        with pytest.raises(UserError, match=r"journal:1 cannot be read .* build the cluster again"):
            Front(path)

    def test_other_answer_than_before_is_told(self, lived: Front) -> None:
        path = lived._journal.path
        lines = path.read_text().splitlines()
        call = json.loads(lines[0])
        path.write_text("\n".join([json.dumps(call | {"seed": 1}), *lines[1:], ""]))
        with pytest.raises(UserError, match="journal:1 gives another answer"):
            Front(path)

    def test_only_its_owner_reads_it(self, lived: Front) -> None:
        assert stat.S_IMODE(lived._journal.path.stat().st_mode) == 0o600

    def test_signatures_are_not_kept(self, lived: Front) -> None:
        assert "Signature" not in lived._journal.path.read_text()


def test_parallel_calls_keep_their_places(local: World) -> None:
    addresses = [f"10.0.1.{n}" for n in range(50, 62)]
    threads = [
        threading.Thread(target=local.launch, kwargs={"PrivateIpAddress": a}) for a in addresses
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = local.front.wanted()
    assert sorted(i.private_ip for i in wanted.instances) == addresses
    assert Front(Path(local.front._journal.path)).wanted() == wanted
