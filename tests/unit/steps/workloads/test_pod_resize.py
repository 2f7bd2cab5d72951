"""What a resize must bring: each Then-step goes red with a message that one understands."""

from typing import Any, cast

import pytest

from infra.clients.node import kubelet
from infra.kube_api import Answer, JsonObject
from suite.auth.namespace_limits import Account
from suite.workloads import pod_resize
from suite.workloads.pods import Pods
from tests.steps.auth import namespace_limits
from tests.steps.phrases import Time
from tests.steps.workloads import deployments
from tests.steps.workloads import pod_resize as steps
from tests.unit.fakes import (
    POD,
    FakeApi,
    FakeCluster,
    Made,
    answer,
    cgroup_files,
    cluster_of,
    evidence,
    goes_red,
    pending,
    pod,
    running_pod,
    workloads_of,
)

ARTICLE = {"cpu": "200m", "memory": "128Mi"}


@pytest.fixture
def made() -> Made:
    return running_pod()


def test_answers() -> None:
    causes = [{"field": "spec", "message": "Pod QOS Class may not change"}]
    qos = answer(422, message="invalid", details={"causes": causes})
    steps.refused(qos, 422, "Pod QOS Class may not change", evidence())
    goes_red("should accept this; it said 422: invalid", steps.is_accepted, qos)
    goes_red(
        "should refuse this with 422.*200: accepted",
        steps.refused,
        answer(200),
        422,
        "QOS",
        evidence(),
    )
    goes_red("naming 'removed'; it said 422", steps.refused, qos, 422, "removed", evidence())
    node = answer(403, message="forbidden", details={"causes": [{"reason": "NodeCapacity"}]})
    steps.refused(node, 403, "NodeCapacity", evidence())


def test_one_api_server_that_judges_otherwise(made: Made) -> None:
    subject, api, _ = made
    qos = (422, {"message": "Pod QOS Class may not change"})
    api.table[f"PATCH {POD}/resize"] = qos
    lax = OneServer(api.table | {f"PATCH {POD}/resize": (200, {})}, "https://lax")
    live, api.others["https://lax"] = FakeCluster(api), lax
    live.servers["controller-2"] = lax
    said = steps.ask_to_resize(cast("Any", live), subject, pod_resize.ARTICLE)
    assert lax.how == [{"dryRun": "All"}]
    goes_red(
        "the API server of controller-2 should refuse this with 422.*200: accepted",
        steps.refused, said, 422, "QOS", evidence(),
    )  # fmt: skip
    api.table[f"PATCH {POD}/resize"], lax.table[f"PATCH {POD}/resize"] = (200, {}), qos
    goes_red(
        "the API server of controller-2 should accept this; it said 422",
        steps.resize_as_the_article, cast("Any", live), subject,
    )  # fmt: skip


class OneServer(FakeApi):
    """One API server, at an address of its own."""

    def __init__(self, table: dict[str, Any], base: str) -> None:
        super().__init__(table)
        self.base = base
        self.how: list[Any] = []

    def ask(self, method: str, path: str, **how: Any) -> Answer:
        self.how.append(how["params"])
        return super().ask(method, path, **how)


def test_the_status(made: Made) -> None:
    subject, api, _ = made
    steps.status_reports(subject, 5)
    api.table[POD] = pod(status__containerStatuses__0__allocatedResources={"cpu": "50m"})
    goes_red("is allocated", steps.status_reports, subject, limit=5)


def version(generation: int, observed: int, **conditions: dict[str, Any]) -> JsonObject:
    kinds = {"Ready": {"status": "True"}, **conditions}
    return pod(
        metadata__generation=generation,
        status__observedGeneration=observed,
        status__conditions=[{"type": kind, **rest} for kind, rest in kinds.items()],
    )


def test_the_history(made: Made) -> None:
    subject, api, _ = made
    running = version(2, 2, PodResizeInProgress={"status": "True", "observedGeneration": 2})
    api.stream = [{"type": "MODIFIED", "object": v} for v in (running, version(2, 2))]
    seen = steps.history_tells(subject, 60, evidence())
    steps.ready_throughout(seen)
    del api.stream[0]
    goes_red("no version is in progress for", steps.history_tells, subject, 60, evidence())
    api.stream.clear()
    goes_red("no change at all", steps.history_tells, subject, 60, evidence())
    unready = version(2, 2, Ready={"status": "False"})
    goes_red("ready in every version.*False", steps.ready_throughout, [unready])


def test_events(made: Made) -> None:
    goes_red(
        "events of rz tell ResizeStarted and ResizeCompleted",
        steps.events_tell,
        made[0],
        limit=30,
        wanted=("ResizeStarted", "ResizeCompleted"),
    )


