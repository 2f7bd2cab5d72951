"""Changes of volumes: every Then-step goes red, as one understands."""

from typing import Any, cast

import pytest

from fixtures.worlds.storage.ebs_volumes import Before, Ebs
from infra.errors import Changed, WaitTimeout
from suite.storage import volume_writer
from suite.storage.persistent_volume_claims import ATTRIBUTES, VOLUMES
from suite.storage.volume_writer import Line
from suite.workloads.pod_under_test import RunningPod
from tests.steps.storage import volume_attributes_classes as steps
from tests.unit.fakes import FakeApi, evidence, goes_red
from tests.unit.storage_fake import CLAIM, LINES, Ec2, storage_of, volume

CHANGE = {"OriginalIops": 3000, "OriginalThroughput": 125, "TargetIops": 4000}


class Writer:
    def __init__(self, *restarts: str) -> None:
        self.found = list(restarts)

    def restarts(self) -> list[str]:
        return self.found


def changed(status: dict[str, Any], given: str = "ns-fast") -> tuple[Ebs, FakeApi, Ec2]:
    ebs, api, ec2 = storage_of({f"{VOLUMES}/pv-1": volume(volumeAttributesClassName=given)})
    api.table[CLAIM]["status"] = status
    return ebs, api, ec2


def test_a_class_that_does_not_come_into_force() -> None:
    done = {"currentVolumeAttributesClassName": "ns-fast"}
    ebs, _, _ = changed(done)
    steps.in_force(ebs, evidence(), 60, "fast")
    for status, given in (
        ({"currentVolumeAttributesClassName": "ns-slow"}, "ns-fast"),
        (done, "ns-slow"),
        (done | {"modifyVolumeStatus": {"status": "InProgress"}}, "ns-fast"),
    ):
        ebs, _, _ = changed(status, given)
        with pytest.raises(WaitTimeout, match="the claim and its volume have the class ns-fast"):
            steps.in_force(ebs, evidence(), 60, "fast")


def test_a_change_that_ec2_did_not_make() -> None:
    ebs, _, ec2 = storage_of()
    ec2.has(iops=4000, throughput=150)
    goes_red("its last change is none", steps.changed_once, ebs, evidence(), 4000, 150, 3000, 125)
    ec2.changes["vol-1"] = CHANGE
    steps.changed_once(ebs, evidence(), 4000, 150, 3000, 125)
    ec2.has(iops=3000)
    goes_red("iops is 3000, not 4000", steps.changed_once, ebs, evidence(), 4000, 150, 3000, 125)
    ec2.has(iops=4000)
    ec2.changes["vol-1"] = CHANGE | {"OriginalIops": 4000}
    goes_red("'OriginalIops': 4000", steps.changed_once, ebs, evidence(), 4000, 150, 3000, 125)


def events(*reasons: str) -> dict[str, Any]:
    items = [{"reason": r, "metadata": {"creationTimestamp": "t"}, "message": ""} for r in reasons]
    return {"/api/v1/namespaces/ns/events": {"items": items}}


def test_a_change_that_no_event_tells() -> None:
    ebs, _, _ = storage_of(events("VolumeModify", "VolumeModifySuccessful"))
    steps.events(ebs)
    ebs, _, _ = storage_of(events("VolumeModify"))
    goes_red("VolumeModifySuccessful", steps.events, ebs)


def test_a_writer_that_was_disturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    ebs, api, _ = storage_of()
    before = Before(1, ebs.identity())

    def judged(writer: Writer, lines: list[Line]) -> None:
        monkeypatch.setattr(volume_writer, "numbers", lambda _: lines)
        steps.are_the_same(ebs, cast("RunningPod", writer), before)
        steps.paused_for_less(evidence(), cast("RunningPod", writer), before, 5)

    judged(Writer(), LINES)
    goes_red("(?s)the writer is the same.*restarted", judged, Writer("restarted"), LINES)
    goes_red("8.0 s before number 4", judged, Writer(), [*LINES, Line(4, 18.4)])
    goes_red("line 4 holds 5", judged, Writer(), [*LINES, Line(5, 10.6)])
    goes_red("written nothing since", judged, Writer(), LINES[:1])
    api.table[CLAIM]["metadata"]["uid"] = "u-other"
    goes_red("the claim's UID was u-claim and is u-other", judged, Writer(), LINES)


