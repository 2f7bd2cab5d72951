"""Clusters that an account has in a region, told by their tags: whose, since when, until when."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from infra.ec2 import instance_profile, tagged
from infra.ec2.account.ownership import CREATED, EXPIRES, OWNER
from infra.ec2.api import TAG, Client, Iam, asking
from infra.ec2.tagged import Resource

NOWHERE = ""
"""The region of what only IAM has."""


@dataclass(frozen=True)
class Found:
    """A cluster, or what is left of it, in a region."""

    id: str
    region: str
    resources: tuple[Resource, ...]

    @property
    def machines(self) -> int:
        return sum(one.kind == "instance" for one in self.resources)

    @property
    def owner(self) -> str:
        return next(iter(self._told(OWNER)), "no owner")

    @property
    def created(self) -> datetime | None:
        """None when no tag tells."""
        return min(self._times(CREATED), default=None)

    @property
    def expires(self) -> datetime | None:
        """The last time that a tag tells, as use moves it on; None when none does."""
        return max(self._times(EXPIRES), default=None)

    def is_expired(self, now: datetime) -> bool:
        return self.expires is not None and self.expires < now

    def is_older(self, now: datetime, than: timedelta) -> bool:
        return self.created is not None and now - self.created > than

    def told(self, now: datetime) -> str:
        """One line."""
        age = f"{_hours(now - self.created)} old" if self.created else "of unknown age"
        until = "never expires"
        if self.expires:
            until = f"expires in {_hours(self.expires - now)}"
            if self.is_expired(now):
                until = f"expired {_hours(now - self.expires)} ago"
        return (
            f"{self.id}  {self.region or 'IAM only'}  {self.machines} machines, "
            f"{len(self.resources)} resources  {age}, {until}  {self.owner}"
        )

    def _told(self, key: str) -> list[str]:
        return [one.tags[key] for one in self.resources if key in one.tags]

    def _times(self, key: str) -> list[datetime]:
        return [when for text in self._told(key) if (when := _time(text))]


def _time(text: str) -> datetime | None:
    """None for what somebody else has written there."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.0f} h"


def found(client: Client, region: str, cluster: str = "") -> list[Found]:
    """Those that EC2 has something of, or the one of an id. Errors: PlatformError."""
    return _grouped(tagged.find(client, cluster), region)


def only_in_iam(iam: Iam, elsewhere: Iterable[Found]) -> list[Found]:
    """Those of which no region has anything; a role has no region, so all have to be looked at.

    Errors: PlatformError.
    """
    known = {one.id for one in elsewhere}
    roles = [Resource(kind, name, tags) for kind, name, tags in instance_profile.all_of(iam)]
    left = [one for one in roles if TAG in one.tags and one.cluster not in known]
    return _grouped(left, NOWHERE)


def _grouped(resources: Iterable[Resource], region: str) -> list[Found]:
    by_id: dict[str, list[Resource]] = defaultdict(list)
    for one in resources:
        by_id[one.cluster].append(one)
    return [Found(ident, region, tuple(of)) for ident, of in sorted(by_id.items())]


def regions(client: Client) -> list[str]:
    """Those that are enabled in the account. Errors: PlatformError."""
    with asking("regions of", "the account"):
        return sorted(one["RegionName"] for one in client.describe_regions()["Regions"])
