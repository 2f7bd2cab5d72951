"""Certificates of the cluster's own authorities for claims: ones that end, ones that replace."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509

from infra.pki.authority import (
    BACKDATE,
    Pair,
    alternatives_of,
    issue,
    load,
    new_authority,
    write,
)
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


def all_powerful(cluster: Material, into: Path, name: str, *, authority: str) -> Path:
    """The stem of a new pair for a client of that name, member of system:masters, for an hour.

    Signed by an authority of the cluster, or by a stranger that calls itself like the first.
    """
    who = Identity(name, name, organization="system:masters")
    now = datetime.now(UTC).replace(microsecond=0)
    signer = load(cluster, authority) if authority else new_authority("kubernetes-ca", now - DAY)
    pair = issue(signer, who, not_before=now - BACKDATE, not_after=now + timedelta(hours=1))
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    stem = f"{name}-of-{authority or 'a-stranger'}"
    write(Material(into), stem, pair)
    return into / stem


def near_its_end(cluster: Material, identity: Identity, *, ends: timedelta) -> Pair:
    """A new pair of whose life 95 % are over and ``ends`` are left.

    Errors: ValueError when the authority is unreadable.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    return issue(load(cluster, "ca"), identity, not_before=now - 19 * ends, not_after=now + ends)


def renewed(cluster: Material, identity: Identity, old: x509.Certificate) -> Pair:
    """A new pair for the subject and exactly the alternative names of an old certificate.

    Errors: ValueError when the authority is unreadable.
    """
    alternatives = alternatives_of(old)
    names = tuple(one.value for one in alternatives if isinstance(one, x509.DNSName))
    values = [one.value for one in alternatives if isinstance(one, x509.IPAddress)]
    addresses = tuple(value for value in values if isinstance(value, IPv4Address))
    same = replace(identity, names=names, addresses=addresses)
    now = datetime.now(UTC).replace(microsecond=0)
    return issue(load(cluster, identity.authority), same, not_before=now, not_after=now + 30 * DAY)
