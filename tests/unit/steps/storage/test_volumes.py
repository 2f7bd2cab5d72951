"""Volumes of claims: every Then-step goes red, as one understands."""

from dataclasses import replace
from typing import Any

import pytest

from fixtures.worlds.storage.ebs_volumes import CREATED_FOR, Ebs
from infra.errors import Changed, ClaimError, NotJudged, WaitTimeout
from infra.ssh import Result
from suite.storage import volume_writer
from suite.storage.persistent_volume_claims import VOLUMES, must_be_taken
from suite.storage.volume_writer import Line
from tests.steps.phrases import NOW, Time
from tests.steps.storage import volumes as steps
from tests.unit.fakes import evidence, goes_red, not_judged, pod, running_pod
from tests.unit.storage_fake import CLAIM, LEFT, LINES, NAMED, WRITER, Ec2, storage_of, volume


@pytest.fixture(autouse=True)
def written(monkeypatch: pytest.MonkeyPatch) -> list[Line]:
    """Numbers that every volume holds; the writer is whoever runs."""
    lines = list(LINES)
    monkeypatch.setattr(volume_writer, "numbers", lambda _: list(lines))
    monkeypatch.setattr("fixtures.worlds.workloads.pods.Workloads.running", lambda *_: None)
    return lines


def test_a_claim_that_is_served_before_anybody_uses_it() -> None:
    ebs, api, ec2 = storage_of()
    api.table[CLAIM]["status"]["phase"] = "Pending"
    with pytest.raises(Changed, match="the claim claim is pending and has no volume"):
        steps.no_volume(ebs, 5, "the PVC")
    ec2.known.clear()
    steps.no_volume(ebs, 5, "the PVC")
    api.table[CLAIM]["status"]["phase"] = "Bound"
    with pytest.raises(Changed, match="Bound"):
        steps.no_volume(ebs, 5, "the PVC")


def test_a_volume_that_is_made_for_nobody() -> None:
    """For the claim of a Pod that has no place."""
    ebs, api, ec2 = storage_of()
    api.table[CLAIM.replace("/claim", "/second")] = {"status": {"phase": "Pending"}}
    ec2.has(tags={CREATED_FOR: "ns", NAMED: "second"})
    with pytest.raises(Changed, match="the claim second is pending and has no volume"):
        steps.no_volume(ebs, 5, "the second PVC")
    ec2.known.clear()
    steps.no_volume(ebs, 5, "the second PVC")


def test_a_second_writer_asks_for_the_worker_of_the_first() -> None:
    ebs, api, _ = storage_of()
    api.table |= {f"POST {CLAIM.rpartition('/')[0]}": {}, f"POST {WRITER.rpartition('/')[0]}": {}}
    api.table["/apis/storage.k8s.io/v1/storageclasses"] = {}
    steps.create_writer(ebs, "a second writer", there=True)
    made = [body for method, path, body in api.asked if method == "POST" and path.endswith("/pods")]
    assert [one["spec"]["nodeSelector"] for one in made] == [{"kubernetes.io/hostname": "worker-0"}]
    steps.create_writer(ebs, "a writer", there=False)
    assert "nodeSelector" not in api.asked[-1][2]["spec"]


def test_a_volume_that_is_not_as_its_class_asks() -> None:
    ebs, _, ec2 = storage_of()
    steps.has_volume(ebs, evidence(), 8, 3000, 125)
    goes_red("iops is 3000, not 4000", steps.has_volume, ebs, evidence(), 8, 4000, 125)
    ec2.known["vol-2"] = ec2.known["vol-1"].__class__(**vars(ec2.known["vol-1"]) | {"id": "vol-2"})
    goes_red(
        "(?s)no volume for the claim but vol-1.*vol-2",
        steps.has_volume,
        ebs,
        evidence(),
        8,
        3000,
        125,
    )
    ec2.known.clear()
    goes_red("EC2 should have vol-1", steps.has_volume, ebs, evidence(), 8, 3000, 125)


def test_a_provisioner_that_puts_no_tags_on_volumes() -> None:
    """One without --extra-create-metadata: whoever looks for tags finds no volume, ever."""
    ebs, _, ec2 = storage_of()
    ec2.has(tags={})
    asked = (steps.has_volume, ebs, evidence(), 8, 3000, 125)
    not_judged("EC2 does not find vol-1 by the tags of the claim claim but none", *asked)
    not_judged("that it finds no volume shows nothing", steps.made_at_last, ebs, 600)


def test_a_leak_is_seen_even_where_no_tag_tells_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "fixtures.worlds.storage.ebs_volumes.storage_cleanup.remove", lambda _: None
    )
    monkeypatch.setattr(Ec2, "delete", lambda *_: None, raising=False)
    bound = volume(claimRef={"namespace": "ns"})
    ebs, _, ec2 = storage_of({VOLUMES: {"items": [bound]}})
    with pytest.raises(NotJudged, match=r"left something behind; EC2 has vol-1$"):
        ebs.remove()
    ec2.has(tags={})
    with pytest.raises(NotJudged, match=r"does not find vol-1 by the tag .*; EC2 has vol-1$"):
        ebs.remove()
    ec2.known.clear()
    ebs.remove()


def test_a_growth_that_the_api_refuses() -> None:
    ebs, api, _ = storage_of()
    api.table[f"PATCH {CLAIM}"] = (403, {"message": "only dynamically provisioned"})
    goes_red(
        "the API should take what the claim asks for",
        must_be_taken,
        ebs.storage.change("claim", {}),
    )


