"""Images as volumes: every Then-step goes red, as one understands."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from typing import Any, cast

import pytest

from fixtures.worlds.storage.data_images import DataImage
from infra.cluster import Cluster
from infra.errors import WaitTimeout
from infra.ssh import Result
from suite.storage import image_volumes as clients
from suite.storage.image_volumes import COUNTERS, REFUSED
from tests.steps.phrases import NOW, Time
from tests.steps.storage import image_volumes as steps
from tests.unit import elections_fake
from tests.unit.fakes import (
    FakeApi,
    FakeShell,
    cluster_of,
    evidence,
    goes_red,
    not_judged,
    pod,
    running_pod,
    workloads_of,
)

REFERENCE = "example.com/ns:data"
IMAGE = DataImage(cast("Cluster", None), cast("Any", None), REFERENCE, "n-1")
PODS = "/api/v1/namespaces/ns/pods"
Inside = Callable[..., Result]


def said(text: str = "", *, status: int = 0) -> Inside:
    """Every command in the container is answered so."""
    return lambda _pod, *argv: Result("worker-0", argv, status, text, "", 0.0)


def held(reason: str = "", message: str = "", **more: Any) -> FakeApi:
    state = {"waiting": {"reason": reason, "message": message}} if reason else {}
    statuses = [{"name": "c", "state": state, **more}]
    return FakeApi({f"{PODS}/waits": pod(status__containerStatuses=statuses)})


def test_a_marker_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    subject, _, _ = running_pod()
    monkeypatch.setattr(clients, "inside", said("n-1\n"))
    steps.reads_nonce(subject, IMAGE)
    steps.read_nonce([subject, subject], IMAGE)
    monkeypatch.setattr(clients, "inside", said(""))
    goes_red("is read; instead: rz reads ''", steps.reads_nonce, subject, IMAGE)
    goes_red("rz reads ''", steps.read_nonce, [subject], IMAGE)


def test_an_image_that_is_run_or_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    images = json.dumps({"images": [{"id": "sha256:1", "repoTags": [REFERENCE]}]})
    running = {"id": "c1", "imageRef": "sha256:1", "image": {"image": "sha256:1"}}
    other = {"id": "c2", "imageRef": "sha256:2", "image": {"image": "sha256:2"}}
    answers = {"crictl images": images, "crictl ps": json.dumps({"containers": [other]})}
    subject, _, shell = running_pod(**answers)
    steps.no_container(subject, IMAGE)
    shell.answers["crictl ps"] = json.dumps({"containers": [other, running]})
    goes_red(f"no container runs {REFERENCE}.*c1", steps.no_container, subject, IMAGE)
    shell.answers["crictl images"] = json.dumps({"images": []})
    goes_red("should list", steps.no_container, subject, IMAGE)


def test_a_volume_that_is_mounted_to_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    subject, _, _ = running_pod()
    beside = "/dev/root /scratch ext4 rw,relatime 0 0\n"
    for line, words in (
        ("overlay /data overlay rw,nodev 0 0\n", "/data should be mounted ro; it is rw,nodev"),
        ("", "/data should be mounted ro; it is no mount"),
    ):
        monkeypatch.setattr(clients, "inside", said(line + beside))
        goes_red(words, steps.mounted_read_only, subject, evidence())
    read_only = "overlay /data overlay ro,nodev 0 0\n"
    monkeypatch.setattr(clients, "inside", said(read_only))
    not_judged("/scratch is not mounted rw", steps.mounted_read_only, subject, evidence())
    monkeypatch.setattr(clients, "inside", said(read_only + beside))
    steps.mounted_read_only(subject, evidence())


def test_a_pod_that_never_runs_is_a_false_claim() -> None:
    api = FakeApi(
        {f"POST {PODS}": pod(metadata__name="one"), f"{PODS}/one": pod(status__conditions=[])}
    )
    held_back = DataImage(cast("Cluster", None), workloads_of(api), REFERENCE, "n-1")
    goes_red("Pod ns/one runs: not within 120 s", steps.mount, held_back, "worker-0")
    api.table[f"POST {PODS}"] = (422, {"message": "spec.volumes[0].image: Forbidden"})
    goes_red("image: Forbidden", steps.mount, held_back, "worker-0")


def test_a_file_that_is_mounted_or_refused_for_another_reason() -> None:
    reason = "CreateContainerError"
    told = 'only directory subpath is supported, subpath: "marker"'
    steps.waits_naming(workloads_of(held(reason, told)), IMAGE, 60, reason, steps.A_FILE)
    other = workloads_of(held(reason, "no such file or directory"))
    with pytest.raises(WaitTimeout, match="naming only directory subpath"):
        steps.waits_naming(other, IMAGE, 60, reason, steps.A_FILE)


def test_a_volume_that_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    subject, _, _ = running_pod()
    cannot, can = steps.WRITES
    monkeypatch.setattr(clients, "inside", said(f"touch: /data/new: {REFUSED}", status=1))
    steps.root_writes(subject, evidence(), cannot)
    not_judged("root may not even write beside it", steps.root_writes, subject, evidence(), can)
    monkeypatch.setattr(clients, "inside", said("Permission denied", status=1))
    goes_red("make a file: Permission denied", steps.root_writes, subject, evidence(), cannot)
    monkeypatch.setattr(clients, "inside", said())
    goes_red("make a folder: done", steps.root_writes, subject, evidence(), cannot)
    steps.root_writes(subject, evidence(), can)


def test_a_sub_path_that_shows_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    subject, _, _ = running_pod()
    monkeypatch.setattr(clients, "inside", said("leaf\n"))
    steps.sees_only(subject, "leaf")
    monkeypatch.setattr(clients, "inside", said("marker\nsub\n"))
    goes_red(
        r"only leaf should be at /data; .*\['marker', 'sub'\]", steps.sees_only, subject, "leaf"
    )


def test_a_pod_that_is_held_otherwise_or_starts() -> None:
    api = held("ImagePullBackOff", f"Back-off pulling image {REFERENCE}")
    steps.waits_with(workloads_of(api), 60, "ImagePullBackOff")
    steps.waits_naming(workloads_of(api), IMAGE, 60, "ImagePullBackOff", "the data image")
    with pytest.raises(WaitTimeout, match="waits waits with ErrImageNeverPull"):
        steps.waits_with(workloads_of(api), 60, "ErrImageNeverPull")
    other = held("ImagePullBackOff", "Back-off pulling image busybox")
    with pytest.raises(WaitTimeout, match=f"naming {REFERENCE}"):
        steps.waits_naming(workloads_of(other), IMAGE, 60, "ImagePullBackOff", "the data image")
    steps.never_starts(workloads_of(api), 15)
    began: dict[str, Any] = {"running": {"startedAt": "t1"}}
    for states in ({"state": began}, {"lastState": {"terminated": {"startedAt": "t1"}}}):
        with pytest.raises(AssertionError, match="the container of waits does not start"):
            steps.never_starts(workloads_of(held(**states)), 15)


def test_a_pod_that_does_not_recover_or_as_another(monkeypatch: pytest.MonkeyPatch) -> None:
    subject, _, _ = running_pod()
    unready = pod(status__conditions=[{"type": "Ready", "status": "False"}])
    with pytest.raises(WaitTimeout, match="waits runs once its image is there"):
        steps.recovers(workloads_of(FakeApi({f"{PODS}/waits": unready})), 180)
    at = workloads_of(FakeApi({f"{PODS}/waits": pod()}))
    monkeypatch.setattr(type(at), "running", lambda *_: subject)
    assert steps.recovers(at, 180) is subject
    other = workloads_of(FakeApi({f"{PODS}/waits": pod(metadata__uid="another")}))
    goes_red("should be another without a restart", steps.recovers, other, 180)


def counts(requested: int, mounted: int, failed: int) -> Cluster:
    numbers = dict(zip(COUNTERS.values(), (requested, mounted, failed), strict=True))
    text = "".join(f"{name} {number}\n" for name, number in numbers.items())
    return cluster_of(FakeApi({"/api/v1/nodes/worker-0/proxy/metrics": text}))


def test_image_volumes_that_are_not_counted() -> None:
    before, soon = {"requested": 2, "mounted": 2, "failed": 0}, Time("within", 30)
    mounted, none = steps.COUNTED
    for wrong in ((2, 2, 0), (3, 2, 0), (3, 3, 1)):
        with pytest.raises(WaitTimeout, match="worker-0 counts the image volume as mounted"):
            steps.has_counted(counts(*wrong), "worker-0", dict(before), soon, mounted)
    now = dict(before)
    steps.has_counted(counts(3, 3, 0), "worker-0", now, soon, mounted)
    assert now == {"requested": 3, "mounted": 3, "failed": 0}
    steps.has_counted(counts(3, 3, 0), "worker-0", now, NOW, none)
    words = "counts no further image volume; it is .*'requested': 1"
    goes_red(words, steps.has_counted, counts(4, 3, 0), "worker-0", now, NOW, none)


def test_an_image_of_data_runs_nothing() -> None:
    packed = gzip.decompress(clients.archive(REFERENCE, "n-1", "leaf"))
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        blobs = [cast("Any", tar.extractfile(m)).read() for m in tar if m.isfile()]
    assert not any(b"Entrypoint" in blob for blob in blobs)
    assert any(b"n-1" in blob for blob in blobs)


def test_a_pod_that_mounts_an_image_names_it_its_policy_and_its_folder() -> None:
    spec = IMAGE.body("one", node="worker-1", policy="Never", folder="sub")["spec"]
    assert spec["volumes"][0]["image"] == {"reference": REFERENCE, "pullPolicy": "Never"}
    assert spec["containers"][0]["volumeMounts"][0]["subPath"] == "sub"
    assert spec["nodeSelector"] == {"kubernetes.io/hostname": "worker-1"}
    assert "nodeName" not in spec, "a kubelet refuses for good what has no room"
    plain = IMAGE.body("two")["spec"]
    assert "subPath" not in plain["containers"][0]["volumeMounts"][0]
    assert "nodeSelector" not in plain


def test_every_worker_gets_the_image_and_loses_it() -> None:
    shell = FakeShell(answers={"ctr": "", "crictl": ""})
    live = cast("Cluster", elections_fake.cluster(shell=lambda _: shell))
    made = DataImage(live, cast("Any", None), REFERENCE, "n-1")
    made.load()
    made.remove()
    ran = [argv[:3] for argv in shell.ran]
    assert ran.count(("ctr", "--namespace=k8s.io", "images")) == 2
    assert ran.count(("crictl", "rmi", REFERENCE)) == 2
