"""Each Then-step of article 70 goes red, with a message that a stranger understands."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from fixtures.recording import Evidence
from fixtures.workloads import Workloads
from infra.clients import kubelet, resizes
from infra.clients.api import Answer, JsonObject
from infra.clients.pods import NotPrepared, Pods, is_settled
from infra.clients.rights import Account
from infra.clients.running import RunningPod
from infra.cluster import Cluster
from infra.errors import ClaimError, Unreachable
from tests.steps import cgroups, deployments, pods, quotas
from tests.steps import resizes as steps
from tests.unit.fakes import (
    POD,
    FakeApi,
    FakeShell,
    cgroup_files,
    no_time_passes,
    pod,
    running_pod,
    stat,
    text_of,
)

LARGER = {"cpu": "500m", "memory": "256Mi"}
ARTICLE = {"cpu": "200m", "memory": "128Mi"}
NODE_PODS = "/api/v1/pods"


class NoEvidence:
    def __init__(self) -> None:
        self.recorded: list[tuple[str, str, Any]] = []

    def record(self, name: str, kind: str, data: Any) -> None:
        self.recorded.append((name, kind, data))


class FakeCluster:
    def __init__(self, api: FakeApi) -> None:
        self.api = api


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)


@pytest.fixture
def made() -> tuple[RunningPod, FakeApi, FakeShell]:
    return running_pod()


def evidence() -> Evidence:
    return cast("Evidence", NoEvidence())


def cluster_of(api: FakeApi) -> Cluster:
    return cast("Cluster", FakeCluster(api))


def workloads_of(api: FakeApi) -> Workloads:
    return Workloads(cluster_of(api), "ns")


def answer(status: int, **body: Any) -> Answer:
    return Answer("PATCH", "https://api/resize", status, {}, text_of(body))


def pending(reason: str = "Deferred") -> list[JsonObject]:
    return [{"type": "PodResizePending", "status": "True", "reason": reason}]


def goes_red(words: str, step: Callable[..., object], *args: Any, **named: Any) -> None:
    with pytest.raises(ClaimError, match=words):
        step(*args, **named)


def test_limits_at_both_levels(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    subject, _, shell = made
    shell.answers["grep"] = cgroup_files(
        "50000 100000", "268435456", container={"cpu": "20000 100000"}
    )
    goes_red(
        "cgroups of rz allow .*500m.*not within 60 s",
        cgroups.allow,
        subject,
        limit=60,
        limits=LARGER,
        evidence=evidence(),
    )
    shell.answers["grep"] = cgroup_files("50000 100000", "268435456")
    recorded = NoEvidence()
    cgroups.allow(subject, 60, LARGER, cast("Evidence", recorded))
    assert recorded.recorded[0][1] == "cgroup-change"


def test_limits_that_do_not_stay(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    goes_red("did not stay for 20 s", cgroups.keep_allowing, made[0], lasting=20, limits=LARGER)


def test_limits_of_one_scope(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    subject = made[0]
    cgroups.scope_allows(subject, "container c", ARTICLE)
    goes_red("container c of rz should allow", cgroups.scope_allows, subject, "container c", LARGER)
    goes_red("no limit; it has cpu.max 20000", cgroups.scope_has_no_limit, subject, "pod slice")
    goes_red(
        "pod slice of rz allows.*not within",
        cgroups.scope_comes_to_allow,
        subject,
        limit=5,
        scope="pod slice",
        limits=LARGER,
    )


def test_weights(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    subject, _, shell = made
    linear = cgroups.weigh_from_the_start(subject, "100m")
    assert linear is False
    goes_red(
        r"follows a request of 250m \(slice 10, container 35\).*not within",
        cgroups.come_to_weigh,
        subject,
        limit=5,
        cpu="250m",
        linear=linear,
    )
    shell.answers["grep"] = cgroup_files(weight=10, container={"weight": 35})
    cgroups.come_to_weigh(subject, 5, "250m", linear)


def test_a_wrong_start_is_not_judged(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    with pytest.raises(NotPrepared, match="starts with other limits"):
        cgroups.allow_from_the_start(made[0], LARGER)
    with pytest.raises(NotPrepared, match="neither formula"):
        cgroups.weigh_from_the_start(made[0], "250m")
    with pytest.raises(NotPrepared, match="not more than 100Mi"):
        pods.uses_memory(made[0], "100Mi")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status__containerStatuses__0__restartCount": 1}, "restarts of c"),
        ({"metadata__uid": "other"}, "UID: '0a1b-2c3d' became 'other'"),
        ({"status__podIP": "10.200.0.10"}, "IP: '10.200.0.9' became"),
    ],
)
def test_a_restart_or_replacement(
    made: tuple[RunningPod, FakeApi, FakeShell], change: dict[str, Any], words: str
) -> None:
    subject, api, shell = made
    pods.nothing_restarted(subject)
    api.table[POD] = pod(**change)
    if "metadata__uid" in change:
        shell.answers["grep"] = cgroup_files().replace("0a1b_2c3d", "other")
    goes_red(words, pods.nothing_restarted, subject)


def test_a_process_that_is_another(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    subject, _, shell = made
    shell.answers["cat /proc"] = stat(9000)
    goes_red("start time of the process of c: 5000 became 9000", pods.nothing_restarted, subject)
    goes_red("the neighbour is as it was", pods.neighbour_untouched, subject)
    goes_red("only b of rz restarted", pods.others_not_restarted, subject, restarted="b")


def test_an_oom_kill(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    subject, _, shell = made
    shell.answers["grep"] = cgroup_files(oom_kills=2)
    goes_red("2 OOM kills in c", pods.nothing_restarted, subject)


def test_a_restart_for_the_resize(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    subject, api, _ = made
    goes_red("restarted exactly once", pods.restarted_once, subject, lasting=30, name="c")
    api.table[POD] = pod(status__containerStatuses__0__restartCount=1)
    goes_red("no event of rz says", pods.restarted_once, subject, lasting=30, name="c")
    events = {"items": [{"message": "Container c resize requires restart"}]}
    api.table["/api/v1/namespaces/ns/events"] = events
    assert pods.restarted_once(subject, 30, "c") == "c"


def test_what_must_stay(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    subject, api, shell = made
    pods.nothing_changes(subject, 5)
    pods.files_stay(subject, 5)
    api.table[POD] = pod(metadata__generation=2)
    goes_red("generation: 1 became 2", pods.nothing_changes, subject, lasting=5)
    shell.answers["grep"] = cgroup_files("50000 100000")
    goes_red("cgroup of pod slice: cpu.max 20000", pods.files_stay, subject, lasting=5)


def test_image_labels_and_policy(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    subject, api, _ = made
    pods.no_stored_policy(subject)
    api.table[POD] = pod(metadata__labels={"article": "another"})
    goes_red("changed labels or image", pods.image_and_labels_kept, subject)
    api.table[POD] = pod(spec__containers=[{"name": "c", "resizePolicy": ["x"]}])
    goes_red("default was written", pods.no_stored_policy, subject)


def test_containers_of_the_worker(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    subject, api, _ = made
    api.table[NODE_PODS] = {"items": [pod()]}
    before = pods.identities_on(cluster_of(api), "worker-0")
    pods.none_on_worker_restarted(subject, cluster_of(api), before)
    api.table[NODE_PODS] = {"items": [pod(status__containerStatuses__0__restartCount=1)]}
    goes_red(
        "changed as its kubelet restarted:\n  ns/rz",
        pods.none_on_worker_restarted,
        subject,
        cluster_of(api),
        before,
    )


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


def test_the_status(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
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


def test_the_history(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
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
    goes_red("ready in every version.*\n.*False", steps.ready_throughout, [unready])


def test_events(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    goes_red(
        "events of rz tell ResizeStarted and ResizeCompleted",
        steps.events_tell,
        made[0],
        limit=30,
        first="ResizeStarted",
        second="ResizeCompleted",
    )


def test_deferral(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    subject, api, _ = made
    goes_red("pending with reason Deferred", steps.deferred, subject, 30, evidence())
    goes_red("reason Error: not within", steps.in_progress_with_error, subject, 30, evidence())
    goes_red("deferred and its cgroups stay", steps.stays_deferred, subject, lasting=10)
    api.table[POD] = pod(status__conditions=pending())
    steps.deferred(subject, 30, evidence())
    steps.stays_deferred(subject, 10)


def test_rivals(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    subject, _, shell = made
    rivals = resizes.Rivals(subject, subject)
    goes_red("higher priority is resized", steps.higher_grows, rivals, limit=300)
    shell.answers["grep"] = cgroup_files("50000 100000", "268435456")
    steps.higher_grows(rivals, 300)
    goes_red("lower priority still waits", steps.lower_stays, rivals, lasting=10)


def test_counters(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
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


def test_rights_quota_and_scheduler(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    subject, api, _ = made
    account = Account("resizer", api, Pods(api, "ns"))
    api.table[f"{POD}/resize"] = (403, {})
    goes_red("resizer may resize rz", quotas.account_may_resize, account, subject, limit=15)
    path = "/api/v1/namespaces/ns/resourcequotas/cpu-quota"
    api.table[path] = {"status": {"used": {"requests.cpu": "100m"}}}
    goes_red("the quota counts 150m.*\n.*100m", quotas.quota_counts, workloads_of(api), 30, "150m")
    path = "/api/v1/namespaces/ns/pods/newcomer"
    api.table[path] = pod()
    goes_red("the scheduler says", quotas.stays_unscheduled, workloads_of(api), lasting=15)
    lacking = {"type": "PodScheduled", "status": "False", "message": "1 Insufficient cpu"}
    api.table[path] = pod(status__conditions=[lacking])
    goes_red("stays unscheduled: did not", quotas.stays_unscheduled, workloads_of(api), lasting=15)
    goes_red("room that was given back", quotas.newcomer_runs, workloads_of(api), limit=60)


def test_a_deployment_and_its_pods(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
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


def test_a_pod_held_by_its_init_container_is_settled() -> None:
    unready: Any = [{"type": "Ready", "status": "False"}]
    init = [{"name": "i", "state": {"running": {}}}]
    held = pod(status__conditions=unready, status__initContainerStatuses=init)
    assert is_settled(held)
    held["spec"]["initContainers"] = [{"name": "i", "restartPolicy": "Always"}]
    assert not is_settled(held)


def test_a_lost_machine_is_not_a_verdict(made: tuple[RunningPod, FakeApi, FakeShell]) -> None:
    subject, _, shell = made

    def lost(*_: object, **__: object) -> None:
        raise Unreachable("worker-0", "10.0.1.21", "no route")

    shell.run = lost  # type: ignore[assignment, method-assign]
    with pytest.raises(Unreachable):
        cgroups.allow(subject, 60, LARGER, evidence())


def test_a_priority_class_that_is_too_new_is_asked_for_again() -> None:
    refused = (403, {"message": "no PriorityClass with name x was found"})
    api = FakeApi({"POST /api/v1/namespaces/ns/pods": refused})
    with pytest.raises(NotPrepared, match="API servers know what the Pod"):
        Pods(api, "ns").create({})