def test_a_second_volume_that_changed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    ebs, api, ec2 = storage_of()
    api.table[CLAIM.replace("claim", "other").replace("persistentvolumeother", "x")] = None
    api.table["/api/v1/namespaces/ns/persistentvolumeclaims/other"] = api.table[CLAIM]
    steps.made_so(ebs, "second writer", 3000, 125)
    ec2.changes["vol-1"] = CHANGE
    goes_red("made vol-1 so, without a change", steps.made_so, ebs, "second writer", 3000, 125)
    ec2.changes.clear()
    ec2.has(iops=4000)
    goes_red("iops is 4000", steps.made_so, ebs, "second writer", 3000, 125)


def test_a_class_whose_recipe_can_be_changed() -> None:
    ebs, api, _ = storage_of({f"PATCH {ATTRIBUTES}/ns-slow": (422, {})})
    for what, words in (("parameters", "'iops': '3500'"), ("driver", "'driverName': 'other")):
        api.table[f"PATCH {ATTRIBUTES}/ns-slow"] = (422, {})
        steps.fixed_recipe(ebs, what, "slow")
        api.table[f"PATCH {ATTRIBUTES}/ns-slow"] = (200, {})
        goes_red(f"{words}.* with 200", steps.fixed_recipe, ebs, what, "slow")


def test_a_class_in_use_that_goes_or_one_out_of_use_that_stays() -> None:
    path, word = f"{ATTRIBUTES}/ns-slow", "kubernetes.io/vac-protection"
    held = {"metadata": {"deletionTimestamp": "t", "finalizers": [word]}}
    ebs, api, _ = storage_of({path: held})
    steps.held_back(ebs, 5, word)
    with pytest.raises(WaitTimeout, match="slow is gone once nobody uses it"):
        steps.class_gone(ebs, 60, "slow")
    del api.table[path]
    steps.class_gone(ebs, 60, "slow")
    with pytest.raises(Changed, match=f"held back by {word}"):
        steps.held_back(ebs, 5, word)


def test_a_change_that_is_made_though_it_should_be_held() -> None:
    status = {"modifyVolumeStatus": {"status": "Pending"}}
    ebs, _, ec2 = changed(status)
    steps.held(ebs, 30, "Pending")
    with pytest.raises(WaitTimeout, match="the change of the claim is Infeasible"):
        steps.held(ebs, 30, "Infeasible")
    ec2.changes["vol-1"] = CHANGE
    goes_red("(?s)EC2 has no change of the volume.*OriginalIops", steps.held, ebs, 30, "Pending")


def test_a_refusal_for_another_reason() -> None:
    def told(message: str, *reasons: str) -> Ebs:
        condition = {"type": "VolumeModifyVolumeError", "message": message}
        ebs, api, _ = storage_of(events(*reasons))
        api.table[CLAIM]["status"] = {"conditions": [condition]}
        return ebs

    good = "Invalid mutable parameter key: colour"
    steps.unknown_parameter(told(good, "VolumeModifyFailed"), "colour")
    unreachable = told("code = Unavailable", "VolumeModifyFailed")
    goes_red(
        "should say 'Invalid mutable parameter key: colour'",
        steps.unknown_parameter,
        unreachable,
        "colour",
    )
    goes_red("VolumeModifyFailed should be there", steps.unknown_parameter, told(good), "colour")


def test_a_volume_that_was_made_otherwise_and_changed_later() -> None:
    ebs, _, ec2 = storage_of()
    goes_red("iops is 3000, not 4000", steps.made_so, ebs, "writer", 4000, 125)
    ec2.has(iops=4000)
    steps.made_so(ebs, "writer", 4000, 125)
    ec2.changes["vol-1"] = CHANGE
    goes_red("without a change", steps.made_so, ebs, "writer", 4000, 125)


def test_a_class_that_can_be_removed() -> None:
    ebs, api, _ = storage_of({f"PATCH {CLAIM}": (422, {})})
    steps.not_removed(ebs)
    api.table[f"PATCH {CLAIM}"] = (200, {})
    goes_red("controller-0 answered None with 200", steps.not_removed, ebs)
