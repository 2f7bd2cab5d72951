"""Who keeps which logs: agents beyond a Pod's end, journals for components, a file by itself."""

from collections.abc import Callable, Mapping, Sequence

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.faults import Faults
from fixtures.worlds.workloads.pods import Workloads
from infra.clients.instrumentation import component_output
from infra.clients.transport import journal
from infra.cluster import Cluster
from infra.errors import ClaimError, require
from infra.kube_api import Answer, JsonObject
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.instrumentation import component_logs, log_rotation
from suite.instrumentation.container_logs import Log
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import one_of, phrase

COPIES = "volumes/kubernetes.io~empty-dir/copies"
COPIED = 30
"""Seconds for an agent to copy: it looks each second."""
RETURNED: Mapping[str, Callable[[Answer], bool]] = {
    "fails to return": lambda answer: answer.status >= 500,
    "returns": (
        lambda answer: answer.status == 200 and bool(log_rotation.numbers_printed(answer.text))
    ),
}
Agents = dict[str, JsonObject]
"""Pods of the agent by worker."""


@given("a logging agent on every worker", target_fixture="agents")
def agents(workloads: Workloads) -> Agents:
    ready = workloads.run_daemons("agent")
    return {pod["spec"]["nodeName"]: pod for pod in ready}


@given("the agents have copied the nonces of the talker Pods", target_fixture="copied")
def copied_nonces(on_each: list[RunningPod], agents: Agents) -> list[str]:
    found = [Log(pod).nonce() for pod in on_each]
    eventually(
        lambda: [copies(pod, agents) for pod in on_each],
        lambda texts: all(nonce in text for nonce, text in zip(found, texts, strict=True)),
        within=scaled(COPIED),
        what=f"the agents have copied {found}",
    )
    return found


@when("the talker Pods are deleted")
def remove_both(on_each: list[RunningPod]) -> None:
    for pod in on_each:
        pod.pods.delete(pod.name)


@when(phrase("the kubelet on the Pod's worker {acts:Acts}", Acts=one_of(["starts", "stops"])))
def kubelet_acts(faults: Faults, pod: RunningPod, acts: str) -> None:
    act = faults.stop if acts == "stops" else faults.start
    act(pod.node, pod.shell.layout.units.kubelet)


@then(phrase("within {limit:Duration} the API answers 404 for the logs of the talker Pods"))
def logs_unknown(on_each: list[RunningPod], limit: float) -> None:
    eventually(
        lambda: [Log(pod).ask().status for pod in on_each],
        lambda statuses: set(statuses) == {404},
        within=scaled(limit),
        what="the API knows the logs of removed Pods no more",
    )


@then(
    phrase("within {limit:Duration} no log file or link of the talker Pods is left on the workers")
)
def nothing_left(on_each: list[RunningPod], limit: float) -> None:
    eventually(
        lambda: [path for pod in on_each for path in Log(pod).left()],
        lambda left: not left,
        within=scaled(limit),
        what="folders and links of the logs of removed Pods are gone",
    )


@then("the agents still have the nonces of the talker Pods")
def copies_hold(on_each: list[RunningPod], agents: Agents, copied: list[str]) -> None:
    wrong = [
        f"the agent of {pod.node} has lost {nonce}"
        for pod, nonce in zip(on_each, copied, strict=True)
        if nonce not in copies(pod, agents)
    ]
    must_be_none(wrong, "what an agent copied outlives the Pod")


@when(
    "a client of an unknown CA connects to every component on the controllers",
    target_fixture="event_words",
)
def stranger_calls(cluster: Cluster, on_each: list[RunningPod]) -> dict[str, str]:
    """Words of what happens to components: the stranger's number and the Pods' namespace."""
    serial = component_logs.call_as_stranger(cluster)
    return {"the client": serial, "the Pod": on_each[0].pods.namespace}


