"""EBS volumes of claims: what EC2 has for a claim, who writes to it and what is left of it."""

from collections.abc import Callable, Mapping

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.storage.ebs_volumes import CLAIM, Ebs, Left
from infra.clients.workloads.pod_status import is_ready
from infra.errors import ClaimError, require
from infra.kube_api import need
from infra.timing import scaled
from infra.wait import consistently, eventually
from suite.expect import must_be_none
from suite.storage import volume_writer
from suite.storage.persistent_volume_claims import must_be_taken
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import Time, one_of, phrase, typed

SECOND = "second"
"""Name of a further writer and of its claim."""
WRITERS = {"a writer": ("writer", CLAIM), "a second writer": (SECOND, SECOND)}
CLAIMS = {"the PVC": CLAIM, "the second PVC": SECOND}
SIZES: Mapping[str, tuple[Callable[[Ebs], int], float]] = {
    "the EC2 volume": (lambda ebs: ebs.volume().gib * 1024, 1.0),
    "the file system of the volume": (
        lambda ebs: volume_writer.size_mib(ebs.workloads.running("writer")),
        0.95,
    ),
}
"""MiB, and the share of the volume that must be there: ext4 keeps 2 to 3 % for itself (measured:
7.8 of 8 GiB).
"""


@given("the EBS CSI driver")
def driver(ebs: Ebs) -> None:
    missing = ebs.driver.missing()
    require(not missing, f"the EBS CSI driver lacks {', '.join(missing)}")


@given("a writer with a PVC", target_fixture="writer")
def writer_with_volume(ebs: Ebs) -> RunningPod:
    ebs.storage.claim(CLAIM)
    return ebs.write()


@given(
    phrase('a writer with a PVC whose reclaim policy is "{policy:Name}"'),
    target_fixture="writer",
)
def writer_of_policy(ebs: Ebs, policy: str) -> RunningPod:
    ebs.storage.claim(CLAIM, reclaim=policy)
    return ebs.write()


@when("a PVC is created")
def claim(ebs: Ebs) -> None:
    ebs.storage.claim(CLAIM)


@when(
    phrase(
        "{which:Which} with a PVC is created{there:There}",
        Which=one_of(WRITERS),
        There=typed("(?: for the same worker)?", bool),
    )
)
def create_writer(ebs: Ebs, which: str, there: bool) -> None:  # noqa: FBT001
    """Whether it runs is the scenario's to see."""
    name, claim = WRITERS[which]
    node = ebs.workloads.pods.get("writer")["spec"]["nodeName"] if there else ""
    ebs.storage.claim(claim)
    need(ebs.workloads.pods.ask_to_create(ebs.body(name, claim, node)))


@when("a writer mounts the PVC", target_fixture="writer")
def take(ebs: Ebs) -> RunningPod:
    return ebs.take()


@when("the writer is replaced by a writer on the other worker", target_fixture="left")
def move(ebs: Ebs, writer: RunningPod) -> Left:
    left = ebs.left(writer)
    ebs.take(node=ebs.driver.cluster.spec.other_worker(writer.node).name)
    return left


@when(phrase("the writer is deleted and its PVC requests {gib:Count} GiB"), target_fixture="left")
def grow(ebs: Ebs, writer: RunningPod, gib: int) -> Left:
    left = ebs.left(writer)
    ebs.await_detached()
    must_be_taken(ebs.storage.change(CLAIM, {"resources": {"requests": {"storage": f"{gib}Gi"}}}))
    return left


@when("the writer and its PVC are deleted", target_fixture="left")
def delete_both(ebs: Ebs, writer: RunningPod) -> Left:
    left = ebs.left(writer)
    ebs.storage.delete_claim(CLAIM)
    return left


@then(
    phrase(
        "for {lasting:Duration} {which:Which} is Pending and has no volume in EC2",
        Which=one_of(CLAIMS),
    )
)
def no_volume(ebs: Ebs, lasting: float, which: str) -> None:
    claim = CLAIMS[which]
    consistently(
        lambda: (ebs.storage.claimed(claim)["status"]["phase"], ebs.made_for(claim)),
        lambda seen: seen == ("Pending", []),
        lasting=scaled(lasting),
        what=f"the claim {claim} is pending and has no volume",
    )


