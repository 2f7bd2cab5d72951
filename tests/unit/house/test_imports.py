"""Imports point one way; a library has one home; one module sleeps."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.unit.house.source_trees import nodes, tree

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [
    path
    for folder in ("infra", "fixtures", "suite", "tests/steps")
    for path in (ROOT / folder).rglob("*.py")
]
HOMES = {
    "boto3": ("infra/ec2/sdk.py",),
    "botocore": ("infra/ec2/sdk.py",),
    "cryptography": ("infra/pki/",),
    "infra.localec2": ("infra/localec2/", "infra/lifecycle/platforms.py"),
    "moto": ("infra/localec2/",),
    "paramiko": ("infra/ssh/connection.py",),
    "xdist": ("fixtures/plugin/xdist_internals.py",),
}
"""Who alone may import a package."""
MACHINERY = ("infra.desired", "infra.ec2", "infra.localec2", "infra.phases")
"""How clusters are made."""
FORBIDDEN = {
    "infra/": ("pytest", "pytest_bdd", "fixtures", "suite", "tests"),
    "infra/clients/": ("infra.phases", "infra.localec2"),
    "infra/desired/": ("infra.phases", "infra.localec2"),
    "fixtures/": ("tests",),
    "suite/": ("pytest", "pytest_bdd", "fixtures", "tests", *MACHINERY),
    "tests/steps/": (*MACHINERY, "boto3"),
}
SLEEPER = "infra/wait.py"
WAYS = ("infra/clients/transport/", "infra/clients/etcd/etcdctl.py")
"""Who uses these decides what is sent, as with infra/ssh and infra/kube_api.py."""
OF_A_BUILD = ("infra/clients/auth/published_client_cas.py", "infra/clients/etcd/alarms.py")
"""Mend what a build finds."""
CHANGES = {"create", "delete", "patch", "put"}
"""Methods of an API client and of a shell."""
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
REVIEWS = {"WHO", "REVIEW"}
"""Paths whose POST is a question."""
VERBS = {"rm", "mv", "cp", "mkdir", "truncate", "mkswap", "swapon", "systemd-run", "kill"}
READS = {"show", "list-units", "list-unit-files", "is-active", "is-enabled"}
"""Of systemctl."""


@dataclass(frozen=True)
class Import:
    path: str
    name: str
    line: int

    def of(self, package: str) -> bool:
        return self.name == package or self.name.startswith(f"{package}.")


def imports(path: Path) -> Iterator[Import]:
    where = path.relative_to(ROOT).as_posix()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(where, alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield Import(where, node.module, node.lineno)
            for alias in node.names:  # "from infra import localec2" imports a module too
                yield Import(where, f"{node.module}.{alias.name}", node.lineno)


@cache
def all_imports() -> list[Import]:
    """Read when a test asks: collecting the tests is not to take a second for it."""
    return [one for path in SOURCES for one in imports(path)]


@pytest.mark.parametrize("package", HOMES)
def test_a_package_is_imported_in_its_home_only(package: str) -> None:
    strays = [
        f"{one.path}:{one.line} imports {one.name}"
        for one in all_imports()
        if one.of(package) and not one.path.startswith(HOMES[package])
    ]
    assert not strays, f"only {HOMES[package]} may: " + "; ".join(sorted(set(strays)))


@pytest.mark.parametrize("layer", FORBIDDEN)
def test_a_layer_does_not_look_up(layer: str) -> None:
    wrong = [
        f"{one.path}:{one.line} imports {one.name}"
        for one in all_imports()
        if one.path.startswith(layer) and any(one.of(name) for name in FORBIDDEN[layer])
    ]
    assert not wrong, "; ".join(sorted(set(wrong)))


def changes(tree: ast.AST) -> Iterator[str]:
    """What a module asks an API server or a machine to change, and verdicts that it raises."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "ClaimError":
            yield f"{node.lineno} {node.id}"
        elif isinstance(node, ast.Call) and (is_change(node) or is_command(node)):
            yield f"{node.lineno} {ast.unparse(node)[:80]}"


