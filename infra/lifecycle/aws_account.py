"""AWS, which is shared and costs: who asks, what it would cost, and that nothing is left."""

from collections import Counter
from datetime import UTC, datetime

from infra import ec2
from infra.computer.exit_codes import say
from infra.ec2 import tagged
from infra.ec2.account import clusters, ownership, preflight, price
from infra.ec2.account.preflight import Account
from infra.errors import UserError
from infra.inventory import ClusterSpec, series
from infra.lifecycle import cluster_identity, consent
from infra.lifecycle.cluster_identity import Identity
from infra.progress import Progress
from infra.settings import Settings


def caller(settings: Settings) -> ec2.Caller:
    """Errors: PlatformError without credentials."""
    return ec2.caller(ec2.sts(None, settings.region))


def account(settings: Settings) -> Account:
    region = settings.region
    return Account(ec2.client(None, region), ec2.iam(None, region), ec2.quotas(None, region))


def identify(settings: Settings) -> Identity:
    """Which cluster the state directory is of; written there when it is new.

    Errors: UserError when it is in another account, PlatformError without credentials.
    """
    return cluster_identity.ensure(settings, caller(settings))


def require(settings: Settings) -> None:
    """What has to be so before anything is built; a person agrees to what will cost.

    Errors: UserError that lists everything the account lacks, PlatformError.
    """
    preflight.require_region(settings.region)
    asks, found = caller(settings), cluster_identity.read(settings.state)
    if found:
        cluster_identity.require_account(found, asks)
    spec = found.spec(settings.kubernetes) if found else _new(settings)
    of = account(settings)
    if lacking := preflight.problems(of, spec, say=say):
        raise UserError(
            f"AWS account {asks.account} ({asks.arn}) cannot have the cluster in "
            f"{settings.region}:\n  " + "\n  ".join(lacking)
        )
    agree(settings, asks, spec, of)


def _new(settings: Settings) -> ClusterSpec:
    return series(settings.cluster_id, kubernetes=settings.kubernetes, platform="aws")


def agree(settings: Settings, asks: ec2.Caller, spec: ClusterSpec, of: Account) -> None:
    """Says what will be launched and asks; nothing when every machine is there."""
    if not (absent := preflight.missing(of.ec2, spec)):
        return
    counted = Counter(machine.instance_type for machine in absent)
    what = ", ".join(f"{count} {kind}" for kind, count in sorted(counted.items()))
    expires = cluster_identity.later(settings)
    consent.ask(
        f"AWS account {asks.account} ({asks.arn}), region {settings.region}: {len(absent)} "
        f"machines ({what})\n{price.of(absent)} at the prices of {price.OF}, until: ./kfs down; "
        f"tagged to expire at {expires}, which ./kfs janitor goes by; without use machines stop "
        f"after {settings.ttl_hours} h and cost a tenth",
        yes=settings.yes,
        otherwise="which agrees to this price",
    )


def renew(settings: Settings) -> None:
    """Everything of the cluster expires later, as it is used.

    Errors: UserError when it is in another account, PlatformError.
    """
    found = cluster_identity.ensure(settings, caller(settings))
    of = account(settings)
    carrying = tagged.everything(of.ec2, of.iam, found.id)
    ours = [one for one in carrying if ownership.is_of(one, found.id, found.uuid)]
    tagged.retag(of.ec2, of.iam, ours, {ownership.EXPIRES: cluster_identity.later(settings)})


def zone(settings: Settings, spec: ClusterSpec) -> str:
    """Where a new network is: a zone that offers its machines. Errors: UserError."""
    found = preflight.zones(ec2.client(None, settings.region), spec.machines)
    if not found:
        raise UserError(f"no zone of {settings.region} offers all instance types of the cluster")
    return found[0]


def remove(settings: Settings, progress: Progress) -> None:
    """Nothing of the cluster is left; fine when there was nothing.

    Errors: UserError when it is not this state directory's, PlatformError naming what is left.
    """
    found = cluster_identity.read(settings.state)
    asks = caller(settings)
    if found:
        cluster_identity.require_account(found, asks)
        of = account(settings)
        ec2.remove(of.ec2, of.iam, found.spec(settings.kubernetes), say=progress.say)
    if not (found and found.uuid):  # one that was written by hand has no suffix either
        require_none(settings, asks, progress)


def require_none(settings: Settings, asks: ec2.Caller, progress: Progress) -> None:
    """AWS has no cluster that a state directory of this name, lost since, may have built.

    Errors: UserError naming those of the caller; others' are only said.
    """
    found = clusters.found(ec2.client(None, settings.region), settings.region)
    alike = [one for one in found if cluster_identity.is_named(one.id, settings.cluster_id)]
    for one in alike:
        progress.say(f"not of {settings.state}: {one.told(datetime.now(UTC))}")
    if mine := [one.id for one in alike if ownership.is_same(one.owner, asks.arn)]:
        raise UserError(
            f"{settings.state} has built no cluster, but you have {', '.join(mine)} in "
            f"{settings.region}: run this where it was built, from its state directory, or "
            f"delete it with: ./kfs janitor --region {settings.region} --cluster-id ID --yes"
        )