@then(
    phrase(
        "EC2 has a gp3 volume of {gib:Count} GiB for the PVC, with {iops:Count} IOPS and "
        "{throughput:Count} MiB/s"
    )
)
def has_volume(ebs: Ebs, evidence: Evidence, gib: int, iops: int, throughput: int) -> None:
    seen = ebs.must_be_named()
    evidence.record("the volume as EC2 has it", "text", repr(seen))
    wrong = seen.unlike(kind="gp3", gib=gib, iops=iops, throughput=throughput)
    must_be_none(wrong, f"EC2's {seen.id} is as its class asks")
    others = [volume.id for volume in ebs.made_for() if volume.id != seen.id]
    must_be_none(others, f"EC2 has no volume for the claim but {seen.id}")


@then("EC2 has the volume attached to the writer's worker")
def attached(ebs: Ebs, evidence: Evidence) -> None:
    node = ebs.workloads.pods.get("writer")["spec"]["nodeName"]
    seen = ebs.volume()
    evidence.record("the attachment as EC2 has it", "text", repr(seen))
    must_be_none(
        seen.unlike(state="in-use", attachment="attached", instance=ebs.driver.instances[node]),
        f"EC2 has {seen.id} attached to {node}",
    )


@then("the PersistentVolume allows only nodes in the zone of the volume")
def zone(ebs: Ebs) -> None:
    affinity = ebs.storage.volume(CLAIM)["spec"].get("nodeAffinity", {}).get("required", {})
    terms = [e for t in affinity.get("nodeSelectorTerms", []) for e in t["matchExpressions"]]
    zones = [z for term in terms if term["key"].endswith("/zone") for z in term["values"]]
    if zones != [ebs.volume().zone]:
        raise ClaimError(f"nodes of {ebs.volume().zone} alone may use the volume; it has {terms}")


@then("the PVC has the same volume, with every line that was written to the volume earlier")
def same_volume(ebs: Ebs, left: Left) -> None:
    now = ebs.volume()
    if now.id != left.volume.id:
        raise ClaimError(f"the claim should still have {left.volume.id}; it has {now.id}")
    lines = volume_writer.numbers(ebs.workloads.running("writer"))
    must_be_none(volume_writer.broken(lines), "the numbers follow one another from 1 on")
    if lines[: len(left.lines)] != left.lines:
        raise ClaimError(f"the {len(left.lines)} earlier lines should be on the volume as written")


@then("the writer continues to write numbered lines")
def go_on(ebs: Ebs, left: Left) -> None:
    volume_writer.await_more(ebs.workloads.running("writer"), len(left.lines))


@then(
    phrase(
        'within {limit:Duration} the PersistentVolume is "{kubernetes:Name}" and its EC2 '
        'volume is "{ec2:Name}"'
    )
)
def what_is_left(ebs: Ebs, left: Left, limit: float, kubernetes: str, ec2: str) -> None:
    eventually(
        lambda: ebs.standing(left),
        lambda seen: seen == (kubernetes, ec2),
        within=scaled(limit),
        what=f"Kubernetes has {left.kubernetes} as {kubernetes}, EC2 {left.volume.id} as {ec2}",
    )


@then(phrase("{time:Time}{what:What} has {gib:Count} GiB", What=one_of(SIZES)))
def has_size(ebs: Ebs, time: Time, what: str, gib: int) -> None:
    mib, least = SIZES[what]
    time.must(
        lambda: mib(ebs),
        lambda seen: least * gib * 1024 <= seen <= gib * 1024,
        what=f"{what} has {gib} GiB, in MiB",
    )


@then(phrase("within {limit:Duration} EC2 has a volume for the PVC and the writer runs"))
def made_at_last(ebs: Ebs, limit: float) -> None:
    eventually(
        lambda: is_ready(ebs.workloads.pods.get("writer")),
        bool,
        within=scaled(limit),
        what="the writer runs once the driver has credentials again",
    )
    ebs.must_be_named()