def test_deferral(made: Made) -> None:
    subject, api, _ = made
    deferred, with_error = steps.UNFINISHED
    goes_red("of rz is Deferred: not", steps.unfinished, subject, 30, deferred, evidence())
    goes_red("progress: Error: not", steps.unfinished, subject, 30, with_error, evidence())
    goes_red("wants no resize any more", steps.not_granted, subject, lasting=10)
    larger = {"spec__containers__0__resources": pod_resize.LARGER}
    api.table[POD] = pod(status__conditions=pending(), **larger)
    steps.unfinished(subject, 30, deferred, evidence())
    steps.not_granted(subject, 10)
    running = [{"type": "PodResizeInProgress", "status": "True"}]
    api.table[POD] = pod(status__conditions=running, **larger)
    goes_red("resize in progress", steps.not_granted, subject, lasting=10)
    allocated = {"status__containerStatuses__0__allocatedResources": pod_resize.LARGER["requests"]}
    api.table[POD] = pod(**larger, **allocated)
    goes_red("c was allocated .*100m.*, now .*250m", steps.not_granted, subject, lasting=10)


def test_rivals(made: Made) -> None:
    subject, _, shell = made
    rivals = pod_resize.Rivals(subject, subject)
    within, for_10_s = Time("within", 300), Time("for", 10)
    not_resized, resized = steps.RESIZED
    steps.rival_resized(rivals, for_10_s, "lower", not_resized)
    words = "the Pod of higher priority is resized: not within 300 s"
    goes_red(words, steps.rival_resized, rivals, within, "higher", resized)
    shell.answers["grep"] = cgroup_files("50000 100000", "268435456")
    steps.rival_resized(rivals, within, "higher", resized)
    words = "the Pod of lower priority is not resized: did not stay"
    goes_red(words, steps.rival_resized, rivals, for_10_s, "lower", not_resized)


def test_counters(made: Made) -> None:
    subject, api, _ = made
    labels = 'resource="cpu",requirement="limits",operation="increase"'
    api.table["/api/v1/nodes/worker-0/proxy/metrics"] = f"{kubelet.REQUESTED}{{{labels}}} 3\n"
    before = kubelet.resize_counters(api, "worker-0")
    assert before["cpu limits"] == 3
    goes_red(
        "counts the resize of rz.*\n.*cpu limits still 3",
        steps.resizes_counted,
        subject,
        cluster_of(api),
        30,
        before,
    )


def test_rights_and_quota(made: Made) -> None:
    subject, api, _ = made
    account = Account("resizer", api, Pods(api, "ns"))
    api.table[f"{POD}/resize"] = (403, {})
    live = cluster_of(api)
    goes_red(
        "resizer may resize rz",
        namespace_limits.account_may_resize,
        live,
        account,
        subject,
        limit=15,
    )
    path = "/api/v1/namespaces/ns/resourcequotas/cpu-quota"
    api.table[path] = {"status": {"used": {"requests.cpu": "100m"}}}
    goes_red(
        "the quota counts 150m.*\n.*100m",
        namespace_limits.quota_counts,
        workloads_of(api),
        30,
        "150m",
    )


def test_a_deployment_and_its_pods(made: Made) -> None:
    subject, api, _ = made
    deployment = {"metadata": {"name": "rz", "generation": 1}, "spec": {}}
    path = "/apis/apps/v1/namespaces/ns/deployments/rz"
    api.table[path] = {**deployment, "metadata": {"name": "rz", "generation": 2}}
    kept = deployments.Kept(deployment, subject, subject)
    goes_red("the Deployment's spec changed", deployments.rest_as_before, workloads_of(api), kept)
    api.table["/api/v1/namespaces/ns/pods"] = {"items": [pod()]}
    goes_red(
        r"1 settled Pods besides \['rz'\]",
        deployments.successor_allows,
        workloads_of(api),
        kept,
        limit=60,
        limits=ARTICLE,
    )


def test_what_is_infeasible_says_why_and_is_counted(made: Made) -> None:
    subject, api, _ = made
    metrics = "/api/v1/nodes/worker-0/proxy/metrics"
    counted = 'kubelet_pod_infeasible_resizes_total{reason_detail="swap_limitation"} 1'
    api.table[metrics] = ""
    step, live = steps.infeasible, cluster_of(api)
    goes_red("of rz is Infeasible: not within", step, live, subject, 30, "swap", evidence())
    why = {"type": "PodResizePending", "status": "True", "reason": "Infeasible"}
    api.table[POD] = pod(status__conditions=[{**why, "message": "no room"}])
    goes_red("the condition says 'no room'", step, live, subject, 30, "swap", evidence())
    api.table[POD] = pod(status__conditions=[{**why, "message": "containers with swap"}])
    goes_red("counts no resize refused for swap", step, live, subject, 30, "swap", evidence())
    api.table[metrics] = counted
    step(live, subject, 30, "swap", evidence())
