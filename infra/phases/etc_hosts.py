"""Article 3: six machines that know each other by name."""

from collections.abc import Iterator

from infra.build.phase import Phase
from infra.build.templates import rendered
from infra.desired.things import File, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.material import Material


def desired(cluster: ClusterSpec, _material: Material, _machine: Machine) -> Iterator[Thing]:
    yield File("/etc/hosts", rendered("hosts", cluster=cluster))


PHASE = Phase(article=3, name="machines", title="six machines", on=tuple(Role), desired=desired)
