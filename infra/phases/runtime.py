"""Article 10: containerd and runc on the workers, and the kernel settings that pods need."""

from collections.abc import Iterator

from infra.build.images import image_reference, restore
from infra.build.phase import Finished, Phase
from infra.build.templates import rendered, service, settings_in
from infra.cluster import Cluster
from infra.desired.apply import Supplies
from infra.desired.plan import Import
from infra.desired.things import Binary, Directory, File, Package, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.material import Material

PROGRAMS = ("containerd", "containerd-shim-runc-v2", "ctr", "crictl")
CNI_PLUGINS = ("bridge", "host-local", "loopback")


def desired(cluster: ClusterSpec, _material: Material, _machine: Machine) -> Iterator[Thing]:
    directories = cluster.layout.directories
    for name in ("iptables", "nftables", "kmod", "procps"):
        yield Package(name)
    settings = rendered("sysctl.conf")
    yield File("/etc/sysctl.d/90-kubernetes.conf", settings)
    yield from service("kubernetes-kernel", makes=settings_in(settings))
    for name in PROGRAMS:
        yield Binary(name, f"{directories.programs}/{name}")
    yield Binary("runc", cluster.layout.programs.runc)
    for name in CNI_PLUGINS:
        yield Binary(name, f"{directories.cni_plugins}/{name}")
    sandbox = image_reference(cluster, "pause")
    config = rendered("containerd.toml", sandbox_image=sandbox)
    yield File(cluster.layout.files.container_runtime, config)
    yield Directory(directories.registries)
    yield Directory(directories.cni_configurations)
    yield File("/etc/crictl.yaml", rendered("crictl.yaml"))
    yield from service("containerd")


def restore_images(cluster: Cluster, machine: Machine, supplies: Supplies) -> Finished:
    """What the machine image brought is there; containerd runs, so that it can tell."""
    result = restore(cluster.shell(machine.name), supplies)
    lost = [a.reference for a in result.actions if isinstance(a, Import)]
    message = f"{machine.name} had lost images, which are back: {', '.join(lost)}" if lost else ""
    return Finished(result.kept, result.changed, message)


PHASE = Phase(
    article=10,
    name="runtime",
    title="containerd",
    on=(Role.WORKER,),
    desired=desired,
    afterwards=restore_images,
)
