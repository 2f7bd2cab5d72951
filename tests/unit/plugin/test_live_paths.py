"""A bare pytest needs no cluster; a part, an article, a claim or a marker asks for one."""

from pathlib import Path

import pytest

from tests.unit.report_project import make, run

LIVE, UNIT = "tests/claims/test_part13.py", "tests/unit/infra/test_quantity.py"
TESTPATHS = ("-o", "testpaths=tests/unit")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = make(tmp_path_factory.mktemp("project"))
    (place / UNIT).parent.mkdir(parents=True)
    (place / UNIT).write_text("def test_of_part13():\n    pass\n")
    return place


def collected(project: Path, *argv: str) -> set[str]:
    ended = run(project, *TESTPATHS, "--collect-only", "-q", *argv)
    return {line.partition("::")[0] for line in ended.stdout.splitlines() if "::" in line}


@pytest.mark.parametrize("argv", [(), ("-k", "partition or quantity"), ("-k", "partial or test")])
def test_others_are_collected_without_the_live_suite(project: Path, argv: tuple[str, ...]) -> None:
    assert collected(project, *argv) == {UNIT}


@pytest.mark.parametrize(
    "argv",
    [
        ("-k", "part13"),
        ("-k", "part and healthy"),
        ("-k", "article_63"),
        ("-k", "not claim_63_2"),
        ("-m", "claim_63_2"),
        ("-m", "not slow"),
    ],
)
def test_the_live_suite_is_collected_alone(project: Path, argv: tuple[str, ...]) -> None:
    assert collected(project, *argv) == {LIVE}


def test_paths_that_are_given_stand(project: Path) -> None:
    assert collected(project, "-k", "part13", "tests/unit") == {UNIT}
    assert collected(project, LIVE) == {LIVE}


def test_workers_of_xdist_collect_the_same(project: Path) -> None:
    ended = run(project, *TESTPATHS, "-n", "1", "-v", "-k", "part13 and three")
    assert f"PASSED {LIVE}::test_three_are_healthy" in ended.stdout, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout
