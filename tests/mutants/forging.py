"""Certificates as nobody should have them, signed by the cluster's own authorities."""

from dataclasses import replace
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from infra.inventory import series
from infra.pki import authority
from infra.pki.authority import Pair
from infra.pki.identities import Identity, identities
from infra.pki.material import Material

SPEC = series("any", kubernetes="v1.36.1", platform="any")
"""Names and addresses of the series: the same in every cluster."""


def identity(name: str) -> Identity:
    return next(row for row in identities(SPEC) if row.name == name)


def issued(material: Material, row: Identity) -> Pair:
    """As the build issues, now."""
    not_before = datetime.now(UTC).replace(microsecond=0) - authority.BACKDATE
    return authority.issue(
        authority.load(material, row.authority),
        row,
        not_before=not_before,
        not_after=not_before + authority.VALIDITY,
    )


def any_name(material: Material) -> Pair:
    """An API server's, good for every name of a domain too."""
    row = identity("kube-apiserver")
    return issued(material, replace(row, names=(*row.names, "*.example.com")))


def another_group(material: Material, name: str) -> Pair:
    """As the build issues it, but for a second O: a member of the administrators."""
    pair = issued(material, identity(name))
    masters = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:masters")
    old = pair.certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([*old.subject, masters]))
        .issuer_name(old.issuer)
        .public_key(old.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(old.not_valid_before_utc)
        .not_valid_after(old.not_valid_after_utc)
    )
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    signer = authority.load(material, identity(name).authority)
    return Pair(builder.sign(signer.key, hashes.SHA256()), pair.key)