def test_a_volume_that_is_attached_elsewhere_or_not_at_all() -> None:
    ebs, _, ec2 = storage_of()
    steps.attached(ebs, evidence())
    ec2.has(instance="i-1")
    goes_red(
        "(?s)attached to worker-0; .*instance is i-1, not i-0", steps.attached, ebs, evidence()
    )
    ec2.has(instance="i-0", attachment="busy")
    goes_red("attachment is busy", steps.attached, ebs, evidence())


@pytest.mark.parametrize("affinity", [{}, {"required": {"nodeSelectorTerms": []}}])
def test_a_volume_that_any_node_may_use(affinity: dict[str, Any]) -> None:
    ebs, _, _ = storage_of()
    steps.zone(ebs)
    ebs, _, _ = storage_of({f"{VOLUMES}/pv-1": volume(nodeAffinity=affinity)})
    goes_red("nodes of zone-a alone may use the volume", steps.zone, ebs)


def test_a_volume_that_is_another_or_has_lost_numbers(written: list[Line]) -> None:
    ebs, _, ec2 = storage_of()
    steps.same_volume(ebs, LEFT)
    written[1] = Line(3, 10.2)
    goes_red("line 2 holds 3", steps.same_volume, ebs, LEFT)
    written[:] = LINES[:1]
    goes_red("the 2 earlier lines should be on the volume", steps.same_volume, ebs, LEFT)
    ec2.known["vol-2"] = ec2.known["vol-1"].__class__(**vars(ec2.known["vol-1"]) | {"id": "vol-2"})
    ebs, _, other = storage_of({f"{VOLUMES}/pv-1": volume(csi={"volumeHandle": "vol-2"})})
    other.known = ec2.known
    goes_red("should still have vol-1; it has vol-2", steps.same_volume, ebs, LEFT)


def test_a_writer_that_adds_nothing(written: list[Line], monkeypatch: pytest.MonkeyPatch) -> None:
    writer = type("Writer", (), {"name": "writer"})()
    monkeypatch.setattr("fixtures.worlds.workloads.pods.Workloads.running", lambda *_: writer)
    ebs, _, _ = storage_of()
    written += [Line(4, 10.6), Line(5, 10.8)]
    steps.go_on(ebs, LEFT)
    del written[3:]
    with pytest.raises(WaitTimeout, match="writer adds numbers to the 2"):
        steps.go_on(ebs, LEFT)


@pytest.mark.parametrize(
    ("kubernetes", "ec2_state", "wanted"),
    [("Released", "available", ("Released", "available")), (None, None, ("absent", "absent"))],
)
def test_what_is_left(kubernetes: str | None, ec2_state: str | None, wanted: Any) -> None:
    ebs, api, ec2 = storage_of()
    with pytest.raises(WaitTimeout, match=f"Kubernetes has pv-1 as {wanted[0]}"):
        steps.what_is_left(ebs, LEFT, 60, *wanted)
    if kubernetes and ec2_state:
        api.table[f"{VOLUMES}/pv-1"]["status"]["phase"] = kubernetes
        ec2.has(state=ec2_state)
    else:
        del api.table[f"{VOLUMES}/pv-1"]
        ec2.known.clear()
    steps.what_is_left(ebs, LEFT, 60, *wanted)


def test_a_volume_that_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    ebs, _, ec2 = storage_of()
    grown = (steps.has_size, ebs, Time("within", 60), "the EC2 volume", 12)
    with pytest.raises(WaitTimeout, match=r"the EC2 volume has 12 GiB, in MiB: .*last seen: 8192"):
        grown[0](*grown[1:])
    ec2.has(gib=12)
    grown[0](*grown[1:])
    held = (steps.has_size, ebs, NOW, "the file system of the volume", 12)
    monkeypatch.setattr(volume_writer, "size_mib", lambda _: 12000)
    held[0](*held[1:])
    monkeypatch.setattr(volume_writer, "size_mib", lambda _: 7990)
    goes_red("the file system of the volume has 12 GiB, in MiB; it is 7990", *held)


def test_a_writer_that_never_runs() -> None:
    ebs, api, ec2 = storage_of()
    steps.made_at_last(ebs, 240)
    ec2.known.clear()
    goes_red("EC2 should have vol-1", steps.made_at_last, ebs, 240)
    api.table[WRITER] = pod(status__conditions=[])
    with pytest.raises(WaitTimeout, match="credentials again"):
        steps.made_at_last(ebs, 240)


def test_the_end_of_a_writer_that_wrote_nothing(written: list[Line]) -> None:
    ebs, _, _ = storage_of()
    written.clear()
    with pytest.raises(Exception, match="has written nothing"):
        Ebs.left(ebs, None)  # type: ignore[arg-type]


def test_pauses_and_gaps_are_told() -> None:
    assert volume_writer.pauses([Line(1, 1.0), Line(2, 9.0)], longer_than=5) == [
        "8.0 s before number 2"
    ]
    assert volume_writer.pauses([Line(1, 1.0), Line(2, 2.0)], longer_than=5) == []
    assert volume_writer.pauses([Line(1, 1.0)], longer_than=5) != []
    assert issubclass(WaitTimeout, ClaimError)


def test_an_empty_volume_holds_nothing_and_one_that_cannot_be_read_is_not_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    pod, _, _ = running_pod()
    told = Result("worker-0", (), 1, "", "cat: can't open '/data/numbers': {}", 0.0)

    def saying(error: str) -> None:
        said = replace(told, stderr=told.stderr.format(error))
        monkeypatch.setattr(volume_writer, "inside", lambda *_: said)

    saying("No such file or directory")
    assert volume_writer.numbers(pod) == []
    saying("Input/output error")
    with pytest.raises(NotJudged, match=r"cannot be read: cat.*Input/output error"):
        volume_writer.numbers(pod)