@then(
    phrase(
        "within {limit:Duration} the journals report these events, in the log format of "
        "each component"
    )
)
def journals_hold(
    cluster: Cluster,
    event_words: dict[str, str],
    datatable: list[list[str]],
    evidence: Evidence,
    limit: float,
) -> None:
    machines = {"controllers": cluster.spec.controllers, "workers": cluster.spec.workers}
    rows = datatable[1:]
    wanted = [
        (unit, m.name, event_words[what]) for unit, where, what in rows for m in machines[where]
    ]
    found = await_lines(cluster, wanted, limit)
    evidence.table("lines of components", "component, machine, form, line", found)


@then("every component, including kube-proxy, prints to its machine's journal")
def outputs_go_to_journals(cluster: Cluster) -> None:
    must_be_none(component_output.elsewhere(cluster), "components print to the journal")


@then("no component has a directory in the log directory of Pods, and each talker Pod has one")
def no_folders(on_each: list[RunningPod]) -> None:
    for pod in on_each:
        own = log_rotation.folders_of(pod.shell, [pod.pods.namespace])
        require(own, f"{pod.node} has no folder of {pod.name}: that it has no other shows nothing")
    found = [name for pod in on_each for name in log_rotation.folders_of_components(pod.shell)]
    must_be_none(found, "components are no containers")


@then("the workers' journals contain the talker Pods' namespace and not their nonces")
def nonces_not_in_journals(on_each: list[RunningPod]) -> None:
    for pod in on_each:
        known = journal.holding(pod.shell, pod.pods.namespace)
        require(known, f"nothing is found in the journal of {pod.node}, not even what is there")
    found = [line for pod in on_each for line in journal.holding(pod.shell, Log(pod).nonce())]
    must_be_none(found, "what a container prints is not in the journal")


@then(
    phrase(
        "the API {does:Does} the {whose:Whose} log",
        Does=one_of(RETURNED),
        Whose=one_of(["Pod's", "neighbour's"]),
    )
)
def api_returns(pod: RunningPod, neighbour: RunningPod, does: str, whose: str) -> None:
    answer = Log(pod if whose == "Pod's" else neighbour).ask()
    if not RETURNED[does](answer):
        raise ClaimError(
            f"it is false that the API {does} the {whose} log; it answered {answer.status}"
        )


@then(
    phrase("within {limit:Duration} the Pod's log file on the worker grows"),
    target_fixture="meanwhile",
)
def file_grows(pod: RunningPod, limit: float) -> list[int]:
    """The numbers that the Pod has printed while nobody could ask for them."""
    first = len(Log(pod).stored())
    eventually(
        lambda: len(Log(pod).stored()),
        lambda lines: lines > first,
        within=scaled(limit),
        what=f"the log file of {pod.name} grows without a kubelet",
    )
    return log_rotation.numbers_in(Log(pod), ["0.log"])


@then(
    phrase(
        "within {limit:Duration} the API returns the lines printed while the kubelet was stopped"
    )
)
def given_meanwhile(pod: RunningPod, meanwhile: list[int], limit: float) -> None:
    seen = eventually(
        lambda: log_rotation.numbers_printed(Log(pod).ask().text),
        lambda numbers: bool(numbers) and numbers[-1] >= meanwhile[-1],
        within=scaled(limit),
        what=f"the API gives line {meanwhile[-1]} of {pod.name}",
    )
    must_be_none(log_rotation.gaps(seen), "no line is missing from when the kubelet was stopped")


def await_lines(
    cluster: Cluster, wanted: Sequence[component_logs.Wanted], limit: float
) -> list[component_logs.Row]:
    """Errors: WaitTimeout naming the components and machines without a line."""
    seen: list[component_logs.Row] = []

    def missing() -> list[str]:
        seen[:] = component_logs.rows(cluster, wanted)
        return component_logs.missing(seen)

    what = "components log to their machine's journal in their own form"
    eventually(missing, lambda found: not found, within=scaled(limit), what=what)
    return seen


def copies(pod: RunningPod, agents: Agents) -> str:
    """What the agent of a Pod's worker has copied."""
    pods, uid = f"{pod.shell.layout.directories.kubelet}/pods", agents[pod.node]["metadata"]["uid"]
    argv = ["grep", "--recursive", "--no-filename", "", f"{pods}/{uid}/{COPIES}"]
    return pod.shell.run(argv, check=False).stdout
