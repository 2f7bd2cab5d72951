"""What each action takes here; every other parameter is refused, as moto would drop it in silence.

DryRun, Filters, MaxResults and NextToken are not listed: every action has them that has them on
AWS (``moto_requests``, ``moto_pages``).
"""

from infra.localec2.moto_api.actions import names

COMMON = names("DryRun Filters MaxResults NextToken")

PARAMETERS: dict[str, frozenset[str]] = {
    action: names(taken)
    for action, taken in {
        "AllocateAddress": "Domain TagSpecifications",
        "AssociateAddress": """
            AllocationId PublicIp InstanceId NetworkInterfaceId AllowReassociation
        """,
        "AssociateIamInstanceProfile": "IamInstanceProfile InstanceId",
        "AssociateRouteTable": "RouteTableId SubnetId",
        "AttachInternetGateway": "InternetGatewayId VpcId",
        "AttachVolume": "Device InstanceId VolumeId",
        "AuthorizeSecurityGroupEgress": "GroupId IpPermissions TagSpecifications",
        "AuthorizeSecurityGroupIngress": """
            GroupId IpPermissions TagSpecifications CidrIp FromPort ToPort IpProtocol
        """,
        "CopyVolumes": """
            SourceVolumeId Size VolumeType Iops Throughput MultiAttachEnabled TagSpecifications
            ClientToken
        """,
        "CreateInternetGateway": "TagSpecifications",
        "CreateRoute": """
            RouteTableId DestinationCidrBlock GatewayId InstanceId NetworkInterfaceId
        """,
        "CreateRouteTable": "VpcId TagSpecifications ClientToken",
        "CreateSecurityGroup": "GroupName Description VpcId TagSpecifications",
        "CreateSnapshot": "Description VolumeId TagSpecifications",
        "CreateSubnet": "VpcId CidrBlock AvailabilityZone TagSpecifications",
        "CreateTags": "Resources Tags",
        "CreateVolume": """
            AvailabilityZone AvailabilityZoneId Size SnapshotId VolumeType Iops Throughput
            Encrypted MultiAttachEnabled TagSpecifications ClientToken
        """,
        "CreateVpc": "CidrBlock TagSpecifications",
        "DeleteInternetGateway": "InternetGatewayId",
        "DeleteKeyPair": "KeyName",
        "DeleteRoute": "RouteTableId DestinationCidrBlock",
        "DeleteRouteTable": "RouteTableId",
        "DeleteSecurityGroup": "GroupId",
        "DeleteSnapshot": "SnapshotId",
        "DeleteSubnet": "SubnetId",
        "DeleteTags": "Resources Tags",
        "DeleteVolume": "VolumeId",
        "DeleteVpc": "VpcId",
        "DescribeAddresses": "AllocationIds PublicIps",
        "DescribeAvailabilityZones": "ZoneNames ZoneIds",
        "DescribeIamInstanceProfileAssociations": "AssociationIds",
        "DescribeImages": "ImageIds Owners",
        "DescribeInstanceAttribute": "Attribute InstanceId",
        "DescribeInstanceStatus": "InstanceIds IncludeAllInstances",
        "DescribeInstanceTypes": "InstanceTypes",
        "DescribeInstances": "InstanceIds",
        "DescribeInternetGateways": "InternetGatewayIds",
        "DescribeKeyPairs": "KeyNames IncludePublicKey",
        "DescribeNetworkInterfaces": "NetworkInterfaceIds",
        "DescribeRouteTables": "RouteTableIds",
        "DescribeSecurityGroupRules": "SecurityGroupRuleIds",
        "DescribeSecurityGroups": "GroupIds GroupNames",
        "DescribeSnapshots": "SnapshotIds OwnerIds",
        "DescribeSubnets": "SubnetIds",
        "DescribeTags": "",
        "DescribeVolumeStatus": "VolumeIds",
        "DescribeVolumes": "VolumeIds",
        "DescribeVolumesModifications": "VolumeIds",
        "DescribeVpcAttribute": "Attribute VpcId",
        "DescribeVpcs": "VpcIds",
        "DetachInternetGateway": "InternetGatewayId VpcId",
        "DetachVolume": "Device InstanceId VolumeId",
        "DisassociateAddress": "AssociationId PublicIp",
        "DisassociateIamInstanceProfile": "AssociationId",
        "DisassociateRouteTable": "AssociationId",
        "GetConsoleOutput": "InstanceId",
        "ImportKeyPair": "KeyName PublicKeyMaterial TagSpecifications",
        "ModifyInstanceAttribute": "InstanceId DisableApiTermination Groups SourceDestCheck",
        "ModifyNetworkInterfaceAttribute": "NetworkInterfaceId Description Groups SourceDestCheck",
        "ModifySubnetAttribute": "SubnetId MapPublicIpOnLaunch",
        "ModifyVolume": "VolumeId Size VolumeType Iops Throughput",
        "ModifyVpcAttribute": "VpcId EnableDnsHostnames EnableDnsSupport",
        "RebootInstances": "InstanceIds",
        "ReleaseAddress": "AllocationId PublicIp",
        "ReplaceRoute": """
            RouteTableId DestinationCidrBlock GatewayId InstanceId NetworkInterfaceId
        """,
        "RevokeSecurityGroupEgress": "GroupId IpPermissions SecurityGroupRuleIds",
        "RevokeSecurityGroupIngress": """
            GroupId IpPermissions SecurityGroupRuleIds CidrIp FromPort ToPort IpProtocol
        """,
        "RunInstances": """
            ImageId InstanceType KeyName MinCount MaxCount SubnetId SecurityGroupIds
            PrivateIpAddress UserData BlockDeviceMappings MetadataOptions TagSpecifications
            ClientToken IamInstanceProfile
        """,
        "StartInstances": "InstanceIds",
        "StopInstances": "InstanceIds",
        "TerminateInstances": "InstanceIds",
    }.items()
}

