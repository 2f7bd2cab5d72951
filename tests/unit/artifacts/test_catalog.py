"""The version file names everything that a cluster is made of."""

import re
from pathlib import Path

import pytest

from infra.artifacts import catalog as catalogs
from infra.artifacts.catalog import (
    Catalog,
    Release,
    all_minors,
    cluster_version,
    default_minor,
    load,
)
from infra.artifacts.gomodule import MODULES
from infra.errors import UserError

CLUSTER = {
    *("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"),
    *("kubectl", "etcd", "etcdctl", "etcdutl", "containerd", "containerd-shim-runc-v2", "ctr"),
    *("runc", "bridge", "host-local", "loopback", "portmap", "crictl", "coredns", "agnhost"),
    *("pause", "metrics-server", "helper"),
}
DRIVER = {
    *("aws-ebs-csi-driver", "csi-provisioner", "csi-attacher", "csi-resizer", "csi-snapshotter"),
    *("snapshot-controller", "csi-companion", "registry"),
}
"""In containers only: no machine has them on its disk."""
OWN = {"pause", "helper", "csi-companion"}


NEWEST = load("1.36").kubernetes


@pytest.mark.parametrize("named", ["1.36", "v1.36", NEWEST, NEWEST.removeprefix("v")])
def test_a_version_is_named_in_full_or_by_its_minor(named: str) -> None:
    assert load(named).kubernetes == cluster_version(named) == NEWEST


def test_an_unknown_version_names_those_that_clusters_can_have() -> None:
    with pytest.raises(
        UserError, match=r"1\.99.*known versions: v1\.35\.\d+ \(1\.35\), v1\.36"
    ) as told:
        cluster_version("1.99")
    assert "(1.34)" not in str(told.value)


@pytest.mark.parametrize("minor", ["1.33", "1.34"])
def test_an_older_minor_has_programs_for_version_skew_and_no_clusters(minor: str) -> None:
    assert "kubectl" in load(minor).components
    assert "etcd" not in load(minor).components
    with pytest.raises(UserError, match="is not known"):
        cluster_version(minor)


def test_a_cluster_has_both_older_sides_of_version_skew() -> None:
    for minor, catalog in all_minors().items():
        if catalog.before:
            assert load(catalog.before).component("kubelet").version != catalog.kubernetes, minor
            assert load(catalog.two_before).component("kubectl"), minor


def test_minors_differ_by_kubernetes_and_etcd_only() -> None:
    ours = {minor: one for minor, one in all_minors().items() if one.before}
    for name, component in load(default_minor()).components.items():
        versions = {minor: one.component(name).version for minor, one in ours.items()}
        same = component.build is None or "-1." not in component.build.group or name == "agnhost"
        if not name.startswith("etcd"):
            assert (len(set(versions.values())) == 1) == same, name


def test_an_unknown_component_names_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no component 'kubelets'.*kubelet"):
        load("1.36").component("kubelets")


def test_the_default_set_is_the_cluster_without_debian() -> None:
    catalog = load("1.36")
    assert set(catalog.default_names) == CLUSTER | DRIVER
    assert {name for name, c in catalog.components.items() if c.contained} == DRIVER
    assert catalog.component("busybox-static").source == "debian"
    assert catalog.component("haproxy").source == "debian"


def test_urls_are_templates_of_the_version() -> None:
    catalog = load("1.36")
    kubelet = _release(catalog, "kubelet")
    etcdctl = _release(catalog, "etcdctl")
    assert kubelet.url == f"https://dl.k8s.io/release/{NEWEST}/bin/linux/amd64/kubelet"
    assert kubelet.checksum_url == kubelet.url + ".sha256"
    assert kubelet.member is None
    assert etcdctl.url.endswith("/v3.6.8/etcd-v3.6.8-linux-amd64.tar.gz")
    assert etcdctl.member == "etcd-v3.6.8-linux-amd64/etcdctl"
    assert _release(catalog, "containerd").url.endswith("static-2.2.9-linux-amd64.tar.gz")


def test_programs_are_stamped_with_their_version() -> None:
    build = load("1.36").component("kubelet").build
    assert build
    assert f"version.gitVersion={NEWEST}" in build.ldflags
    assert "version.gitMinor=36" in build.ldflags
    assert "\n" not in build.ldflags


def test_no_template_is_left_open() -> None:
    for component in load("1.36").components.values():
        assert "{" not in repr(component), component


@pytest.mark.parametrize("minor", all_minors())
def test_every_program_is_pinned_by_the_go_mod_of_its_group(minor: str) -> None:
    for component in load(minor).components.values():
        if component.build is None:
            continue
        pins = (MODULES / component.build.group / "go.mod").read_text()
        assert component.build.package in pins, component
        bare = component.version.removeprefix("v")
        assert bare in pins or component.name in OWN | {"agnhost"}, component


STAGING = {"1.33": 31, "1.34": 31, "1.35": 31, "1.36": 33, "1.37": 33}
"""Modules of staging/src/k8s.io."""


@pytest.mark.parametrize("minor", all_minors())
def test_the_kubernetes_group_takes_all_its_staging_modules_in_one_version(minor: str) -> None:
    pins = (MODULES / f"kubernetes-{minor}" / "go.mod").read_text()
    replaced = [line.split(" => ")[1] for line in pins.splitlines() if " => " in line]
    assert len(replaced) == STAGING[minor]
    assert {line.split()[1] for line in replaced} == {"v0" + load(minor).kubernetes[2:]}


@pytest.mark.parametrize("minor", all_minors())
def test_programs_behave_as_upstream_builds_them(minor: str) -> None:
    """The GODEBUG of upstream's go.mod, for each minor its own."""
    pins = (MODULES / f"kubernetes-{minor}" / "go.mod").read_text()
    assert re.search(r"^godebug default=go1\.2[3-6]$", pins, re.MULTILINE)


@pytest.mark.parametrize("path", sorted(MODULES.glob("*/go.*")), ids=lambda p: p.parent.name)
def test_pins_name_no_mirror(path: Path) -> None:
    assert "://" not in path.read_text()


def _release(catalog: Catalog, name: str) -> Release:
    release = catalog.component(name).release
    assert release
    return release


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("1.38", 'kubernetes = "v1.38.0"\nbefore = "1.37"', "1.38.toml in .* lacks 'two-before'"),
        ("1.38", 'before = "1.37"', "1.38.toml in .* lacks 'kubernetes'"),
        ("1.38", 'kubernetes = "v1.', r"1.38.toml in .* is damaged \("),
        ("notes", 'kubernetes = "v1.38.0"', "notes.toml in .* is of no minor"),
    ],
)
def test_a_version_file_that_is_not_whole_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, told: str
) -> None:
    for path in catalogs.VERSIONS.glob("*.toml"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / f"{name}.toml").write_text(text)
    monkeypatch.setattr(catalogs, "VERSIONS", tmp_path)
    with pytest.raises(UserError, match=told):
        all_minors.__wrapped__()
