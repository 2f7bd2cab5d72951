"""Volumes and snapshots: real files, machines that only remember what was plugged into them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.localec2.desired_state import Disk
from infra.localec2.host.disks import Disks
from infra.localec2.host.volume_files import GIB, VolumeFiles
from infra.localec2.paths import Place
from tests.unit.localec2.fakes import EMPTY, ONE, FakeFacts, FakeLauncher, FakeMachine

VOLUME = Disk("vol-1", gib=4, source=None, made=True)


class Bench:
    def __init__(self, folder: Path) -> None:
        self.facts, self.launcher = FakeFacts(), FakeLauncher()
        self.machine = self.launcher.machines["i-1"] = FakeMachine(up=True, was_up=True)
        self.files = VolumeFiles(Place(folder))
        (folder / "localec2").mkdir()
        self.disks = Disks(self.facts, self.launcher, self.files)
        self.wanted = EMPTY

    def wants(
        self, *volumes: Disk, plugged: bool = False, attached: bool = False, state: Any = "running"
    ) -> bool:
        """One pass with these volumes; the first of them plugged or only attached."""
        first = volumes[0].id
        instance = replace(ONE, wanted=state, volumes=(first,) if plugged else ())
        self.wanted = replace(
            EMPTY,
            instances=(instance,),
            volumes=volumes,
            attached=((first, "i-1"),) if attached or plugged else (),
        )
        return self.again()

    def again(self) -> bool:
        self.facts.disks.clear()
        self.launcher.calls.clear()
        return self.disks.sync(self.wanted)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def made(bench: Bench, *, text: bytes = b"") -> Path:
    bench.wants(replace(VOLUME, made=False))
    path = bench.files.path("vol-1")
    with path.open("r+b") as file:
        file.seek(2 * GIB)
        file.write(text)
    return path


def test_a_volume_is_a_sparse_file_of_its_size(bench: Bench) -> None:
    path = made(bench)
    assert bench.facts.disks == [("vol-1", "available")]
    assert path.stat().st_size == 4 * GIB
    assert path.stat().st_blocks * 512 < 2**20
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_volume_that_cannot_be_made_is_tried_again(bench: Bench) -> None:
    assert bench.wants(Disk("vol-1", gib=4, source="snap-9", made=False))
    assert bench.facts.disks == []


def test_a_snapshot_is_a_copy_of_a_machine_that_stands_still(bench: Bench) -> None:
    made(bench, text=b"written")
    bench.wants(VOLUME, plugged=True)
    bench.wanted = replace(bench.wanted, snapshots=(Disk("snap-1", 4, "vol-1", made=False),))
    bench.again()
    assert bench.launcher.calls[:2] == ["hold i-1", "go on i-1"]
    assert ("snap-1", "completed") in bench.facts.disks
    copy = bench.files.path("snap-1")
    with copy.open("rb") as file:
        file.seek(2 * GIB)
        assert file.read(7) == b"written"
    assert copy.stat().st_blocks * 512 < 2**20, "only what was written is copied"


def test_a_restored_volume_has_the_content_in_its_own_size(bench: Bench) -> None:
    made(bench, text=b"written")
    bench.wants(VOLUME, Disk("vol-2", gib=8, source="vol-1", made=False))
    path = bench.files.path("vol-2")
    assert path.stat().st_size == 8 * GIB
    with path.open("rb") as file:
        file.seek(2 * GIB)
        assert file.read(7) == b"written"


def test_a_detached_volume_grows(bench: Bench) -> None:
    path = made(bench)
    bench.wants(replace(VOLUME, gib=6))
    assert path.stat().st_size == 6 * GIB


def test_files_of_nothing_known_are_removed(bench: Bench) -> None:
    path = made(bench)
    path.with_suffix(".new").write_text("a copy that was killed")
    bench.wants(replace(VOLUME, id="vol-2", made=False))
    assert [p.name for p in path.parent.iterdir()] == ["vol-2"]


def test_attached_is_plugged_once(bench: Bench) -> None:
    made(bench)
    bench.wants(VOLUME, plugged=True)
    assert bench.launcher.calls == ["plug vol1 into i-1 as b"]
    assert bench.facts.disks == [("vol-1", "attached")]
    assert not bench.again()
    assert bench.launcher.calls == []


def test_another_daemon_finds_what_is_plugged(bench: Bench) -> None:
    made(bench)
    bench.wants(VOLUME, plugged=True)
    bench.disks = Disks(bench.facts, bench.launcher, bench.files)
    bench.again()
    assert bench.launcher.calls == []
    assert bench.facts.disks == [("vol-1", "attached")]


def test_a_boot_forgets_disks_so_they_are_plugged_again(bench: Bench) -> None:
    made(bench)
    bench.wants(VOLUME, plugged=True)
    bench.machine.mark, bench.machine.disks = 2, {}
    bench.again()
    assert bench.launcher.calls == ["plug vol1 into i-1 as b"]


def test_detached_is_busy_while_open_and_then_out(bench: Bench) -> None:
    made(bench)
    bench.wants(VOLUME, plugged=True)
    bench.machine.open.add("b")
    assert bench.wants(VOLUME, attached=True)
    assert bench.facts.disks == [("vol-1", "busy")]
    bench.machine.open.clear()
    bench.again()
    assert bench.launcher.calls == ["unplug b of i-1"]
    assert bench.facts.disks == [("vol-1", "detached")]


def test_a_stopped_machine_gives_its_volume_back_at_once(bench: Bench) -> None:
    made(bench)
    bench.machine.alive = False
    bench.wants(VOLUME, attached=True, state="stopped")
    assert bench.facts.disks == [("vol-1", "detached")]


def test_nothing_is_plugged_before_the_kernel_is_up(bench: Bench) -> None:
    made(bench)
    bench.machine.up = bench.machine.was_up = False
    assert bench.wants(VOLUME, plugged=True)
    assert (bench.launcher.calls, bench.facts.disks) == ([], [])
