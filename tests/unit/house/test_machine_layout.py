"""Places on machines are written once, in infra/machine_layout.py, and are what phases build."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from infra.inventory import Role
from infra.machine_layout import SERIES
from tests.unit.house.source_trees import nodes, tree

Nodes = Sequence[ast.AST]
"""All of a module."""
ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests" / "unit" / "golden"
READERS = ("infra/clients", "infra/lifecycle", "fixtures", "suite", "tests/steps")
"""What works on any cluster."""
BUILDERS = ("infra/build", "infra/desired", "infra/ec2", "infra/phases", "infra/pki")
"""What builds the series' own; identities and templates are named like units there."""
PORTS = frozenset(asdict(SERIES.ports).values())
UNITS = frozenset(asdict(SERIES.units).values())
PATHS = frozenset(
    value
    for group in fields(SERIES)
    for value in asdict(getattr(SERIES, group.name)).values()
    if isinstance(value, str) and value.startswith("/")
)
PATH = re.compile(rf"(?<![\w/])(?:{'|'.join(map(re.escape, sorted(PATHS)))})(?![\w-])")
PORT = re.compile(rf":(?:{'|'.join(map(str, sorted(PORTS)))})\b")
ELSEWHERE = {
    ("infra/clients/instrumentation/node_log_query.py", "/usr/local/bin/journalctl"),
}
"""Of systemd's own search path, wherever a cluster has its programs."""
NOT_UNITS = {
    "infra/clients/apimachinery/priority_and_fairness_defaults.py",  # users and flow schemas
    "infra/clients/lifecycle/unit_programs.py",  # components as features call them
    "infra/clients/lifecycle/version_skew.py",  # components as features call them
    "tests/steps/instrumentation/peer_settings.py",  # components as features call them
}
"""Modules whose lists have names that units have too."""
ACTS = ("systemd.", "faults.", "journal.", "node_log_query.printed_last")
"""What is told a unit's name."""
BY_COMPONENTS = {
    "/var/lib/containerd",
    "/var/lib/kubelet/pki",
    "/var/lib/kubelet/device-plugins",
    "/var/lib/kubelet/device-plugins/kubelet_internal_checkpoint",
    "/var/lib/kubelet/pod-resources/kubelet.sock",
    "/var/log/pods",
    "/var/log/containers",
}
"""Made by a component where it has its defaults: no phase names them."""


def sources(*folders: str) -> Iterator[tuple[str, Nodes]]:
    """Modules by their path in the repository."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), nodes(path)


def rendered() -> Iterator[tuple[Path, Path]]:
    """What phases put on machines: a machine's folder and a file below it."""
    for machine in sorted(GOLDEN.iterdir()):
        yield from ((machine, path) for path in machine.rglob("*") if path.is_file())


def values(module: Nodes) -> Iterator[ast.Constant]:
    """Constants of a module, its docstrings and those of its constants aside."""
    told = {id(node.value) for node in module if isinstance(node, ast.Expr)}
    for node in module:
        if isinstance(node, ast.Constant) and id(node) not in told:
            yield node


def places(module: Nodes) -> Iterator[tuple[int, object]]:
    """Lines and values that the layout has."""
    for node in values(module):
        text = node.value if isinstance(node.value, str) else ""
        number = node.value if type(node.value) is int else 0
        if PATH.search(text) or PORT.search(text) or number in PORTS:
            yield node.lineno, node.value


def lists_of_units(module: Nodes) -> Iterator[tuple[int, list[str]]]:
    for node in module:
        parts: list[ast.expr | None] = []
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            parts = [*node.elts]
        elif isinstance(node, ast.Dict):
            parts = node.keys
        named = [p for p in parts if isinstance(p, ast.Constant) and p.value in UNITS]
        if len(named) > 1:
            yield named[0].lineno, [str(one.value) for one in named]


def units_by_name(module: Nodes) -> Iterator[tuple[int, str]]:
    """Calls to what acts on units or reads of them, with the name of one written out."""
    for node in module:
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(ACTS):
            given = [*node.args, *(word.value for word in node.keywords)]
            named = [a for a in given if isinstance(a, ast.Constant) and a.value in UNITS]
            yield from ((one.lineno, ast.unparse(node)) for one in named)


