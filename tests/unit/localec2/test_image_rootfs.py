"""The base image: what is in it names it, and what our overlay adds can be read by its readers."""

import configparser
import os
from pathlib import Path

import pytest

from infra.localec2.image import layout
from infra.localec2.image.hashes import sha256s
from infra.localec2.image.rootfs import image_key

UNITS = sorted((layout.OVERLAY / "etc/systemd/system").glob("*.service"))
SCRIPTS = sorted((layout.OVERLAY / "usr/local/lib/machine").iterdir())


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program"
    path.write_bytes(b"one")
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """As much of Debian's root directory as the layout touches."""
    root = tmp_path / "root"
    for name in ("etc/systemd/system", "etc/ssh", "var", "usr/lib/udev"):
        (root / name).mkdir(parents=True)
    (root / "etc/ssh/ssh_host_rsa_key").write_text("of the image, not of a machine")
    return root


def other(folder: Path, content: bytes) -> Path:
    path = folder / content.decode()
    path.write_bytes(content)
    return path


def test_each_input_changes_the_key() -> None:
    made = [
        image_key({}, []),
        image_key({"etcd": "one"}, []),
        image_key({"etcdctl": "one"}, []),
        image_key({"etcd": "two"}, []),
        image_key({}, ["one"]),
        image_key({}, ["two"]),
        image_key({}, ["one", "two"]),
    ]
    assert len(set(made)) == len(made)


def test_order_does_not_change_the_key() -> None:
    assert image_key({}, ["one", "two"]) == image_key({}, ["two", "one"])


def test_a_changed_file_is_hashed_again(program: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory.json"
    first = sha256s([program], memory=memory)
    program.write_bytes(b"another")
    assert sha256s([program], memory=memory) != first


def test_an_unchanged_file_is_not_read_again(program: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory.json"
    sha256 = sha256s([program], memory=memory)[program]
    memory.write_text(memory.read_text().replace(sha256, "remembered"))
    assert sha256s([program], memory=memory) == {program: "remembered"}


def test_a_file_of_the_overlay_changes_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "OVERLAY", tmp_path)
    file = other(tmp_path, b"unit")
    before = layout.overlay_hash()
    file.chmod(0o755)
    executable = layout.overlay_hash()
    file.write_text("changed")
    assert len({before, executable, layout.overlay_hash()}) == 3


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_parses_and_starts_a_file_of_the_overlay(unit: Path) -> None:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]  # keys of units keep case
    parsed.read_string(unit.read_text())
    assert set(parsed.sections()) == {"Unit", "Service", "Install"}
    command = parsed["Service"]["ExecStart"].split()
    debians = command[0] == "udevadm"
    assert debians or os.access(layout.OVERLAY / command[-1].lstrip("/"), os.X_OK)
    assert layout.ENABLED[unit.name] == parsed["Install"]["WantedBy"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_of_the_overlay_compiles(script: Path) -> None:
    text = script.read_text()
    first = text.partition("\n")[0]
    assert first in {"#!/bin/sh", "#!/usr/bin/python3"}
    if first.endswith("python3"):
        compile(text, script.name, "exec")


def test_no_key_of_the_image_reaches_a_machine(root: Path) -> None:
    layout.furnish(root)
    assert list((root / "etc/ssh").glob("ssh_host_*")) == []


def test_enabled_units_are_there_and_masked_ones_are_off(root: Path) -> None:
    layout.furnish(root)
    units = root / "etc/systemd/system"
    link = units / "sysinit.target.wants/machine-address.service"
    assert (root / str(link.readlink()).lstrip("/")).is_file()
    assert (units / "systemd-udev-trigger.service").readlink() == Path("/dev/null")


def test_programs_are_listed_with_hash_size_and_time(root: Path, program: Path) -> None:
    os.utime(program, (1_700_000_000.5, 1_700_000_000.5))
    layout.install(root, {"bridge": program, "etcd": program, "runc": program})
    rows = [line.split("\t") for line in (root / layout.MANIFEST).read_text().splitlines()]
    assert [row[0] for row in rows] == [
        "/opt/cni/bin/bridge",
        "/usr/local/bin/etcd",
        "/usr/local/sbin/runc",
    ]
    # sha256 of "one"
    sha256 = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    assert {tuple(row[1:]) for row in rows} == {(sha256, "3", "1700000000")}
    assert (root / "usr/local/bin/etcd").stat().st_mtime == 1_700_000_000
