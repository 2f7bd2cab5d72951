"""Every EC2 action of the front once, in an order in which each can succeed.

The life of one network: what is made is used, looked at and removed again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.contract.rows.disks import ZONE
from tests.contract.world import IMAGE, PUBLIC_KEY

Ids = dict[str, str]
"""What was made so far, by kind."""
ROOT = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3"}}
SSH = {
    "IpProtocol": "tcp",
    "FromPort": 22,
    "ToPort": 22,
    "IpRanges": [{"CidrIp": "198.51.100.7/32"}],
}
TAGS = [{"Key": "K", "Value": "1"}]
PROFILE = "workers"


@dataclass(frozen=True)
class Call:
    """``asked`` makes the parameters of what there is, ``made`` tells what the answer adds."""

    action: str
    asked: Callable[[Ids], dict[str, Any]] = lambda _: {}
    made: Callable[[Any], Ids] = field(default=lambda _: {})


def given(*names: str, **more: Any) -> Callable[[Ids], dict[str, Any]]:
    """The ids of these kinds under their own names, and constant parameters."""
    return lambda ids: {name: ids[name] for name in names} | more


def listed(name: str) -> Callable[[Ids], dict[str, Any]]:
    return lambda ids: {f"{name}s": [ids[name]]}


def _launched(answer: Any) -> Ids:
    instance = answer["Instances"][0]
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    return {"InstanceId": instance["InstanceId"], "NetworkInterfaceId": interface}


BUILD = (
    Call(
        "CreateVpc",
        lambda _: {"CidrBlock": "10.0.0.0/16"},
        lambda a: {"VpcId": a["Vpc"]["VpcId"]},
    ),
    Call("ModifyVpcAttribute", given("VpcId", EnableDnsHostnames={"Value": True})),
    Call(
        "CreateSubnet",
        given("VpcId", CidrBlock="10.0.1.0/24", AvailabilityZone=ZONE),
        lambda a: {"SubnetId": a["Subnet"]["SubnetId"]},
    ),
    Call("ModifySubnetAttribute", given("SubnetId", MapPublicIpOnLaunch={"Value": True})),
    Call(
        "CreateInternetGateway",
        made=lambda a: {"InternetGatewayId": a["InternetGateway"]["InternetGatewayId"]},
    ),
    Call("AttachInternetGateway", given("InternetGatewayId", "VpcId")),
    Call(
        "CreateRouteTable",
        given("VpcId"),
        lambda a: {"RouteTableId": a["RouteTable"]["RouteTableId"]},
    ),
    Call(
        "AssociateRouteTable",
        given("RouteTableId", "SubnetId"),
        lambda a: {"TableAssociation": a["AssociationId"]},
    ),
    Call(
        "CreateRoute",
        lambda ids: {
            "RouteTableId": ids["RouteTableId"],
            "DestinationCidrBlock": "0.0.0.0/0",
            "GatewayId": ids["InternetGatewayId"],
        },
    ),
    Call(
        "CreateSecurityGroup",
        given("VpcId", GroupName="machines", Description="machines"),
        lambda a: {"GroupId": a["GroupId"]},
    ),
    Call("AuthorizeSecurityGroupIngress", given("GroupId", IpPermissions=[SSH])),
    Call("AuthorizeSecurityGroupEgress", given("GroupId", IpPermissions=[SSH])),
    Call("ImportKeyPair", lambda _: {"KeyName": "me", "PublicKeyMaterial": PUBLIC_KEY.encode()}),
    Call(
        "RunInstances",
        lambda ids: {
            "ImageId": IMAGE,
            "InstanceType": "t3.small",
            "KeyName": "me",
            "MinCount": 1,
            "MaxCount": 1,
            "SubnetId": ids["SubnetId"],
            "SecurityGroupIds": [ids["GroupId"]],
            "BlockDeviceMappings": [ROOT],
        },
        _launched,
    ),
    Call(
        "AssociateIamInstanceProfile",
        given("InstanceId", IamInstanceProfile={"Name": PROFILE}),
        lambda a: {"ProfileAssociation": a["IamInstanceProfileAssociation"]["AssociationId"]},
    ),
    Call(
        "AllocateAddress",
        lambda _: {"Domain": "vpc"},
        lambda a: {"AllocationId": a["AllocationId"]},
    ),
    Call(
        "AssociateAddress",
        given("AllocationId", "InstanceId"),
        lambda a: {"AddressAssociation": a["AssociationId"]},
    ),
    Call(
        "CreateVolume",
        lambda _: {"AvailabilityZone": ZONE, "Size": 8, "VolumeType": "gp3"},
        lambda a: {"VolumeId": a["VolumeId"]},
    ),
    Call("AttachVolume", given("VolumeId", "InstanceId", Device="/dev/xvdaa")),
    Call("ModifyVolume", given("VolumeId", Iops=4000)),
    Call(
        "CreateSnapshot",
        given("VolumeId", Description="the first"),
        lambda a: {"SnapshotId": a["SnapshotId"]},
    ),
    Call("CopyVolumes", lambda ids: {"SourceVolumeId": ids["VolumeId"]}),
    Call("CreateTags", lambda ids: {"Resources": [ids["VolumeId"]], "Tags": TAGS}),
    Call("ModifyInstanceAttribute", given("InstanceId", SourceDestCheck={"Value": False})),
    Call(
        "ModifyNetworkInterfaceAttribute",
        given("NetworkInterfaceId", Description={"Value": "the first"}),
    ),
)

LOOK = (
    Call("DescribeAddresses"),
    Call("DescribeAvailabilityZones"),
    Call("DescribeIamInstanceProfileAssociations"),
    Call("DescribeImages", lambda _: {"ImageIds": [IMAGE]}),
    Call("DescribeInstanceAttribute", given("InstanceId", Attribute="sourceDestCheck")),
    Call("DescribeInstanceStatus", lambda _: {"IncludeAllInstances": True}),
    Call("DescribeInstanceTypes", lambda _: {"InstanceTypes": ["t3.small"]}),
    Call("DescribeInstances"),
    Call("DescribeInternetGateways"),
    Call("DescribeKeyPairs"),
    Call("DescribeNetworkInterfaces"),
    Call("DescribeRouteTables", listed("RouteTableId")),
    Call("DescribeSecurityGroupRules"),
    Call("DescribeSecurityGroups", listed("GroupId")),
    Call("DescribeSnapshots", lambda _: {"OwnerIds": ["self"]}),
    Call("DescribeSubnets", listed("SubnetId")),
    Call("DescribeTags"),
    Call("DescribeVolumeStatus"),
    Call("DescribeVolumes"),
    Call("DescribeVolumesModifications"),
    Call("DescribeVpcAttribute", given("VpcId", Attribute="enableDnsHostnames")),
    Call("DescribeVpcs", listed("VpcId")),
    Call("GetConsoleOutput", given("InstanceId")),
)

REMOVE = (
    Call(
        "ReplaceRoute",
        given("RouteTableId", "NetworkInterfaceId", DestinationCidrBlock="0.0.0.0/0"),
    ),
    Call("RebootInstances", listed("InstanceId")),
    Call("StopInstances", listed("InstanceId")),
    Call("StartInstances", listed("InstanceId")),
    Call("DeleteTags", lambda ids: {"Resources": [ids["VolumeId"]], "Tags": TAGS}),
    Call("DetachVolume", given("VolumeId", "InstanceId", Device="/dev/xvdaa")),
    Call("DeleteSnapshot", given("SnapshotId")),
    Call("DeleteVolume", given("VolumeId")),
    Call(
        "DisassociateIamInstanceProfile",
        lambda ids: {"AssociationId": ids["ProfileAssociation"]},
    ),
    Call("DisassociateAddress", lambda ids: {"AssociationId": ids["AddressAssociation"]}),
    Call("ReleaseAddress", given("AllocationId")),
    Call("TerminateInstances", listed("InstanceId")),
    Call("DeleteRoute", given("RouteTableId", DestinationCidrBlock="0.0.0.0/0")),
    Call("DisassociateRouteTable", lambda ids: {"AssociationId": ids["TableAssociation"]}),
    Call("DeleteRouteTable", given("RouteTableId")),
    Call("RevokeSecurityGroupIngress", given("GroupId", IpPermissions=[SSH])),
    Call("RevokeSecurityGroupEgress", given("GroupId", IpPermissions=[SSH])),
    Call("DeleteSecurityGroup", given("GroupId")),
    Call("DetachInternetGateway", given("InternetGatewayId", "VpcId")),
    Call("DeleteInternetGateway", given("InternetGatewayId")),
    Call("DeleteSubnet", given("SubnetId")),
    Call("DeleteVpc", given("VpcId")),
    Call("DeleteKeyPair", lambda _: {"KeyName": "me"}),
)

LIFE = (*BUILD, *LOOK, *REMOVE)