def test_no_path_and_no_port_is_written_again() -> None:
    found = [
        f"{where}:{line} {value!r}"
        for where, module in sources(*READERS, *BUILDERS)
        for line, value in places(module)
        if (where, value) not in ELSEWHERE
    ]
    assert not found, f"read them from cluster.layout: {found}"


def test_no_list_of_units_is_written_again() -> None:
    found = [
        f"{where}:{line} {names}"
        for where, module in sources(*READERS)
        if where not in NOT_UNITS
        for line, names in lists_of_units(module)
    ]
    assert not found, f"read them from cluster.layout.units: {found}"


def test_no_unit_is_named_to_what_acts_on_it() -> None:
    found = [
        f"{where}:{line} {call}"
        for where, module in sources(*READERS)
        for line, call in units_by_name(module)
    ]
    assert not found, f"name it by cluster.layout.units: {found}"


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("a = '/var/lib/kubelet/kubeconfig'", 1),
        ("a = f'/usr/local/bin/{name}'", 1),
        ("a = '--config=/etc/containerd/config.toml'", 1),
        ("a = f'https://{address}:2379'", 1),
        ("a = 10250", 1),
        ("a = True, 1, '/var/lib/kubelet-old', '/srv/etc/etcd', 'a:24'", 0),
        ("'''In /var/lib/etcd.'''\na = 1\n'''Of :6443.'''", 0),
    ],
)
def test_a_copy_is_found(code: str, count: int) -> None:
    assert len(list(places([*ast.walk(ast.parse(code))]))) == count


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("a = ('etcd', 'kubelet')", 1),
        ("a = {'kubelet': 1, 'kube-proxy': 2}", 1),
        ("a = ['etcd', 'other'], f('kubelet')", 0),
    ],
)
def test_a_list_of_units_is_found(code: str, count: int) -> None:
    assert len(list(lists_of_units([*ast.walk(ast.parse(code))]))) == count


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("systemd.restart(shell, 'kubelet', reread=False)", 1),
        ("faults.replace(node, path, content, unit='etcd')", 1),
        ("systemd.restart(shell, units.kubelet), f('kubelet')", 0),
    ],
)
def test_a_unit_that_is_named_is_found(code: str, count: int) -> None:
    assert len(list(units_by_name([*ast.walk(ast.parse(code))]))) == count


def test_each_place_names_its_article() -> None:
    module = tree(ROOT / "infra" / "machine_layout.py")
    silent = [
        f"{group.name}.{ast.unparse(field.target)}"
        for group in module.body
        if isinstance(group, ast.ClassDef) and group.name != "Layout"
        for field, after in zip(group.body, [*group.body[1:], None], strict=True)
        if isinstance(field, ast.AnnAssign)
        and "rticle" not in (ast.get_docstring(group) or "")
        and not (isinstance(after, ast.Expr) and "rticle" in ast.unparse(after))
    ]
    assert not silent, f"which article are these of: {silent}"


def test_the_series_layout_is_what_its_phases_build() -> None:
    built = {f"/{path.relative_to(machine).as_posix()}" for machine, path in rendered()}
    text = "\n".join([*built, *(path.read_text() for _, path in rendered())])
    missing = {path for path in PATHS if not re.search(rf"{re.escape(path)}(?![\w-])", text)}
    assert missing == BY_COMPONENTS
    assert {SERIES.unit_file(unit) for unit in UNITS} <= built


def test_ports_that_units_name_are_those_of_the_layout() -> None:
    text, ports = "\n".join(path.read_text() for _, path in rendered()), SERIES.ports
    for port in (ports.api_server, ports.etcd, ports.etcd_peers, ports.etcd_metrics):
        assert re.search(rf"[:=]{port}\b", text), f"no unit names {port}"


@pytest.mark.parametrize("role", Role)
def test_each_role_has_units(role: Role) -> None:
    assert set(SERIES.units.of(role)) <= UNITS
