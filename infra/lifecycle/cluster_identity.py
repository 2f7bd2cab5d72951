"""Which cluster a state directory is of, and where: written before anything is made.

What is written decides: an option that says otherwise is refused, not believed.
"""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.artifacts import catalog as catalogs
from infra.ec2.account import ownership
from infra.ec2.account.ownership import Caller
from infra.errors import UserError
from infra.inventory import ClusterSpec, series
from infra.lifecycle import state_dir
from infra.settings import PLATFORMS, Settings

FILE = "identity.json"


@dataclass(frozen=True)
class Identity:
    """``id`` is the cluster's on the platform, in tags and names; the rest says whose it is.

    On AWS, which is shared, the id has a suffix of its own and ``uuid`` is the state directory's.
    """

    id: str
    platform: str
    region: str
    kubernetes: str = ""
    uuid: str = ""
    account: str = ""
    owner: str = ""
    created: str = ""
    expires: str = ""

    def spec(self, kubernetes: str) -> ClusterSpec:
        """The cluster as it is to be built."""
        plain = series(self.id, kubernetes=kubernetes, platform=self.platform)
        return replace(plain, tags=self.tags)

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        """The same until it expires, as EC2 launches nothing twice by one token otherwise;
        ``expires`` is the first one, which use moves on: what is made later would be expired.
        """
        told = {
            ownership.UUID: self.uuid,
            ownership.OWNER: self.owner,
            ownership.CREATED: self.created,
            ownership.EXPIRES: self.expires,
        }
        return tuple(told.items()) if self.uuid else ()


def read(state: Path) -> Identity | None:
    """None when nothing was made from this state directory. Errors: UserError when damaged."""
    path = state / FILE
    try:
        if path.exists():
            told = json.loads(path.read_text())
            if "kubernetes" not in told:
                told = record_of(state_dir.read(state)) | told
            return _checked(state, told)
        record = state_dir.read(state)  # versions before had the record alone
        return _checked(state, record_of(record)) if record else None
    except (KeyError, TypeError, ValueError, UserError) as error:
        like = json.dumps({"id": state.name, "platform": "local", "region": "ap-southeast-1"})
        raise UserError(
            f"{state} does not say on which platform its cluster is ({error}); of one on this "
            f"machine write {FILE} there: {like}; one on AWS is named by ./kfs list --all-regions "
            "and deleted by ./kfs janitor --cluster-id ID --yes"
        ) from error


def _checked(state: Path, told: dict[str, Any]) -> Identity:
    """Errors: ValueError, TypeError; UserError for what another checkout has written."""
    if unknown := told.keys() - {field.name for field in fields(Identity)}:
        raise UserError(f"{', '.join(sorted(unknown))} is of a newer checkout: use that one")
    found = Identity(**told)
    if not all(isinstance(value, str) for value in asdict(found).values()):
        raise ValueError("not all of it is text")
    if found.platform not in PLATFORMS:
        raise ValueError(f"{found.platform!r} is none of {', '.join(PLATFORMS)}")
    if not is_named(found.id, state.name):
        raise ValueError(f"it is of cluster {found.id}: a copied directory, or a renamed one")
    return found


def is_named(ident: str, name: str) -> bool:
    """Whether a platform's id is that of a cluster that is called so here."""
    return re.fullmatch(rf"{re.escape(name)}(-[0-9a-f]{{8}})?", ident) is not None


def record_of(record: Mapping[str, Any] | None) -> dict[str, str]:
    """What the record of a finished cluster has of it."""
    names = ("id", "platform", "region", "kubernetes")
    return {name: record[name] for name in names} if record else {}


def ensure(settings: Settings, caller: Caller | None = None) -> Identity:
    """That of the state directory, written when it had none; ``caller`` is who asks AWS.

    Errors: UserError when the cluster is in another account.
    """
    found = read(settings.state)
    if found is None:
        found = _new(settings, caller)
        state_dir.replace(settings.state / FILE, asdict(found))
    if caller is not None:
        require_account(found, caller)
        if found.expires and found.expires < told(datetime.now(UTC)):
            found = replace(found, expires=later(settings))
            state_dir.replace(settings.state / FILE, asdict(found))
    return found


def moved_to(state: Path, kubernetes: str) -> None:
    """The cluster was upgraded: its state directory is of that version now."""
    if found := read(state):
        state_dir.replace(state / FILE, asdict(replace(found, kubernetes=kubernetes)))


def _new(settings: Settings, caller: Caller | None) -> Identity:
    where = settings.platform, settings.region, settings.kubernetes
    if caller is None:
        return Identity(settings.cluster_id, *where)
    own = str(uuid.uuid4())
    return Identity(
        f"{settings.cluster_id}-{own[:8]}",
        *where,
        uuid=own,
        account=caller.account,
        owner=caller.arn,
        created=told(datetime.now(UTC)),
        expires=later(settings),
    )


def later(settings: Settings) -> str:
    """When a cluster expires that is used now."""
    return told(datetime.now(UTC) + timedelta(hours=settings.ttl_hours))


def told(when: datetime) -> str:
    return when.isoformat(timespec="seconds")


def require_account(found: Identity, caller: Caller) -> None:
    """Elsewhere nothing of the cluster would be found. Errors: UserError."""
    if found.account not in {"", caller.account}:
        raise UserError(
            f"cluster {found.id} is in the AWS account {found.account}; these credentials are of "
            f"{caller.account} ({caller.arn}): choose the profile that built it (AWS_PROFILE)"
        )


def decided(settings: Settings) -> Settings:
    """The settings, with platform, region and version of the state directory when it has them.

    Errors: UserError when an option or the environment names others.
    """
    found = None if settings.is_existing else read(settings.state)
    if found is None:
        return settings
    recorded = {"platform": found.platform, "region": found.region}
    if found.kubernetes:
        recorded["kubernetes"] = found.kubernetes
    for name, value in recorded.items():
        given = getattr(settings, name)
        if name in settings.model_fields_set and given != value:
            others = " (./kfs upgrade --to changes it)" if name == "kubernetes" else ""
            raise UserError(
                f"cluster {settings.cluster_id!r} has {name} {value}, not {given}: leave out "
                f"--{name} (KFS_{name.upper()}), or choose another --cluster-id{others}"
            )
    return settings.model_copy(update=recorded)


def must_be_pinned(settings: Settings) -> None:
    """What was built by another checkout may run a patch that this one does not have.

    Errors: UserError.
    """
    try:
        catalogs.load(settings.kubernetes)
    except UserError as error:
        raise UserError(
            f"cluster {settings.cluster_id!r} runs Kubernetes {settings.kubernetes}, which this "
            f"checkout does not pin: ./kfs upgrade --to {catalogs.minor_of(settings.kubernetes)} "
            "brings a patch of it; or choose another --cluster-id, or run: ./kfs down"
        ) from error
