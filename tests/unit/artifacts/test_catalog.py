"""The version file names everything that a cluster is made of."""

from pathlib import Path

import pytest

from infra.artifacts.catalog import VERSIONS, Catalog, Release, load
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


@pytest.mark.parametrize("version", ["v1.36.1", "1.36.1", "1.36", "v1.36"])
def test_a_version_is_named_in_full_or_by_its_minor(version: str) -> None:
    assert load(version).kubernetes == "v1.36.1"


def test_an_unknown_version_names_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"1\.99.*known versions: v1\.36\.1 \(1\.36\)"):
        load("1.99")


def test_an_unknown_component_names_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no component 'kubelets'.*kubelet"):
        load("1.36").component("kubelets")


def test_the_default_set_is_the_cluster_without_optional_and_debian() -> None:
    catalog = load("1.36")
    assert set(catalog.default_names) == CLUSTER | DRIVER
    assert {name for name, c in catalog.components.items() if c.contained} == DRIVER
    assert catalog.component("sample-device-plugin").optional
    assert catalog.component("busybox-static").source == "debian"
    assert catalog.component("haproxy").source == "debian"


def test_urls_are_templates_of_the_version() -> None:
    catalog = load("1.36")
    kubelet = _release(catalog, "kubelet")
    etcdctl = _release(catalog, "etcdctl")
    assert kubelet.url == "https://dl.k8s.io/release/v1.36.1/bin/linux/amd64/kubelet"
    assert kubelet.checksum_url == kubelet.url + ".sha256"
    assert kubelet.member is None
    assert etcdctl.url.endswith("/v3.6.8/etcd-v3.6.8-linux-amd64.tar.gz")
    assert etcdctl.member == "etcd-v3.6.8-linux-amd64/etcdctl"
    assert _release(catalog, "containerd").url.endswith("static-2.2.9-linux-amd64.tar.gz")


def test_programs_are_stamped_with_their_version() -> None:
    build = load("1.36").component("kubelet").build
    assert build
    assert "version.gitVersion=v1.36.1" in build.ldflags
    assert "version.gitMinor=36" in build.ldflags
    assert "\n" not in build.ldflags


def test_no_template_is_left_open() -> None:
    for component in load("1.36").components.values():
        assert "{" not in repr(component), component


@pytest.mark.parametrize("path", sorted(VERSIONS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_program_is_pinned_by_the_go_mod_of_its_group(path: Path) -> None:
    for component in load(path.stem).components.values():
        if component.build is None:
            continue
        pins = (MODULES / component.build.group / "go.mod").read_text()
        assert component.build.package in pins, component
        bare = component.version.removeprefix("v")
        assert bare in pins or component.name in OWN | {"agnhost"}, component


def test_the_kubernetes_group_takes_all_its_staging_modules_in_one_version() -> None:
    pins = (MODULES / "kubernetes" / "go.mod").read_text()
    replaced = [line.split(" => ")[1] for line in pins.splitlines() if " => " in line]
    assert len(replaced) == 33  # staging/src/k8s.io of v1.36.1
    assert {line.split()[1] for line in replaced} == {"v0.36.1"}


@pytest.mark.parametrize("path", sorted(MODULES.glob("*/go.*")), ids=lambda p: p.parent.name)
def test_pins_name_no_mirror(path: Path) -> None:
    assert "://" not in path.read_text()


def _release(catalog: Catalog, name: str) -> Release:
    release = catalog.component(name).release
    assert release
    return release
