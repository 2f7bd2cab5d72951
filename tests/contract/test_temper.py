"""What AWS is like and the local EC2 is not: provisioning goes on, and makes nothing twice."""

import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from infra import ec2
from infra.ec2 import api, instance_profile, network, new_ids
from infra.ec2.api import tags
from infra.ec2.new_ids import NewIds
from infra.errors import PlatformError
from tests.contract.cluster import NOTHING, SPEC, WHOLE, hooked, left, provision, remove
from tests.contract.conftest import Served
from tests.contract.temper import Forgetful, Losing, Refusing, Throttling, before_each_call
from tests.contract.test_ownership import owned
from tests.contract.world import settle

GOLDEN = Path(__file__).with_name("provision.golden").read_text()
CHANGES = sorted(
    set(re.findall(r"^(?!Describe|Terminate|Delete|Release|Detach)(\w+)", GOLDEN, re.MULTILINE))
)
REMOVALS = sorted(set(re.findall(r"^(?:Terminate|Delete|Release|Detach)\w+", GOLDEN, re.MULTILINE)))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for botocore's next attempt."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


def whole(client: Any) -> ec2.Provisioned:
    made = provision(client)
    ec2.route_pods(client, SPEC, made)
    return made


def test_what_is_new_and_not_found_yet_is_asked_for_again(client: Any, served: Served) -> None:
    forgetful = Forgetful()
    with hooked(client, "after-call.ec2", forgetful.noted), before_each_call(served, forgetful):
        made = whole(client)
    assert left(client) == WHOLE
    assert ec2.find(client, SPEC) is not None
    assert made.instances.keys() == {machine.name for machine in SPEC.machines}
    kinds = {(action, name.partition("-")[0]) for action, name in forgetful.refused}
    assert {
        ("AttachInternetGateway", "vpc"),
        ("DescribeRouteTables", "rtb"),
        ("DescribeSecurityGroups", "sg"),
        ("ModifySubnetAttribute", "subnet"),
        ("RunInstances", "subnet"),
        ("RunInstances", "kubernetes"),
        ("AssociateAddress", "eipalloc"),
        ("ModifyInstanceAttribute", "i"),
    } <= kinds


def test_a_new_role_that_is_not_found_yet_is_asked_for_again(
    client: Any, iam: Any, served: Served, tmp_path: Path
) -> None:
    spec = owned(tmp_path)
    made = provision(client, spec)
    forgetful = Forgetful("NoSuchEntity")
    with hooked(iam, "after-call.iam", forgetful.noted), before_each_call(served, forgetful):
        instance_profile.give(client, iam, spec, [i.id for i in made.instances.values()])
    assert {kind for kind, _, _ in instance_profile.of(iam, spec.id)} == {
        instance_profile.ROLE,
        instance_profile.PROFILE,
    }
    assert {action for action, _ in forgetful.refused} >= {
        "AttachRolePolicy",
        "GetInstanceProfile",
        "AddRoleToInstanceProfile",
    }


@pytest.mark.parametrize("action", CHANGES)
def test_an_answer_that_is_lost_makes_nothing_twice(
    client: Any, served: Served, action: str
) -> None:
    losing = Losing(served, action)
    with before_each_call(served, losing):
        made = whole(client)
    assert losing.lost == 1
    assert left(client) == WHOLE
    assert ec2.find(client, SPEC) is not None
    assert made.instances.keys() == {machine.name for machine in SPEC.machines}


@pytest.mark.parametrize("action", REMOVALS)
def test_an_answer_that_is_lost_leaves_nothing(client: Any, served: Served, action: str) -> None:
    provision(client)
    losing = Losing(served, action)
    with before_each_call(served, losing):
        remove(client)
    assert losing.lost == 1
    assert left(client) == NOTHING


