"""Requests: what the local EC2 does not know it refuses."""

from tests.contract.rows.registry import row
from tests.contract.world import World, refused


@row
def unknown_filter_of_instances(world: World) -> None:
    world.running()
    with refused("InvalidParameterValue"):
        world.ec2.describe_instances(Filters=[{"Name": "colour", "Values": ["red"]}])


@row
def unknown_filter_of_networks(world: World) -> None:
    for describe in (world.ec2.describe_vpcs, world.ec2.describe_security_groups):
        with refused("InvalidParameterValue"):
            describe(Filters=[{"Name": "colour", "Values": ["red"]}])


@row
def action_without_an_implementation(world: World) -> None:
    with refused("UnsupportedOperation"):
        world.ec2.describe_volume_attribute(
            VolumeId="vol-00000000000000000", Attribute="autoEnableIO"
        )


@row
def action_that_only_pretends(world: World) -> None:
    instance = world.running()
    with refused("UnsupportedOperation"):
        world.ec2.create_image(InstanceId=instance, Name="image")


@row
def one_attribute_a_call(world: World) -> None:
    instance = world.running()
    with refused("InvalidParameterCombination"):
        world.ec2.modify_instance_attribute(
            InstanceId=instance,
            SourceDestCheck={"Value": False},
            DisableApiTermination={"Value": True},
        )
    assert world.describe(instance)["SourceDestCheck"] is True


@row
def change_of_no_attribute_changes_no_groups(world: World) -> None:
    instance = world.running()
    with refused("MissingParameter"):
        world.ec2.modify_instance_attribute(InstanceId=instance)
    assert [g["GroupId"] for g in world.describe(instance)["SecurityGroups"]] == [world.group]


@row
def group_is_deleted_by_its_id(world: World) -> None:
    with refused("MissingParameter"):
        world.ec2.delete_security_group()


@row
def unknown_profile_association(world: World) -> None:
    with refused("InvalidAssociationID.NotFound"):
        world.ec2.describe_iam_instance_profile_associations(
            AssociationIds=["iip-assoc-00000000000000000"]
        )


@row
def ipv6_rule_is_not_taken_for_a_rule_of_all(world: World) -> None:
    rule = {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    with refused("UnsupportedOperation"):
        world.ec2.authorize_security_group_ingress(GroupId=world.group, IpPermissions=[rule])
