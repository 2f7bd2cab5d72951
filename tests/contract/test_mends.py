"""What somebody changed in EC2 is put back by the next provisioning, or told."""

from collections.abc import Callable
from typing import Any

import pytest

from infra import ec2
from infra.ec2 import instance_profile, network
from infra.inventory import ClusterSpec, MachineName
from tests.contract.cluster import SPEC, provision, recording

Change = Callable[[Any, ec2.Provisioned], object]
WORKER = MachineName("worker-1")
NARROW = "10.200.1.128/25"


def table_of(client: Any) -> str:
    found = network.find(client, SPEC.id)
    assert found
    return found.route_table


def checked(client: Any, made: ec2.Provisioned) -> None:
    client.modify_instance_attribute(
        InstanceId=made.instances[WORKER].id, SourceDestCheck={"Value": True}
    )


def without_pods_route(client: Any, _: ec2.Provisioned) -> None:
    client.delete_route(RouteTableId=table_of(client), DestinationCidrBlock="10.200.1.0/24")


def pods_of_the_other(client: Any, made: ec2.Provisioned) -> None:
    client.replace_route(
        RouteTableId=table_of(client),
        DestinationCidrBlock="10.200.1.0/24",
        InstanceId=made.instances[MachineName("worker-0")].id,
    )


def nowhere_out(client: Any, made: ec2.Provisioned) -> None:
    client.replace_route(
        RouteTableId=table_of(client),
        DestinationCidrBlock="0.0.0.0/0",
        InstanceId=made.instances[WORKER].id,
    )


def shut(client: Any, made: ec2.Provisioned) -> None:
    group = made.security_group_id
    shown = client.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    inside = [r for r in shown["IpPermissions"] if r["IpProtocol"] == "-1"]
    client.revoke_security_group_ingress(GroupId=group, IpPermissions=inside)


def open_to_all(client: Any, made: ec2.Provisioned) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 2379, "ToPort": 2379}
    client.authorize_security_group_ingress(
        GroupId=made.security_group_id,
        IpPermissions=[{**rule, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )


def open_to_a_group(client: Any, made: ec2.Provisioned) -> None:
    pairs = [{"GroupId": made.security_group_id}]
    rule = {"IpProtocol": "tcp", "FromPort": 2379, "ToPort": 2379, "UserIdGroupPairs": pairs}
    client.authorize_security_group_ingress(GroupId=made.security_group_id, IpPermissions=[rule])


def mute(client: Any, made: ec2.Provisioned) -> None:
    group = made.security_group_id
    shown = client.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    client.revoke_security_group_egress(GroupId=group, IpPermissions=shown["IpPermissionsEgress"])


def in_another_group(client: Any, made: ec2.Provisioned) -> None:
    shown = client.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [made.vpc_id]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )
    other = shown["SecurityGroups"][0]["GroupId"]
    client.modify_instance_attribute(InstanceId=made.instances[WORKER].id, Groups=[other])


def by_another_table(client: Any, made: ec2.Provisioned) -> None:
    shown = client.describe_route_tables(RouteTableIds=[table_of(client)])["RouteTables"][0]
    for one in shown["Associations"]:
        client.disassociate_route_table(AssociationId=one["RouteTableAssociationId"])
    other = client.create_route_table(VpcId=made.vpc_id)["RouteTable"]["RouteTableId"]
    client.associate_route_table(RouteTableId=other, SubnetId=made.subnet_id)


def without_addresses(client: Any, made: ec2.Provisioned) -> None:
    client.modify_subnet_attribute(SubnetId=made.subnet_id, MapPublicIpOnLaunch={"Value": False})


CHANGES: list[tuple[Change, str]] = [
    (checked, "worker-1 may forward what its Pods send (no source/destination check)"),
    (without_pods_route, "the VPC sends 10.200.1.0/24 to i-"),
    (pods_of_the_other, "the VPC sends 10.200.1.0/24 to i-"),
    (nowhere_out, "what leaves the VPC goes by its internet gateway"),
    (shut, "the security group lets in everything from 10.0.0.0/16, everything from 10.200.0.0/16"),
    (open_to_all, "the security group no longer lets in tcp 2379 from 0.0.0.0/0"),
    (open_to_a_group, "the security group no longer lets in tcp 2379 from sg-"),
    (mute, "the security group lets out everything"),
    (in_another_group, "worker-1 is in the cluster's security group, and in no other"),
    (by_another_table, "the subnet no longer uses the route table rtb-"),
]


def whole(client: Any, said: list[str], spec: ClusterSpec = SPEC) -> ec2.Provisioned:
    made = provision(client, spec, say=said.append)
    ec2.route_pods(client, spec, made, say=said.append)
    return made


@pytest.mark.parametrize(("change", "words"), CHANGES, ids=lambda x: getattr(x, "__name__", ""))
def test_a_change_is_put_back_and_told_once(client: Any, change: Change, words: str) -> None:
    made = whole(client, [])
    change(client, made)
    said: list[str] = []
    whole(client, said)
    assert len(said) == 1
    assert said[0].startswith(words)
    with recording(client) as recorder:
        whole(client, said)
    assert recorder.changes == []
    assert len(said) == 1


def test_machines_of_a_subnet_have_public_addresses_again(client: Any) -> None:
    made = whole(client, [])
    without_addresses(client, made)
    whole(client, [])
    shown = client.describe_subnets(SubnetIds=[made.subnet_id])["Subnets"][0]
    assert shown["MapPublicIpOnLaunch"]


def test_a_route_that_is_not_ours_is_told_and_left(client: Any) -> None:
    made = whole(client, [])
    assert ec2.strangers(client, SPEC, made) == []
    client.create_route(
        RouteTableId=table_of(client),
        DestinationCidrBlock=NARROW,
        InstanceId=made.instances[MachineName("worker-0")].id,
    )
    (told,) = ec2.strangers(client, SPEC, made)
    assert f"has a route to {NARROW} that up did not make: Pods there are not reached" in told


def test_a_profile_that_is_not_ours_is_told_and_left(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = whole(client, [])
    given = {i.id: instance_profile.name_of(SPEC) for i in made.instances.values()}
    given[made.instances[MachineName("worker-0")].id] = "somebodys"
    monkeypatch.setattr(instance_profile, "in_force", lambda _: given)
    told = sorted(ec2.strangers(client, SPEC, made))
    assert [text.split(",")[0] for text in told] == [
        f"lb has the instance profile {instance_profile.name_of(SPEC)}",
        "worker-0 has the instance profile somebodys",
    ]
