"""The tree tells where things are: few modules a folder, one word for a subject, no circles."""

import ast
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import conftest
from tests.unit.house.source_trees import nodes

ROOT = Path(__file__).resolve().parents[3]
MOST = 15
"""Modules of a folder, ``__init__`` and ``__main__`` aside; more hide one another."""
WORDS = {
    "apimachinery",
    "auth",
    "controlplane",
    "etcd",
    "instrumentation",
    "lifecycle",
    "network",
    "node",
    "storage",
    "transport",
    "workloads",
}
"""Of Kubernetes' special interest groups (test/e2e of kubernetes), and ``transport``."""
TREES = ("infra/clients", "suite", "fixtures/worlds", "tests/steps", "tests/unit/steps")


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path.relative_to(ROOT) for path in found)


def test_a_folder_has_15_modules_at_most() -> None:
    counts = Counter(
        path.parent.as_posix()
        for path in modules("infra", "fixtures", "suite", "tests/steps")
        if path.stem not in {"__init__", "__main__"} and path.parts[:2] != ("infra", "phases")
    )
    crowded = {folder: count for folder, count in counts.items() if count > MOST}
    assert not crowded, f"more than {MOST} modules in a folder: {crowded}"


@pytest.mark.parametrize("tree", TREES)
def test_subjects_have_the_same_words_everywhere(tree: str) -> None:
    folders = {path.name for path in (ROOT / tree).iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders <= WORDS, f"{tree} has folders of other names: {sorted(folders - WORDS)}"


def test_what_is_written_is_loaded() -> None:
    written = {
        ".".join(path.with_suffix("").parts)
        for path in modules("fixtures/worlds", "tests/steps")
        if path.stem not in {"__init__", "phrases"}
    }
    assert written <= set(conftest.pytest_plugins)


def test_pytest_looks_into_every_folder_of_tests(pytestconfig: pytest.Config) -> None:
    passed_over = {
        path.as_posix()
        for path in modules("tests")
        for folder in path.parts[:-1]
        if any(fnmatch(folder, pattern) for pattern in pytestconfig.getini("norecursedirs"))
    }
    assert not passed_over, f"pytest does not look into folders of these names: {passed_over}"


def imported(path: Path) -> Iterator[str]:
    """Dotted names that a module imports when it is loaded, or when one of its functions runs."""
    for node in nodes(ROOT / path):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def graph(*folders: str) -> dict[str, set[str]]:
    """Modules by what they import of one another."""
    names = {
        ".".join(path.with_suffix("").parts).removesuffix(".__init__"): path
        for path in modules(*folders)
    }
    edges: dict[str, set[str]] = {}
    for name, path in names.items():
        targets = {
            target if target in names else target.rpartition(".")[0] for target in imported(path)
        }
        edges[name] = (targets & names.keys()) - {name}
    return edges


def circle(edges: dict[str, set[str]]) -> list[str]:
    """One circle, or nothing."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_imports_itself_by_others() -> None:
    found = circle(graph("infra", "suite", "fixtures", "tests"))
    assert not found, " -> ".join(found)


def folders(edges: dict[str, set[str]], depth: int) -> dict[str, set[str]]:
    """The graph of folders down to ``depth``; what lies directly in a folder is a node itself."""

    def folder(name: str) -> str:
        return ".".join(name.split(".")[:depth])

    found: dict[str, set[str]] = {}
    for name, targets in edges.items():
        mine = found.setdefault(folder(name), set())
        mine |= {folder(target) for target in targets} - {folder(name)}
    return found


@pytest.mark.parametrize(("tree", "depth"), [("infra", 2), ("infra", 3), ("suite", 2)])
def test_no_folder_imports_itself_by_others(tree: str, depth: int) -> None:
    found = circle(folders(graph(tree), depth))
    assert not found, " -> ".join(found)


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"a"}})
    assert not circle({"a": {"b"}, "b": set()})
