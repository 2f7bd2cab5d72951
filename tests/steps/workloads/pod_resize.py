"""Resizes: asked for, refused, in progress, deferred, done, and the traces they leave."""

from collections.abc import Callable, Mapping

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.workloads.pods import Workloads, manifest
from infra.clients.node import kubelet
from infra.clients.workloads.pod_status import IN_PROGRESS, PENDING, condition
from infra.cluster import Cluster
from infra.kube_api import Answer, JsonObject
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none, stays
from suite.workloads import dry_runs, pod_resize
from suite.workloads.pod_resize import ARTICLE, CHANGES, Rivals
from suite.workloads.pod_under_test import RunningPod
from suite.workloads.pods import Figures, resize_of
from tests.steps.phrases import Time, one_of, phrase

CHANGE = one_of(CHANGES, CHANGES.__getitem__)
UNFINISHED = {
    "deferred": ("Deferred", PENDING),
    "in progress with an error": ("in progress: Error", IN_PROGRESS),
}
"""State of a resize and the condition that explains it, by what features call it."""
RESIZED: Mapping[str, Callable[[RunningPod], list[str]]] = {
    "is not resized": lambda pod: pod.file_changes(),
    "is resized": lambda pod: pod_resize.not_yet_larger(pod.cgroups()),
}
"""What is wrong with the cgroups of a Pod; nothing is good."""


@given("the resize counters of the Pod's kubelet", target_fixture="counters")
def counters_before(pod: RunningPod, cluster: Cluster) -> dict[str, float]:
    return kubelet.resize_counters(cluster.api, pod.node)


@given(
    "a Pod of higher and a Pod of lower priority on the reserved worker", target_fixture="rivals"
)
def pods_of_two_priorities(
    workloads: Workloads, reserved_worker: str, priorities: tuple[str, str]
) -> Rivals:
    higher, lower = (
        workloads.run("resizable", node=reserved_worker, name=name, priorityClassName=priority)
        for name, priority in zip(("higher", "lower"), priorities, strict=True)
    )
    return Rivals(higher, lower)


@given("a filler Pod that leaves room for one of the two resizes when it is deleted")
def room_for_one(workloads: Workloads, reserved_worker: str) -> None:
    """Each wants 150m more: 50m are free now, 200m without the filler; two would need 300m."""
    workloads.fill(reserved_worker, leaving="200m", name="ballast")
    workloads.hold(reserved_worker, cpu="150m", name="filler")


@when(phrase("the Pod is resized to request {requests:Figures}, limited to {limits:Figures}"))
def resize(cluster: Cluster, pod: RunningPod, requests: Figures, limits: Figures) -> None:
    patch = resize_of(pod.first.pod, pod.only_container, requests=requests, limits=limits)
    pod_resize.must_be_accepted(pod_resize.request_resize(cluster, pod, patch))


@when("the Pod is resized to the article's resources")
def resize_as_the_article(cluster: Cluster, pod: RunningPod) -> None:
    pod_resize.must_be_accepted(pod_resize.request_resize(cluster, pod, ARTICLE))


@when(
    phrase(
        'the Pod\'s container "{name:Name}" gets a {resource:Resource} limit of {limit:Quantity}',
        Resource=one_of(["CPU", "memory"], str.lower),
    )
)
def resize_one_limit(
    cluster: Cluster, pod: RunningPod, name: str, resource: str, limit: str
) -> None:
    patch = resize_of(pod.first.pod, name, requests={}, limits={resource: limit})
    pod_resize.must_be_accepted(pod_resize.request_resize(cluster, pod, patch))


@when(
    phrase("a Pod-level resize requests {requests:Figures}, limited to {limits:Figures}"),
    target_fixture="answer",
)
def resize_pod_level(
    cluster: Cluster, pod: RunningPod, requests: Figures, limits: Figures
) -> Answer:
    figures = {"requests": dict(requests), "limits": dict(limits)}
    return pod_resize.request_resize(cluster, pod, {"spec": {"resources": figures}})


@when(phrase("a resize requests {change:Change}", Change=CHANGE), target_fixture="answer")
def ask_to_resize(cluster: Cluster, pod: RunningPod, change: JsonObject) -> Answer:
    return pod_resize.request_resize(cluster, pod, change)


@when("an ordinary update requests the article's resources", target_fixture="answer")
def ask_to_update(cluster: Cluster, pod: RunningPod) -> Answer:
    return dry_runs.ask(
        cluster,
        pod.pods.api,
        lambda api, params: pod.pods.by(api).update(pod.name, ARTICLE, **params),
    )


@when(
    phrase('a {kind:Name} Pod with restart policy "{policy:Name}" is created'),
    target_fixture="answer",
)
def ask_to_create(workloads: Workloads, kind: str, policy: str) -> Answer:
    body = manifest(kind)
    body["spec"]["restartPolicy"] = policy
    workloads.stay_home(body)
    return dry_runs.ask(
        workloads.cluster,
        workloads.pods.api,
        lambda api, params: workloads.pods.by(api).ask_to_create(body, **params),
    )


@when("a resize of the Pod of lower priority, and then of the Pod of higher priority, is deferred")
def both_deferred(rivals: Rivals) -> None:
    for pod in (rivals.lower, rivals.higher):
        pod_resize.must_be_accepted(pod.pods.resize(pod.name, ARTICLE))
        pod_resize.await_state(pod, "Deferred", within=30)


