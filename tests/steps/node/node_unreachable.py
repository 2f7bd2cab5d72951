"""Nodes that fall silent and come back, and who adds none."""

from collections.abc import Callable

from pytest_bdd import given, then

from fixtures.plugin.recording import Evidence
from fixtures.worlds.workloads.pods import Workloads
from infra.clients.instrumentation import configz
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.kube_api import JsonObject
from infra.timing import scaled
from infra.wait import consistently, eventually
from suite.expect import must_be_none
from suite.node import node_unreachable
from suite.workloads.pod_under_test import RunningPod
from suite.workloads.pods import PodIdentity
from tests.steps.instrumentation.component_configz import Settings, judged
from tests.steps.phrases import phrase
from tests.steps.workloads.pods import identities_on

CLOCKS = 2.0
"""Seconds: times of the API are whole ones, and the clocks of two machines differ a little."""


@given(
    phrase(
        "a running resizable Pod and, on the same worker, an impatient Pod with a "
        "toleration of {lasting:Duration}"
    ),
    target_fixture="pod",
)
def patient_and_impatient(workloads: Workloads, lasting: float) -> RunningPod:
    pod = workloads.run("resizable")
    tolerated = [node_unreachable.toleration(int(lasting))]
    workloads.run(
        "resizable", name=node_unreachable.IMPATIENT, nodeName=pod.node, tolerations=tolerated
    )
    return pod


@then(
    phrase(
        "within {most:Duration} of the last heartbeat, but not within {least:Duration}, "
        "the Pod's node is Unknown and has the unreachable taint"
    )
)
def becomes_unknown(
    cluster: Cluster, pod: RunningPod, evidence: Evidence, least: float, most: float
) -> None:
    await_silence(cluster, pod.node, most)
    took = node_unreachable.until_unknown(cluster.api, pod.node)
    evidence.record("silence", "figures", {"seconds since its last heartbeat": round(took, 1)})
    if took < least - CLOCKS:
        raise ClaimError(f"{pod.node} was Unknown {took:.0f} s after a heartbeat, not {least:g}")


@then(
    phrase(
        "within {most:Duration} of the taint, but not within {least:Duration}, the "
        "impatient Pod is evicted"
    )
)
def impatient_evicted(pod: RunningPod, evidence: Evidence, least: float, most: float) -> None:
    gone = await_eviction(pod, most)
    took = node_unreachable.until_evicted(pod.pods.api, gone)
    evidence.record("eviction", "figures", {"seconds since the taint": took})
    if took < least - CLOCKS:
        raise ClaimError(
            f"{node_unreachable.IMPATIENT} was evicted {took:g} s after the taint already"
        )


@then(
    phrase(
        "for {lasting:Duration} the resizable Pod stays, its processes run and the other "
        "nodes are Ready"
    )
)
def pod_stays(cluster: Cluster, pod: RunningPod, lasting: float) -> None:
    """Never for longer on a slow machine: what the Pod tolerates does not grow with it."""
    if node_unreachable.tolerates(pod.get()) != node_unreachable.TOLERATED:
        raise ClaimError(
            f"{pod.name} should tolerate it for {node_unreachable.TOLERATED} s: {pod.get()}"
        )
    others = [str(w.name) for w in cluster.spec.workers if w.name != pod.node]
    pids = pod.first.cgroups.containers[pod.only_container].pids
    what = f"{pod.name} stays on its silent node, and the others are ready"
    undisturbed(lambda: node_unreachable.disturbances(pod, others, pids), lasting, what)


@then(phrase("within {limit:Duration} the Pod's node is Ready without restarts of other Pods"))
def back_as_it_was(
    cluster: Cluster, pod: RunningPod, on_worker: dict[str, PodIdentity], limit: float
) -> None:
    eventually(
        lambda: node_unreachable.state(cluster.api, pod.node),
        lambda seen: seen == ("True", ()),
        within=scaled(limit),
        what=f"{pod.node} is ready and has no taint",
    )
    changed = node_unreachable.restarted(on_worker, identities_on(cluster, pod.node))
    must_be_none(changed, f"{pod.node} goes on with its containers")


@then("every controller manager runs the taint eviction controller")
def each_evicts(component_settings: Settings) -> None:
    evicts, found = configz.runs(node_unreachable.EVICTS), judged(component_settings)
    wrong = [f"that of {machine} does not" for machine, one in found if not evicts(one)]
    must_be_none(wrong, f"every controller manager runs the {node_unreachable.EVICTS}")


@then(phrase("every API server adds a toleration of {lasting:Duration} to new Pods"))
def patient_by_default(cluster: Cluster, namespace: str, lasting: float) -> None:
    wrong = [
        f"{machine} gives it {found} s"
        for machine, api in cluster.api_servers().items()
        if (found := node_unreachable.given_to_new_pod(api, namespace)) != lasting
    ]
    must_be_none(wrong, f"every API server lets a Pod tolerate silence for {lasting:g} s")


@then(phrase("for {lasting:Duration} no node is added"))
def nobody_adds(cluster: Cluster, lasting: float) -> None:
    wanted = sorted(worker.name for worker in cluster.spec.workers)
    consistently(
        lambda: sorted(n["metadata"]["name"] for n in cluster.api.get("/api/v1/nodes")["items"]),
        lambda names: names == wanted,
        lasting=scaled(lasting),
        what="no node is added for a Pod that fits nowhere",
    )


def await_eviction(pod: RunningPod, limit: float) -> JsonObject:
    """The impatient Pod once it is deleted; its silent kubelet cannot end it."""
    return eventually(
        lambda: pod.pods.get(node_unreachable.IMPATIENT),
        lambda found: "deletionTimestamp" in found["metadata"],
        within=scaled(limit),
        what=f"the Pod {node_unreachable.IMPATIENT} on the silent {pod.node} is deleted",
    )


def undisturbed(observe: Callable[[], list[str]], lasting: float, what: str) -> None:
    """For so many seconds on any machine."""
    consistently(observe, lambda found: not found, lasting=lasting, what=what)


def await_silence(cluster: Cluster, node: str, limit: float) -> None:
    eventually(
        lambda: node_unreachable.state(cluster.api, node),
        node_unreachable.is_silent,
        within=scaled(limit),
        what=f"{node} is Unknown and tainted as unreachable",
    )
