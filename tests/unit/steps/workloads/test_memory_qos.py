"""Memory that is not kept, or too little of it, or for ever, is told as one understands."""

import pytest

from infra.errors import WaitTimeout
from tests.steps.workloads import memory_qos as steps
from tests.unit.fakes import evidence, goes_red, running_pod

ROOT = "cat /sys/fs/cgroup/kubepods.slice"
BURSTABLE = f"{ROOT}/kubepods-burstable.slice"
SCOPE = f"{BURSTABLE}/kubepods-burstable-pod0a1b_2c3d.slice/cri-containerd-c0ffee.scope"
NONE = {
    f"{place}/{file}": "0\n"
    for place in (ROOT, BURSTABLE, SCOPE)
    for file in ("memory.min", "memory.low")
}
MIB_64 = str(64 * 2**20)
TABLE = [["class", "file", "bytes"], ["Burstable", "memory.low", "its request"]]


def test_a_container_that_nothing_is_kept_for() -> None:
    pod, _, shell = running_pod(**NONE)
    by_class = {"Burstable": pod}
    said = f"Burstable: memory.low is 0, must be {MIB_64}"
    goes_red(said, steps.keeps_memory, by_class, TABLE, evidence())
    shell.answers[f"{SCOPE}/memory.low"] = MIB_64
    steps.keeps_memory(by_class, TABLE, evidence())
    nothing = [TABLE[0], ["Burstable", "memory.low", "0"]]
    goes_red(f"is {MIB_64}, must be 0", steps.keeps_memory, by_class, nothing, evidence())


def test_slices_that_keep_less_than_their_containers() -> None:
    pod, _, shell = running_pod(**NONE)
    both = {"Burstable": pod, "Guaranteed": pod}
    shell.answers[f"{ROOT}/memory.min"] = MIB_64
    said = f"kubepods-burstable.slice/memory.low: 0, not {MIB_64}"
    goes_red(said, steps.slices_keep, both, evidence())
    shell.answers[f"{BURSTABLE}/memory.low"] = MIB_64
    steps.slices_keep(both, evidence())


def test_slices_that_keep_for_ever() -> None:
    pod, _, shell = running_pod(**NONE)
    steps.slices_keep_none({"Burstable": pod}, 90)
    shell.answers[f"{ROOT}/memory.min"] = MIB_64
    with pytest.raises(WaitTimeout, match="takes back what slices were kept"):
        steps.slices_keep_none({"Burstable": pod}, 90)
