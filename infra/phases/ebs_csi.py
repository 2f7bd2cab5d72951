"""Articles 44 and 45: the EBS CSI driver and the snapshot controller, upstream's own manifests.

Not part of the build: two controllers of six containers each would weigh on every other claim, so
they come when a scenario asks for them, and go.
"""

import copy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from infra.artifacts import catalog, ebs_manifests
from infra.build.objects import CLUSTER_SCOPED
from infra.ec2.api import TAG
from infra.inventory import ClusterSpec

NAMESPACE = "kube-system"
TAGGED = frozenset({"aws-ebs-csi-driver", "snapshot-controller"})
"""Images whose tag is the version we build, by the last word of their name: the manifests of a
module name the release before it."""
PLUGIN = "ebs-plugin"
"""The driver's own container, in the controller's Pods and in the nodes'."""
LIMIT = "--volume-attach-limit"
LOCAL_LIMIT = 15
"""Volumes that a machine of the local EC2 has room for beside its root disk (UML has 16 block
devices). On AWS the driver knows each type's figure."""
GATED = frozenset({"csi-snapshotter", "snapshot-controller"})
GATE = "--feature-gates=CSIVolumeGroupSnapshot=true"
"""Off by default in external-snapshotter 8.6, pkg/features: without it nobody answers a group."""


@cache
def crds(folder: Path) -> tuple[dict[str, Any], ...]:
    """``folder`` is ebs_manifests.obtain's, whose files never change: they are long, read once."""
    return tuple(ebs_manifests.objects(folder / ebs_manifests.CRDS))


def objects(folder: Path, cluster: ClusterSpec, *, endpoint: str | None) -> list[dict[str, Any]]:
    """Everything but the CRDs, in an order in which it can be made.

    ``endpoint`` is where the driver finds EC2; none: AWS.
    """
    found = [*_settings(endpoint)]
    for part in (ebs_manifests.CONTROLLER, ebs_manifests.DRIVER):
        found += [_ours(item, cluster) for item in ebs_manifests.objects(folder / part)]
    if endpoint:
        found = [with_limit(i, LOCAL_LIMIT) if i["kind"] == "DaemonSet" else i for i in found]
    return sorted(found, key=lambda item: item["kind"] in {"DaemonSet", "Deployment"})


def _settings(endpoint: str | None) -> Iterator[dict[str, Any]]:
    """The ConfigMap that upstream's manifests take when it is there."""
    if endpoint:
        yield {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "aws-meta", "namespace": NAMESPACE},
            "data": {"endpoint": endpoint},
        }


def _ours(item: dict[str, Any], cluster: ClusterSpec) -> dict[str, Any]:
    """As kustomize would make it: in our namespace, with our tags and one gate more."""
    made = copy.deepcopy(item)
    if made["kind"] not in CLUSTER_SCOPED:
        made["metadata"]["namespace"] = NAMESPACE
    for subject in made.get("subjects", []):
        subject["namespace"] = NAMESPACE
    if made["kind"] in {"DaemonSet", "Deployment"}:
        pod = made["spec"]["template"]["spec"]
        for container in pod["containers"]:
            _set_up(container, cluster)
            if made["kind"] == "Deployment" and container["name"] == PLUGIN:
                container["args"].append(_tags(cluster))
                # the cluster's DNS forwards nothing: EC2's name is known to the machine's resolver
                pod["dnsPolicy"] = "Default"
    return made


def _tags(cluster: ClusterSpec) -> str:
    """Volumes and snapshots carry what everything of the cluster carries."""
    pairs = ((TAG, cluster.id), *cluster.tags)
    return "--extra-tags=" + ",".join(f"{key}={value}" for key, value in pairs)


def with_limit(daemons: dict[str, Any], count: int) -> dict[str, Any]:
    """The node plugins' object, allowing so many volumes a node."""
    made = copy.deepcopy(daemons)
    for container in made["spec"]["template"]["spec"]["containers"]:
        if container["name"] == PLUGIN:
            kept = [one for one in container["args"] if not one.startswith(LIMIT)]
            container["args"] = [*kept, f"{LIMIT}={count}"]
    return made


def _set_up(container: dict[str, Any], cluster: ClusterSpec) -> None:
    repository, _, _ = container["image"].rpartition(":")
    if (name := repository.rpartition("/")[2]) in TAGGED:
        version = catalog.component_version(cluster.kubernetes, name)
        container["image"] = f"{repository}:{version}"
    if container["name"] in GATED:
        container["args"].append(GATE)
