"""Clusters on AWS that nobody removed: shown, and deleted when they expired or are asked for."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from infra import ec2
from infra.ec2 import instance_profile
from infra.ec2.account import clusters, ownership
from infra.ec2.account.clusters import Found
from infra.ec2.api import TAG
from infra.errors import NotJudged, PlatformError, UserError
from infra.inventory import series
from infra.lifecycle import aws_account, cluster_identity
from infra.settings import Settings

Say = Callable[[str], None]


def look(settings: Settings, *, all_regions: bool) -> list[Found]:
    """Clusters of the region, or of all of them and of IAM. Errors: PlatformError."""
    of = aws_account.account(settings)
    if not all_regions:
        return clusters.found(of.ec2, settings.region)
    everywhere = [
        one
        for region in clusters.regions(of.ec2)
        for one in clusters.found(ec2.client(None, region), region)
    ]
    return [*everywhere, *clusters.only_in_iam(of.iam, everywhere)]


def expired(found: Sequence[Found], *, older_than: int | None, now: datetime) -> list[Found]:
    """Those that expired, or else those of an age in hours."""
    if older_than is None:
        return [one for one in found if one.is_expired(now)]
    return [one for one in found if one.is_older(now, timedelta(hours=older_than))]


def called(settings: Settings, found: Sequence[Found], cluster: str) -> list[Found]:
    """The one of an id as ``list`` tells it, or the caller's own that was built by this name.

    Others may have given theirs the same name, so that theirs is found by its id alone.
    Errors: UserError; PlatformError without credentials.
    """
    if of_the_id := [one for one in found if one.id == cluster]:
        return of_the_id
    alike = [one for one in found if cluster_identity.is_named(one.id, cluster)]
    if not alike:
        raise UserError(f"no cluster {cluster!r}; where it is tells: ./kfs list --all-regions")
    caller = aws_account.caller(settings).arn
    mine = [one for one in alike if ownership.is_same(one.owner, caller)]
    if len({one.id for one in mine}) == 1:
        return mine
    what = f"several clusters {cluster!r} are" if mine else f"no cluster {cluster!r} is"
    which = ", ".join(f"{one.id} of {one.owner}" for one in mine or alike)
    raise UserError(f"{what} yours ({caller}): name one by its id ({which})")


def sweep(settings: Settings, candidates: Sequence[Found], *, yes: bool, say: Say) -> int:
    """Deletes each, or says that it would; how many. One that cannot be deleted keeps none of the
    others, and one that was used since it was looked at is kept.

    Errors: PlatformError naming those of which something is left.
    """
    left, swept = list[str](), 0
    for one in candidates:
        say(f"{'deletes' if yes else 'would delete'} {one.told(datetime.now(UTC))}")
        say(f"  {', '.join(map(str, one.resources))}")
        try:
            if yes and is_used(settings, one):
                say(f"keeps {one.id}: it was used since it was looked at")
                continue
            if yes:
                delete(settings, one, say)
            swept += 1
        except NotJudged as error:
            left.append(str(error))
    if left:
        raise PlatformError("janitor", f"of {len(candidates)} clusters", "\n".join(left))
    return swept


def is_used(settings: Settings, before: Found) -> bool:
    """Whether it expires later now: others before it may have taken minutes to delete.

    Errors: PlatformError.
    """
    region = before.region or settings.region
    now = clusters.found(ec2.client(None, region), region, before.id)
    expiries = [one.expires for one in now if one.expires]
    return bool(expiries) and (before.expires is None or max(expiries) > before.expires)


def delete(settings: Settings, found: Found, say: Say) -> None:
    """Errors: PlatformError, also when a role has the name of the cluster's and not its tag."""
    region = found.region or settings.region
    iam = ec2.iam(None, region)
    for kind, name, tags in instance_profile.of(iam, found.id):
        if tags.get(TAG) != found.id:
            raise PlatformError(kind, name, f"does not carry the tag {TAG}: nothing was deleted")
    spec = series(found.id, kubernetes=settings.kubernetes, platform="aws")
    ec2.clear(ec2.client(None, region), iam, spec, say=say)
