"""Certificates as found: on a machine's disk, in a kubeconfig, at a TLS port."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from infra.pki.authority import USAGES
from infra.pki.uses import Use

KINDS = {oid: str(usage) for usage, oid in USAGES.items()}


@dataclass(frozen=True)
class Found:
    """One certificate and where it was read: ``worker-0:/var/lib/kubelet/kubelet.pem``.

    ``use`` tells which component goes by it; None for a file that none was started with.
    """

    place: str
    certificate: x509.Certificate
    use: Use | None = None

    def __str__(self) -> str:
        return f"{self.use} ({self.place})" if self.use else self.place

    @property
    def common_name(self) -> str:
        return ", ".join(self.subject(NameOID.COMMON_NAME))

    @property
    def organizations(self) -> list[str]:
        """Every group: an API server believes them all."""
        return self.subject(NameOID.ORGANIZATION_NAME)

    @property
    def usages(self) -> set[str]:
        """Extended key usages; empty for one that says nothing, which is good for any."""
        try:
            said = self.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        except x509.ExtensionNotFound:
            return set()
        return {KINDS.get(oid, oid.dotted_string) for oid in said.value}

    @property
    def may_sign(self) -> bool:
        try:
            said = self.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        except x509.ExtensionNotFound:
            return False
        return said.value.ca

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def lifetime(self) -> timedelta:
        return self.certificate.not_valid_after_utc - self.certificate.not_valid_before_utc

    @property
    def ends(self) -> datetime:
        return self.certificate.not_valid_after_utc

    def subject(self, oid: x509.ObjectIdentifier) -> list[str]:
        return sorted(
            str(one.value) for one in self.certificate.subject.get_attributes_for_oid(oid)
        )


def from_pem(place: str, pem: bytes, use: Use | None = None) -> Found:
    """The first certificate, which a server shows. Errors: ValueError when there is none."""
    return Found(place, x509.load_pem_x509_certificate(pem), use)


def all_from_pem(place: str, pem: bytes, use: Use | None = None) -> list[Found]:
    """Every certificate of a file: who is trusted by it is trusted by each of them."""
    return [Found(place, one, use) for one in x509.load_pem_x509_certificates(pem)]


def from_der(place: str, der: bytes) -> Found:
    return Found(place, x509.load_der_x509_certificate(der))


def signed_by(found: Found, authority: Found) -> bool:
    try:
        found.certificate.verify_directly_issued_by(authority.certificate)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
