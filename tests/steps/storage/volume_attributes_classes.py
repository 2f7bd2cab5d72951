"""VolumeAttributesClasses: a volume in use is changed, and EC2 says whether it was."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pytest_bdd import given, step, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.storage.ebs_volumes import CLAIM, Before, Ebs, Watched
from infra.errors import ClaimError
from infra.kube_api import Answer, Api
from infra.timing import scaled
from infra.wait import consistently, eventually
from suite.expect import must_be_none
from suite.storage import ebs_csi_driver, persistent_volume_claims, volume_writer
from suite.storage.persistent_volume_claims import ATTRIBUTES, must_be_taken
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import one_of, phrase

T = TypeVar("T")
OTHER = "other"
"""Name of the second writer and of its claim."""
TOLD = ("VolumeModify", "VolumeModifySuccessful")
"""Reasons of events; external-resizer pkg/util/events.go."""
REFUSED = "Invalid mutable parameter key"
"""The driver's own words; aws-ebs-csi-driver pkg/driver/controller_modify_volume.go."""
OTHERWISE = {
    "parameters": {"parameters": {"iops": "3500"}},
    "driver": {"driverName": "other.example.com"},
}
"""Patches of a class, by what they change."""
TWO = "two writers, each"
VOLUME_OF = {"writer": CLAIM, "second writer": OTHER}
"""PVCs by whose they are."""


@step(phrase('a class "{word:Name}" of {iops:Count} IOPS and {throughput:Count} MiB/s is created'))
def one_class(ebs: Ebs, word: str, iops: int, throughput: int) -> None:
    ebs.storage.add_attributes(word, {"iops": str(iops), "throughput": str(throughput)})


@given(phrase('a class "{word:Name}" with the parameter "{parameter:Name}" is created'))
def strange_class(ebs: Ebs, word: str, parameter: str) -> None:
    ebs.storage.add_attributes(word, {parameter: "blue"})


@given(
    phrase(
        '{writers:Writers} with a PVC of the class "{word:Name}" of {iops:Count} IOPS and '
        "{throughput:Count} MiB/s",
        Writers=one_of(["a writer", TWO]),
    ),
    target_fixture="writer",
)
def writers_of_class(ebs: Ebs, writers: str, word: str, iops: int, throughput: int) -> RunningPod:
    """The first of them; the class is created for them."""
    one_class(ebs, word, iops, throughput)
    name = ebs.storage.attributes(word)
    if writers == TWO:
        ebs.storage.claim(OTHER, attributes=name)
        ebs.write(OTHER, OTHER)
    ebs.storage.claim(CLAIM, attributes=name)
    return ebs.write()


@when(
    phrase(
        'the PVC{whose:Whose} names the class "{word:Name}"',
        Whose=one_of(["", " of the first writer"]),
    ),
    target_fixture="before",
)
def name_class(ebs: Ebs, writer: RunningPod, word: str) -> Before:
    before = ebs.before(writer)
    must_be_taken(ask(ebs, ebs.storage.attributes(word)))
    return before


@when(phrase('the PVC names the class "{first:Name}" and then the class "{then:Name}" again'))
def name_anew(ebs: Ebs, first: str, then: str) -> None:
    for word in (first, then):
        must_be_taken(ask(ebs, ebs.storage.attributes(word)))


@when("the controller Pods of the driver are replaced during the modification")
def replace_controllers(ebs: Ebs) -> None:
    ebs.storage.await_modification(CLAIM)
    ebs_csi_driver.restart_controllers(ebs.driver.api)


@when(phrase('the class "{word:Name}" is deleted'))
def delete_class(ebs: Ebs, word: str) -> None:
    ebs.storage.api.delete(f"{ATTRIBUTES}/{ebs.storage.attributes(word)}")


def ask(ebs: Ebs, name: str | None, *, through: Api | None = None) -> Answer:
    """By the load balancer, or through one API server."""
    return ebs.storage.change(CLAIM, {"volumeAttributesClassName": name}, through=through)


@then(
    phrase(
        'within {limit:Duration} the PVC and its volume have the class "{word:Name}", '
        "and no modification is in progress"
    )
)
def in_force(ebs: Ebs, evidence: Evidence, limit: float, word: str) -> None:
    watched = Watched(ebs, ebs.storage.attributes(word))
    try:
        watched.until_in_force(scaled(limit))
    finally:
        evidence.table("the volume as EC2 has it, over time", Watched.COLUMNS, watched.rows)


@then(
    phrase(
        "EC2 has the volume with {iops:Count} IOPS and {throughput:Count} MiB/s, after "
        "one modification from {before:Count} IOPS and {slower:Count} MiB/s"
    )
)
def changed_once(
    ebs: Ebs, evidence: Evidence, iops: int, throughput: int, before: int, slower: int
) -> None:
    seen, change = ebs.volume(), ebs.change()
    evidence.table("the change as EC2 has it", "field, value", told(change))
    wrong = seen.unlike(iops=iops, throughput=throughput)
    if (change.get("OriginalIops"), change.get("OriginalThroughput")) != (before, slower):
        wrong.append(f"its last change is {dict(change) or 'none'}")
    must_be_none(wrong, f"EC2's {seen.id} was changed once, from {before} and {slower}")


