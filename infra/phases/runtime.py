"""Article 10: containerd and runc on the workers, and the kernel settings that pods need."""

from collections.abc import Iterator

from infra.build.images import image_reference
from infra.build.phase import Phase
from infra.build.templates import rendered, service, settings_in
from infra.desired.things import Binary, Directory, File, Package, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.material import Material

PROGRAMS = ("containerd", "containerd-shim-runc-v2", "ctr", "crictl")
CNI_PLUGINS = ("bridge", "host-local", "loopback")


def desired(cluster: ClusterSpec, _material: Material, _machine: Machine) -> Iterator[Thing]:
    for name in ("iptables", "nftables", "kmod", "procps"):
        yield Package(name)
    settings = rendered("sysctl.conf")
    yield File("/etc/sysctl.d/90-kubernetes.conf", settings)
    yield from service("kubernetes-kernel", makes=settings_in(settings))
    for name in PROGRAMS:
        yield Binary(name, f"/usr/local/bin/{name}")
    yield Binary("runc", "/usr/local/sbin/runc")
    for name in CNI_PLUGINS:
        yield Binary(name, f"/opt/cni/bin/{name}")
    sandbox = image_reference(cluster, "pause")
    yield File("/etc/containerd/config.toml", rendered("containerd.toml", sandbox_image=sandbox))
    yield Directory("/etc/containerd/certs.d")
    yield Directory("/etc/cni/net.d")
    yield File("/etc/crictl.yaml", rendered("crictl.yaml"))
    yield from service("containerd")


PHASE = Phase(
    article=10,
    name="runtime",
    title="containerd",
    on=(Role.WORKER,),
    desired=desired,
    journal=("containerd", "kubernetes-kernel"),
)
