"""What the local EC2 serves; every other action or filter is refused.

CreateKeyPair is left out on purpose: its key comes from
the operating system's randomness, so a replayed journal would hold another key.
"""


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TAGS = frozenset({"tag-key"})
"""Beside these, ``tag:<key>`` is a filter wherever TAGS is."""

DESCRIBE: dict[str, frozenset[str]] = {
    "DescribeAddresses": TAGS
    | {"allocation-id", "association-id", "domain", "instance-id", "network-interface-id"}
    | {"private-ip-address", "public-ip"},
    "DescribeAvailabilityZones": frozenset(),
    "DescribeIamInstanceProfileAssociations": frozenset({"instance-id", "state"}),
    "DescribeImages": TAGS
    | {"architecture", "image-id", "name", "owner-id", "root-device-name", "root-device-type"}
    | {"state", "virtualization-type"},
    "DescribeInstanceAttribute": frozenset(),
    "DescribeInstanceStatus": frozenset(),
    "DescribeInstanceTypes": frozenset(),
    "DescribeInstances": TAGS
    | {"availability-zone", "image-id", "instance-id", "instance-state-name", "instance-type"}
    | {"ip-address", "key-name", "private-ip-address", "source-dest-check", "subnet-id", "vpc-id"},
    "DescribeInternetGateways": TAGS
    | {"attachment.state", "attachment.vpc-id", "internet-gateway-id"},
    "DescribeKeyPairs": TAGS | {"fingerprint", "key-name", "key-pair-id"},
    "DescribeNetworkInterfaces": TAGS
    | {"addresses.private-ip-address", "attachment.instance-id", "group-id", "private-ip-address"}
    | {"network-interface-id", "subnet-id", "vpc-id"},
    "DescribeRouteTables": TAGS
    | {"association.main", "association.route-table-association-id", "association.subnet-id"}
    | {"route.destination-cidr-block", "route.gateway-id", "route-table-id", "vpc-id"},
    "DescribeSecurityGroupRules": TAGS | {"group-id", "security-group-rule-id"},
    "DescribeSecurityGroups": TAGS | {"description", "group-id", "group-name", "vpc-id"},
    "DescribeSnapshots": TAGS
    | {"description", "snapshot-id", "status", "volume-id", "volume-size"},
    "DescribeSubnets": TAGS | {"availability-zone", "cidr-block", "state", "subnet-id", "vpc-id"},
    "DescribeTags": frozenset({"key", "resource-id", "resource-type", "value"}),
    "DescribeVolumeStatus": frozenset(),
    "DescribeVolumes": TAGS
    | {"attachment.device", "attachment.instance-id", "attachment.status", "availability-zone"}
    | {"size", "snapshot-id", "status", "volume-id"},
    "DescribeVolumesModifications": frozenset({"volume-id"}),
    "DescribeVpcAttribute": frozenset(),
    "DescribeVpcs": TAGS | {"cidr-block", "is-default", "state", "vpc-id"},
    "GetConsoleOutput": frozenset(),
}
"""Reading actions with the filters that both AWS and moto know."""

CHANGE = names(
    """
    AllocateAddress AssociateAddress DisassociateAddress ReleaseAddress
    CreateVpc DeleteVpc ModifyVpcAttribute CreateSubnet DeleteSubnet ModifySubnetAttribute
    CreateInternetGateway AttachInternetGateway DetachInternetGateway DeleteInternetGateway
    CreateRouteTable DeleteRouteTable AssociateRouteTable DisassociateRouteTable
    CreateRoute ReplaceRoute DeleteRoute
    CreateSecurityGroup DeleteSecurityGroup
    AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress
    RevokeSecurityGroupIngress RevokeSecurityGroupEgress
    ImportKeyPair DeleteKeyPair CreateTags DeleteTags
    RunInstances StartInstances StopInstances RebootInstances TerminateInstances
    ModifyInstanceAttribute ModifyNetworkInterfaceAttribute
    CreateVolume CopyVolumes AttachVolume DetachVolume ModifyVolume DeleteVolume
    CreateSnapshot DeleteSnapshot
    AssociateIamInstanceProfile DisassociateIamInstanceProfile
    """
)

ALLOWED: dict[str, frozenset[str]] = {
    "ec2": CHANGE | DESCRIBE.keys(),
    "sts": frozenset({"GetCallerIdentity"}),
    "iam": names(
        """
        CreateRole GetRole DeleteRole
        AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies
        CreateInstanceProfile GetInstanceProfile DeleteInstanceProfile
        AddRoleToInstanceProfile RemoveRoleFromInstanceProfile
        """
    ),
}


def mutates(action: str) -> bool:
    return not action.startswith(("Describe", "Get", "List"))


def known_filter(action: str, name: str) -> bool:
    known = DESCRIBE.get(action, frozenset())
    return name in known or (name.startswith("tag:") and "tag-key" in known)
