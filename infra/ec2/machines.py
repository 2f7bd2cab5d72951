"""The cluster's instances: image, key, launch, addresses."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from infra.ec2 import power
from infra.ec2.api import (
    DEAD,
    Client,
    Exists,
    Missing,
    NoCapacity,
    Refused,
    asking,
    is_amazons,
    mine,
    pace,
    settled,
    tags,
)
from infra.ec2.model import InstanceInfo, everything, instances
from infra.ec2.network import Ids
from infra.ec2.new_ids import VISIBLE_WITHIN
from infra.errors import ClaimError, PlatformError
from infra.inventory import ClusterSpec, Machine, MachineName
from infra.wait import eventually

if TYPE_CHECKING:
    from mypy_boto3_ec2.literals import ResourceTypeType

Say = Callable[[str], None]
DEBIAN = "136693071363"
"""Debian's AWS account; source: wiki.debian.org/Cloud/AmazonEC2Image."""
IMAGE_NAMES = "debian-13-amd64-*"
RELEASED = re.compile(r"debian-13-amd64-\d{8}-\d+")
"""The names of stable images; the pattern above would also find debian-13-amd64-daily-*."""
ROOT_GIB = 20
"""Room for the artifacts, etcd and the container images; ours, the series names no size."""
RUNNING_WITHIN = 300.0
"""Seconds from RunInstances to running; AWS takes about half a minute, ten times that is broken."""
CAPACITY_WITHIN = 60.0
"""Seconds in which a zone may have machines again; AWS's own advice is to ask again later."""
LAUNCHES = 20
"""How often one machine of one network may be launched anew before we call it broken."""
LAUNCHED: "tuple[ResourceTypeType, ...]" = ("instance", "volume", "network-interface")
"""What RunInstances makes."""
SPENT = frozenset({"IdempotentInstanceTerminated", "IdempotentParameterMismatch"})
"""EC2 will launch nothing by this token any more: its instance is terminated, or the image or the
user data are others now."""


@dataclass(frozen=True)
class Image:
    id: str
    root: str


@dataclass(frozen=True)
class Launch:
    """What every machine's launch has in common."""

    image: Image
    network: Ids
    key_name: str
    user_data: Mapping[str, str]


def image(client: Client) -> Image:
    """Debian's newest stable Debian 13 image."""
    with asking("image", IMAGE_NAMES):
        found = client.describe_images(
            Owners=[DEBIAN],
            Filters=[
                {"Name": "name", "Values": [IMAGE_NAMES]},
                {"Name": "state", "Values": ["available"]},
            ],
        )["Images"]
    released = [i for i in found if RELEASED.fullmatch(i["Name"])]
    if not released:
        raise PlatformError("image", IMAGE_NAMES, f"none of account {DEBIAN} in this region")
    newest = max(released, key=lambda i: i["CreationDate"])
    return Image(newest["ImageId"], newest["RootDeviceName"])


def key_pair(client: Client, spec: ClusterSpec, public_key: str) -> str:
    """The name of the key pair that holds ``public_key``.

    Errors: PlatformError when the cluster was made with another key.
    """
    name = f"kubernetes-from-scratch-{spec.id}"
    with asking("key pair", name):
        found = client.describe_key_pairs(Filters=[mine(spec.id)], IncludePublicKey=True)
        if not found["KeyPairs"]:
            with suppress(Exists), asking("key pair", name):
                client.import_key_pair(
                    KeyName=name,
                    PublicKeyMaterial=public_key.encode(),
                    TagSpecifications=tags("key-pair", spec, spec.id),
                )
            return name
    if found["KeyPairs"][0]["PublicKey"].split()[:2] != public_key.split()[:2]:
        raise PlatformError(
            "key pair", name, "belongs to another key: remove the cluster with infra down"
        )
    return name


def ensure(
    client: Client, spec: ClusterSpec, launch: Launch, *, say: Say
) -> Mapping[MachineName, InstanceInfo]:
    """Every machine of the spec runs; the missing ones were launched, all at once.

    The cluster's other machines (a worker more) are not looked at.
    """
    wanted = {machine.name for machine in spec.machines}
    have = {n: info for n, info in instances(client, spec.id).items() if n in wanted}
    missing = [m for m in spec.machines if m.name not in have]
    if not missing and all(info.state == "running" for info in have.values()):
        return have
    ids = {name: info.id for name, info in have.items()}
    for machine in missing:
        say(f"launches {machine.name} ({machine.instance_type}, {machine.private_ip})")
    ids |= _launch_all(client, spec, missing, launch, already=len(have))
    if off := [info.id for info in have.values() if info.state in {"stopping", "stopped"}]:
        power.begin(client, off)
    return _await_running(client, spec, ids)