INSIDE: dict[str, frozenset[str]] = {
    "BlockDeviceMappings": names("DeviceName Ebs"),
    "Ebs": names("VolumeSize VolumeType DeleteOnTermination Iops Throughput"),
    "IpPermissions": names("IpProtocol FromPort ToPort IpRanges UserIdGroupPairs"),
    "IpRanges": names("CidrIp Description"),
    "MetadataOptions": names("HttpTokens HttpPutResponseHopLimit"),
    "UserIdGroupPairs": names("GroupId UserId Description"),
}
"""What is taken inside of parameters; those of other names are taken whole."""

ONE_OF: dict[str, tuple[frozenset[str], ...]] = {
    action: tuple(names(group) for group in groups)
    for action, groups in {
        "AssociateAddress": ("AllocationId PublicIp", "InstanceId NetworkInterfaceId"),
        "AssociateRouteTable": ("SubnetId",),
        "AuthorizeSecurityGroupEgress": ("IpPermissions",),
        "AuthorizeSecurityGroupIngress": ("CidrIp IpPermissions", "GroupId"),
        "CreateRoute": ("DestinationCidrBlock", "GatewayId InstanceId NetworkInterfaceId"),
        "CreateSubnet": ("CidrBlock",),
        "CreateVolume": ("AvailabilityZone AvailabilityZoneId",),
        "CreateVpc": ("CidrBlock",),
        "DeleteKeyPair": ("KeyName",),
        "DeleteRoute": ("DestinationCidrBlock",),
        "DeleteSecurityGroup": ("GroupId",),
        "DisassociateAddress": ("AssociationId PublicIp",),
        "ModifyInstanceAttribute": ("DisableApiTermination Groups SourceDestCheck",),
        "ModifyNetworkInterfaceAttribute": ("Description Groups SourceDestCheck",),
        "ModifySubnetAttribute": ("MapPublicIpOnLaunch",),
        "ModifyVpcAttribute": ("EnableDnsHostnames EnableDnsSupport",),
        "ReleaseAddress": ("AllocationId PublicIp",),
        "ReplaceRoute": ("DestinationCidrBlock", "GatewayId InstanceId NetworkInterfaceId"),
        "RevokeSecurityGroupEgress": ("IpPermissions SecurityGroupRuleIds",),
        "RevokeSecurityGroupIngress": ("CidrIp IpPermissions SecurityGroupRuleIds", "GroupId"),
    }.items()
}
"""Of each group exactly one is given: AWS refuses two and none, moto takes the first it knows."""

TAGGED: dict[str, frozenset[str]] = {
    "AllocateAddress": names("elastic-ip"),
    "AuthorizeSecurityGroupEgress": names("security-group-rule"),
    "AuthorizeSecurityGroupIngress": names("security-group-rule"),
    "CopyVolumes": names("volume"),
    "CreateInternetGateway": names("internet-gateway"),
    "CreateRouteTable": names("route-table"),
    "CreateSecurityGroup": names("security-group"),
    "CreateSnapshot": names("snapshot"),
    "CreateSubnet": names("subnet"),
    "CreateVolume": names("volume"),
    "CreateVpc": names("vpc"),
    "ImportKeyPair": names("key-pair"),
    "RunInstances": names("instance network-interface volume"),
}
"""The types of resources that an action makes and tags."""
