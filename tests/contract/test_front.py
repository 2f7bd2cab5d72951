"""The front: facts, journal, capacity, and no answer that a client would repeat for minutes."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import pytest

from infra.errors import UserError
from tests.contract.conftest import Served
from tests.contract.world import PUBLIC_KEY, World, front_at, refused

if TYPE_CHECKING:
    from infra.localec2.moto_api.front import Front

DESCRIBE_VPCS = "infra.localec2.moto_backend.backend.LocalBackend.describe_vpcs"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/latest/meta-data/", "UnsupportedOperation"),
        ("/moto-api/reset", "UnsupportedOperation"),
        ("/", "MissingAuthenticationToken"),
    ],
)
def test_anything_but_signed_calls_is_refused(
    served: Served, front: "Front", path: str, code: str
) -> None:
    request = Request(served.endpoint + path, data=b"Action=DescribeVpcs")
    with pytest.raises(HTTPError) as caught:
        urlopen(request)
    with caught.value as answer:
        assert answer.code in {403, 404}
        assert f"<Code>{code}</Code>" in answer.read().decode()


def test_other_services_and_regions_are_refused(front: "Front") -> None:
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

    monkeypatch.setattr(DESCRIBE_VPCS, broken)
    with refused("InternalError"):
        local.ec2.describe_vpcs()
    assert "moto failed on Action=DescribeVpcs" in caplog.text
    assert "RuntimeError: moto tripped" in caplog.text


def test_what_moto_lacks_is_unsupported(local: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*_: Any, **__: Any) -> None:
        raise NotImplementedError("not in moto yet")

    monkeypatch.setattr(DESCRIBE_VPCS, lacking)
    with refused("UnsupportedOperation"):
        local.ec2.describe_vpcs()


def test_looks_wait_for_changes(local: World) -> None:
    look = threading.Thread(target=local.ec2.describe_vpcs)
    with local.front.lock:
        look.start()
        look.join(timeout=0.3)
        assert look.is_alive()
    look.join(timeout=10)
    assert not look.is_alive()


def test_identity_and_roles(served: Served, front: "Front") -> None:
    def client(service: str) -> Any:
        return cast("Any", boto3.client)(
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
    assert front_at(local.front._journal.path.with_name("empty")).wanted() is None
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
    assert front_at(Path(local.front._journal.path)).wanted() == wanted
