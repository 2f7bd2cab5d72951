"""Requests outside of API Priority and Fairness: their responses carry no FlowSchema."""

from collections.abc import Callable

from pytest_bdd import then

from infra.clients.apimachinery.priority_and_fairness import Objects
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.kube_api import Answer
from suite.workloads.pod_under_test import RunningPod
from tests.steps.apimachinery.priority_and_fairness import WHAT


def follower(_: Cluster, pod: RunningPod) -> list[Answer]:
    return [pod.pods.api.begin(pod.pods.path(pod.name, "log"), follow="true")]


def executor(_: Cluster, pod: RunningPod) -> list[Answer]:
    """A plain request, which is answered 400: what is put where is decided by its path."""
    return [pod.pods.api.ask("GET", pod.pods.path(pod.name, "exec"), params={"command": "true"})]


def unknown(cluster: Cluster, _: RunningPod) -> list[Answer]:
    """Of each API server."""
    apis = cluster.api_servers().values()
    return [api.with_token("unknown").ask("GET", WHAT["Pods"]) for api in apis]


REQUESTS: dict[str, Callable[[Cluster, RunningPod], list[Answer]]] = {
    "a client that follows the Pod's log": follower,
    "an exec request to the Pod": executor,
    "an unknown token": unknown,
}


@then("these responses carry no FlowSchema")
def carry_none(
    objects: Objects, cluster: Cluster, pod: RunningPod, datatable: list[list[str]]
) -> None:
    for request, status in datatable[1:]:
        for answer in REQUESTS[request](cluster, pod):
            must_have_no_place(objects, answer, status=int(status))


def must_have_no_place(objects: Objects, answer: Answer, *, status: int) -> None:
    place = objects.put_into(answer)
    if (answer.status, place) != (status, ("", "")):
        seen = f"{answer.status}, put into {place}"
        raise ClaimError(f"{answer.url} should be {status} and carry no FlowSchema; it was {seen}")
