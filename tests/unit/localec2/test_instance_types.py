import os
from pathlib import Path

import pytest

from infra.errors import PlatformError
from infra.localec2.host import instance_types, records
from infra.localec2.host.process_identity import Identity


def record(cpu: int, mib: int) -> records.Record:
    return records.Record(Identity(1, 2, "boot"), cpu, mib, reboots=0)


def test_the_cluster_spreads_over_two_cpus() -> None:
    running: list[records.Record] = []
    for mib in (512, 2048, 2048, 2048, 2048, 2048):  # balancer, controllers, workers
        running.append(record(records.least_loaded(running, {0, 1}), mib))
    assert [r.cpu for r in running] == [0, 1, 0, 1, 0, 1]


def test_a_cpu_we_may_no_longer_use_is_not_chosen_for_being_there() -> None:
    assert records.least_loaded([record(7, 512)], {2, 3}) == 2


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    records.write(tmp_path, record(1, 512))
    assert records.read(tmp_path) == record(1, 512)
    records.forget(tmp_path)
    records.forget(tmp_path)
    assert records.read(tmp_path) is None


def test_a_process_without_a_machine_holds_nothing() -> None:
    assert records.held_mib(os.getpid()) == 0


def test_a_handle_closed_while_we_look_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "memory"
    memory.write_bytes(b"x" * 3 * 2**20)
    monkeypatch.setattr(records, "SCRATCH", str(tmp_path))
    handles = tmp_path / "7" / "fd"
    handles.mkdir(parents=True)
    (handles / "0").symlink_to(memory)
    (handles / "1").symlink_to(tmp_path / "gone")
    (handles / "2").symlink_to(memory)
    assert records.held_mib(7, tmp_path) == 6


def test_an_unknown_type_names_the_known() -> None:
    with pytest.raises(PlatformError, match=r"m5\.large.*t3\.medium, t3\.small"):
        instance_types.memory_mib("m5.large")


def test_what_is_promised_is_not_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance_types, "DISK_GIB", 0)
    monkeypatch.setattr(instance_types, "available_mib", lambda: 4000)
    instance_types.require_room("t3.medium", [(2048, 1000)], tmp_path)
    with pytest.raises(PlatformError, match="needs 2252 MiB, 4000 MiB are free and 2048"):
        instance_types.require_room("t3.medium", [(2048, 0)], tmp_path)


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance_types, "DISK_GIB", 2**40)
    with pytest.raises(PlatformError, match="GiB free"):
        instance_types.require_room("t3.small", [], tmp_path)


def test_memory_is_read_from_the_kernel(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 4096 kB\nMemAvailable:    2048 kB\n")
    assert instance_types.available_mib(meminfo) == 2
