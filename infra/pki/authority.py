"""Signs every certificate of the cluster (article 4).

The series uses cfssl with one profile; this does the same with ECDSA P-256 keys, which a slow
machine handles quicker than RSA. Authorities end after the same time as what they sign.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.inventory import ClusterSpec
from infra.pki.identities import AUTHORITIES, Identity, Usage, identities
from infra.pki.material import Material

VALIDITY = timedelta(hours=8760)
"""Article 4: expiry of the profile ``kubernetes``, exactly notAfter - notBefore."""
BACKDATE = timedelta(minutes=5)
"""cfssl's default: a machine whose clock is a little late accepts a new certificate."""
USAGES = {
    Usage.SERVER: ExtendedKeyUsageOID.SERVER_AUTH,
    Usage.CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH,
}


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """SEC 1, as cfssl writes it."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )


def create_all(spec: ClusterSpec, root: Path, *, extra_addresses: Iterable[str] = ()) -> Material:
    """Fifteen pairs under ``root``; those that are there and still good are kept.

    Good is: not over, signed by the authority that is there now, names and addresses as wanted.
    """
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    root.chmod(0o700)
    material = Material(root)
    now = datetime.now(UTC).replace(microsecond=0)
    for row in AUTHORITIES:
        if not good_authority(material, row.name, now):
            write(material, row.name, new_authority(row.common_name, now - BACKDATE))
    for identity in identities(spec, extra_addresses):
        authority = load(material, identity.authority)
        if not good(material, identity, authority, now=now):
            not_before = now - BACKDATE
            pair = issue(
                authority, identity, not_before=not_before, not_after=not_before + VALIDITY
            )
            write(material, identity.name, pair)
    return material


def new_authority(common_name: str, not_before: datetime) -> Pair:
    """A self-signed authority; also what a test calls a stranger."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    signs = key_usage(signs_certificates=True)
    builder = (
        blank(subject, subject, key, not_before=not_before, not_after=not_before + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(signs, critical=True)
    )
    return Pair(builder.sign(key, hashes.SHA256()), key)


def issue(
    authority: Pair, identity: Identity, *, not_before: datetime, not_after: datetime
) -> Pair:
    """A leaf of ``authority`` with a new key; times are aware, whole seconds count."""
    key = generate_private_key(SECP256R1())
    issuer = authority.certificate
    builder = (
        blank(subject(identity), issuer.subject, key, not_before=not_before, not_after=not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
            critical=False,
        )
    )
    if identity.usages:
        usages = x509.ExtendedKeyUsage([USAGES[usage] for usage in identity.usages])
        builder = builder.add_extension(usages, critical=False)
    if alternatives := wanted_alternatives(identity):
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return Pair(builder.sign(authority.key, hashes.SHA256()), key)


def load(material: Material, name: str) -> Pair:
    """A pair of the state directory. Errors: FileNotFoundError, or TypeError and ValueError."""
    key = serialization.load_pem_private_key(material.key(name), password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise TypeError(f"{material.key_path(name)} is no ECDSA key: remove it to have a new one")
    return Pair(x509.load_pem_x509_certificate(material.cert(name)), key)


def good_authority(material: Material, name: str, now: datetime) -> bool:
    pair = present(material, name)
    return pair is not None and now < pair.certificate.not_valid_after_utc


def good(material: Material, identity: Identity, authority: Pair, *, now: datetime) -> bool:
    pair = present(material, identity.name)
    if pair is None or now >= pair.certificate.not_valid_after_utc:
        return False
    try:
        pair.certificate.verify_directly_issued_by(authority.certificate)
    except (InvalidSignature, ValueError):
        return False
    same_names = alternatives_of(pair.certificate) == set(wanted_alternatives(identity))
    return same_names and pair.certificate.subject == subject(identity)


def present(material: Material, name: str) -> Pair | None:
    """The pair, if both halves are there and belong together."""
    try:
        pair = load(material, name)
    except (FileNotFoundError, TypeError, ValueError):
        return None
    return pair if pair.certificate.public_key() == pair.key.public_key() else None


def write(material: Material, name: str, pair: Pair) -> None:
    # The certificate comes last: a key without one is half a pair, and made again.
    put(material.key_path(name), pair.key_pem, mode=0o600)
    put(material.cert_path(name), pair.certificate_pem, mode=0o644)


def put(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """The file has its content and mode at once, or is not there."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as out:
        out.write(content)
    new.chmod(mode)
    new.replace(path)


def subject(identity: Identity) -> x509.Name:
    rows = [x509.NameAttribute(NameOID.COMMON_NAME, identity.common_name)]
    if identity.organization:
        group = x509.NameAttribute(NameOID.ORGANIZATION_NAME, identity.organization)
        rows.insert(0, group)
    return x509.Name(rows)


def wanted_alternatives(identity: Identity) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(name) for name in identity.names),
        *(x509.IPAddress(address) for address in identity.addresses),
    ]


def alternatives_of(certificate: x509.Certificate) -> set[x509.GeneralName]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return set()
    return set(found.value)


def key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def blank(
    subject: x509.Name,
    issuer: x509.Name,
    key: EllipticCurvePrivateKey,
    *,
    not_before: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
