"""Upstream's manifests of the EBS CSI driver, as kustomize would make them for the cluster."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.artifacts import ebs_manifests
from infra.build.objects import path_of
from infra.inventory import series
from infra.localec2.host.block_devices import UNITS
from infra.phases import ebs_csi

SPEC = series("test", kubernetes="v1.36.1", platform="local")


def workload(kind: str, name: str, *containers: str, namespace: str | None = None) -> Any:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    made = [
        {"name": c.rpartition("/")[2].partition(":")[0], "image": c, "args": ["--v=2"]}
        for c in containers
    ]
    spec = {"template": {"spec": {"containers": made}}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "b"},
        "subjects": [{"kind": "ServiceAccount", "name": "a"}],
    }
    driver = workload("Deployment", "c", "x/aws-ebs-csi-driver:v1.61.1", "x/csi-snapshotter:v8-e")
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
    }
    files = {
        "base/a.yaml": [driver, binding],
        "base/kustomization.yaml": [{"kind": "Kustomization"}],
        "base/node-windows.yaml": [workload("DaemonSet", "windows", "x/y:1")],
        "snapshot-controller/a.yaml": [
            workload("Deployment", "s", "x/snapshot-controller:v8.5.0", namespace="kube-system")
        ],
        "crd/a.yaml": [crd],
    }
    for name, objects in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(yaml.safe_dump_all(objects))
    return tmp_path


def test_objects_are_in_the_namespace_and_workloads_come_last(folder: Path) -> None:
    found = ebs_csi.objects(folder, SPEC, endpoint=None)
    assert [path_of(item) for item in found] == [
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/b",
        "/apis/apps/v1/namespaces/kube-system/deployments/s",
        "/apis/apps/v1/namespaces/kube-system/deployments/c",
    ]
    assert found[0]["subjects"][0]["namespace"] == "kube-system"
    assert [path_of(crd) for crd in ebs_csi.crds(folder)] == [
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com"
    ]


def test_only_our_own_builds_have_another_tag_and_only_two_containers_the_gate(
    folder: Path,
) -> None:
    found = ebs_csi.objects(folder, SPEC, endpoint=None)
    containers = {
        c["name"]: c
        for item in found
        if item["kind"] == "Deployment"
        for c in item["spec"]["template"]["spec"]["containers"]
    }
    assert {name: c["image"] for name, c in containers.items()} == {
        "aws-ebs-csi-driver": "x/aws-ebs-csi-driver:v1.62.0",
        "csi-snapshotter": "x/csi-snapshotter:v8-e",
        "snapshot-controller": "x/snapshot-controller:v8.6.0",
    }
    gated = {name for name, c in containers.items() if ebs_csi.GATE in c["args"]}
    assert gated == {"csi-snapshotter", "snapshot-controller"}


def test_the_endpoint_is_told_only_where_there_is_one(folder: Path) -> None:
    near = ebs_csi.objects(folder, SPEC, endpoint="http://169.254.169.254:8000")
    assert near[0]["data"] == {"endpoint": "http://169.254.169.254:8000"}
    far = ebs_csi.objects(folder, SPEC, endpoint=None)
    assert "ConfigMap" not in {item["kind"] for item in far}


@pytest.mark.parametrize("endpoint", [None, "http://169.254.169.254:8000"])
def test_who_asks_ec2_resolves_names_as_its_machine_does(
    folder: Path, endpoint: str | None
) -> None:
    """The cluster's DNS knows no ec2.<region>.amazonaws.com: coredns.yaml has no forward."""
    for name, part in (("ebs-csi-controller", "ebs-plugin"), ("ebs-csi-other", "csi-resizer")):
        made = workload("Deployment", name, f"x/{part}:v1")
        (folder / f"base/{name}.yaml").write_text(yaml.safe_dump(made))
    policies = {
        item["metadata"]["name"]: item["spec"]["template"]["spec"].get("dnsPolicy")
        for item in ebs_csi.objects(folder, SPEC, endpoint=endpoint)
        if item["kind"] == "Deployment"
    }
    assert policies["ebs-csi-controller"] == "Default"
    assert policies["ebs-csi-other"] is None


def test_what_the_driver_makes_carries_the_clusters_tags(folder: Path) -> None:
    controller = workload("Deployment", "ebs-csi-controller", "x/ebs-plugin:v1", "x/csi-resizer:v2")
    (folder / "base/controller.yaml").write_text(yaml.safe_dump(controller))
    plugins = workload("DaemonSet", "ebs-csi-node", "x/ebs-plugin:v1")
    (folder / "base/node.yaml").write_text(yaml.safe_dump(plugins))
    owned = replace(SPEC, tags=(("kubernetes-from-scratch/owner", "arn:aws:iam::1:user/me"),))
    arguments = {
        (item["metadata"]["name"], container["name"]): container["args"]
        for item in ebs_csi.objects(folder, owned, endpoint=None)
        if item["kind"] in {"DaemonSet", "Deployment"}
        for container in item["spec"]["template"]["spec"]["containers"]
    }
    told = (
        "kubernetes-from-scratch/cluster=test,kubernetes-from-scratch/owner=arn:aws:iam::1:user/me"
    )
    assert arguments["ebs-csi-controller", "ebs-plugin"] == ["--v=2", f"--extra-tags={told}"]
    assert arguments["ebs-csi-controller", "csi-resizer"] == ["--v=2"]
    assert arguments["ebs-csi-node", "ebs-plugin"] == ["--v=2"], "node plugins make nothing"


def test_workers_of_the_local_ec2_tell_what_a_machine_has_room_for(folder: Path) -> None:
    plugins = workload("DaemonSet", "ebs-csi-node", "x/ebs-plugin:v1", "x/liveness-probe:v2")
    (folder / "base/node.yaml").write_text(yaml.safe_dump(plugins))

    def told(endpoint: str | None) -> list[list[str]]:
        found = ebs_csi.objects(folder, SPEC, endpoint=endpoint)
        (daemons,) = [item for item in found if item["kind"] == "DaemonSet"]
        return [one["args"] for one in daemons["spec"]["template"]["spec"]["containers"]]

    assert told("http://169.254.169.254") == [["--v=2", "--volume-attach-limit=15"], ["--v=2"]]
    assert told(None) == [["--v=2"], ["--v=2"]]
    assert len(UNITS) == ebs_csi.LOCAL_LIMIT


def test_every_folder_that_is_read_is_obtained() -> None:
    last = {Path(folder).name for folders in ebs_manifests.FOLDERS.values() for folder in folders}
    assert last == {ebs_manifests.CRDS, ebs_manifests.CONTROLLER, ebs_manifests.DRIVER}
