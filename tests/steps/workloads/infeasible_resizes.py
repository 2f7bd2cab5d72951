"""Resizes that can never be done: those of some containers, and those that are too large."""

from pytest_bdd import then, when

from fixtures.plugin.recording import Evidence
from infra.clients.workloads.pod_status import PENDING, condition
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.kube_api import Answer
from suite.workloads import pod_resize
from suite.workloads.pod_under_test import RunningPod
from suite.workloads.pods import resize_of
from tests.steps.phrases import one_of, phrase


@when(
    phrase(
        "a resize requests a {resource:Resource} limit of {limit:Quantity} for the Pod's "
        'container "{name:Name}"',
        Resource=one_of(["CPU", "memory"], str.lower),
    ),
    target_fixture="answer",
)
def ask_for_limit(
    cluster: Cluster, pod: RunningPod, resource: str, limit: str, name: str
) -> Answer:
    patch = resize_of(pod.first.pod, name, requests={}, limits={resource: limit})
    return pod_resize.request_resize(cluster, pod, patch)


@then(phrase('within {limit:Duration} the Pod\'s resize is infeasible, naming "{word:Name}"'))
def is_infeasible(pod: RunningPod, limit: float, word: str, evidence: Evidence) -> None:
    version = pod_resize.await_state(pod, "Infeasible", within=limit)
    told = str(condition(version.pod, PENDING).get("message", ""))
    evidence.record("why it can never be done", "text", told)
    if word not in told:
        raise ClaimError(f"the condition of {pod.name} should name {word}; it says {told!r}")