def told(change: Mapping[str, object]) -> list[tuple[str, str]]:
    return sorted((name, str(value)) for name, value in change.items())


@then("the events of the PVC report the modification")
def events(ebs: Ebs) -> None:
    seen = [event["reason"] for event in ebs.storage.events(CLAIM)]
    must_be_none([r for r in TOLD if r not in seen], f"the events {seen} have every one of {TOLD}")


@then("the writer, its PVC and its volume are the same")
def are_the_same(ebs: Ebs, writer: RunningPod, before: Before) -> None:
    must_be_none(writer.restarts(), "the writer is the same")
    must_be_none(before.differences(ebs.identity()), "claim and volume are those of before")


@then(phrase("the writer paused for less than {limit:Duration}"))
def paused_for_less(evidence: Evidence, writer: RunningPod, before: Before, limit: float) -> None:
    lines = volume_writer.numbers(writer)
    evidence.table("numbers on the volume", "time_s, number", [(x.uptime, x.number) for x in lines])
    wrong = volume_writer.broken(lines)
    wrong += volume_writer.pauses(lines[max(0, before.numbers - 1) :], longer_than=scaled(limit))
    must_be_none(wrong, "the writer went on through the change")


@then(
    phrase(
        "EC2 has the {whose:Whose}'s volume with {iops:Count} IOPS and {throughput:Count} MiB/s, "
        "without a modification",
        Whose=one_of(VOLUME_OF),
    )
)
def made_so(ebs: Ebs, whose: str, iops: int, throughput: int) -> None:
    seen = ebs.volume(VOLUME_OF[whose])
    wrong = seen.unlike(iops=iops, throughput=throughput)
    must_be_none(
        [*wrong, *ebs.change(VOLUME_OF[whose])], f"EC2 made {seen.id} so, without a change"
    )


@then(
    phrase(
        'a change of the {what:What} of the class "{word:Name}" is refused with 422',
        What=one_of(OTHERWISE),
    )
)
def fixed_recipe(ebs: Ebs, what: str, word: str) -> None:
    path = f"{ATTRIBUTES}/{ebs.storage.attributes(word)}"
    attempts = (OTHERWISE[what],)
    wrong = not_refused(ebs, attempts, lambda api, patch: api.patch(path, patch, kind="merge"))
    must_be_none(wrong, "every change of a class is refused with 422")


@then(
    phrase('for {lasting:Duration} the deleted class stays with the finalizer "{finalizer:Name}"')
)
def held_back(ebs: Ebs, lasting: float, finalizer: str) -> None:
    consistently(
        lambda: ebs.storage.end_of_attributes("slow"),
        lambda seen: seen == (True, [finalizer]),
        lasting=scaled(lasting),
        what=f"a class in use that was deleted is there, held back by {finalizer}",
    )


@then(phrase('within {limit:Duration} the class "{word:Name}" no longer exists'))
def class_gone(ebs: Ebs, limit: float, word: str) -> None:
    eventually(
        lambda: ebs.storage.api.find(f"{ATTRIBUTES}/{ebs.storage.attributes(word)}"),
        lambda found: found is None,
        within=scaled(limit),
        what=f"the class {word} is gone once nobody uses it",
    )


@then(phrase('within {limit:Duration} the modification is "{status:Name}" and EC2 has none'))
def held(ebs: Ebs, limit: float, status: str) -> None:
    eventually(
        lambda: persistent_volume_claims.modification(ebs.storage.claimed(CLAIM)),
        lambda found: found[0] == status,
        within=scaled(limit),
        what=f"the change of the claim is {status}",
    )
    must_be_none(list(ebs.change()), "EC2 has no change of the volume")


@then(phrase('the PVC reports that the driver does not know "{parameter:Name}"'))
def unknown_parameter(ebs: Ebs, parameter: str) -> None:
    message = persistent_volume_claims.modification(ebs.storage.claimed(CLAIM))[1]
    reasons = [event["reason"] for event in ebs.storage.events(CLAIM)]
    if REFUSED not in message or parameter not in message:
        raise ClaimError(f"the condition should say '{REFUSED}: {parameter}': {message!r}")
    if "VolumeModifyFailed" not in reasons:
        raise ClaimError(f"an event VolumeModifyFailed should be there; there are {reasons}")


@then("the removal of the class from the PVC is refused with 422")
def not_removed(ebs: Ebs) -> None:
    wrong = not_refused(ebs, (None, ""), lambda api, name: ask(ebs, name, through=api))
    must_be_none(wrong, "a class in force cannot be removed: 422")


def not_refused(ebs: Ebs, attempts: Sequence[T], attempt: Callable[[Api, T], Answer]) -> list[str]:
    """What an API server does not refuse as invalid; each is asked for each."""
    return [
        f"{where} answered {what!r} with {status}"
        for where, api in ebs.driver.cluster.api_servers().items()
        for what in attempts
        if (status := attempt(api, what).status) != 422
    ]
