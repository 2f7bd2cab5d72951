"""What an account lacks for a cluster, asked before anything is built or paid for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from infra.ec2 import machines, sdk, tagged
from infra.ec2.api import Client, Iam, Refused, asking, tags
from infra.ec2.model import instances
from infra.errors import PlatformError
from infra.inventory import ClusterSpec, Machine

POLICY = "docs/aws-policy.json"
FORBIDDEN = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})
NOT_OURS = frozenset({"AuthFailure", "OptInRequired", "InvalidClientTokenId", "ExpiredToken"})
"""EC2's codes for credentials that it does not take in this region."""
VCPUS = {"t3.small": 2, "t3.medium": 2}
STANDARD = "acdhimrtz"
"""First letters of the instance types that the quota of vCPUs counts; source: Service Quotas."""
ANY_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPJX6Gz2wSbhTDj6tbhcjpCOFt6Xtce5cAZ8xDPXLPVS dry"


@dataclass(frozen=True)
class Need:
    """``more`` of what a quota limits; ``used`` of it now."""

    what: str
    service: str
    quota: str
    more: int
    used: int


@dataclass(frozen=True)
class Account:
    """An account in one region. ``quotas`` is a client of Service Quotas."""

    ec2: Client
    iam: Iam
    quotas: Any


def problems(account: Account, spec: ClusterSpec, *, say: Callable[[str], None]) -> list[str]:
    """One sentence each, with what to do. Errors: PlatformError when AWS cannot be asked."""
    there = kinds_there(account.ec2, spec)
    absent = missing(account.ec2, spec)
    found = list(short(account.quotas, needs(account.ec2, there, absent), say))
    if absent:
        found += forbidden(account.ec2, spec, absent)
    if absent and "subnet" not in there and not zones(account.ec2, absent):
        found.append(
            f"no zone of the region offers {' and '.join(types(absent))}: choose another --region"
        )
    return found


def kinds_there(client: Client, spec: ClusterSpec) -> list[str]:
    """Kinds of what the cluster has already: the first that EC2 is asked in this region.

    Errors: PlatformError when it does not take the credentials.
    """
    try:
        return [one.kind for one in tagged.find(client, spec.id)]
    except Refused as error:
        if error.code not in NOT_OURS:
            raise
        reason = f"{error.code}: is the region enabled in this account, and the clock right?"
        raise PlatformError("region", client.meta.region_name, reason) from error


def missing(client: Client, spec: ClusterSpec) -> list[Machine]:
    """Machines that would be launched."""
    have = instances(client, spec.id)
    return [machine for machine in spec.machines if machine.name not in have]


def types(absent: Sequence[Machine]) -> list[str]:
    return sorted({machine.instance_type for machine in absent})


def zones(client: Client, absent: Sequence[Machine]) -> list[str]:
    """Availability zones that offer every instance type that is needed."""
    wanted = types(absent)
    with asking("offerings of", ", ".join(wanted)):
        offered = client.describe_instance_type_offerings(
            LocationType="availability-zone",
            Filters=[{"Name": "instance-type", "Values": wanted}],
        )["InstanceTypeOfferings"]
    pairs = {(one["Location"], one["InstanceType"]) for one in offered}
    return sorted(zone for zone, _ in pairs if all((zone, kind) in pairs for kind in wanted))


def needs(client: Client, there: Sequence[str], absent: Sequence[Machine]) -> list[Need]:
    """Of each quota that a new cluster meets; what is there already needs no more."""
    with asking("use of", "quotas"):
        reservations = client.describe_instances(
            Filters=[{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        )["Reservations"]
        addresses = len(client.describe_addresses()["Addresses"])
        networks = len(client.describe_vpcs()["Vpcs"])
    cores = sum(_vcpus(i) for r in reservations for i in r["Instances"])
    launched = sum(VCPUS[machine.instance_type] for machine in absent)
    return [
        Need("vCPUs of standard instances", "ec2", "L-1216C47A", launched, cores),
        Need("Elastic IPs", "ec2", "L-0263D0A3", int("address" not in there), addresses),
        Need("VPCs", "vpc", "L-F678F1CE", int("VPC" not in there), networks),
    ]


def _vcpus(instance: Any) -> int:
    options = instance.get("CpuOptions", {})
    standard = instance["InstanceType"][0] in STANDARD
    return options.get("CoreCount", 1) * options.get("ThreadsPerCore", 2) if standard else 0


def short(quotas: Any, asked: Sequence[Need], say: Callable[[str], None]) -> Iterator[str]:
    """Quotas that leave too little; one that cannot be read is said, and does not stop us."""
    for need in asked:
        if not need.more:
            continue
        try:
            with asking("quota of", need.what):
                answer = quotas.get_service_quota(ServiceCode=need.service, QuotaCode=need.quota)
        except Refused as error:
            say(f"{error}; whether {need.more} more are allowed is not known")
            continue
        limit = int(answer["Quota"]["Value"])
        if need.used + need.more > limit:
            yield (
                f"{need.more} {need.what} are needed, {need.used} of {limit} are in use: have the "
                f"quota {need.quota} raised (Service Quotas), free some, or choose another --region"
            )


def forbidden(client: Client, spec: ClusterSpec, absent: Sequence[Machine]) -> Iterator[str]:
    """What dry runs say that these credentials may not do."""
    image = machines.image(client).id
    first = absent[0]
    dry: dict[str, Callable[[], object]] = {
        "ec2:CreateVpc": lambda: client.create_vpc(
            CidrBlock=str(spec.network.vpc),
            TagSpecifications=tags("vpc", spec, spec.id),
            DryRun=True,
        ),
        "ec2:CreateInternetGateway": lambda: client.create_internet_gateway(
            TagSpecifications=tags("internet-gateway", spec, spec.id), DryRun=True
        ),
        "ec2:AllocateAddress": lambda: client.allocate_address(
            Domain="vpc", TagSpecifications=tags("elastic-ip", spec, spec.id), DryRun=True
        ),
        "ec2:ImportKeyPair": lambda: client.import_key_pair(
            KeyName=spec.id, PublicKeyMaterial=ANY_KEY.encode(), DryRun=True
        ),
        "ec2:RunInstances": lambda: client.run_instances(
            ImageId=image,
            InstanceType=first.instance_type,  # type: ignore[arg-type] # the stubs list literals
            MinCount=1,
            MaxCount=1,
            TagSpecifications=tags("instance", spec, first.name),
            DryRun=True,
        ),
    }
    refused = [action for action, call in dry.items() if not _permitted(action, call)]
    if refused:
        yield f"these credentials may not {', '.join(refused)}: {POLICY} has what is needed"


def _permitted(action: str, call: Callable[[], object]) -> bool:
    """Other refusals than of permission, as of a default VPC that is missing, are no answer."""
    try:
        with asking("dry run of", action):
            call()
    except Refused as error:
        return error.code not in FORBIDDEN
    return True


def require_region(region: str) -> None:
    """Errors: PlatformError for a region that does not exist."""
    with asking("credentials of", "AWS"):
        known = sdk.regions("ec2")
    if region not in known:
        raise PlatformError("region", region, f"is none of AWS: {', '.join(known)}")