def _launch_all(
    client: Client, spec: ClusterSpec, missing: Sequence[Machine], launch: Launch, *, already: int
) -> dict[MachineName, str]:
    """Ids by name. Errors: as ``_launch``; Refused also says what is there all the same."""
    with ThreadPoolExecutor(max_workers=len(spec.machines)) as pool:
        begun = {m.name: pool.submit(_launch, client, spec, m, launch) for m in missing}
    failed = [error for one in begun.values() if (error := one.exception())]
    if failed and isinstance(first := failed[0], Refused):
        there = already + len(begun) - len(failed)
        told = f"{there} of {len(spec.machines)} machines are there, and may cost"
        reason = f"{first.reason}\n{told}: repeat ./kfs up, or remove them with: ./kfs down"
        raise type(first)(first.resource, first.ident, code=first.code, message=reason) from first
    return {name: one.result() for name, one in begun.items()}


def _launch(client: Client, spec: ClusterSpec, machine: Machine, launch: Launch) -> str:
    """The id of a new instance, or of the one that an unanswered call has launched."""
    # the local EC2 has no more memory a minute later either
    patience = CAPACITY_WITHIN if is_amazons(client) else 0.0
    for generation in range(LAUNCHES):
        try:
            token = _token(spec, machine, launch, generation)
            run = partial(_run, client, spec, machine, launch=launch, token=token)
            seen = partial(settled, client, run, within=VISIBLE_WITHIN, transient=Missing)
            return settled(client, seen, within=patience, transient=NoCapacity)
        except Refused as error:
            # the token's instance is gone, or was asked for in other words: the next generation
            # (two cannot come about: a private address is one machine's)
            if error.code not in SPENT:
                raise
    raise PlatformError("instance", machine.name, f"was launched and terminated {LAUNCHES} times")


def _token(spec: ClusterSpec, machine: Machine, launch: Launch, generation: int) -> str:
    text = f"{spec.id}/{launch.network.vpc}/{machine.name}/{generation}"
    return hashlib.sha256(text.encode()).hexdigest()  # 64 characters, EC2's limit


def _run(client: Client, spec: ClusterSpec, machine: Machine, *, launch: Launch, token: str) -> str:
    with asking("instance", machine.name):
        answer = client.run_instances(
            ImageId=launch.image.id,
            InstanceType=machine.instance_type,  # type: ignore[arg-type] # the stubs list literals
            KeyName=launch.key_name,
            MinCount=1,
            MaxCount=1,
            SubnetId=launch.network.subnet,
            SecurityGroupIds=[launch.network.group],
            PrivateIpAddress=str(machine.private_ip),
            UserData=launch.user_data[machine.name],
            BlockDeviceMappings=[
                {
                    "DeviceName": launch.image.root,
                    "Ebs": {
                        "VolumeSize": ROOT_GIB,
                        "VolumeType": "gp3",
                        "DeleteOnTermination": True,
                    },
                }
            ],
            # two hops: a pod's packet to the metadata service passes the node's bridge
            MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
            ClientToken=token,
            TagSpecifications=[one for k in LAUNCHED for one in tags(k, spec, machine.name)],
        )
    return answer["Instances"][0]["InstanceId"]


def _await_running(
    client: Client, spec: ClusterSpec, ids: Mapping[MachineName, str]
) -> Mapping[MachineName, InstanceInfo]:
    seen: dict[MachineName, InstanceInfo] = {}

    def look() -> dict[MachineName, str]:
        shown = everything(client, spec.id)
        seen.update({name: info for name, info in shown if info.id == ids.get(name)})
        return {name: info.state for name, info in seen.items()}

    try:
        eventually(
            look,
            lambda states: states.keys() == ids.keys() and set(states.values()) == {"running"},
            within=RUNNING_WITHIN,
            what="every machine running",
            every=pace(client),
            giving_up_if=lambda states: bool(DEAD & set(states.values())),
        )
    except ClaimError as error:
        why = "; ".join(f"{n}: {i.reason}" for n, i in seen.items() if i.state in DEAD)
        reason = f"{why or 'did not run in time'}\n{error}"
        raise PlatformError("instances of", spec.id, reason) from error
    return seen
