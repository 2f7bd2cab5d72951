"""Certificates, authorities and kubeconfigs with one field changed, signed as the series does.

A field is changed in a new pair of the same authority; the machine gets both halves.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from infra.desired.things import Secret
from infra.inventory import ClusterSpec, Machine
from infra.pki import authority, kubeconfigs
from infra.pki.authority import Pair
from infra.pki.identities import AUTHORITIES, Identity, Usage, identities
from infra.pki.material import Material
from tests.sweep import texts

Files = Mapping[str, bytes]
STRANGER = "stranger"
MASTERS = "system:masters"
"""The group that may do everything: what a wrong O is worst for."""
ANY = "*.example.com"
DAY = timedelta(days=1)
WORDS = {"usages": "usage", "names": "name", "addresses": "address"}


@dataclass(frozen=True)
class Known:
    """The identities of a cluster, by what its files hold."""

    spec: ClusterSpec
    material: Material
    machine: Machine

    def authority_in(self, content: bytes) -> str:
        """Name of the authority whose certificate it is, or empty."""
        return next((a.name for a in AUTHORITIES if content == self.material.cert(a.name)), "")

    def identity_in(self, content: bytes) -> Identity | None:
        """Whose certificate it is."""
        every = identities(self.spec)
        return next((one for one in every if content == self.material.cert(one.name)), None)

    def identity_of(self, kubeconfig: bytes) -> Identity | None:
        """Whose kubeconfig it is."""
        every = [one for one in identities(self.spec) if self.has_kubeconfig(one.name)]
        return next((i for i in every if kubeconfig == self.material.kubeconfig(i.name)), None)

    def has_kubeconfig(self, name: str) -> bool:
        return (self.material.root / f"{name}.kubeconfig").exists()


def changes(thing: Secret, known: Known) -> Iterator[tuple[str, Files]]:
    """Every field of a secret file; keys change with their certificates, or by themselves."""
    if name := known.authority_in(thing.content):
        yield from of_authority(thing.path, name, known)
    elif identity := known.identity_in(thing.content):
        every = pairs(identity, known) if identity.usages else another(identity, known)
        for what, pair in every:
            yield what, both(thing.path, pair)
    elif identity := known.identity_of(thing.content):
        yield from of_kubeconfig(thing, identity, known)
    elif thing.content == known.material.key("ca"):
        yield "is another key", {thing.path: other_authority("ca").key_pem}
    elif thing.path.endswith(".yaml"):
        for what, text in texts.edits(thing.path.rpartition("/")[2], thing.content.decode()):
            yield what, {thing.path: text.encode()}
        yield "providers are the other way round", {thing.path: reversed_providers(thing.content)}


def both(path: str, pair: Pair) -> Files:
    stem = path.removesuffix(".pem")
    return {path: pair.certificate_pem, f"{stem}-key.pem": pair.key_pem}


def other_authority(name: str) -> Pair:
    """Another of the same name, as when somebody makes the authority anew."""
    (common_name,) = (row.common_name for row in AUTHORITIES if row.name == name)
    return authority.new_authority(common_name, now() - authority.BACKDATE)


def of_authority(path: str, name: str, known: Known) -> Iterator[tuple[str, Files]]:
    """Another authority in its place, and each other one beside it."""
    yield "is another authority of the same name", {path: other_authority(name).certificate_pem}
    for other in (row.name for row in AUTHORITIES if row.name != name):
        content = known.material.cert(name) + known.material.cert(other)
        yield f"has {other} beside it", {path: content}


def pairs(identity: Identity, known: Known) -> Iterator[tuple[str, Pair]]:
    """The identity with one field changed, each signed anew."""
    signer = authority.load(known.material, identity.authority)
    begins = now() - authority.BACKDATE
    ends = begins + authority.VALIDITY
    for what, other in fields(identity):
        yield what, authority.issue(signer, other, not_before=begins, not_after=ends)
    over = authority.issue(signer, identity, not_before=begins - 2 * DAY, not_after=begins - DAY)
    yield "is over since a day", over
    foreign = other_authority(identity.authority)
    yield (
        "is signed by another authority of the same name",
        authority.issue(foreign, identity, not_before=begins, not_after=ends),
    )


def another(identity: Identity, known: Known) -> Iterator[tuple[str, Pair]]:
    """Of what nobody shows, the key is what counts: a pair of the same fields."""
    begins = now() - authority.BACKDATE
    signer, ends = authority.load(known.material, identity.authority), begins + authority.VALIDITY
    yield "is another pair", authority.issue(signer, identity, not_before=begins, not_after=ends)


def fields(identity: Identity) -> Iterator[tuple[str, Identity]]:
    """One field left out or changed; also one alternative name or usage of several."""
    yield f"CN is {STRANGER}", replace(identity, common_name=STRANGER)
    yield f"O is {MASTERS}", replace(identity, organization=MASTERS)
    if identity.organization:
        yield "O is left out", replace(identity, organization="")
    for name in ("usages", "names", "addresses"):
        every = getattr(identity, name)
        for one in every:
            kept: dict[str, Any] = {name: tuple(other for other in every if other != one)}
            yield f"{WORDS[name]} {one} is left out", replace(identity, **kept)
    for usage in (one for one in Usage if one not in identity.usages):
        yield f"has usage {usage} too", replace(identity, usages=(*identity.usages, usage))
    if identity.names:
        yield f"has name {ANY} too", replace(identity, names=(*identity.names, ANY))


def of_kubeconfig(thing: Secret, identity: Identity, known: Known) -> Iterator[tuple[str, Files]]:
    """Where it leads, whom it believes, and who it is."""
    caller = replace(identity, names=(), addresses=())
    for what, pair in pairs(caller, known):
        yield f"certificate {what}", {thing.path: kubeconfigs.with_pair(thing.content, pair)}
    foreign = other_authority("ca").certificate_pem
    values: dict[str, dict[str, str | None]] = {
        "server is another API server's address": {"server": elsewhere(known)},
        "certificate-authority-data is left out": {"certificate-authority-data": None},
        "certificate-authority-data is another authority of the same name": {
            "certificate-authority-data": kubeconfigs.encoded(foreign)
        },
    }
    for what, value in values.items():
        yield what, {thing.path: with_cluster(thing.content, value)}


def elsewhere(known: Known) -> str:
    """Not the balancer, not the machine itself."""
    other = next(m for m in known.spec.controllers if m != known.machine)
    return f"https://{other.private_ip}:{known.spec.layout.ports.api_server}"


def with_cluster(content: bytes, value: Mapping[str, str | None]) -> bytes:
    """A kubeconfig with another field of its only cluster; None: without it."""
    config = yaml.safe_load(content)
    (entry,) = config["clusters"]
    merged = {**entry["cluster"], **value}
    entry["cluster"] = {key: one for key, one in merged.items() if one is not None}
    return yaml.safe_dump(config, sort_keys=False).encode()


def reversed_providers(content: bytes) -> bytes:
    """What is written is written by the first: now in clear."""
    config = yaml.safe_load(content)
    config["resources"][0]["providers"].reverse()
    return yaml.safe_dump(config, sort_keys=False).encode()


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
