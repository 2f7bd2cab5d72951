"""Certificates as found: on a machine's disk, in a kubeconfig, at a TLS port."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from infra.pki.authority import alternatives_of, wanted_alternatives
from infra.pki.identities import AUTHORITIES, Identity


@dataclass(frozen=True)
class Found:
    """One certificate and where it was read: ``worker-0:/var/lib/kubelet/kubelet.pem``."""

    place: str
    certificate: x509.Certificate

    @property
    def common_name(self) -> str:
        return one(self.certificate.subject, NameOID.COMMON_NAME)

    @property
    def organization(self) -> str:
        return one(self.certificate.subject, NameOID.ORGANIZATION_NAME)

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def lifetime(self) -> timedelta:
        return self.certificate.not_valid_after_utc - self.certificate.not_valid_before_utc

    @property
    def ends(self) -> datetime:
        return self.certificate.not_valid_after_utc

    @property
    def is_authority(self) -> bool:
        return self.certificate.subject == self.certificate.issuer


def from_pem(place: str, pem: bytes) -> Found:
    """Errors: ValueError when it is no certificate."""
    return Found(place, x509.load_pem_x509_certificate(pem))


def from_der(place: str, der: bytes) -> Found:
    return Found(place, x509.load_der_x509_certificate(der))


def one(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def signed_by(found: Found, authority: Found) -> bool:
    try:
        found.certificate.verify_directly_issued_by(authority.certificate)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def wrong_lifetime(found: Iterable[Found], *, hours: int, now: datetime | None = None) -> list[str]:
    """Certificates that do not last that long, or are over or not yet good."""
    today = now or datetime.now(UTC)
    wrong: list[str] = []
    for item in found:
        if item.lifetime != timedelta(hours=hours):
            wrong.append(f"{item.place} ({item.common_name}) lasts {item.lifetime}")
        if not item.certificate.not_valid_before_utc <= today < item.ends:
            wrong.append(f"{item.place} ({item.common_name}) ends {item.ends}")
    return wrong


def wrong_signers(found: Iterable[Found], identities: Iterable[Identity]) -> list[str]:
    """Leaves that their own authority did not sign, or that another one did.

    Authorities are those found on the machines, by subject.
    """
    everything = list(found)
    authorities = {item.common_name: item for item in everything if item.is_authority}
    files = {row.name: row.common_name for row in AUTHORITIES}
    wrong = [f"no machine has the authority {cn}" for cn in files.values() if cn not in authorities]
    if wrong:
        return wrong
    owners = {identity.common_name: files[identity.authority] for identity in identities}
    for item in everything:
        if item.is_authority:
            continue
        signers = [cn for cn, signer in authorities.items() if signed_by(item, signer)]
        if signers != [owners.get(item.common_name)]:
            wrong.append(
                f"{item.place} ({item.common_name}) is signed by {signers or 'a stranger'}"
            )
    return wrong


def wrong_names(found: Iterable[Found], identities: Iterable[Identity]) -> list[str]:
    """Leaves whose O or alternative names are not those of the identity with their CN."""
    rows = {identity.common_name: identity for identity in identities}
    wrong: list[str] = []
    for item in found:
        row = rows.get(item.common_name)
        if item.is_authority:
            continue
        if row is None:
            wrong.append(f"{item.place} is for {item.common_name!r}, whom nobody built")
            continue
        if item.organization != row.organization:
            wrong.append(f"{item.place} ({item.common_name}) is in group {item.organization!r}")
        if missing := set(wanted_alternatives(row)) - alternatives_of(item.certificate):
            wrong.append(f"{item.place} ({item.common_name}) lacks {[str(m) for m in missing]}")
    return wrong


def absent(found: Iterable[Found], identities: Iterable[Identity]) -> list[str]:
    """Identities of the build that no place has."""
    seen = {item.common_name for item in found}
    return [identity.common_name for identity in identities if identity.common_name not in seen]
