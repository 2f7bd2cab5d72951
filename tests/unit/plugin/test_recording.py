"""The plug-in on a project of its own, by xdist: outcomes, records, and a page from them."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from infra import claims
from tests.unit.report_project import FEATURE, make, outcomes, run

JUNIT_10 = {"skipped", "error", "failure", "system-out", "system-err"}
"""What a test case may hold by the schema that xUnit readers check (junit-10.xsd)."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make(tmp_path)


def test_a_run_leaves_its_folder(project: Path) -> None:
    ended = run(project, "-n", "2")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    (folder,) = (project / "reports").glob("v1.*/*")
    found = outcomes(folder)
    assert len(found) == len(claims.load())
    assert found["63.1"] == ("holds", "")
    assert found["63.2"] == ("does not hold", "no write within 20 s")
    assert found["63.3"][0] == "not judged"
    assert found["65.12"] == ("not applicable", "the kernel of worker-0 has no swap")
    assert found["72.1"] == ("not judged", "no scenario yet")
    records = {s["name"]: s for s in json.loads((folder / "records.json").read_text())}
    steps = records["one is lost"]["steps"]
    assert [s["ended"] for s in steps] == ["passed", "passed", "failed", "not run"]
    assert steps[0]["commands"][0]["argv"] == ["etcdctl", "member", "list"]
    texts = {p.name: p.read_text() for p in folder.rglob("*") if p.is_file()}
    assert not [name for name, text in texts.items() if "abcdefghijklmnop" in text]
    assert "one is healthy [first]" in records
    cases = list(ET.parse(folder / "junit.xml").getroot().iter("testcase"))
    assert len(cases) == 4
    assert not [one for case in cases for one in case if one.tag not in JUNIT_10]
    assert (folder / "run.log").read_text().count("holds") == 2
    assert (project / "reports" / "index.html").exists()
    assert "63 Backing Up etcd" in ended.stdout
    results = [json.loads(p.read_text()) for p in (folder / "allure-results").glob("*-result.json")]
    lost = next(r for r in results if r["name"] == "one is lost")
    assert [s["name"] for s in lost["steps"]] == [
        "Given a member",
        "When it is lost",
        "Then writes go on",
    ]


def test_a_claim_that_was_not_chosen_is_not_without_scenario(project: Path) -> None:
    assert run(project, "-p", "no:xdist", "-k", "three_are_healthy").returncode == 0
    (folder,) = (project / "reports").glob("v1.*/*")
    assert outcomes(folder)["63.2"] == ("not judged", "not in this run")


def test_an_interrupted_run_tells_what_it_did_not_reach(project: Path) -> None:
    assert run(project, "-p", "no:xdist", "-x").returncode != 0
    (folder,) = (project / "reports").glob("v1.*/*")
    assert outcomes(folder)["63.3"] == ("not judged", "the run ended before it")


def test_an_unknown_claim_is_an_error(project: Path) -> None:
    (project / "features" / "63.feature").write_text(FEATURE.replace("claim_63_1", "claim_63_99"))
    ended = run(project)
    assert "claim_63_99" in ended.stdout
    assert ended.returncode != 0


def test_a_run_without_live_tests_leaves_nothing(project: Path) -> None:
    (project / "tests" / "test_other.py").write_text("def test_it():\n    pass\n")
    assert run(project, "-p", "no:xdist", "-k", "test_it").returncode == 0
    assert not list((project / "reports").glob("*/*"))


def test_others_files_in_allures_folder_are_left_alone(project: Path) -> None:
    (project / "tests" / "test_other.py").write_text("def test_it():\n    pass\n")
    shared = project / "shared"
    shared.mkdir()
    others = {"categories.json": "[{", "executor.json": '{"token": "0123456789abcdef0123"}'}
    for name, text in others.items():
        (shared / name).write_text(text)
    nothing = run(project, "-p", "no:xdist", "--alluredir", "shared", "-k", "nothing_of_the_kind")
    assert nothing.returncode == 5, nothing.stdout + nothing.stderr
    assert {path.name for path in shared.iterdir()} == others.keys()
    live = run(project, "-n", "1", "--alluredir", "shared", "-k", "three_are_healthy or lost")
    assert live.returncode == 1, live.stdout + live.stderr
    assert "Traceback" not in live.stderr
    assert {name: (shared / name).read_text() for name in others} == others
    written = [p.read_text() for p in shared.glob("*-result.json")]
    assert len(written) == 2
    assert "[masked]" in "".join(written)
    assert "abcdefghijklmnop" not in "".join(written)
