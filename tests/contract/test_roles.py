"""The driver's role: on the instances that have it, and only its credentials are taken."""

from typing import Any, cast

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.ec2 import instance_profile
from infra.inventory import series
from tests.contract.conftest import Served, in_process
from tests.contract.world import World, refused

SPEC = series("test", kubernetes="v1.36.1", platform="local")


def client(served: Served, service: str, **keys: str) -> Any:
    given: dict[str, Any] = {"aws_access_key_id": "any", "aws_secret_access_key": "any"} | keys
    return cast("Any", boto3.client)(
        service,
        endpoint_url=served.endpoint,
        region_name="ap-southeast-1",
        config=Config(retries={"total_max_attempts": 1}),
        **given,
    )


@pytest.fixture
def iam(served: Served) -> Any:
    return in_process(client(served, "iam"), served)


def roles(local: World) -> dict[str, str | None]:
    return {i.id: i.role for i in local.front.wanted().instances}


def test_it_is_on_the_instances_that_have_it(local: World, iam: Any) -> None:
    having, without = local.running(), local.running()
    instance_profile.give(local.ec2, iam, SPEC, [having])
    instance_profile.give(local.ec2, iam, SPEC, [having])
    assert roles(local) == {having: "k8s-scratch-ebs-csi-test", without: None}
    attached = iam.list_attached_role_policies(RoleName="k8s-scratch-ebs-csi-test")
    assert [p["PolicyArn"] for p in attached["AttachedPolicies"]] == [instance_profile.POLICY]


def test_it_is_taken_back(local: World, iam: Any) -> None:
    instance = local.running()
    instance_profile.give(local.ec2, iam, SPEC, [instance])
    instance_profile.take_back(local.ec2, iam, SPEC)
    instance_profile.take_back(local.ec2, iam, SPEC)
    assert roles(local) == {instance: None}
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName="k8s-scratch-ebs-csi-test")


def test_it_is_taken_out_of_its_profile_once(iam: Any, front: object) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    iam.create_instance_profile(InstanceProfileName="p")
    both = {"InstanceProfileName": "p", "RoleName": "r"}
    iam.add_role_to_instance_profile(**both)
    iam.remove_role_from_instance_profile(**both)
    with refused("NoSuchEntity"):
        iam.remove_role_from_instance_profile(**both)


def refusal(served: Served, **keys: str) -> str:
    try:
        in_process(client(served, "ec2", **keys), served).describe_volumes()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_machines_need_a_roles_credentials(
    local: World, iam: Any, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = local.running()
    instance_profile.give(local.ec2, iam, SPEC, [instance])
    keys = local.front.issuer.keys(roles(local)[instance])
    given = {
        "aws_access_key_id": keys.access_key,
        "aws_secret_access_key": keys.secret_key,
        "aws_session_token": keys.token,
    }
    with monkeypatch.context() as there:
        there.setattr(Served, "__call__", lambda me, e, s: me.front.app_for_machines(e, s))
        assert refusal(served, **given) == ""
        assert refusal(served) == "AuthFailure"
        assert refusal(served, **given | {"aws_session_token": "other"}) == "AuthFailure"
    instance_profile.take_back(local.ec2, iam, SPEC)
    monkeypatch.setattr(Served, "__call__", lambda me, e, s: me.front.app_for_machines(e, s))
    assert refusal(served, **given) == "AuthFailure"
