"""The error tree that infra/errors.py draws is the one that the code has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from infra import errors
from tests.unit.house.source_trees import nodes

ROOT = Path(__file__).resolve().parents[3]
ROOTS = ("NotJudged", "ClaimError")
DRAWN = re.compile(r"^( +)(\w+)(?:\(AssertionError\))? {2,}\S", re.MULTILINE)


def drawn(text: str) -> dict[str, str]:
    """Each class of a drawing and the one that it stands under; empty for a root."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for indent, name in DRAWN.findall(text):
        above = [one for one in above if one[0] < len(indent)]
        parents[name] = above[-1][1] if above else ""
        above.append((len(indent), name))
    return parents


def classes() -> Iterator[tuple[str, str]]:
    for folder in ("infra", "fixtures", "suite"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in nodes(path):
                if isinstance(node, ast.ClassDef) and node.bases:
                    yield node.name, ast.unparse(node.bases[0])


def in_code() -> dict[str, str]:
    found, all_classes = dict.fromkeys(ROOTS, ""), list(classes())
    for _ in range(len(all_classes)):
        more = {name: base for name, base in all_classes if base in found and name not in found}
        if not more:
            break
        found |= more
    return found


def test_the_drawn_tree_is_that_of_the_code() -> None:
    assert drawn(errors.__doc__ or "") == in_code()


def test_a_class_that_stands_elsewhere_shows() -> None:
    text = "    NotJudged   none\n      Unreachable   no answer\n    ClaimError(AssertionError)  x"
    assert drawn(text) == {"NotJudged": "", "Unreachable": "NotJudged", "ClaimError": ""}
    assert drawn(text.replace("      Un", "    Un"))["Unreachable"] == ""
