"""Modules have a subject and a size that one reading holds."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.house.source_trees import nodes

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [
    path
    for folder in ("infra", "fixtures", "suite", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
CAPS = {
    "tests/steps/": 250,
    "infra/": 250,
    "fixtures/": 250,
    "suite/": 250,
    "conftest.py": 100,
    "tests/mutants/": 250,
    "tests/sweep/": 250,
    "tests/unit/": 250,
}
"""Lines of a module, by the start of its path."""
FUNCTION = 30
STEP = 8
NAMELESS = {"utils", "helpers", "common", "misc", "base", "util", "helper"}


def where(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef):
            yield node


def body_lines(node: ast.FunctionDef) -> int:
    """Lines of a body without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body and body[-1].end_lineno else 0


def is_step(node: ast.FunctionDef) -> bool:
    calls = [d.func for d in node.decorator_list if isinstance(d, ast.Call)]
    return any(isinstance(f, ast.Name) and f.id in {"given", "when", "then"} for f in calls)


@pytest.mark.parametrize("start", CAPS)
def test_a_module_is_within_its_cap(start: str) -> None:
    paths = [ROOT / start] if start.endswith(".py") else SOURCES
    lengths = {
        where(path): len(path.read_text().splitlines())
        for path in paths
        if path.exists() and where(path).startswith(start)
    }
    long = {path: count for path, count in lengths.items() if count > CAPS[start]}
    assert not long, f"split by subject, the cap is {CAPS[start]} lines: {long}"


def test_a_module_is_named_by_its_subject() -> None:
    nameless = [where(path) for path in SOURCES if path.stem in NAMELESS]
    assert not nameless, f"name these by what they are about: {nameless}"


def test_a_function_is_within_its_cap() -> None:
    long = {
        f"{where(path)}:{node.lineno} {node.name}": body_lines(node)
        for path in SOURCES
        if not where(path).startswith("tests/unit/")
        for node in functions(path)
        if body_lines(node) > FUNCTION
    }
    assert not long, f"functions over {FUNCTION} lines: {long}"


def test_a_step_takes_objects_calls_a_client_and_judges() -> None:
    long = {
        f"{where(path)}:{node.lineno} {node.name}": body_lines(node)
        for path in SOURCES
        if where(path).startswith("tests/steps/")
        for node in functions(path)
        if is_step(node) and body_lines(node) > STEP
    }
    assert not long, f"step bodies over {STEP} lines; move the work to suite/ or clients: {long}"
