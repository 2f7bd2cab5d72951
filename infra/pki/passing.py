"""Short-lived client certificates of the cluster's own authority, for claims about their end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.pki.authority import issue, load, write
from infra.pki.identities import CLIENTS, Identity
from infra.pki.material import Material

DAY = timedelta(days=1)


def administrator(cluster: Material, into: Path, *, ends: timedelta) -> Path:
    """The stem of a new pair of the administrator's identity that ends ``ends`` from now.

    A negative ``ends`` gives one that is over. Errors: ValueError when the authority is unreadable.
    """
    admin: Identity = next(row for row in CLIENTS if row.name == "admin")
    now = datetime.now(UTC).replace(microsecond=0)
    after = now + ends
    pair = issue(load(cluster, "ca"), admin, not_before=min(now, after) - DAY, not_after=after)
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = "ended" if ends < timedelta(0) else "valid"
    write(Material(into), name, pair)
    return into / name
