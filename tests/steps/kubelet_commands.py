"""Commands and logs: by a kubelet's port, and by the API server as kubectl asks for them."""

from pytest_bdd import then

from fixtures.accounts import Accounts
from fixtures.recording import Evidence
from infra.clients import accounts as rights
from infra.clients.api import Answer
from infra.clients.kubelet_port import Port, told
from infra.clients.running import RunningPod
from infra.errors import ClaimError
from tests.steps.kubelet_access import Caller

COMMAND = ("cat", "/etc/hostname")
"""What a Pod answers with its own name."""
VERBS = (("pods/exec", "create"), ("pods/log", "get"), ("nodes/metrics", "get"))
"""Rights behind ``kubectl exec``, ``kubectl logs`` and the monitor's own."""
ALLOWED = {"pods/exec": False, "pods/log": False, "nodes/metrics": True}


@then("a GET to the kubelet runs a command in the Pod and brings its output")
def get_runs(caller: Caller, pod: RunningPod, evidence: Evidence) -> None:
    status, text = on_node_of(pod, caller).run_by_get(*named(pod), COMMAND)
    evidence.record("a command run by a GET", "figures", {"status": status, "output": text})
    if (status, text.strip()) != (101, pod.name):
        raise ClaimError(f"a GET should run {' '.join(COMMAND)}; it gave {status} {text[:200]!r}")


@then("a POST that runs a command is refused with 403")
def post_refused(caller: Caller, pod: RunningPod) -> None:
    must_be_403(on_node_of(pod, caller).ask(running(pod), "POST"), "a POST to /run")


@then("both are refused with 403 to the account beside it")
def bystander_refused(bystander: Caller, pod: RunningPod) -> None:
    port = on_node_of(pod, bystander)
    status, text = port.run_by_get(*named(pod), COMMAND)
    must_be_403(Answer("GET", "exec", status, {}, text), "a GET to /exec")
    must_be_403(port.ask(running(pod), "POST"), "a POST to /run")


@then("the API server refuses it commands in the Pod and the Pod's log")
def ordinary_refused(accounts: Accounts, caller: Caller, pod: RunningPod) -> None:
    api = accounts.api(caller.account)
    command = f"{pod.pods.path(pod.name, 'exec')}?command=id&stdout=true"
    must_be_403(api.ask("POST", command), "pods/exec")
    must_be_403(api.ask("GET", pod.pods.path(pod.name, "log")), "pods/log")


@then("the account's own review of its rights agrees with every answer")
def review_agrees(accounts: Accounts, caller: Caller, pod: RunningPod) -> None:
    api = accounts.api(caller.account)
    seen = {what: rights.may_itself(api, what, verb, pod.pods.namespace) for what, verb in VERBS}
    if seen != ALLOWED:
        raise ClaimError(f"the account should review its rights as {ALLOWED}, it says {seen}")


@then("the API server answers admin with the Pod's log")
def admin_reads_log(pod: RunningPod) -> None:
    answer = pod.pods.api.ask("GET", pod.pods.path(pod.name, "log"))
    if answer.status != 200:
        raise ClaimError(f"admin should read the Pod's log; the API said {told(answer)}")


def on_node_of(pod: RunningPod, caller: Caller) -> Port:
    return Port(caller.port.cluster, pod.node, caller.port.credentials)


def named(pod: RunningPod) -> tuple[str, str]:
    return f"{pod.pods.namespace}/{pod.name}", pod.only_container


def running(pod: RunningPod) -> str:
    return f"/run/{pod.pods.namespace}/{pod.name}/{pod.only_container}?cmd=id"


def must_be_403(answer: Answer, what: str) -> None:
    if answer.status != 403:
        raise ClaimError(f"{what} should be refused with 403; the answer was {told(answer)}")
