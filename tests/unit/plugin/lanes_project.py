"""A project whose scenarios have their turns by the real lanes, on a cluster that is none."""

CONFTEST = """
from infra.machine_layout import SERIES
from types import SimpleNamespace

import pytest

from fixtures.plugin import lanes
from infra.errors import ClusterBroken

pytest_plugins = ["fixtures.plugin.settings", "fixtures.plugin.lanes"]

lanes.in_sight = lambda cluster, _: cluster

def gate(cluster):
    cluster.looked.append(1)
    if (cluster.state / "node is gone").exists():
        raise ClusterBroken("the cluster is not healthy: node worker-0 is not Ready\\nlook at it")

lanes.gate = SimpleNamespace(gate=gate)
lanes.leftovers.look = lambda *_: {}
lanes.JUST_NOW = -1

@pytest.fixture(scope="session")
def cluster(settings):
    settings.state.mkdir(parents=True, exist_ok=True)
    spec = SimpleNamespace(machines=[])
    made = SimpleNamespace(state=settings.state, spec=spec, layout=SERIES, listeners=[], looked=[])
    made.names_by_address = dict
    made.has_means = lambda _: True
    made.is_ours = True
    yield made
    (settings.state / "looked").write_text(str(len(made.looked)))
"""
