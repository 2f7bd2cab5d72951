"""The EC2 client, the cluster's tag, and EC2's refusals as our errors."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from infra.ec2 import sdk
from infra.ec2.new_ids import VISIBLE_WITHIN, NewIds
from infra.ec2.sdk import Client, Iam, Sts
from infra.errors import ClaimError, PlatformError
from infra.inventory import ClusterSpec
from infra.wait import eventually

if TYPE_CHECKING:
    from mypy_boto3_ec2.literals import ResourceTypeType
    from mypy_boto3_ec2.type_defs import FilterTypeDef, TagSpecificationTypeDef, TagTypeDef

T = TypeVar("T")
TAG = "kubernetes-from-scratch/cluster"
"""On everything we create; nothing without it is ever changed or deleted."""
AMAZON = ".amazonaws.com"
LIKE_AMAZONS = "temper/aws"
"""By which a client knows itself for one of a local EC2 that behaves as AWS does."""
IN_USE = frozenset({
    "DeleteConflict", "DependencyViolation", "IncorrectState", "InvalidIPAddress.InUse",
    "VolumeInUse",
})  # fmt: skip
FULL = frozenset({"InsufficientInstanceCapacity", "InsufficientAddressCapacity"})
THERE = frozenset({
    "InvalidGroup.Duplicate", "InvalidKeyPair.Duplicate", "InvalidPermission.Duplicate",
    "InvalidSubnet.Conflict", "Resource.AlreadyAssociated", "RouteAlreadyExists",
})  # fmt: skip
"""Source of all codes: Amazon EC2 API reference, "Error codes"."""


@dataclass(frozen=True)
class Keys:
    """An access key. None of it is ever shown."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)


class Refused(PlatformError):
    """EC2 refused; ``code`` is its error code, ``reason`` its words."""

    def __init__(self, resource: str, ident: str, *, code: str, message: str) -> None:
        super().__init__(resource, ident, f"{code}: {message}")
        self.code = code
        self.reason = message


class InUse(Refused):
    """Something else still depends on it, or it is changing."""


class NoCapacity(Refused):
    """The zone has no such machine or address now."""


class Missing(Refused):
    """It does not exist, or not yet, or no longer."""


class Exists(Refused):
    """It is there already: a call whose answer was lost has made it."""


class Unanswered(PlatformError):
    """EC2 did not answer: whether it did what was asked is not known."""


def client(
    endpoint: str | None,
    region: str,
    *,
    credentials: Keys | None = None,
    like_amazons: bool = False,
) -> Client:
    """A client of AWS (``endpoint`` None, boto3's chain of credentials) or of the local EC2, which
    may have AWS's temper (``like_amazons``).
    """
    made: Client = _client("ec2", endpoint, region, credentials, like_amazons=like_amazons)
    return made


def iam(endpoint: str | None, region: str, *, like_amazons: bool = False) -> Iam:
    """The same for IAM; the local EC2 serves both at one address."""
    return _client("iam", endpoint, region, None, like_amazons=like_amazons)


def sts(endpoint: str | None, region: str) -> Sts:
    """The same for STS, which knows who asks."""
    return _client("sts", endpoint, region, None)


def quotas(endpoint: str | None, region: str) -> Any:
    """The same for Service Quotas."""
    return _client("service-quotas", endpoint, region, None)


def _client(
    service: str,
    endpoint: str | None,
    region: str,
    credentials: Keys | None,
    *,
    like_amazons: bool = False,
) -> Any:
    near = endpoint is not None
    brief = near and not like_amazons
    if near and credentials is None:
        credentials = Keys("local", "local")  # the local EC2 reads the signature's scope only
    patience = {
        # seven waits of at most 1, 2, 4 ... 20 s outlast a burst of RequestLimitExceeded
        "retries": {"mode": "standard", "total_max_attempts": 2 if brief else 8},
        "user_agent_extra": LIKE_AMAZONS if like_amazons else None,
        "connect_timeout": 2 if near else 10,
        "read_timeout": 20 if near else 60,
    }
    try:
        made = sdk.client(
            service,
            patience,
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=credentials.access_key if credentials else None,
            aws_secret_access_key=credentials.secret_key if credentials else None,
        )
    except sdk.no_answer() as error:  # a profile that is not there, half of a key
        raise PlatformError("credentials of", "AWS", str(error)) from error
    NewIds(pace(made)).watch(made)
    return made


