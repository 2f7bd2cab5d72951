"""What each machine receives is reviewed as files; UPDATE_GOLDEN=1 writes them anew."""

import os
import shutil
from pathlib import Path

import pytest

from infra.inventory import Machine, series
from infra.lifecycle.render import render
from infra.pki import authority, kubeconfigs

GOLDEN = Path(__file__).parents[1] / "golden"
SPEC = series("golden", kubernetes="v1.36.1", platform="local")
WHOLE = ("controller-0", "lb", "worker-0")
LIKE = {"controller-1": "controller-0", "controller-2": "controller-0", "worker-1": "worker-0"}
SECRET_MARKS = ("PRIVATE KEY", "CERTIFICATE", "-data:", "aescbc")


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("render")
    material = authority.create_all(SPEC, root / "pki")
    kubeconfigs.create_all(SPEC, material)
    render(SPEC, material, root / "out")
    if os.environ.get("UPDATE_GOLDEN") == "1":
        shutil.rmtree(GOLDEN, ignore_errors=True)
        for name in WHOLE:
            shutil.copytree(root / "out" / name, GOLDEN / name)
    return root / "out"


def texts(tree: Path) -> dict[str, str]:
    return {str(p.relative_to(tree)): p.read_text() for p in tree.rglob("*") if p.is_file()}


def without_self(line: str, machine: Machine) -> str:
    line = line.replace(machine.name, "NAME").replace(str(machine.private_ip), "ADDRESS")
    return line.replace(str(machine.pod_cidr), "POD-CIDR")


@pytest.mark.parametrize("name", WHOLE)
def test_a_machine_receives_what_was_reviewed(trees: Path, name: str) -> None:
    seen, reviewed = texts(trees / name), texts(GOLDEN / name)
    assert sorted(seen) == sorted(reviewed)
    for path, text in seen.items():
        assert text == reviewed[path], f"{name}/{path} differs; look at it, then UPDATE_GOLDEN=1"


@pytest.mark.parametrize("name", LIKE)
def test_its_siblings_differ_in_name_and_addresses_only(trees: Path, name: str) -> None:
    seen, model = texts(trees / name), texts(trees / LIKE[name])
    assert sorted(seen) == sorted(model)
    mine, other = SPEC.machine(name), SPEC.machine(LIKE[name])
    for path, text in seen.items():
        for left, right in zip(text.splitlines(), model[path].splitlines(), strict=True):
            same = left == right or without_self(left, mine) == without_self(right, other)
            assert same, f"{name}/{path}: {left!r} against {right!r}"


def test_siblings_do_differ(trees: Path) -> None:
    path = "etc/systemd/system/etcd.service"
    assert texts(trees / "controller-1")[path] != texts(trees / "controller-0")[path]


def test_no_secret_is_among_the_files(trees: Path) -> None:
    for path, text in {**texts(trees), **texts(GOLDEN)}.items():
        for mark in SECRET_MARKS:
            assert mark not in text, f"{path} holds {mark!r}"
