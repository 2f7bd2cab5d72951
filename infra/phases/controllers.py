"""Article 8: a controller manager and a scheduler on each controller; one of each leads."""

from collections.abc import Iterator

from infra.build.phase import Phase
from infra.build.templates import service
from infra.desired.things import Binary, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.material import Material


def desired(cluster: ClusterSpec, _material: Material, _machine: Machine) -> Iterator[Thing]:
    programs = cluster.layout.programs
    for name, path in (
        ("kube-controller-manager", programs.controller_manager),
        ("kube-scheduler", programs.scheduler),
    ):
        yield Binary(name, path)
        yield from service(name, cluster=cluster)


PHASE = Phase(
    article=8,
    name="controllers",
    title="controller managers and schedulers",
    on=(Role.CONTROLLER,),
    desired=desired,
)
