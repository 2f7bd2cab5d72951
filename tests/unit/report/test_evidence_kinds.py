"""A kind of evidence is one module: recorder, page and handbook find it by its name."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from fixtures.plugin.recording import Evidence
from infra.errors import NotJudged
from infra.report import evidence_kinds, evidence_shown
from infra.report.evidence_kinds import KINDS, cgroup_change, lease_history, text
from infra.report.evidence_shown import Shown
from infra.report.model import Item, Scenario

ROOT = Path(__file__).resolve().parents[3]
SHORTEST: dict[str, Any] = {
    "lease-history": {"lease": "x", "samples": [{"t": 0, "holder": "a_1", "transitions": 0}]},
    "cgroup-change": {"rows": [{"file": "cpu.max", "scope": "Pod", "before": "1", "after": "2"}]},
    "table": {"columns": ["a"], "rows": [[1]]},
    "figures": {"answers": 3},
    "text": {"text": "<b>"},
}
"""As runs have recorded them from the first on: they must stay readable."""


def test_every_module_with_a_kind_is_found() -> None:
    modules = [
        import_module(f"{evidence_kinds.__name__}.{path.stem}") for path in here("[a-z]*.py")
    ]
    written = [module.KIND for module in modules if hasattr(module, "KIND")]
    assert sorted(KINDS) == sorted(kind.name for kind in written)


def here(pattern: str) -> list[Path]:
    return sorted(Path(str(evidence_kinds.__file__)).parent.glob(pattern))


def test_the_handbook_has_a_row_for_each_kind() -> None:
    handbook = (ROOT / "reports/README.md").read_text()
    assert [name for name in KINDS if f"| `{name}` |" not in handbook] == []


def test_nobody_else_knows_a_kind_that_is_drawn() -> None:
    drawn = [kind.name for kind in KINDS.values() if kind.eventful]
    others = [*ROOT.glob("infra/report/*.py"), *ROOT.glob("infra/report/templates/*")]
    others += ROOT.glob("fixtures/plugin/*.py")
    assert not [(path.name, name) for path in others for name in drawn if name in path.read_text()]


def show(folder: Path, kind: str, data: Any) -> Shown:
    (folder / "one.json").write_text(json.dumps({"name": "n", "kind": kind, "data": data}))
    return evidence_shown.show(folder, Item("n", kind, "one.json"))


@pytest.mark.parametrize("name", KINDS)
def test_a_stored_record_is_shown(tmp_path: Path, name: str) -> None:
    shown = show(tmp_path, name, SHORTEST[name])
    assert shown.kind == name
    assert shown.numbers
    assert "<b>" not in shown.numbers


@pytest.mark.parametrize(("name", "data"), [("of-another-version", {}), ("table", {"rows": 1})])
def test_what_no_kind_can_read_is_shown_as_it_is(tmp_path: Path, name: str, data: Any) -> None:
    shown = show(tmp_path, name, data)
    assert shown.kind == "broken"
    assert "cannot be drawn" in shown.picture


def test_numbers_are_folded_below_a_picture_only(tmp_path: Path) -> None:
    table = {"columns": ["what", "ms"], "rows": [["a", 1], ["b", 2]]}
    assert show(tmp_path, "table", table).numbers.startswith("<div")
    drawn = show(tmp_path, "table", {**table, "unit": "ms"})
    assert drawn.picture
    assert drawn.numbers.startswith('<details class="fold"><summary>as numbers<')


def test_what_stays_as_it_was_is_not_shown_first() -> None:
    def lease(*holders: str) -> dict[str, Any]:
        return {"samples": [{"t": n, "holder": h} for n, h in enumerate(holders)]}

    def files(before: str, after: str) -> dict[str, Any]:
        return {"rows": [{"file": "cpu.max", "before": before, "after": after}]}

    assert not lease_history.KIND.is_eventful(lease("a", "a"))
    assert lease_history.KIND.is_eventful(lease("a", "b"))
    assert not cgroup_change.KIND.is_eventful(files("1", "1"))
    assert cgroup_change.KIND.is_eventful(files("1", "2"))


def test_the_recorder_knows_the_same_kinds(tmp_path: Path) -> None:
    scenario = Scenario("tests/claims/test_part1.py::test_a", "a")
    evidence = Evidence(tmp_path, scenario)
    evidence.record("said", "text", "hello")
    evidence.table("rows", "a, b", [(1, 2)])
    stored = [json.loads((tmp_path / item.path).read_text()) for item in scenario.evidence]
    assert [(one["kind"], one["data"]) for one in stored] == [
        ("text", {"text": "hello"}),
        ("table", {"columns": ["a", "b"], "rows": [[1, 2]]}),
    ]
    with pytest.raises(NotJudged, match="unknown kind of evidence 'poem'; known: lease-history"):
        evidence.record("x", "poem", {})


def test_a_long_text_is_folded_after_its_beginning() -> None:
    shown = text.numbers({"text": "\n".join(f"line {n}" for n in range(40))})
    assert shown.index("line 11") < shown.index("28 more lines") < shown.index("line 12")
    assert "<details" not in text.numbers({"text": "one\ntwo"})
