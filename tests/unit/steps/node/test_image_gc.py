"""Images that are collected: every Then-step goes red, as one understands; seeds are removed."""

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any, cast

import pytest

from fixtures.worlds.node.image_gc_images import Seeds
from fixtures.worlds.storage.data_images import DataImage
from infra.clients.node import image_gc
from infra.clients.node.image_gc import Disk
from infra.errors import GaveUp, WaitTimeout
from suite.node import worker_images
from suite.storage import image_volumes
from tests.steps.node import image_gc as steps
from tests.steps.node.image_gc import Workers
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi, FakeShell, evidence, goes_red, running_pod

METRICS = "/api/v1/nodes/worker-0/proxy/metrics"
ALL = frozenset({"pause:3", "x:unused", "x:used"})


def shell(*names: str, pinned: str = "", log: str = "") -> FakeShell:
    listed = [{"repoTags": [name], "pinned": name == pinned} for name in names]
    images = json.dumps({"images": listed})
    return FakeShell(answers={"crictl images": images, "journalctl": log, "ctr": ""})


def live(tmp_path: Path, machine: FakeShell, **counters: int) -> Any:
    made = cluster(tmp_path, shell=lambda _: machine)
    lines = [f'{image_gc.COLLECTED}{{reason="{why}"}} {count}\n' for why, count in counters.items()]
    made.api = FakeApi({METRICS: "".join(lines)})
    return made


def seeds(at: Any) -> Seeds:
    return Seeds(at, "x:unused", "x:used")


def workers(position: str = "c") -> Workers:
    return Workers("worker-0", "worker-1", {"worker-0": ALL, "worker-1": ALL}, position)


def test_an_image_collected_for_another_reason_or_none(tmp_path: Path) -> None:
    with pytest.raises(WaitTimeout, match="worker-0 has collected one image for space"):
        steps.collected_one(live(tmp_path, shell()), workers(), 450, "space")
    with pytest.raises(WaitTimeout, match="'age': 1"):
        steps.collected_one(live(tmp_path, shell(), age=1), workers(), 450, "space")
    with pytest.raises(GaveUp, match="'space': 3"):
        steps.collected_one(live(tmp_path, shell(), space=3), workers(), 450, "space")
    steps.collected_one(live(tmp_path, shell(), space=1), workers(), 450, "space")


def test_another_image_is_gone(tmp_path: Path) -> None:
    at = live(tmp_path, shell("x:unused", "x:used"))
    goes_red(r"collected: \['pause:3'\]", steps.unused_one, at, seeds(at), workers())
    at = live(tmp_path, shell("pause:3", "x:used"))
    steps.unused_one(at, seeds(at), workers())


def test_a_second_worker_that_does_not_look_or_collects(tmp_path: Path) -> None:
    line = json.dumps({"MESSAGE": f"I1126 kubelet.go:1] {steps.LOOKED} {steps.SUCCEEDED}"}) + "\n"
    silent = live(tmp_path, shell(*ALL, log=line))
    with pytest.raises(WaitTimeout, match="worker-1 has looked 2 times"):
        steps.second_keeps(silent, workers(), evidence())
    lost = live(tmp_path, shell("pause:3", log=line * 2))
    goes_red("is below its threshold.*x:unused", steps.second_keeps, lost, workers(), evidence())
    steps.second_keeps(live(tmp_path, shell(*ALL, log=line * 2)), workers(), evidence())


def test_a_pod_that_restarted_meanwhile() -> None:
    pod, api, _ = running_pod()
    steps.pod_untouched(pod)
    (name,) = [path for path in api.table if path.endswith("/pods/rz")]
    api.table[name]["status"]["containerStatuses"][0]["restartCount"] = 1
    goes_red("rz goes on while images are collected", steps.pod_untouched, pod)


def test_a_volume_whose_image_was_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    pod, _, _ = running_pod()
    image = DataImage(cast("Any", None), cast("Any", None), "example.com/ns:data", "n-1")
    monkeypatch.setattr(image_volumes, "marker", lambda _: "n-1")
    steps.volume_is_read(pod, image)
    monkeypatch.setattr(image_volumes, "marker", lambda _: "")
    goes_red("a volume is not collected.*rz reads ''", steps.volume_is_read, pod, image)


def test_a_disk_is_rounded_as_the_kubelet_does() -> None:
    assert Disk(1000, 895).percent == 11
    assert Disk(1000, 890).percent == 11
    assert Disk(1000, 889).percent == 12


def test_a_disk_is_asked_of_the_machine_itself() -> None:
    answer = "1B-blocks  Avail\n     1000    890\n"
    machine = cast("Any", FakeShell(answers={"df": answer}))
    assert image_gc.disk(machine) == Disk(1000, 890)


def test_only_what_was_not_pinned_is_pinned_and_given_back(tmp_path: Path) -> None:
    machine = shell("pause:3", "busybox:1", "agnhost:2", "x:unused", "x:used", pinned="pause:3")
    at = live(tmp_path, machine)
    sown = seeds(at)
    sown.protect("worker-0", but=["busybox:1"])
    assert sown.pinned == {"worker-0": ["agnhost:2"]}
    sown.remove()
    ran = [" ".join(argv) for argv in machine.ran]
    assert f"ctr --namespace=k8s.io images label agnhost:2 {worker_images.PIN}=" in ran
    assert ran.count("crictl rmi x:unused") == ran.count("crictl rmi x:used") == 2


def test_a_seed_is_an_image_of_its_size_that_travels_light(tmp_path: Path) -> None:
    program = tmp_path / "pause"
    program.write_bytes(b"run me")
    archive = worker_images.seed("example.com/x:unused", program, 8 << 20)
    assert len(archive) < 1 << 20
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as tar:
        index = json.load(cast("Any", tar.extractfile("index.json")))
        sizes = [member.size for member in tar]
    annotations = index["manifests"][0]["annotations"]
    assert annotations["io.containerd.image.name"] == "example.com/x:unused"
    assert max(sizes) >= 8 << 20


def tagless() -> FakeShell:
    """One image without a tag beside one with, and one that has no name at all."""
    listed = [
        {"id": "sha256:1", "repoTags": ["10.0.1.11:20001/data:1"], "repoDigests": ["d@sha256:a"]},
        {"id": "sha256:2", "repoTags": [], "repoDigests": ["10.0.1.11:20001/data@sha256:b"]},
        {"id": "sha256:3", "repoTags": [], "repoDigests": []},
    ]
    return FakeShell(answers={"crictl": json.dumps({"images": listed}), "ctr": ""})


def test_an_image_without_a_tag_is_pinned_too(tmp_path: Path) -> None:
    machine = tagless()
    seeds(live(tmp_path, machine)).protect("worker-0", but=[])
    pinned = [argv[4] for argv in machine.ran if argv[0] == "ctr"]
    assert pinned == ["10.0.1.11:20001/data:1", "10.0.1.11:20001/data@sha256:b", "sha256:3"]


def test_what_came_from_a_registry_goes_with_it_also_what_its_tag_left_behind() -> None:
    machine = tagless()
    worker_images.remove_of(machine, "10.0.1.11:20001")
    assert [argv[2] for argv in machine.ran if "rmi" in argv] == ["sha256:1", "sha256:2"]
