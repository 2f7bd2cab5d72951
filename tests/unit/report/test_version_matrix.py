"""The page that compares versions: a column for each minor, first where they differ."""

import json
from pathlib import Path

import pytest

from infra.report.comparison import version_matrix
from infra.report.outcomes import SIGNS, Outcome
from tests.unit.report.test_page import parsed


def run(
    reports: Path, version: str, name: str, outcomes: dict[str, tuple[str, str]], commit: str = ""
) -> None:
    folder = reports / version / name
    folder.mkdir(parents=True)
    claims = [
        {"id": claim, "outcome": outcome, "reason": reason, "scenarios": [{"name": "one"}]}
        for claim, (outcome, reason) in outcomes.items()
    ]
    (folder / "claims.json").write_text(json.dumps({"claims": claims}))
    (folder / "run.json").write_text(json.dumps({"commit": commit, "dirty": commit == "d"}))


def test_a_column_is_the_newest_patch_of_a_minor(tmp_path: Path) -> None:
    holds = {"68.4": ("holds", "")}
    run(tmp_path, "v1.36.5", "20261130T000000Z-series", {"68.4": ("does not hold", "stuck")})
    run(tmp_path, "v1.36.10", "20261129T000000Z-series", holds, commit="0123456789abcdef")
    run(tmp_path, "v1.9.0", "20261128T000000Z-series", holds)
    page = version_matrix.write(tmp_path).read_text()
    newest = '<td class="head">1.36</td><td data-label="newest patch">v1.36.10</td>'
    assert page.index('<td class="head">1.9</td>') < page.index(newest)
    assert '2026-11-29</a></td><td data-label="commit" class="mono">0123456789</td>' in page
    assert '<th class="cell" title="v1.36.5">' not in page
    assert "Nowhere: each claim that two versions tried ended the same." in page


def test_where_versions_differ_comes_first_with_reasons(tmp_path: Path) -> None:
    absent = "comes with Kubernetes 1.37"
    old = {"68.4": ("holds", ""), "72.20": ("not applicable", absent), "71.9": ("holds", "")}
    run(tmp_path, "v1.36.5", "20261129T000000Z-series", old)
    new = {"68.4": ("holds", ""), "72.20": ("holds", "")}
    run(tmp_path, "v1.37.2", "20261130T000000Z-series", new)
    page = version_matrix.write(tmp_path)
    (row, *cells) = page.read_text().partition("Where versions differ")[2].splitlines()[2:5]
    assert row.startswith('<tr><td class="head"><b>72.20</b>')
    assert f"not applicable</a><small>{absent}</small>" in cells[0]
    assert 'href="v1.36.5/20261129T000000Z-series/index.html#claim-72.20"' in cells[0]
    assert 'href="v1.37.2/20261130T000000Z-series/index.html#claim-72.20"' in cells[1]
    assert "holds</a>" in cells[1]
    differing = page.read_text().partition("Where versions differ")[2].partition("All claims")[0]
    assert "68.4" not in differing  # the same on both
    assert "71.9" not in differing  # tried on one only


def test_a_claim_that_other_scenarios_judged_differs(tmp_path: Path) -> None:
    refused, infeasible = "refused: comes with Kubernetes 1.36", "infeasible: until Kubernetes 1.35"
    run(tmp_path, "v1.35.8", "20261129T000000Z-series", {"70.13": ("holds", refused)})
    run(tmp_path, "v1.36.5", "20261130T000000Z-series", {"70.13": ("holds", infeasible)})
    page = version_matrix.write(tmp_path).read_text()
    differing = page.partition("Where versions differ")[2].partition("All claims")[0]
    assert refused in differing
    assert infeasible in differing


def test_a_run_of_a_changed_tree_says_so(tmp_path: Path) -> None:
    run(tmp_path, "v1.36.5", "20261129T000000Z-series", {"68.4": ("holds", "")}, commit="d")
    assert "d with changes</td>" in version_matrix.write(tmp_path).read_text()


def test_no_outcome_is_told_by_colour_alone_and_nothing_is_loaded(tmp_path: Path) -> None:
    for number, outcome in enumerate(Outcome):
        name = f"2026112{number}T000000Z-series"
        run(tmp_path, f"v1.3{number}.0", name, {"68.4": (str(outcome), f"reason {number}")})
    page = version_matrix.write(tmp_path)
    reader = parsed(page)
    assert not reader.errors
    assert not [link for link in reader.links if "://" in link]
    for sign in SIGNS.values():
        assert f'aria-label="{sign.word}">{sign.glyph}</span>' in page.read_text()
    assert "@import" not in page.read_text()
    assert "url(" not in page.read_text()


def test_on_a_narrow_screen_a_row_names_its_columns(tmp_path: Path) -> None:
    run(tmp_path, "v1.36.5", "20261129T000000Z-series", {"68.4": ("holds", "")})
    run(tmp_path, "v1.37.2", "20261129T000000Z-series", {"68.4": ("not judged", "no route")})
    page = version_matrix.write(tmp_path).read_text()
    assert '<td data-label="v1.36.5"><a href=' in page
    assert ".stack td[data-label]::before { content: attr(data-label);" in page


def test_one_version_is_compared_with_none(tmp_path: Path) -> None:
    run(tmp_path, "v1.36.5", "20261129T000000Z-series", {"68.4": ("holds", "")})
    assert "Where versions differ" not in version_matrix.write(tmp_path).read_text()


def test_a_run_that_was_killed_while_it_wrote_is_left_out(tmp_path: Path) -> None:
    run(tmp_path, "v1.36.5", "20261129T000000Z-series", {"68.4": ("holds", "")})
    broken = tmp_path / "v1.36.5" / "20261130T000000Z-series"
    broken.mkdir()
    (broken / "claims.json").write_text('{"claims": [{"id"')
    page = version_matrix.write(tmp_path).read_text()
    assert 'href="v1.36.5/20261129T000000Z-series/index.html#claim-68.4"' in page


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("old", '{"claims": []}'),
        ("v1", '{"claims": []}'),
        ("v1.36.5 of Tuesday", '{"claims": []}'),
        ("v1.36.5/20261130T000000Z-series/copy", '{"claims": []}'),
        ("v1.36.5", "[]"),
        ("v1.36.5", '{"claims": null}'),
        ("v1.36.5", '{"claims": [{"id": "68.4"}]}'),
        ("v1.36.5", '{"claims": [{"id": "68.4", "outcome": "passed", "scenarios": [1]}]}'),
    ],
)
def test_what_is_no_run_of_ours_is_left_out(tmp_path: Path, version: str, text: str) -> None:
    run(tmp_path, "v1.36.5", "20261129T000000Z-series", {"68.4": ("holds", "")})
    other = tmp_path / version / "20261130T000000Z-series"
    other.mkdir(parents=True)
    (other / "claims.json").write_text(text)
    (tmp_path / "a file").touch()
    page = version_matrix.write(tmp_path).read_text()
    assert 'href="v1.36.5/20261129T000000Z-series/index.html#claim-68.4"' in page
