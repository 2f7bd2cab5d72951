"""Kubeconfigs carry what their owner needs, and the key for Secrets is made once."""

import base64
import stat
from pathlib import Path

import pytest
import yaml

from infra.inventory import series
from infra.pki import authority, kubeconfigs
from infra.pki.material import Material

SPEC = series("unit", kubernetes="v1.36.1", platform="local")
LOCAL, BALANCED = "https://127.0.0.1:6443", "https://10.0.1.10:6443"


@pytest.fixture
def material(tmp_path: Path) -> Material:
    made = authority.create_all(SPEC, tmp_path / "pki")
    kubeconfigs.create_all(SPEC, made)
    return made


@pytest.mark.parametrize(
    ("name", "server"),
    [
        ("kube-controller-manager", LOCAL),
        ("kube-scheduler", LOCAL),
        ("kube-proxy", BALANCED),
        ("worker-0", BALANCED),
        ("worker-1", BALANCED),
        ("admin", BALANCED),
    ],
)
def test_a_kubeconfig_embeds_its_owner(material: Material, name: str, server: str) -> None:
    config = yaml.safe_load(material.kubeconfig(name))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    assert cluster["server"] == server
    assert base64.b64decode(cluster["certificate-authority-data"]) == material.cert("ca")
    assert base64.b64decode(user["client-certificate-data"]) == material.cert(name)
    assert base64.b64decode(user["client-key-data"]) == material.key(name)
    mode = (material.root / f"{name}.kubeconfig").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_the_second_time_changes_nothing(material: Material) -> None:
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in material.root.iterdir()}
    kubeconfigs.create_all(SPEC, material)
    after = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in material.root.iterdir()}
    assert after == before


def test_a_renewed_certificate_gets_into_its_kubeconfig(material: Material) -> None:
    material.cert_path("admin").unlink()
    authority.create_all(SPEC, material.root)
    kubeconfigs.create_all(SPEC, material)
    user = yaml.safe_load(material.kubeconfig("admin"))["users"][0]["user"]
    assert base64.b64decode(user["client-certificate-data"]) == material.cert("admin")


def test_only_the_admin_goes_by_a_public_address(material: Material) -> None:
    kubeconfigs.create_all(SPEC, material, admin_at="203.0.113.9")
    assert b"https://203.0.113.9:6443" in material.kubeconfig("admin")
    assert b"203.0.113.9" not in material.kubeconfig("worker-0")


def test_secrets_are_encrypted_first_and_read_in_clear_last(material: Material) -> None:
    config = yaml.safe_load(material.file(kubeconfigs.ENCRYPTION))
    (rule,) = config["resources"]
    assert rule["resources"] == ["secrets"]
    assert [next(iter(provider)) for provider in rule["providers"]] == ["aescbc", "identity"]
    key = rule["providers"][0]["aescbc"]["keys"][0]["secret"]
    assert len(base64.b64decode(key)) == 32