@pytest.mark.parametrize(
    "action",
    [
        "CreateRole",
        "AttachRolePolicy",
        "CreateInstanceProfile",
        "AddRoleToInstanceProfile",
        "AssociateIamInstanceProfile",
    ],
)
def test_an_answer_that_is_lost_gives_one_role(
    client: Any, iam: Any, served: Served, tmp_path: Path, action: str
) -> None:
    spec = owned(tmp_path)
    worker = provision(client, spec).instances[spec.workers[0].name].id
    losing = Losing(served, action)
    with before_each_call(served, losing):
        instance_profile.give(client, iam, spec, [worker])
    assert losing.lost == 1
    assert [one["InstanceId"] for one in instance_profile.associations(client, spec)] == [worker]
    name = instance_profile.name_of(spec)
    profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == [name]


UNDONE = ("RemoveRoleFromInstanceProfile", "DetachRolePolicy", "DisassociateIamInstanceProfile")


@pytest.mark.parametrize("action", UNDONE)
def test_what_is_undone_is_not_waited_for_although_it_is_new(action: str) -> None:
    """Not found is what it shall be: the first answer was lost."""
    new, operation = NewIds(2.0), type("Model", (), {"name": action})
    made: Any = type("Model", (), {"name": "CreateRole"})
    new.answered({"Role": {"RoleName": "r"}}, made, {})
    unknown: Any = (None, {"Error": {"Code": "NoSuchEntity"}})
    assert new.again(unknown, operation, None, {"body": {"RoleName": "r"}}) is None


def test_attempts_for_what_is_new_are_not_botocores(client: Any) -> None:
    """Who was told four times that there is no such VPC is still let wait for a burst's end."""
    new, describe = NewIds(2.0), type("Model", (), {"name": "DescribeVpcs"})
    new.watch(client)
    made: Any = type("Model", (), {"name": "CreateVpc"})
    new.answered({"Vpc": {"VpcId": "vpc-0123456789"}}, made, {})
    body = {"body": {"VpcId.1": "vpc-0123456789"}}
    burst: Any = (None, {"Error": {"Code": "RequestLimitExceeded"}})
    most = client.meta.config.retries["total_max_attempts"]
    assert new.again(burst, describe, None, body, attempts=most - 1) is None
    assert new.again(burst, describe, None, body, attempts=most) == 2.0
    assert new.again(None, describe, ReadTimeoutError(endpoint_url="x"), body, most) == 2.0
    other: Any = (None, {"Error": {"Code": "UnauthorizedOperation"}})
    assert new.again(other, describe, None, body, attempts=most) is None
    assert new.again(burst, describe, None, {"body": {}}, attempts=most) is None


def test_a_name_that_is_taken_may_have_been_made_a_moment_ago() -> None:
    """By a call whose answer was lost, and which was repeated."""
    create: Any = type("Model", (), {"name": "CreateRole"})
    attach: Any = type("Model", (), {"name": "AttachRolePolicy"})
    unknown: Any = (None, {"Error": {"Code": "NoSuchEntity"}})
    for code, wait in (("EntityAlreadyExists", 2.0), ("LimitExceeded", None)):
        new = NewIds(2.0, clock=lambda: 0.0)
        new.answered({"Error": {"Code": code}}, create, {new_ids.ASKED: {"RoleName": "r"}})
        assert new.again(unknown, attach, None, {"body": {"RoleName": "r"}}) == wait


def test_a_burst_of_refusals_for_too_many_calls_is_waited_for(client: Any, served: Served) -> None:
    throttling = Throttling()
    with before_each_call(served, throttling):
        whole(client)
    assert left(client) == WHOLE
    assert throttling.refused > len(CHANGES)


def test_two_of_what_a_cluster_has_one_of_are_told_by_name(client: Any) -> None:
    for _ in range(2):
        client.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc", SPEC, SPEC.id))
    for ask in (lambda: provision(client), lambda: network.find(client, SPEC.id)):
        with pytest.raises(
            PlatformError, match=r"VPC of test: is 2 times there \(vpc-\w+, vpc-\w+\)"
        ):
            ask()


FULL = "InsufficientInstanceCapacity"


def test_a_zone_that_is_full_for_a_moment_is_waited_for_on_aws(
    client: Any, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "AMAZON", "127.0.0.1")
    with before_each_call(served, Refusing("RunInstances", FULL, FULL)):
        whole(client)
    assert left(client) == WHOLE