def is_change(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr in CHANGES:
        return True
    words = [ast.unparse(one).strip("'") for one in call.args[:2]]
    return bool(words) and words[0] in CHANGING and words[-1] not in REVIEWS


def is_command(call: ast.Call) -> bool:
    argv = call.args[0] if call.args else None
    if not isinstance(argv, ast.List):
        return False
    first, second = [*(one.value for one in argv.elts if isinstance(one, ast.Constant)), "", ""][:2]
    return first in VERBS or (first == "systemctl" and second not in READS)


def test_clients_read() -> None:
    clients = [(path.relative_to(ROOT).as_posix(), path) for path in SOURCES]
    found = [
        f"{where}:{what}"
        for where, path in clients
        if where.startswith("infra/clients/") and not where.startswith((*WAYS, *OF_A_BUILD))
        for what in changes(tree(path))
    ]
    assert not found, f"what acts or judges for scenarios belongs to suite/ (ADR 19): {found}"


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("api.create(path, body)", 1),
        ("shell.put(content, path)", 1),
        ("api.ask('DELETE', path)", 1),
        ("api.ask('POST', WHO, body={})", 0),
        ("api.ask('GET', path)", 0),
        ("shell.run(['systemctl', 'restart', unit])", 1),
        ("shell.run(['systemctl', 'show', unit])", 0),
        ("shell.run(['rm', path])", 1),
        ("raise ClaimError('x')", 1),
    ],
)
def test_a_client_that_acts_or_judges_is_found(code: str, count: int) -> None:
    assert len(list(changes(ast.parse(code)))) == count


def test_a_command_line_is_no_library() -> None:
    wrong = [f"{one.path}:{one.line} {one.name}" for one in all_imports() if "__main__" in one.name]
    assert not wrong, "; ".join(wrong)


def test_only_one_module_sleeps() -> None:
    sleepers = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if path.relative_to(ROOT).as_posix() != SLEEPER
        for node in nodes(path)
        if isinstance(node, ast.Attribute)
        and node.attr == "sleep"
        and isinstance(node.value, ast.Name)
        and node.value.id == "time"
    ]
    assert not sleepers, f"use infra.wait (eventually, consistently, pause) instead: {sleepers}"


JUDGES = "then"
"""The decorator of steps that give verdicts: only there may an assert stand."""


def test_only_then_steps_assert() -> None:
    # elsewhere it would tell a bad start as a false claim: infra.errors.require
    strays = [
        f"{path.relative_to(ROOT)}:{one.lineno}"
        for path in SOURCES
        if path.relative_to(ROOT).as_posix() != SLEEPER
        for one in asserts(tree(path))
    ]
    assert not strays, f"raise NotPrepared, by infra.errors.require: {strays}"


def asserts(tree: ast.AST) -> Iterator[ast.Assert]:
    """Those outside Then-steps."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Assert):
            yield node
        elif not (isinstance(node, ast.FunctionDef) and is_then(node)):
            yield from asserts(node)


def is_then(node: ast.FunctionDef) -> bool:
    calls = [d.func for d in node.decorator_list if isinstance(d, ast.Call)]
    return any(isinstance(f, ast.Name) and f.id == JUDGES for f in calls)


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("@then('x')\ndef f():\n    assert x", 0),
        ("@given('x')\ndef f():\n    assert x", 1),
        ("@when('x')\ndef f():\n    if y:\n        assert x", 1),
        ("def f():\n    assert x", 1),
    ],
)
def test_an_assert_elsewhere_is_found(code: str, count: int) -> None:
    assert len(list(asserts(ast.parse(code)))) == count


def test_steps_and_fixtures_do_not_skip() -> None:
    skips = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.Attribute)
        and node.attr in {"skip", "importorskip"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "pytest"
    ]
    assert not skips, f"a cluster that lacks something is not judged, not green: {skips}"
