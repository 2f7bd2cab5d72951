"""Files of a Pod are found by UID and container ID and read as the kernel writes them."""

import pytest

from infra import quantity
from infra.clients.workloads import cgroups
from infra.errors import NotJudged, NotPrepared
from tests.steps.workloads import cgroups as steps
from tests.unit.fakes import FakeShell, cgroup_files, goes_red, pod, running_pod, stat

SLICE = "/sys/fs/cgroup/kubepods.slice"


def test_a_slice_is_named_by_class_and_uid() -> None:
    burstable, guaranteed = pod(), pod(status__qosClass="Guaranteed")
    path = "kubepods-burstable.slice/kubepods-burstable-pod0a1b_2c3d.slice"
    assert cgroups.slice_of(burstable) == f"{SLICE}/{path}"
    assert cgroups.slice_of(guaranteed) == f"{SLICE}/kubepods-pod0a1b_2c3d.slice"


def test_both_levels_are_read_in_one_command() -> None:
    shell = FakeShell(answers={"grep": cgroup_files()})
    seen = cgroups.read(shell, pod())
    assert len(shell.ran) == 1
    assert seen.pod.allows("200m", "128Mi")
    assert seen.containers["c"].allows("200m", "128Mi")
    assert seen.containers["c"].pids == (321,)


def test_a_missing_scope_is_told_with_its_path() -> None:
    output = "\n".join(line for line in cgroup_files().splitlines() if ".scope/" not in line)
    with pytest.raises(cgroups.NoCgroup, match=r"worker-0: no cgroup files at .*c0ffee\.scope"):
        cgroups.read(FakeShell(answers={"grep": output}), pod())


def test_a_container_that_does_not_run_has_no_scope() -> None:
    waiting = pod(status__containerStatuses__0__state={"waiting": {}})
    assert cgroups.scopes_of(waiting) == {}


def test_the_start_time_is_field_22_whatever_the_command_is_called() -> None:
    assert cgroups.start_time(stat(4711)) == 4711


def test_memory_in_use_and_process_ids_are_no_limits() -> None:
    one = cgroups.Cgroup("max 100000", "max", 1, memory_current=1, pids=(1,))
    assert one == cgroups.Cgroup("max 100000", "max", 1, memory_current=2, pids=(2,))


def test_rows_of_evidence_name_file_and_scope() -> None:
    subject, _, shell = running_pod()
    shell.answers["grep"] = cgroup_files("50000 100000", "268435456")
    rows = cgroups.rows(subject.first.cgroups, subject.cgroups())
    assert {
        "file": "cpu.max",
        "scope": "pod slice",
        "before": "20000 100000",
        "after": "50000 100000",
    } in rows
    assert len(rows) == 6


def test_weights_of_a_runtime() -> None:
    subject, _, shell = running_pod(runc="runc version 1.3.6\ncommit: x\n")
    steps.runc_is(subject, "1.3.2")
    steps.scope_weighs(subject, "pod slice", 4)
    goes_red("should weigh 5; its cpu.weight is 4", steps.scope_weighs, subject, "pod slice", 5)
    shell.answers["runc"] = "runc version 1.2.9\n"
    with pytest.raises(NotPrepared, match=r"runc of worker-0 is 1\.2\.9"):
        steps.runc_is(subject, "1.3.2")


def test_a_runc_that_names_no_version_is_told() -> None:
    shell = FakeShell(answers={"runc": "runc: not built\n"})
    with pytest.raises(NotJudged, match=r"worker-0: runc --version names no version: 'runc: not"):
        cgroups.runc_version(shell)


@pytest.mark.parametrize(("cpu", "slice_", "container"), [("100m", 4, 17), ("50m", 2, 11)])
def test_weights_of_the_feature_follow_the_formulas(cpu: str, slice_: int, container: int) -> None:
    assert (quantity.pod_weight(cpu), quantity.container_weight(cpu)) == (slice_, container)
