"""Which cluster a state directory is of, and where: written before anything is made.

What is written decides: an option that says otherwise is refused, not believed.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.errors import UserError
from infra.lifecycle import state_dir
from infra.settings import Settings

FILE = "identity.json"


@dataclass(frozen=True)
class Identity:
    """``id`` is the cluster's on the platform, in tags and names."""

    id: str
    platform: str
    region: str


def read(state: Path) -> Identity | None:
    """None when nothing was made from this state directory. Errors: UserError when damaged."""
    path = state / FILE
    try:
        if path.exists():
            return Identity(**json.loads(path.read_text()))
        record = state_dir.read(state)  # versions before had the record alone
        return Identity(record["id"], record["platform"], record["region"]) if record else None
    except (KeyError, TypeError, ValueError, UserError) as error:
        like = json.dumps(asdict(Identity("series", "local or aws", "ap-southeast-1")))
        raise UserError(
            f"{state} does not say on which platform its cluster is ({error}); write {FILE} "
            f"there, like {like}, then repeat"
        ) from error


def ensure(settings: Settings) -> Identity:
    """That of the state directory, written when it had none."""
    found = read(settings.state)
    if found is None:
        found = Identity(settings.cluster_id, settings.platform, settings.region)
        state_dir.replace(settings.state / FILE, asdict(found))
    return found


def decided(settings: Settings) -> Settings:
    """The settings, with platform and region of the state directory when it has them.

    Errors: UserError when an option or the environment names others.
    """
    found = read(settings.state)
    if found is None:
        return settings
    told = {"platform": found.platform, "region": found.region}
    for name, value in told.items():
        given = getattr(settings, name)
        if name in settings.model_fields_set and given != value:
            raise UserError(
                f"cluster {settings.cluster_id!r} has {name} {value}, not {given}: leave out "
                f"--{name} (KFS_{name.upper()}), or choose another --cluster-id"
            )
    return settings.model_copy(update=told)
