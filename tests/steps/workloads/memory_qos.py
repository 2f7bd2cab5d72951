"""Memory that a kubelet has the kernel keep for Pods."""

from pytest_bdd import then

from fixtures.plugin.recording import Evidence
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.workloads.memory_qos import kept_for, request, shared
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import phrase

REQUEST = "its request"
SLICES = {
    "kubepods.slice/memory.min": "Guaranteed",
    "kubepods.slice/kubepods-burstable.slice/memory.low": "Burstable",
}
"""Where the requests of a class add up, by file."""


@then("the cgroups of the Pods' containers protect this memory")
def keeps_memory(
    by_class: dict[str, RunningPod], datatable: list[list[str]], evidence: Evidence
) -> None:
    rows = [
        (f"{qos}: {file}", kept_for(by_class[qos])[file], bytes_of(by_class[qos], told))
        for qos, file, told in datatable[1:]
    ]
    evidence.table("bytes kept for containers", "class and file, kept, expected", rows)
    wrong = [f"{file} is {seen}, must be {must}" for file, seen, must in rows if seen != must]
    must_be_none(wrong, "memory is kept for a container as its class and request say")


@then("the slices above the Pods protect at least as much memory")
def slices_keep(by_class: dict[str, RunningPod], evidence: Evidence) -> None:
    """Or more: other Pods of that worker have requests of their own."""
    seen = shared(by_class.values())
    rows = [(file, seen[file], bytes_of(by_class[qos], REQUEST)) for file, qos in SLICES.items()]
    evidence.table("bytes kept for slices", "file, kept, needed", rows)
    wrong = [f"{file}: {kept}, not {least}" for file, kept, least in rows if kept < least]
    must_be_none(wrong, "the slices above a container keep what it is kept")


@then(phrase("within {limit:Duration} the slices above the Pods protect no memory"))
def slices_keep_none(by_class: dict[str, RunningPod], limit: float) -> None:
    eventually(
        lambda: shared(by_class.values()),
        lambda seen: not any(seen.values()),
        within=scaled(limit),
        what="the kubelet takes back what slices were kept",
    )


def bytes_of(pod: RunningPod, told: str) -> int:
    return request(pod.first.pod) if told == REQUEST else int(told)
