"""Tags and ids as people write them."""

from typing import Any

from tests.contract.rows.addresses import interface
from tests.contract.rows.disks import shown, volume
from tests.contract.rows.registry import row
from tests.contract.world import World, refused

UNKNOWN = {
    "ami": "InvalidAMIID.NotFound",
    "eipalloc": "InvalidAllocationID.NotFound",
    "eni": "InvalidNetworkInterfaceID.NotFound",
    "i": "InvalidInstanceID.NotFound",
    "igw": "InvalidInternetGatewayID.NotFound",
    "key": "InvalidKeyPair.NotFound",
    "rtb": "InvalidRouteTableID.NotFound",
    "sg": "InvalidGroup.NotFound",
    "sgr": "InvalidSecurityGroupRuleId.NotFound",
    "snap": "InvalidSnapshot.NotFound",
    "subnet": "InvalidSubnetID.NotFound",
    "vol": "InvalidVolume.NotFound",
    "vpc": "InvalidVpcID.NotFound",
}
NOWHERE = "0" * 17


def tagged(world: World, value: str, key: str = "K") -> str:
    tags = [{"Key": key, "Value": value}]
    return volume(world, TagSpecifications=[{"ResourceType": "volume", "Tags": tags}])


def found(world: World, *values: str, name: str = "tag:K") -> list[str]:
    answer = world.ec2.describe_volumes(Filters=[{"Name": name, "Values": list(values)}])
    return [v["VolumeId"] for v in answer["Volumes"]]


def tags_of(world: World, ident: str) -> Any:
    return {tag["Key"]: tag["Value"] for tag in shown(world, ident).get("Tags", [])}


@row
def brackets_in_a_value_are_themselves(world: World) -> None:
    bracketed = tagged(world, "x[1]")
    tagged(world, "x1")
    assert found(world, "x[1]") == [bracketed]


@row
def backslash_makes_a_wildcard_a_character(world: World) -> None:
    starred, _ = tagged(world, "star*"), tagged(world, "starfish")
    asked = tagged(world, "why?")
    assert found(world, r"star\*") == [starred]
    assert found(world, r"why\?") == [asked]


@row
def backslash_itself_is_found(world: World) -> None:
    path = tagged(world, "C:\\temp")
    assert found(world, r"C:\\temp") == found(world, r"C:\temp") == [path]


@row
def description_with_brackets_is_found(world: World) -> None:
    made = world.ec2.create_snapshot(VolumeId=volume(world), Description="a [1] of 2")
    filters = [{"Name": "description", "Values": ["a [1] of ?"]}]
    seen = world.ec2.describe_snapshots(Filters=filters)["Snapshots"]
    assert [snapshot["SnapshotId"] for snapshot in seen] == [made["SnapshotId"]]


@row
def instances_are_found_by_wildcards(world: World) -> None:
    instance = world.running(PrivateIpAddress="10.0.1.44")
    for pattern in ("10.0.1.*", "10.0.1.4?"):
        filters = [{"Name": "private-ip-address", "Values": [pattern]}]
        seen = world.ec2.describe_instances(Filters=filters)["Reservations"]
        assert [r["Instances"][0]["InstanceId"] for r in seen] == [instance]


@row
def one_of_the_values_is_enough(world: World) -> None:
    both = volume(world)
    for key in ("A", "B"):
        world.ec2.create_tags(Resources=[both], Tags=[{"Key": key, "Value": "1"}])
    assert found(world, "A", "C", name="tag-key") == [both]


@row
def filter_given_twice_is_not_dropped(world: World) -> None:
    twice = [{"Name": "tag:K", "Values": [value]} for value in ("a", "b")]
    with refused("InvalidParameterValue"):
        world.ec2.describe_volumes(Filters=twice)


@row
def deleting_tags_without_naming_any_deletes_all(world: World) -> None:
    disk, other = tagged(world, "1"), tagged(world, "2")
    world.ec2.delete_tags(Resources=[disk])
    assert (tags_of(world, disk), tags_of(world, other)) == ({}, {"K": "2"})


@row
def unknown_resource_of_any_kind_takes_no_tag(world: World) -> None:
    for prefix, code in UNKNOWN.items():
        with refused(code):
            world.ec2.create_tags(
                Resources=[f"{prefix}-{NOWHERE}"], Tags=[{"Key": "K", "Value": "1"}]
            )


@row
def unknown_resource_of_any_kind_has_no_tag_to_delete(world: World) -> None:
    for prefix, code in UNKNOWN.items():
        with refused(code):
            world.ec2.delete_tags(Resources=[f"{prefix}-{NOWHERE}"], Tags=[{"Key": "K"}])


@row
def one_unknown_resource_leaves_the_known_without_tag(world: World) -> None:
    disk = volume(world)
    with refused("InvalidInstanceID.NotFound"):
        world.ec2.create_tags(Resources=[disk, f"i-{NOWHERE}"], Tags=[{"Key": "K", "Value": "1"}])
    assert tags_of(world, disk) == {}


@row
def keys_of_aws_are_reserved(world: World) -> None:
    disk = volume(world)
    with refused("InvalidParameterValue"):
        world.ec2.create_tags(Resources=[disk], Tags=[{"Key": "aws:x", "Value": "1"}])
    with refused("InvalidParameterValue"):
        tagged(world, "1", key="aws:x")
    assert tags_of(world, disk) == {}


@row
def key_given_twice_is_refused(world: World) -> None:
    twice = [{"Key": "K", "Value": value} for value in ("1", "2")]
    with refused("InvalidParameterValue"):
        world.ec2.create_tags(Resources=[volume(world)], Tags=twice)


@row
def refused_tags_leave_no_volume(world: World) -> None:
    many = [{"Key": f"K{n}", "Value": "1"} for n in range(51)]
    with refused("TagLimitExceeded"):
        volume(world, TagSpecifications=[{"ResourceType": "volume", "Tags": many}])
    assert world.ec2.describe_volumes()["Volumes"] == []


@row
def tags_of_another_kind_are_not_dropped(world: World) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "K", "Value": "1"}]}]
    with refused("InvalidParameterValue"):
        volume(world, TagSpecifications=tags)


@row
def interface_has_the_tags_of_its_launch(world: World) -> None:
    tags = [{"Key": "K", "Value": "1"}]
    specification = {"ResourceType": "network-interface", "Tags": tags}
    instance = world.running(TagSpecifications=[specification])
    assert interface(world, instance)["TagSet"] == tags
    assert "Tags" not in world.describe(instance)


@row
def malformed_ids_are_malformed(world: World) -> None:
    for describe, name, code in (
        (world.ec2.describe_instances, "InstanceIds", "InvalidInstanceID.Malformed"),
        (world.ec2.describe_volumes, "VolumeIds", "InvalidVolumeID.Malformed"),
        (world.ec2.describe_snapshots, "SnapshotIds", "InvalidSnapshotID.Malformed"),
        (world.ec2.describe_vpcs, "VpcIds", "InvalidVpcID.Malformed"),
    ):
        for ident in ("nonsense", "i", "vol-XYZ", "snap-0"):
            with refused(code):
                describe(**{name: [ident]})