def test_machines_that_run_beside_one_that_does_not_are_told(client: Any, served: Served) -> None:
    with (
        before_each_call(served, Refusing("RunInstances", "VcpuLimitExceeded")),
        pytest.raises(ec2.Refused, match="2 of 3 machines are there, and may cost: repeat") as told,
    ):
        whole(client)
    assert told.value.code == "VcpuLimitExceeded"
    whole(client)
    assert left(client) == WHOLE


def test_a_machine_that_is_still_stopping_is_started_after_that(client: Any, front: Any) -> None:
    made = provision(client)
    front.on_change = lambda: None
    lb = made.instances[SPEC.load_balancer.name].id
    client.stop_instances(InstanceIds=[lb])
    looks: list[str] = []

    def stops_in_a_while(**_: Any) -> None:
        looks.append("looked")
        if len(looks) == 4:
            settle(front)
            front.on_change = lambda: settle(front)

    with hooked(client, "after-call.ec2.DescribeInstances", stops_in_a_while):
        assert provision(client).instances[SPEC.load_balancer.name].id == lb


def test_what_is_in_the_way_of_an_end_for_a_moment(
    client: Any, iam: Any, served: Served, tmp_path: Path
) -> None:
    for action, code in (
        ("DisassociateIamInstanceProfile", "IncorrectState"),
        ("DeleteRole", "DeleteConflict"),
        ("ReleaseAddress", "InvalidIPAddress.InUse"),
        ("DeleteVpc", "DependencyViolation"),
    ):
        spec = owned(tmp_path / action)
        made = provision(client, spec)
        instance_profile.give(client, iam, spec, [i.id for i in made.instances.values()])
        refusing = Refusing(action, code)
        with before_each_call(served, refusing):
            ec2.remove(client, iam, spec, say=lambda _: None)
        assert refusing.codes == []
        assert left(client) == NOTHING
        assert list(instance_profile.of(iam, spec.id)) == []


def test_a_profile_that_is_being_taken_back_is_waited_for(
    client: Any, iam: Any, served: Served, tmp_path: Path
) -> None:
    spec = owned(tmp_path)
    worker = provision(client, spec).instances[spec.workers[0].name].id
    refusing = Refusing("AssociateIamInstanceProfile", "IncorrectState", "InvalidParameterValue")
    with before_each_call(served, refusing):
        instance_profile.give(client, iam, spec, [worker])
    assert [one["InstanceId"] for one in instance_profile.associations(client, spec)] == [worker]


def test_what_was_deleted_or_is_old_is_not_waited_for() -> None:
    now = [0.0]
    new = NewIds(2.0, clock=lambda: now[0])

    def again(ident: str, code: str = "InvalidVpcID.NotFound") -> float | None:
        answer: Any = (None, {"Error": {"Code": code}})
        asked = {"body": {"VpcId": ident}}
        return new.again(answer, named("DescribeVpcs"), None, asked)

    def named(name: str) -> Any:
        return type("Model", (), {"name": name})

    new.answered({"Vpc": {"VpcId": "vpc-0123456789"}}, named("CreateVpc"), {})
    assert again("vpc-0123456789") == 2.0
    assert again("vpc-0123456789", "DependencyViolation") is None
    assert again("vpc-0123456789", "InvalidRoute.NotFound") is None
    assert again("vpc-9876543210") is None
    now[0] = new_ids.VISIBLE_WITHIN
    assert again("vpc-0123456789") is None
    new.answered({"Vpc": {"VpcId": "vpc-aaaaaaaaaa"}}, named("CreateVpc"), {})
    deleted = {new_ids.ASKED: {"VpcId": "vpc-aaaaaaaaaa"}}
    new.answered({"Error": {"Code": "DependencyViolation"}}, named("DeleteVpc"), deleted)
    assert again("vpc-aaaaaaaaaa") == 2.0
    new.answered({}, named("DeleteVpc"), deleted)
    assert again("vpc-aaaaaaaaaa") is None
