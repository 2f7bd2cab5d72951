from dataclasses import replace
from pathlib import Path

import pytest

from infra.errors import PlatformError
from infra.localec2.addresses import plug, port
from infra.localec2.desired_state import Instance, Wanted
from infra.localec2.host import records
from infra.localec2.host.instance_types import promised
from infra.localec2.host.process_identity import Identity
from infra.localec2.host.records import Record
from infra.localec2.host.user_mode_linux import Uml, kept, machine_id
from infra.localec2.paths import Place

ONE = Instance(
    id="i-0123456789abcdef0", wanted="running", private_ip="10.0.1.11", mac="02:00:00:00:00:0b",
    instance_type="t3.medium", source_dest_check=True, group_ids=(), hostname="one",
    user_data="", public_key=None, key_name=None, root_gib=8,
)  # fmt: skip


def test_what_a_machine_was_made_from_stays_when_the_cache_drops_it(tmp_path: Path) -> None:
    source, target = tmp_path / "cached", tmp_path / "base.img"
    source.write_text("disk")
    assert kept(source, target) == target
    source.unlink()
    assert kept(source, target).read_text() == "disk"


def test_a_newer_image_is_not_put_under_an_old_disk(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "new").write_text("new")
    kept(tmp_path / "old", tmp_path / "base.img")
    assert kept(tmp_path / "new", tmp_path / "base.img").read_text() == "old"


def test_a_dropped_image_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match=r"has left the cache; run: \./kfs up"):
        kept(tmp_path / "cached", tmp_path / "base.img")


def test_names_fit_where_they_are_used(tmp_path: Path) -> None:
    assert len(port(ONE.id)) <= 15  # IFNAMSIZ less the closing zero
    assert port(ONE.id) != plug(ONE.id)
    deep = Place(tmp_path / ("d" * 200))
    assert len(str(deep.console(ONE.id))) <= 107  # sockaddr_un
    assert deep.name != Place(tmp_path).name


def test_a_machine_id_is_32_hex_digits_and_its_own() -> None:
    assert machine_id(ONE.id) == "000000000000000" + "0123456789abcdef0"
    assert len(machine_id(ONE.id)) == 32


def test_memory_is_promised_from_the_call_on_not_from_the_start() -> None:
    stopped = replace(ONE, id="i-2", wanted="stopped")
    new = replace(ONE, id="i-3", instance_type="t3.small")
    wanted = Wanted("10.0.1.0/24", "10.0.1.1", (ONE, stopped, new))
    assert promised(wanted, {ONE.id: 700, "i-3": 0}.__getitem__) == ((2048, 700), (512, 0))
    assert promised(None, lambda _: 0) == ()


def test_a_machine_that_never_came_up_is_remembered_by_its_last_words(tmp_path: Path) -> None:
    uml = Uml(Place(tmp_path), kernel=tmp_path / "linux", image=tmp_path / "base.img")
    folder = Place(tmp_path).machines / ONE.id
    folder.mkdir(parents=True)
    (folder / "console.log").write_bytes(b"Linux\n\x1b[31mNo root disk\x00\n\n")
    record = Record(Identity(1, 2, "boot"), cpu=0, mib=512, reboots=0)
    records.write(folder, record)
    assert uml.ending(ONE.id) == (
        "Server.InternalError: the machine's kernel ended by itself: [31mNo root disk"
    )
    records.write(folder, replace(record, up=True))
    assert uml.ending(ONE.id) == "Server.InternalError: the machine's kernel ended by itself"
    with (folder / "console.log").open("ab") as console:
        console.write(b"reboot: Power down\n")
    assert uml.ending(ONE.id) == ("Client.InstanceInitiatedShutdown: Instance initiated shutdown")


def test_a_machine_that_was_never_started_has_no_ending(tmp_path: Path) -> None:
    uml = Uml(Place(tmp_path), kernel=tmp_path / "linux", image=tmp_path / "base.img")
    assert uml.known() == ()
    assert uml.ending(ONE.id) is None
    assert not uml.is_alive(ONE.id)
    assert uml.console(ONE.id) == ""
    uml.destroy(ONE.id)
