"""Upstream's manifests of the EBS CSI driver and of the snapshot controller, read as objects."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from infra.artifacts import module_files
from infra.artifacts.store import Store

GROUP = "ebs-csi"
FOLDERS = {
    "github.com/kubernetes-sigs/aws-ebs-csi-driver": ["deploy/kubernetes/base"],
    "github.com/kubernetes-csi/external-snapshotter/v8": ["deploy/kubernetes/snapshot-controller"],
    "github.com/kubernetes-csi/external-snapshotter/client/v8": ["config/crd"],
}
CRDS, CONTROLLER, DRIVER = "crd", "snapshot-controller", "base"
"""Last words of the folders, in the order in which their objects can be made."""
LEFT_OUT = frozenset({"kustomization.yaml", "node-windows.yaml"})


def obtain(store: Store) -> Path:
    """Folder with one folder each. Errors: MissingArtifact."""
    return module_files.obtain(GROUP, FOLDERS, store=store)


def objects(folder: Path) -> Iterator[dict[str, Any]]:
    """Every object of a folder's files, as written there."""
    for path in sorted(folder.glob("*.yaml")):
        if path.name not in LEFT_OUT:
            yield from (item for item in yaml.safe_load_all(path.read_text()) if item)
