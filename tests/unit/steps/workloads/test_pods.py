"""What a Pod and its cgroups must be: each Then-step goes red with a message one understands."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.plugin.recording import Evidence
from infra.errors import ClaimError, NotPrepared, Unreachable
from suite.workloads.pods import Pods, Version, is_settled
from tests.steps.phrases import Time
from tests.steps.workloads import cgroups, pods
from tests.unit.fakes import (
    POD,
    FakeApi,
    Made,
    NoEvidence,
    cgroup_files,
    cluster_of,
    evidence,
    goes_red,
    pod,
    running_pod,
    stat,
)

LARGER = {"cpu": "500m", "memory": "256Mi"}
ARTICLE = {"cpu": "200m", "memory": "128Mi"}
NODE_PODS = "/api/v1/pods"
SOON = Time("within", 60)


@pytest.fixture
def made() -> Made:
    return running_pod()


def test_limits_at_both_levels(made: Made) -> None:
    subject, _, shell = made
    shell.answers["grep"] = cgroup_files(
        "50000 100000", "268435456", container={"cpu": "20000 100000"}
    )
    goes_red(
        "cgroups of rz allow .*500m.*not within 60 s",
        cgroups.allow,
        subject,
        time=SOON,
        limits=LARGER,
        evidence=evidence(),
    )
    shell.answers["grep"] = cgroup_files("50000 100000", "268435456")
    recorded = NoEvidence()
    cgroups.allow(subject, SOON, LARGER, cast("Evidence", recorded))
    assert recorded.recorded[0][1] == "cgroup-change"


def test_limits_that_do_not_stay(made: Made) -> None:
    for_20_s = Time("for", 20)
    goes_red("did not stay for 20 s", cgroups.allow, made[0], for_20_s, LARGER, evidence())


def test_limits_of_one_scope(made: Made) -> None:
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


def test_weights(made: Made) -> None:
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


def test_a_wrong_start_is_not_judged(made: Made) -> None:
    with pytest.raises(ClaimError, match="starts with other limits"):
        cgroups.allow_from_the_start(made[0], LARGER)
    with pytest.raises(NotPrepared, match="match no formula"):
        cgroups.weigh_from_the_start(made[0], "250m")
    holding: Any = SimpleNamespace(run=lambda _: made[0])
    with pytest.raises(NotPrepared, match="not more than 100Mi"):
        pods.pod_using_memory(holding, "memory-holding", "100Mi")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status__containerStatuses__0__restartCount": 1}, "restarts of c"),
        ({"metadata__uid": "other"}, "UID: '0a1b-2c3d' became 'other'"),
        ({"status__podIP": "10.200.0.10"}, "IP: '10.200.0.9' became"),
    ],
)
def test_a_restart_or_replacement(made: Made, change: dict[str, Any], words: str) -> None:
    subject, api, shell = made
    pods.nothing_restarted(subject)
    api.table[POD] = pod(**change)
    if "metadata__uid" in change:
        shell.answers["grep"] = cgroup_files().replace("0a1b_2c3d", "other")
    goes_red(words, pods.nothing_restarted, subject)


def test_a_process_that_is_another(made: Made) -> None:
    subject, _, shell = made
    shell.answers["cat /proc"] = stat(9000)
    goes_red("start time of the process of c: 5000 became 9000", pods.nothing_restarted, subject)
    goes_red("the neighbour is as it was", pods.neighbour_untouched, subject)
    goes_red("only b of rz restarted", pods.others_not_restarted, subject, restarted="b")


def test_an_oom_kill(made: Made) -> None:
    subject, _, shell = made
    shell.answers["grep"] = cgroup_files(oom_kills=2)
    goes_red("2 OOM kills in c", pods.nothing_restarted, subject)


def test_a_restart_for_the_resize(made: Made) -> None:
    subject, api, _ = made
    goes_red("restarted exactly once", pods.restarted_once, subject, lasting=30, name="c")
    api.table[POD] = pod(status__containerStatuses__0__restartCount=1)
    goes_red("no event of rz says", pods.restarted_once, subject, lasting=30, name="c")
    events = {"items": [{"message": "Container c resize requires restart"}]}
    api.table["/api/v1/namespaces/ns/events"] = events
    assert pods.restarted_once(subject, 30, "c") == "c"


def test_what_must_stay(made: Made) -> None:
    subject, api, shell = made
    pods.nothing_changes(subject, 5)
    pods.files_stay(subject, 5)
    api.table[POD] = pod(metadata__generation=2)
    goes_red("generation: 1 became 2", pods.nothing_changes, subject, lasting=5)
    shell.answers["grep"] = cgroup_files("50000 100000")
    goes_red("cgroup of pod slice: cpu.max 20000", pods.files_stay, subject, lasting=5)


def test_image_labels_and_policy(made: Made) -> None:
    subject, api, _ = made
    image_and_labels, policy = pods.STORED
    pods.stored(subject, policy)
    pods.stored(subject, image_and_labels)
    api.table[POD] = pod(metadata__labels={"article": "another"})
    goes_red("changed labels or image", pods.stored, subject, image_and_labels)
    api.table[POD] = pod(spec__containers=[{"name": "c", "resizePolicy": ["x"]}])
    goes_red("default was written", pods.stored, subject, policy)


def test_containers_of_the_worker(made: Made) -> None:
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


def test_a_pod_held_by_its_init_container_is_settled() -> None:
    unready: Any = [{"type": "Ready", "status": "False"}]
    init = [{"name": "i", "state": {"running": {}}}]
    held = pod(status__conditions=unready, status__initContainerStatuses=init)
    assert is_settled(held)
    held["spec"]["initContainers"] = [{"name": "i", "restartPolicy": "Always"}]
    assert not is_settled(held)


def test_a_lost_machine_is_not_a_verdict(made: Made) -> None:
    subject, _, shell = made

    def lost(*_: object, **__: object) -> None:
        raise Unreachable("worker-0", "10.0.1.21", "no route")

    shell.run = lost  # type: ignore[assignment, method-assign]
    with pytest.raises(Unreachable):
        cgroups.allow(subject, SOON, LARGER, evidence())


def test_a_priority_class_that_is_too_new_is_asked_for_again() -> None:
    refused = (403, {"message": "no PriorityClass with name x was found"})
    api = FakeApi({"POST /api/v1/namespaces/ns/pods": refused})
    with pytest.raises(NotPrepared, match="API servers know what the Pod"):
        Pods(api, "ns").create({})


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (None, "the Pod rz is gone"),
        ({"phase": "Failed", "reason": "UnexpectedAdmissionError"}, "UnexpectedAdmissionError"),
        ({"phase": "Succeeded"}, "the Pod rz is Succeeded"),
    ],
)
def test_a_pod_that_died_is_not_the_same(
    made: Made, status: dict[str, str] | None, says: str
) -> None:
    subject, api, shell = made
    shell.answers.pop("grep")  # its cgroups went with it
    path = subject.pods.path(subject.name)
    found = api.table.pop(path)
    if status is not None:
        api.table[path] = {**found, "status": {**found["status"], **status}}
    goes_red(says, pods.nothing_restarted, subject)


def test_a_pod_that_waits_says_for_what() -> None:
    message = "failed to mount:\n  no such device"
    waiting = {"waiting": {"reason": "CreateContainerError", "message": message}}
    told = repr(Version(pod(status__containerStatuses__0__state=waiting)))
    assert "c waiting CreateContainerError failed to mount: no such device x0" in told
    assert "c running x0" in repr(Version(pod()))
    assert "c unknown x0" in repr(Version(pod(status__containerStatuses__0__state={})))


def test_a_filler_pod_comes_after_the_pod() -> None:
    done: list[object] = []
    workloads: Any = SimpleNamespace(
        run=lambda *_, **how: done.append(how), fill=lambda *a, **how: done.append((*a, how))
    )
    for rest in ("", f"{pods.FILLED} 50m CPU free"):
        pods.running_pod_there(workloads, "resizable", "worker-0", pods.left_free(rest))
    here = {"node": "worker-0"}
    assert done == [here, here, ("worker-0", {"leaving": "50m"})]
