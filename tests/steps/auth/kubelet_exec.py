"""Commands and logs: by a kubelet's port, and by the API server as kubectl asks for them."""

from pytest_bdd import then

from fixtures.plugin.recording import Evidence
from infra.clients.node.kubelet_api import Port, told
from infra.cluster import Cluster
from infra.kube_api import Answer, Api
from suite.auth import service_accounts
from suite.expect import must_be_none
from suite.workloads.pod_under_test import RunningPod
from tests.steps.auth.kubelet_api_access import Caller
from tests.steps.phrases import one_of, phrase

COMMAND = ("cat", "/etc/hostname")
"""What a Pod answers with its own name."""
VERBS = (("pods/exec", "create"), ("pods/log", "get"), ("nodes/metrics", "get"))
"""Rights behind ``kubectl exec``, ``kubectl logs`` and the monitor's own."""
ALLOWED = {"pods/exec": False, "pods/log": False, "nodes/metrics": True}


def posted(port: Port, pod: RunningPod) -> Answer:
    return port.ask(running(pod), "POST")


def got(port: Port, pod: RunningPod) -> Answer:
    status, text = port.run_by_get(*named(pod), COMMAND)
    return Answer("GET", f"{pod.node}/exec", status, {}, text)


REQUESTS = {"POST": (posted,), "GET and POST": (got, posted)}
REQUESTED = {posted: "/run by POST", got: "/exec by GET"}
"""What a kubelet is asked for."""
THROUGH_API_SERVERS = {
    "commands in the Pod": ("POST", "exec", "?command=id&stdout=true"),
    "the Pod's log": ("GET", "log", ""),
}
"""Method, subresource of the Pod and query."""


@then("a GET to the kubelet runs a command in the Pod on each worker and returns the output")
def get_runs(caller: Caller, on_each: list[RunningPod], evidence: Evidence) -> None:
    ran = [(pod, *caller.at(pod.node).run_by_get(*named(pod), COMMAND)) for pod in on_each]
    rows = [(pod.node, pod.name, status, text) for pod, status, text in ran]
    evidence.table("commands run by a GET", "worker, Pod, status, output", rows)
    must_be_none(not_run(ran), f"a GET runs {' '.join(COMMAND)}")


@then(
    phrase(
        "each kubelet refuses commands of the {which:Which} ServiceAccount by {requests:Requests} "
        "with 403",
        Which=one_of(["first", "second"]),
        Requests=one_of(REQUESTS),
    )
)
def commands_refused(
    caller: Caller, bystander: Caller, on_each: list[RunningPod], which: str, requests: str
) -> None:
    who = caller if which == "first" else bystander
    for request in REQUESTS[requests]:
        must_be_403([request(who.at(pod.node), pod) for pod in on_each], REQUESTED[request])


@then(
    phrase(
        "each API server refuses {what:What} to the ServiceAccount with 403",
        What=one_of(THROUGH_API_SERVERS),
    )
)
def ordinary_refused(cluster: Cluster, caller: Caller, pod: RunningPod, what: str) -> None:
    method, subresource, query = THROUGH_API_SERVERS[what]
    path = pod.pods.path(pod.name, subresource) + query
    must_be_403(
        [api.ask(method, path) for api in as_account(cluster, caller)], f"pods/{subresource}"
    )


@then("the ServiceAccount's own access review agrees with every response")
def review_agrees(cluster: Cluster, caller: Caller, pod: RunningPod) -> None:
    reviews = {api.base: review(api, pod.pods.namespace) for api in as_account(cluster, caller)}
    wrong = [f"{base} says {seen}" for base, seen in reviews.items() if seen != ALLOWED]
    must_be_none(wrong, f"the account should review its rights as {ALLOWED}")


@then("each API server returns the Pod's log to admin")
def admin_reads_log(cluster: Cluster, pod: RunningPod) -> None:
    """There is a log to be read, by this way; one that is closed to all refuses nobody rightly."""
    path = pod.pods.path(pod.name, "log")
    answers = [api.ask("GET", path) for api in cluster.api_servers().values()]
    wrong = [told(answer) for answer in answers if answer.status != 200]
    must_be_none(wrong, "admin should read the Pod's log through each API server")


def not_run(ran: list[tuple[RunningPod, int, str]]) -> list[str]:
    """Commands whose output is not the name of their Pod."""
    return [
        f"on {pod.node} it gave {status} {text[:200]!r}"
        for pod, status, text in ran
        if (status, text.strip()) != (101, pod.name)
    ]


def as_account(cluster: Cluster, caller: Caller) -> list[Api]:
    """Every API server as the account."""
    return [api.with_token(caller.account.token) for api in cluster.api_servers().values()]


def review(api: Api, namespace: str) -> dict[str, bool]:
    return {what: service_accounts.may_itself(api, what, verb, namespace) for what, verb in VERBS}


def named(pod: RunningPod) -> tuple[str, str]:
    return f"{pod.pods.namespace}/{pod.name}", pod.only_container


def running(pod: RunningPod) -> str:
    return f"/run/{pod.pods.namespace}/{pod.name}/{pod.only_container}?cmd=id"


def must_be_403(answers: list[Answer], what: str) -> None:
    wrong = [told(answer) for answer in answers if answer.status != 403]
    must_be_none(wrong, f"{what} is refused with 403")
