"""An outage of the second server: every Then-step goes red, as one understands."""

from typing import Any, cast

import pytest

from infra.clients.apimachinery import aggregation
from infra.clients.instrumentation.node_metrics import NODES
from infra.clients.lifecycle.availability_probe import Asked, Asking
from infra.cluster import Cluster
from infra.errors import WaitTimeout
from tests.steps.apimachinery import aggregated_api_outages as steps
from tests.steps.apimachinery import aggregation as aggregation_steps
from tests.steps.apimachinery.aggregated_api_outages import Away
from tests.unit.fakes import FakeApi, evidence, goes_red, not_judged
from tests.unit.steps.apimachinery.test_aggregation import BOTH, MINE, Live, registration

OUT = f'{aggregation.UNAVAILABLE}{{name="%s"}} 1\n'
COUNTED = f'{aggregation.OUTAGES}{{name="{aggregation.NAME}",reason="MissingEndpoints"}} 1\n'


@pytest.fixture
def api() -> FakeApi:
    return FakeApi({NODES: BOTH, MINE: registration("m", "True", "Passed")})


@pytest.fixture
def live(api: FakeApi) -> Cluster:
    return cast("Cluster", Live(api))


class Over(Asking):
    """A client that has ended; ``asked`` is what it saw."""

    def __init__(self, *wrong: str) -> None:
        self._asked = [Asked(at, at + 0.1, text) for at, text in enumerate(wrong)]

    def close(self) -> None:
        pass


def away(counted: float = 0.0) -> Away:
    return Away(cast("Any", None), counted)


def test_an_outage_that_is_not_seen_or_not_counted(api: FakeApi, live: Cluster) -> None:
    unavailable = ("unavailable", "MissingEndpoints", "answers 503")
    with pytest.raises(WaitTimeout, match="by MissingEndpoints, and every API server answers 503"):
        aggregation_steps.is_available(live, 90, *unavailable)
    api.table |= {MINE: registration("m", "False", "MissingEndpoints"), NODES: (503, {})}
    aggregation_steps.is_available(live, 90, *unavailable)
    api.table["/metrics"] = OUT % aggregation.NAME + COUNTED
    steps.outage_counted(live, away(), "MissingEndpoints")
    with pytest.raises(WaitTimeout, match="counts one outage more by MissingEndpoints"):
        steps.outage_counted(live, away(counted=3.0), "MissingEndpoints")
    api.table["/metrics"] = OUT % "v1.apps"
    with pytest.raises(WaitTimeout, match="and of nothing else"):
        steps.outage_counted(live, away(), "MissingEndpoints")


def test_other_groups_that_fail_too(api: FakeApi, live: Cluster) -> None:
    stuck, often = "/api/v1/namespaces/gone", [""] * len(steps.OTHERS)
    api.table["/metrics"] = ""
    steps.over(live, stuck, {"controller-0": Over(*often)}, evidence(), 120)
    failed = Over(*often, "/apis/apps/v1/deployments: 503 no endpoints")
    goes_red(
        "only metrics fail; instead: controller-1, 1 of 9: /apis/apps/v1/deployments: 503",
        steps.over, live, stuck, {"controller-1": failed}, evidence(), 120,
    )  # fmt: skip
    few = {"controller-2": Over("")}
    not_judged("too few on .'controller-2'", steps.over, live, stuck, few, evidence(), 120)
    api.table[NODES] = (503, {})
    with pytest.raises(WaitTimeout, match="the namespace is gone, nobody tells an outage"):
        steps.over(live, stuck, {}, evidence(), 120)


def test_each_of_the_other_groups_is_asked_in_turn() -> None:
    api = FakeApi({steps.OTHERS[0] + "?limit=1": {}})
    ask = steps.one_after_another(api)
    told = [ask() for _ in steps.OTHERS]
    assert told[0] == ""
    assert told[1].startswith(f"{steps.OTHERS[1]}: 404")


def test_a_namespace_that_goes_although_it_should_stay(api: FakeApi, live: Cluster) -> None:
    path = "/api/v1/namespaces/ns-during"
    api.table["POST /api/v1/namespaces"] = {}
    not_judged("has its ServiceAccount", steps.stays, live, "ns", 60, "DiscoveryFailed")
    api.table[f"{path}/serviceaccounts/default"] = {}
    with pytest.raises(WaitTimeout, match="stays and says that discovery failed"):
        steps.stays(live, "ns", 60, "DiscoveryFailed")
    told = {
        "type": "NamespaceDeletionDiscoveryFailure",
        "status": "True",
        "reason": "DiscoveryFailed",
    }
    api.table[path] = {"status": {"conditions": [told]}}
    assert steps.stays(live, "ns", 60, "DiscoveryFailed") == path
