"""Certificates are checked by meaning: who they name, who signed them, what for and how long."""

import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.inventory import series
from infra.pki import authority
from infra.pki.identities import AUTHORITIES, Identity, Usage, api_server, identities
from infra.pki.material import Material

SPEC = series("unit", kubernetes="v1.36.1", platform="local")
LEAVES = identities(SPEC)
NAMES = [*(a.name for a in AUTHORITIES), *(i.name for i in LEAVES)]


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return authority.create_all(SPEC, tmp_path_factory.mktemp("state") / "pki")


def certificate(material: Material, name: str) -> x509.Certificate:
    return authority.load(material, name).certificate


def contents(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(root.iterdir())}


def test_there_are_fifteen_pairs_as_in_article_4(material: Material) -> None:
    assert len(NAMES) == len(set(NAMES)) == 15
    assert set(contents(material.root)) == {
        f"{name}{half}" for name in NAMES for half in (".pem", "-key.pem")
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_certificate_lasts_8760_hours_and_has_begun(material: Material, name: str) -> None:
    found = certificate(material, name)
    assert found.not_valid_after_utc - found.not_valid_before_utc == timedelta(hours=8760)
    age = datetime.now(UTC) - found.not_valid_before_utc
    assert timedelta() < age < timedelta(minutes=10)


@pytest.mark.parametrize("name", [a.name for a in AUTHORITIES])
def test_an_authority_may_sign_and_serves_nothing(material: Material, name: str) -> None:
    extensions = certificate(material, name).extensions
    basic = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert basic.critical
    assert basic.value.ca
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature
    with pytest.raises(x509.ExtensionNotFound):
        extensions.get_extension_for_class(x509.ExtendedKeyUsage)


@pytest.mark.parametrize("identity", LEAVES, ids=lambda i: i.name)
def test_a_leaf_is_signed_by_its_own_authority_only(material: Material, identity: Identity) -> None:
    leaf = certificate(material, identity.name)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    for row in AUTHORITIES:
        issuer = certificate(material, row.name)
        if row.name == identity.authority:
            leaf.verify_directly_issued_by(issuer)
        else:
            with pytest.raises((InvalidSignature, ValueError)):
                leaf.verify_directly_issued_by(issuer)


@pytest.mark.parametrize("identity", LEAVES, ids=lambda i: i.name)
def test_a_leaf_says_who_it_is_and_what_for(material: Material, identity: Identity) -> None:
    leaf = certificate(material, identity.name)
    said = {a.oid: a.value for a in leaf.subject}
    assert said[NameOID.COMMON_NAME] == identity.common_name
    assert said.get(NameOID.ORGANIZATION_NAME, "") == identity.organization
    oids = {
        Usage.SERVER: ExtendedKeyUsageOID.SERVER_AUTH,
        Usage.CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH,
    }
    if identity.usages:
        found = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert set(found) == {oids[usage] for usage in identity.usages}


@pytest.mark.parametrize("name", NAMES)
def test_a_key_belongs_to_its_certificate_and_to_nobody_else(material: Material, name: str) -> None:
    pair = authority.load(material, name)
    assert pair.certificate.public_key() == pair.key.public_key()
    assert stat.S_IMODE(material.key_path(name).stat().st_mode) == 0o600
    assert stat.S_IMODE(material.root.stat().st_mode) == 0o700


def test_each_identity_has_the_authority_and_the_use_of_article_4() -> None:
    serve, call = Usage.SERVER, Usage.CLIENT
    assert {i.name: (i.authority, i.usages) for i in LEAVES} == {
        "kube-apiserver": ("ca", (serve,)),
        "etcd": ("etcd-ca", (serve, call)),
        "apiserver-kubelet-client": ("ca", (call,)),
        "admin": ("ca", (call,)),
        "kube-controller-manager": ("ca", (call,)),
        "kube-scheduler": ("ca", (call,)),
        "kube-proxy": ("ca", (call,)),
        "apiserver-etcd-client": ("etcd-ca", (call,)),
        "front-proxy-client": ("front-proxy-ca", (call,)),
        "service-account": ("ca", ()),
        "worker-0": ("ca", (serve, call)),
        "worker-1": ("ca", (serve, call)),
    }


def test_groups_and_users_are_those_that_kubernetes_knows(material: Material) -> None:
    table = {i.name: (i.common_name, i.organization) for i in LEAVES}
    assert table["admin"][1] == "system:masters"
    assert table["worker-1"] == ("system:node:worker-1", "system:nodes")
    assert table["kube-scheduler"][0] == "system:kube-scheduler"
    assert table["apiserver-kubelet-client"][1] == "", "its rights come from article 9's role"
    masters = [name for name, (_, group) in table.items() if group == "system:masters"]
    assert masters == ["admin"]


def test_the_api_server_answers_to_every_name_it_is_called_by(material: Material) -> None:
    leaf = certificate(material, "kube-apiserver")
    found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    names = set(found.get_values_for_type(x509.DNSName))
    addresses = set(map(str, found.get_values_for_type(x509.IPAddress)))
    assert {"kubernetes", "kubernetes.default.svc.cluster.local", "localhost", "lb"} <= names
    assert {"controller-0", "controller-1", "controller-2"} <= names
    assert addresses == {
        "127.0.0.1", "10.32.0.1", "10.0.1.10", "10.0.1.11", "10.0.1.12", "10.0.1.13",
    }  # fmt: skip


def test_a_public_address_is_added_and_a_worker_s_is_not() -> None:
    identity = api_server(SPEC, ["203.0.113.9", "10.0.1.21", "10.0.1.11"])
    assert IPv4Address("203.0.113.9") in identity.addresses
    assert IPv4Address("10.0.1.21") not in identity.addresses
    assert len(identity.addresses) == len(set(identity.addresses))


def test_the_second_time_changes_nothing(tmp_path: Path) -> None:
    authority.create_all(SPEC, tmp_path)
    before = contents(tmp_path)
    authority.create_all(SPEC, tmp_path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("lost", "renewed"),
    [
        ("admin.pem", {"admin"}),
        ("admin-key.pem", {"admin"}),
        ("front-proxy-ca.pem", {"front-proxy-ca", "front-proxy-client"}),
    ],
)
def test_what_is_missing_is_made_with_what_hangs_on_it(
    tmp_path: Path, lost: str, renewed: set[str]
) -> None:
    authority.create_all(SPEC, tmp_path)
    before = contents(tmp_path)
    (tmp_path / lost).unlink()
    authority.create_all(SPEC, tmp_path)
    after = contents(tmp_path)
    assert {name for name in NAMES if after[f"{name}.pem"] != before[f"{name}.pem"]} == renewed


def test_an_expired_leaf_is_renewed_and_a_new_address_renews_one(tmp_path: Path) -> None:
    material = authority.create_all(SPEC, tmp_path)
    admin = next(i for i in LEAVES if i.name == "admin")
    ca = authority.load(material, "ca")
    past = datetime.now(UTC) - timedelta(days=1)
    old = authority.issue(ca, admin, not_before=past - timedelta(days=1), not_after=past)
    authority.write(material, "admin", old)
    before = contents(tmp_path)
    authority.create_all(SPEC, tmp_path, extra_addresses=["203.0.113.9"])
    after = contents(tmp_path)
    changed = {name for name in NAMES if after[f"{name}.pem"] != before[f"{name}.pem"]}
    assert changed == {"admin", "kube-apiserver"}


def test_a_stranger_s_certificate_is_not_taken_for_ours(tmp_path: Path) -> None:
    material = authority.create_all(SPEC, tmp_path)
    admin = next(i for i in LEAVES if i.name == "admin")
    now = datetime.now(UTC)
    stranger = authority.new_authority("kubernetes-ca", now)
    forged = authority.issue(stranger, admin, not_before=now, not_after=now + timedelta(hours=1))
    ca = authority.load(material, "ca")
    authority.write(material, "admin", forged)
    assert not authority.good(material, admin, ca, now=now)
    authority.create_all(SPEC, tmp_path)
    assert authority.good(material, admin, ca, now=datetime.now(UTC))


def test_an_identity_of_the_suite_s_own_can_be_issued(material: Material) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    mallory = replace(LEAVES[0], name="mallory", common_name="mallory", names=("x",))
    ca = authority.load(material, "ca")
    pair = authority.issue(
        ca, mallory, not_before=now - timedelta(days=2), not_after=now - timedelta(days=1)
    )
    assert pair.certificate.not_valid_after_utc == now - timedelta(days=1)
    assert pair.certificate_pem.startswith(b"-----BEGIN CERTIFICATE-----")
    assert pair.key_pem.startswith(b"-----BEGIN EC PRIVATE KEY-----")
