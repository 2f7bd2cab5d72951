"""A Deployment under a drill: its Pods, its budget, who was Ready meanwhile."""

import time

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.workloads.pods import Workloads, manifest
from infra.errors import ClaimError
from infra.kube_api import need
from infra.timing import POD_RUNS, scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.lifecycle import drain
from suite.lifecycle.drain import Drill
from tests.steps.phrases import phrase


@given(
    phrase("a Deployment of two Pods that take {lasting:Duration} to terminate"),
    target_fixture="drill",
)
def deployment(workloads: Workloads, lasting: float, evidence: Evidence) -> Drill:
    """Its Pods do not listen to SIGTERM: they last their grace period. One names the worker."""
    body = manifest("deployment")
    body["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = int(lasting)
    api, namespace = workloads.pods.api, workloads.namespace
    api.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", body)
    drill = Drill(api, namespace, body["metadata"]["name"], "", time.monotonic())
    await_ready(drill, 2, within=POD_RUNS.seconds)
    drill.node = drill.pods()[0]["spec"]["nodeName"]
    return drill


@given(phrase("a PodDisruptionBudget that requires {count:Count} Ready Pods of the Deployment"))
def budget(drill: Drill, count: int) -> None:
    drain.make_budget(drill, count)


@when(phrase("the Deployment is scaled to {count:Count}"))
def scale(drill: Drill, count: int) -> None:
    need(drill.scale(count))


@then(
    phrase(
        "within {limit:Duration} the Deployment has {count:Count} Ready Pods, all on another worker"
    )
)
def replaced(drill: Drill, limit: float, count: int) -> None:
    await_ready(drill, count, within=limit)
    stayed = [uid for uid, node in drill.places().items() if node == drill.node]
    must_be_none(stayed, "its Pods run on another worker")


@then(
    phrase(
        "the eviction of the Deployment's Pod is refused with {status:Count} and the "
        'cause "{cause:Name}"'
    )
)
def eviction_refused(drill: Drill, status: int, cause: str) -> None:
    answer = drill.evict(drill.pod_on(drill.node))
    reasons = [str(one.get("reason")) for one in answer.causes]
    if answer.status != status or cause not in reasons:
        raise ClaimError(f"{status} by {cause} was expected; {answer.status}: {answer.text[:300]}")


@then(phrase("the Deployment always had at least {count:Count} Ready Pods"))
def never_fewer(drill: Drill, evidence: Evidence, count: int) -> None:
    evidence.table("Ready Pods during the drain", "time_s, ready, in_all", drill.rows)
    low = [f"{ready} at {at} s" for at, ready, _ in drill.rows if ready < count]
    must_be_none(low, f"the budget of {count} was kept all the time")


def await_ready(drill: Drill, count: int, *, within: float) -> None:
    eventually(
        lambda: drill.look(time.monotonic()),
        lambda ready: ready == count,
        within=scaled(within),
        what=f"Deployment {drill.deployment} has {count} Ready Pods",
    )