def pace(client: Client) -> float:
    """Seconds between two looks: AWS limits the rate of calls, the local EC2 answers in 10 ms."""
    return 2.0 if is_amazons(client) else 0.2


def is_amazons(client: Client) -> bool:
    """Whether it asks AWS itself, or who behaves so."""
    config: Any = client.meta.config
    return AMAZON in client.meta.endpoint_url or config.user_agent_extra == LIKE_AMAZONS


@contextmanager
def asking(resource: str, ident: str) -> Iterator[None]:
    """EC2's refusal of what is asked inside names the resource.

    Errors: InUse, Exists, NoCapacity, Missing, Refused; Unanswered.
    """
    try:
        yield
    except sdk.refusal() as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        kind: type[Refused] = Refused
        if code in IN_USE:
            kind = InUse
        elif code in THERE:
            kind = Exists
        elif code in FULL:
            kind = NoCapacity
        elif "NotFound" in code or code in {"NoSuchEntity", "Gateway.NotAttached"}:
            kind = Missing
        raise kind(resource, ident, code=code, message=message) from error
    except sdk.no_answer() as error:
        raise Unanswered(resource, ident, f"EC2 did not answer: {error}") from error


def settled(
    client: Client, attempt: Callable[[], T], *, within: float, transient: type[Refused]
) -> T:
    """The attempt's result, tried again while EC2 refuses with ``transient``."""
    last: list[Refused] = []

    def observe() -> T:
        try:
            return attempt()
        except transient as error:
            last.append(error)
            raise

    try:
        return eventually(
            observe,
            lambda _: True,
            within=within,
            what="EC2's consent",
            every=pace(client),
            transient=(transient,),
        )
    except ClaimError:
        raise last[-1] from None


def made(client: Client, make: Callable[[], T], find: Callable[[], T | None], what: str) -> T:
    """What ``make`` makes, or what a call of it has made whose answer was lost: ``find`` shows it.

    Errors: that of ``make`` when nothing is shown in time, that of ``find``.
    """
    try:
        return make()
    except (Exists, Unanswered) as error:
        try:
            found = eventually(
                find,
                lambda one: one is not None,
                within=VISIBLE_WITHIN,
                what=what,
                every=pace(client),
            )
        except ClaimError:
            found = None
        if found is None:
            raise error from None
        return found


def the_one(kind: str, cluster: str, found: Sequence[T], ident: Callable[[T], str]) -> T | None:
    """Of what a cluster has one of; None when there is none. Errors: PlatformError naming two."""
    if len(found) > 1:
        ids = ", ".join(map(ident, found))
        reason = f"is {len(found)} times there ({ids}): delete all but one, or run: ./kfs down"
        raise PlatformError(kind, f"of {cluster}", reason)
    return found[0] if found else None


def tags(
    kind: "ResourceTypeType", cluster: ClusterSpec, name: str
) -> "list[TagSpecificationTypeDef]":
    """For a call that makes something."""
    return [{"ResourceType": kind, "Tags": [*tag_list(cluster), {"Key": "Name", "Value": name}]}]


def tag_list(cluster: ClusterSpec) -> "list[TagTypeDef]":
    """What tells that something is the cluster's, and whose the cluster is."""
    return [{"Key": key, "Value": value} for key, value in ((TAG, cluster.id), *cluster.tags)]


def mine(cluster: str) -> "FilterTypeDef":
    """The filter that finds only the cluster's own resources."""
    return {"Name": f"tag:{TAG}", "Values": [cluster]}


DEAD = frozenset({"shutting-down", "terminated"})
