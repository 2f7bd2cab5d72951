"""The second server is away for a while: what fails then, and what goes on."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import cycle

import pytest
from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.fault_types import Fault
from fixtures.worlds.faults import Faults
from infra.clients.apimachinery import aggregation
from infra.clients.apimachinery.aggregation import DEPLOYMENT, Second
from infra.clients.instrumentation.node_metrics import NODES
from infra.clients.lifecycle.availability_probe import Asking, trouble
from infra.cluster import Cluster
from infra.described import own_objects
from infra.errors import preparing, require
from infra.kube_api import Api
from infra.timing import NAMESPACE_READY, POD_GONE, scaled
from infra.wait import eventually
from suite.apimachinery import metrics_registration
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase

OTHERS = (
    "/apis/apps/v1/deployments",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "/apis/apiregistration.k8s.io/v1/apiservices",
    "/apis/coordination.k8s.io/v1/leases",
    "/apis/policy/v1/poddisruptionbudgets",
    "/apis/rbac.authorization.k8s.io/v1/roles",
    "/apis/storage.k8s.io/v1/storageclasses",
    "/api/v1/namespaces",
)
"""Objects of other groups, one kind each; one of the core group."""


@dataclass(frozen=True)
class Away:
    """The second server is scaled to none; ``counted`` were outages for each reason before."""

    fault: Fault | None = None
    counted: float = 0.0


@pytest.fixture
def away() -> Away:
    """What it is before it is scaled."""
    return Away()


@given(
    "metrics-server serves node metrics, and a deleted namespace is finalized",
    target_fixture="second",
)
def namespace_goes(cluster: Cluster, namespace: str) -> Second:
    """The control: an empty namespace goes when every group can be asked."""
    second = metrics_registration.await_metrics(cluster)
    cluster.api.delete(path := make_namespace(cluster, f"{namespace}-before"))
    eventually(
        lambda: cluster.api.find(path) is None, bool, within=scaled(POD_GONE), what=f"{path} goes"
    )
    return second


@given(
    "a client that requests objects of the other groups from every API server",
    target_fixture="other_apis",
)
def others_are_asked(cluster: Cluster) -> Iterator[dict[str, Asking]]:
    with ExitStack() as stack:
        begun = {}
        for machine, api in cluster.api_servers().items():
            begun[machine] = asking = Asking(one_after_another(api), a_second=4).open()
            stack.callback(asking.close)
        yield begun


@when(
    phrase("metrics-server is scaled {how:How}", How=one_of(["to 0 replicas", "back"])),
    target_fixture="away",
)
def scale(cluster: Cluster, faults: Faults, away: Away, how: str) -> Away:
    if how == "back" and away.fault:
        faults.undo(away.fault)
        return away
    counted = aggregation.outages(cluster, "MissingEndpoints")
    return Away(faults.edit(DEPLOYMENT, {"spec": {"replicas": 0}}), counted)


@then(
    phrase('within {limit:Duration} a deleted empty namespace stays with reason "{reason:Name}"'),
    target_fixture="stuck",
)
def stays(cluster: Cluster, namespace: str, limit: float, reason: str) -> str:
    cluster.api.delete(path := make_namespace(cluster, f"{namespace}-during"))
    eventually(
        lambda: conditions(cluster, path),
        lambda seen: ("NamespaceDeletionDiscoveryFailure", "True", reason) in seen,
        within=scaled(limit),
        what=f"{path} stays and says that discovery failed",
    )
    return path


@then(
    phrase(
        "every API server reports the outage of metrics.k8s.io only, counted with reason "
        '"{reason:Name}"'
    )
)
def outage_counted(cluster: Cluster, away: Away, reason: str) -> None:
    await_outages(cluster)
    eventually(
        lambda: aggregation.outages(cluster, reason) - away.counted,
        lambda more: more >= 1,
        within=scaled(30),
        what=f"an API server counts one outage more by {reason}",
    )


@then(
    phrase(
        "within {limit:Duration} metrics are served and the namespace is finalized, and "
        "every request to the other groups was answered"
    )
)
def over(
    cluster: Cluster, stuck: str, other_apis: dict[str, Asking], evidence: Evidence, limit: float
) -> None:
    await_end(cluster, stuck, limit)
    rows = [(machine, *figures(asking)) for machine, asking in other_apis.items()]
    evidence.table("other groups meanwhile", "API server, asked, without an answer, first", rows)
    few = [machine for machine, asked, _, _ in rows if asked < len(OTHERS)]
    require(not few, f"every group was to be asked on each API server; too few on {few}")
    wrong = [f"{machine}, {failed} of {asked}: {why}" for machine, asked, failed, why in rows]
    must_be_none([w for w, row in zip(wrong, rows, strict=True) if row[2]], "only metrics fail")


def one_after_another(api: Api) -> "partial[str]":
    """A question for each of the other groups, again and again."""
    paths = cycle(OTHERS)
    return partial(lambda: told(api, next(paths)))


def told(api: Api, path: str) -> str:
    wrong = trouble(api, f"{path}?limit=1")
    return f"{path}: {wrong}" if wrong else ""


def figures(asking: Asking) -> tuple[int, int, str]:
    """How often it asked, how often in vain, and what came first; it asks no more."""
    asking.close()
    failed = [one.wrong for one in asking.asked if one.wrong]
    return len(asking.asked), len(failed), next(iter(failed), "")


def statuses(servers: dict[str, Api]) -> dict[str, int]:
    return {machine: api.ask("GET", NODES).status for machine, api in servers.items()}


def make_namespace(cluster: Cluster, name: str) -> str:
    """Path of a new namespace with nothing in it but what controllers put there."""
    path = f"/api/v1/namespaces/{name}"
    cluster.api.create("/api/v1/namespaces", {"metadata": own_objects.metadata(name)})
    with preparing():
        eventually(
            lambda: cluster.api.find(f"{path}/serviceaccounts/default"),
            lambda found: found is not None,
            within=scaled(NAMESPACE_READY),
            what=f"namespace {name} has its ServiceAccount",
        )
    return path


def conditions(cluster: Cluster, path: str) -> list[tuple[str, str, str]]:
    """Type, status and reason of what an object says of itself; nothing of one that is gone."""
    found = cluster.api.find(path) or {}
    told = found.get("status", {}).get("conditions", [])
    return [(one["type"], one["status"], one["reason"]) for one in told]


def await_end(cluster: Cluster, stuck: str, limit: float) -> None:
    """Metrics are served, the namespace is gone and no API server tells an outage."""
    servers = cluster.api_servers()
    eventually(
        lambda: state(cluster, stuck),
        lambda seen: seen == (dict.fromkeys(servers, 200), "gone", []),
        within=scaled(limit),
        every=2.0,
        what="metrics are served everywhere, the namespace is gone, nobody tells an outage",
    )


def state(cluster: Cluster, path: str) -> tuple[dict[str, int], str, list[tuple[str, str]]]:
    """What each API server answers, whether the object is there, who tells an outage."""
    there = "gone" if cluster.api.find(path) is None else "there"
    return statuses(cluster.api_servers()), there, aggregation.counted_out(cluster)


def await_outages(cluster: Cluster) -> None:
    """Each API server probes by itself."""
    everywhere = [(machine.name, aggregation.NAME) for machine in cluster.spec.controllers]
    eventually(
        lambda: aggregation.counted_out(cluster),
        lambda seen: seen == everywhere,
        within=scaled(60),
        what=f"every API server tells an outage of {aggregation.NAME} and of nothing else",
    )
