"""Images of the EBS CSI driver under upstream's names and tags (article 44), so that its manifests
need no change.

Two hold programs of ours, as their originals are no Go modules: csi-node-driver-registrar and
livenessprobe are both csi-companion.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.artifacts.artifact import Artifact
from infra.artifacts.oci import Entry, Spec

DRIVER = "public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver"
SIDECARS = {
    "csi-provisioner": "public.ecr.aws/csi-components/csi-provisioner:{version}-eksbuild.1",
    "csi-attacher": "public.ecr.aws/csi-components/csi-attacher:{version}-eksbuild.2",
    "csi-snapshotter": "public.ecr.aws/csi-components/csi-snapshotter:{version}-eksbuild.2",
    "csi-resizer": "public.ecr.aws/csi-components/csi-resizer:{version}-eksbuild.2",
    "snapshot-controller": "registry.k8s.io/sig-storage/snapshot-controller:{version}",
}
COMPANIONS = {
    "register": "public.ecr.aws/csi-components/csi-node-driver-registrar:v2.17.0-eksbuild.2",
    "probe": "public.ecr.aws/csi-components/livenessprobe:v2.19.0-eksbuild.2",
}
"""The names of deploy/kubernetes/base in aws-ebs-csi-driver v1.62.0."""
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def specs(artifacts: Mapping[str, Artifact], tools: Path) -> Iterator[Spec]:
    """``tools`` is a tar archive with what the driver calls on a node: mkfs, mount, lsblk, ..."""
    driver = artifacts["aws-ebs-csi-driver"]
    program = Entry("usr/bin/aws-ebs-csi-driver", program=driver.path)
    config = {"Entrypoint": ["/bin/aws-ebs-csi-driver"], "Env": [PATH]}
    yield Spec(f"{DRIVER}:{driver.version}", [tools, (program, Entry("tmp", 0o1777))], config)
    for name, reference in SIDECARS.items():
        artifact = artifacts[name]
        entry = (Entry(name, program=artifact.path), Entry("tmp", 0o1777))
        yield Spec(
            reference.format(version=artifact.version),
            [entry],
            {"Entrypoint": [f"/{name}"], "Env": [PATH]},
        )
    companion = Entry("csi-companion", program=artifacts["csi-companion"].path)
    for command, reference in COMPANIONS.items():
        config = {"Entrypoint": ["/csi-companion", command], "Env": [PATH]}
        yield Spec(reference, [(companion,)], config)
