"""What AWS is like and the local EC2 is not: provisioning goes on, and makes nothing twice."""

import re
from pathlib import Path
from typing import Any

import pytest

from infra import ec2
from infra.ec2 import instance_profile, network, new_ids
from infra.ec2.api import tags
from infra.ec2.new_ids import NewIds
from infra.errors import PlatformError
from tests.contract.cluster import SPEC, WHOLE, hooked, left, provision
from tests.contract.conftest import Served
from tests.contract.temper import Forgetful, Losing, Throttling, before_each_call
from tests.contract.test_ownership import owned

GOLDEN = Path(__file__).with_name("provision.golden").read_text()
CHANGES = sorted(
    set(re.findall(r"^(?!Describe|Terminate|Delete|Release|Detach)(\w+)", GOLDEN, re.MULTILINE))
)


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
