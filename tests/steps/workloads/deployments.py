"""Pods that a Deployment keeps."""

from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.worlds.workloads.pods import Workloads, manifest
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.kube_api import JsonObject
from infra.timing import POD_RUNS, scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.workloads import pod_resize
from suite.workloads.pod_under_test import RunningPod
from suite.workloads.pods import Figures, is_settled, resize_of
from tests.steps.phrases import phrase

SELECTOR = "app=rz"


@dataclass(frozen=True)
class Kept:
    """A Deployment as made, and its two Pods."""

    deployment: JsonObject
    one: RunningPod
    other: RunningPod


@given("a Deployment of two Pods", target_fixture="kept")
def deployment(workloads: Workloads) -> Kept:
    made = workloads.pods.api.create(deployments_of(workloads), manifest("deployment"))
    one, other = (workloads.running(name) for name in await_new(workloads, 2, known=set()))
    return Kept(made, one, other)


@when(
    phrase("one Pod of the Deployment is resized to a CPU limit of {cpu:Quantity}"),
    target_fixture="pod",
)
def resize_one(cluster: Cluster, kept: Kept, cpu: str) -> RunningPod:
    patch = resize_of(kept.one.first.pod, "c", requests={}, limits={"cpu": cpu})
    pod_resize.must_be_accepted(pod_resize.request_resize(cluster, kept.one, patch))
    return kept.one


@then("the Deployment and its other Pod are the same")
def rest_as_before(workloads: Workloads, kept: Kept) -> None:
    must_be_none(kept.other.changes() + kept.other.restarts(), "the other Pod is as it was")
    before = kept.deployment
    now = workloads.pods.api.get(f"{deployments_of(workloads)}/{before['metadata']['name']}")
    if now["metadata"]["generation"] != before["metadata"]["generation"]:
        raise ClaimError(f"the Deployment's spec changed: {before['spec']} became {now['spec']}")


@then(
    phrase(
        "within {limit:Duration} the Deployment has a new Pod whose cgroups allow {limits:Figures}"
    )
)
def successor_allows(workloads: Workloads, kept: Kept, limit: float, limits: Figures) -> None:
    known = {kept.one.name, kept.other.name}
    (name,) = await_new(workloads, 1, known=known, within=limit)
    seen = workloads.running(name).first.cgroups.containers["c"]
    if not seen.allows(limits["cpu"], limits["memory"]):
        raise ClaimError(f"the successor should allow {limits} as the template says; it has {seen}")


def await_new(
    workloads: Workloads, count: int, *, known: set[str], within: float = POD_RUNS.seconds
) -> list[str]:
    """Names of so many settled Pods of the Deployment besides the ``known``."""
    seen = eventually(
        lambda: {p["metadata"]["name"]: is_settled(p) for p in workloads.pods.labelled(SELECTOR)},
        lambda seen: sum(ready for name, ready in seen.items() if name not in known) == count,
        within=scaled(within),
        what=f"the Deployment has {count} settled Pods besides {sorted(known) or 'none'}",
    )
    return [name for name in seen if name not in known]


def deployments_of(workloads: Workloads) -> str:
    return f"/apis/apps/v1/namespaces/{workloads.namespace}/deployments"
