"""What AWS checks before it launches and moto does not."""

import json
from collections.abc import Mapping
from typing import Any

from moto.ec2.exceptions import EC2ClientError, MissingParameterError
from moto.ec2.models.instance_types import INSTANCE_TYPES

from infra.errors import NotJudged
from infra.localec2.moto_backend.network import private_ip

DISK = {"VolumeSize", "VolumeType", "DeleteOnTermination", "Iops", "Throughput"}
DEAD = {"shutting-down", "terminated"}

Params = Mapping[str, Any]


def fingerprint(params: Params) -> str:
    """What has to be equal for a client token to mean the same call; lists come in any order."""
    asked = {k: v for k, v in params.items() if k not in {"ClientToken", "DryRun"}}
    return _canonical(asked)


def _canonical(value: Any) -> str:
    if isinstance(value, Mapping):
        value = {key: _canonical(part) for key, part in value.items()}
    elif isinstance(value, list | tuple):
        value = sorted(_canonical(part) for part in value)
    return json.dumps(value, sort_keys=True, default=str)


def repeated(backend: Any, params: Params) -> Any:
    """The reservation of an earlier call with the same token; None when the token is new.

    Errors: IdempotentParameterMismatch, IdempotentInstanceTerminated.
    """
    token = params.get("ClientToken")
    if token not in backend.tokens:
        return None
    print_before, reservation = backend.tokens[token]
    if print_before != fingerprint(params):
        raise EC2ClientError(
            "IdempotentParameterMismatch",
            f"The client token {token} was used with other parameters.",
        )
    if any(instance.state in DEAD for instance in reservation.instances):
        raise EC2ClientError(
            "IdempotentInstanceTerminated",
            f"The instance launched with client token {token} has been terminated.",
        )
    return reservation


def check(backend: Any, params: Params) -> str:
    """The launch is possible; the private address that it gets.

    Errors: AWS's codes; UnsupportedOperation for what only AWS can do.
    """
    for name in ("ImageId", "InstanceType", "SubnetId"):
        if not params.get(name):
            raise MissingParameterError(name)
    if params.get("MinCount") != 1 or params.get("MaxCount") != 1:
        raise EC2ClientError(
            "UnsupportedOperation", "The local EC2 launches one instance a call: Min = Max = 1."
        )
    image = backend.describe_images(ami_ids=[params["ImageId"]])[0]
    if params["InstanceType"] not in INSTANCE_TYPES:
        raise EC2ClientError(
            "InvalidParameterValue", f"Invalid value '{params['InstanceType']}' for InstanceType."
        )
    if params.get("KeyName"):
        backend.describe_key_pairs(key_names=[params["KeyName"]])
    subnet = backend.get_subnet(params["SubnetId"])
    _groups(backend, params, subnet.vpc_id)
    _disks(params, image.root_device_name)
    return private_ip(backend, subnet, params.get("PrivateIpAddress"))


def room(backend: Any, instance_type: str) -> None:
    """The platform says that one more instance fits.

    Errors: InsufficientInstanceCapacity.
    """
    running = sum(i.state in {"pending", "running"} for i in backend.all_instances())
    try:
        backend.capacity(instance_type, running)
    except NotJudged as error:
        raise EC2ClientError("InsufficientInstanceCapacity", str(error)) from error


def keep_disk_values(instance: Any, params: Params) -> None:
    """The root volume has the asked IOPS and throughput, which moto drops."""
    for mapping in params["BlockDeviceMappings"]:
        attached = instance.block_device_mapping[mapping["DeviceName"]]
        volume = instance.ec2_backend.volumes[attached.volume_id]
        volume.iops = mapping["Ebs"].get("Iops", volume.iops)
        # 125 MiB/s: gp3's default throughput; source: EBS user guide, General Purpose SSD
        default = 125 if volume.volume_type == "gp3" else None
        volume.throughput = mapping["Ebs"].get("Throughput", default)


def _groups(backend: Any, params: Params, vpc_id: str) -> None:
    for group_id in params.get("SecurityGroupIds", []):
        group = backend.get_security_group_from_id(group_id)
        if group is None:
            raise EC2ClientError(
                "InvalidGroup.NotFound", f"The security group '{group_id}' does not exist."
            )
        if group.vpc_id != vpc_id:
            raise EC2ClientError(
                "InvalidParameter",
                f"Security group {group_id} and the subnet belong to different networks.",
            )


def _disks(params: Params, root: str) -> None:
    mappings = params.get("BlockDeviceMappings", [])
    if [m.get("DeviceName") for m in mappings] != [root]:
        # moto would make an 8 GiB volume at /dev/sda1 whatever the image says
        raise EC2ClientError(
            "UnsupportedOperation",
            f"The local EC2 needs one BlockDeviceMapping, for the image's root device {root}.",
        )
    disk = mappings[0].get("Ebs", {})
    if disk.keys() - DISK or "VolumeSize" not in disk:
        raise EC2ClientError(
            "UnsupportedOperation",
            f"The root device takes VolumeSize and of {sorted(DISK)}, not {sorted(disk)}.",
        )
