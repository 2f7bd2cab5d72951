"""Article 4: each machine gets the certificates of its roles and no others."""

from collections.abc import Iterator

from infra.build.phase import Phase
from infra.desired.things import Directory, Secret, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.machine_layout import Directories
from infra.pki.material import Material

API_SERVER_PAIRS = (
    "kube-apiserver",
    "apiserver-kubelet-client",
    "apiserver-etcd-client",
    "front-proxy-client",
    "service-account",
)


def desired(cluster: ClusterSpec, material: Material, machine: Machine) -> Iterator[Thing]:
    directories = cluster.layout.directories
    yield Directory(directories.kubernetes, mode=0o700)
    yield certificate(material, "ca", f"{directories.kubernetes}/ca")
    if machine in cluster.controllers:
        yield from controller(material, directories)
    else:
        yield Directory(directories.kubelet, mode=0o750)  # as the kubelet itself makes it
        yield from pair(material, machine.name, f"{directories.kubelet}/kubelet")


def controller(material: Material, directories: Directories) -> Iterator[Thing]:
    # the controller manager signs with the authority's key
    yield key(material, "ca", f"{directories.kubernetes}/ca")
    for name in ("etcd-ca", "front-proxy-ca"):
        yield certificate(material, name, f"{directories.kubernetes}/{name}")
    for name in API_SERVER_PAIRS:
        yield from pair(material, name, f"{directories.kubernetes}/{name}")
    yield Directory(directories.etcd, mode=0o700)
    yield certificate(material, "etcd-ca", f"{directories.etcd}/etcd-ca")
    yield from pair(material, "etcd", f"{directories.etcd}/etcd")


def pair(material: Material, name: str, stem: str) -> Iterator[Thing]:
    yield certificate(material, name, stem)
    yield key(material, name, stem)


def certificate(material: Material, name: str, stem: str) -> Thing:
    # Not secret, but new for every cluster: golden trees are better off without it.
    return Secret(f"{stem}.pem", material.cert(name), mode=0o644)


def key(material: Material, name: str, stem: str) -> Thing:
    return Secret(f"{stem}-key.pem", material.key(name))


PHASE = Phase(
    article=4,
    name="certificates",
    title="every certificate, signed here",
    on=(Role.CONTROLLER, Role.WORKER),
    desired=desired,
)