@then(phrase('the API refuses the request with {status:Count}, naming "{words}"'))
def refused(answer: Answer, status: int, words: str, evidence: Evidence) -> None:
    evidence.record("the API's answer", "text", pod_resize.told(answer))
    pod_resize.must_be_refused(answer, status=status, naming=words)


@then("the API accepts the request")
def is_accepted(answer: Answer) -> None:
    pod_resize.must_be_accepted(answer)


@then(phrase("within {limit:Duration} the Pod's status reports the resources of its spec"))
def status_reports(pod: RunningPod, limit: float) -> None:
    """Actual resources and allocated requests of each container equal the spec's."""
    eventually(
        lambda: pod_resize.status_differences(pod.get()),
        lambda found: not found,
        within=scaled(limit),
        what=f"status of {pod.name} reports what its spec wants",
    )


@then(
    phrase("within {limit:Duration} the Pod's history has one resize in progress, then completed"),
    target_fixture="history",
)
def history_tells(pod: RunningPod, limit: float, evidence: Evidence) -> list[JsonObject]:
    """Read as a replay from the version before the resize, so nothing short-lived is missed."""
    versions = pod_resize.history(pod, within=limit)
    columns = ["generation", "observed", "resize", "ready", "at"]
    rows = [pod_resize.row(version) for version in versions]
    evidence.record("versions of the Pod", "table", {"columns": columns, "rows": rows})
    must_be_none(pod_resize.not_one_resize(pod, versions), f"{pod.name} was resized once")
    return versions


@then("the Pod is Ready in every version of its history")
def ready_throughout(history: list[JsonObject]) -> None:
    unready = [pod_resize.row(v) for v in history if condition(v, "Ready").get("status") != "True"]
    must_be_none([str(row) for row in unready], "the Pod is ready in every version")


@then(phrase("within {limit:Duration} the Pod has the events {wanted:Words}"))
def events_tell(pod: RunningPod, limit: float, wanted: tuple[str, ...]) -> None:
    eventually(
        lambda: [event["reason"] for event in pod.pods.events(pod.first.identity.uid)],
        lambda reasons: set(wanted) <= set(reasons),
        within=scaled(limit),
        what=f"events of {pod.name} tell {' and '.join(wanted)}",
    )


@then(phrase("within {limit:Duration} the Pod's resize is {state:State}", State=one_of(UNFINISHED)))
def unfinished(pod: RunningPod, limit: float, state: str, evidence: Evidence) -> None:
    wanted, kind = UNFINISHED[state]
    version = pod_resize.await_state(pod, wanted, within=limit)
    evidence.record(f"while {state}", "text", str(condition(version.pod, kind)))


@then(
    phrase(
        'within {limit:Duration} the Pod\'s resize is infeasible, naming "{word:Name}", '
        "and its kubelet counts it"
    )
)
def infeasible(
    cluster: Cluster, pod: RunningPod, limit: float, word: str, evidence: Evidence
) -> None:
    """Counted from zero: its kubelet was restarted for this scenario."""
    version = pod_resize.await_state(pod, "Infeasible", within=limit)
    told = condition(version.pod, PENDING).get("message", "")
    counted = kubelet.infeasible_resizes(cluster.api, pod.node, word)
    evidence.record("why it can never be done", "text", str(told))
    wrong = [] if word in told else [f"the condition says {told!r}"]
    wrong += [] if counted else [f"the kubelet of {pod.node} counts no resize refused for {word}"]
    must_be_none(wrong, f"what is infeasible names {word}")


@then(
    phrase(
        "for {lasting:Duration} the Pod's resize is not granted, and the Pod's cgroups stay "
        "the same"
    )
)
def not_granted(pod: RunningPod, lasting: float) -> None:
    """Deferred or not told: a restarted kubelet may write a status before it knows of the resize.

    Source: HandlePodAdditions of kubernetes pkg/kubelet/kubelet.go; seen live in one run of three.
    """
    stays(lambda: pod_resize.signs_of_granting(pod), lasting, f"the resize of {pod.name} waits")


@then(
    phrase(
        "{time:Time}the Pod of {priority:Priority} priority {resized:Resized}",
        Priority=one_of(["higher", "lower"]),
        Resized=one_of(RESIZED),
    )
)
def rival_resized(rivals: Rivals, time: Time, priority: str, resized: str) -> None:
    pod = rivals.higher if priority == "higher" else rivals.lower
    time.must(
        lambda: RESIZED[resized](pod),
        lambda wrong: not wrong,
        what=f"the Pod of {priority} priority {resized}",
    )


@then(phrase("within {limit:Duration} the kubelet has counted and timed the Pod's resize"))
def resizes_counted(
    pod: RunningPod, cluster: Cluster, limit: float, counters: dict[str, float]
) -> None:
    """At least one more of each: other scenarios resize on the same kubelet."""
    eventually(
        lambda: pod_resize.uncounted(counters, kubelet.resize_counters(cluster.api, pod.node)),
        lambda left: not left,
        within=scaled(limit),
        what=f"the kubelet of {pod.node} counts the resize of {pod.name}",
    )
