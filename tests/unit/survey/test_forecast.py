"""What a run will judge follows from what scenarios need and what a description has not."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra import claims
from infra.claims import Article, Claim
from infra.described.reading import parse
from infra.survey import forecast
from infra.survey.forecast import Forecast, Scenario

FEATURES = Path(__file__).resolve().parents[3] / "features"
CLAIM = Claim("63.4", "etcd is backed up.", "stated", "any")
OTHER = Claim("70.1", "A Pod is resized.", "stated", "any")
ARTICLES = [Article(63, "Backups", "XIII"), Article(66, "Logs", "XIII"), Article(70, "Resize", "X")]
NO_SSH = {"etcdctl": "my.toml has no [ssh]", "worker_shell": "my.toml has no [ssh]"}


def scenario(*needs: str, tags: str = "") -> Scenario:
    return Scenario(frozenset(tags.split()), frozenset(needs))


def of(
    *scenarios: Scenario, lacks: Mapping[str, str] = NO_SSH, version: str = "v1.36.1"
) -> Forecast:
    return forecast.of_claim(CLAIM, scenarios, lacks, version)


@pytest.mark.parametrize(
    ("scenarios", "outcome", "why"),
    [
        ([scenario("admin_api")], "judged", ""),
        ([scenario("etcdctl", "worker_shell")], "not applicable", "my.toml has no [ssh]"),
        ([scenario("etcdctl"), scenario()], "1 of 2", "my.toml has no [ssh]"),
        ([scenario(tags="needs_swap")], "judged", "judged if the cluster has swap"),
        ([scenario("etcdctl", tags="needs_swap")], "not applicable", "my.toml has no [ssh]"),
        ([scenario(tags="since_1_37")], "not applicable", "comes with Kubernetes 1.37"),
        ([scenario(tags="since_1_37"), scenario()], "judged", ""),
        ([], "not applicable", "no scenario judges it"),
    ],
)
def test_a_claim_is_judged_as_far_as_its_scenarios_are(
    scenarios: list[Scenario], outcome: str, why: str
) -> None:
    found = of(*scenarios)
    assert (found.outcome, found.why) == (outcome, why)


def both() -> list[Forecast]:
    judged = forecast.of_claim(OTHER, [scenario()], NO_SSH, "v1.36.1")
    return [of(scenario("etcdctl"), scenario()), judged]


def test_the_table_is_by_article_with_sums_at_its_end() -> None:
    assert list(forecast.table(both(), ARTICLES)) == [
        "63 Backups: 0 of 1 claims judged, 1 in part",
        "  63.4   1 of 2          my.toml has no [ssh]",
        "70 Resize: 1 of 1 claims judged",
        "  70.1   judged",
        "",
        "in all 1 of 2 claims judged, 1 in part",
        "     1 my.toml has no [ssh]",
    ]


def test_the_same_is_told_as_json() -> None:
    told = json.loads(forecast.as_json(both(), cluster="mine", kubernetes="v1.36.1"))
    assert (told["cluster"], told["kubernetes"]) == ("mine", "v1.36.1")
    assert told["reasons"] == {"my.toml has no [ssh]": 1}
    first, second = told["claims"]
    assert (first["id"], first["outcome"], first["judged"], first["scenarios"]) == (
        "63.4",
        "in part",
        1,
        2,
    )
    assert (second["outcome"], second["reasons"], second["asked"]) == ("judged", [], [])


def of_file(folder: Path, **more: Any) -> dict[str, Forecast]:
    """Of all claims of the suite, by a my.toml with nothing but what is given."""
    (folder / "config").write_text("")
    told = {"name": "mine", "kubeconfig": "config", "kubernetes": "v1.36.1", **more}
    found = forecast.of_description(parse(told, folder / "my.toml"), FEATURES)
    return {one.claim.id: one for one in found}


def test_every_claim_is_told_once_and_by_a_kubeconfig_alone_some_are_judged(
    tmp_path: Path,
) -> None:
    found = of_file(tmp_path)
    assert list(found) == [one.id for one in claims.load()]
    assert found["67.13"].outcome == "judged"
    assert found["63.1"].outcome == "not applicable"
    assert "my.toml has no [ssh]" in found["63.1"].reasons
    silent = [one.claim.id for one in found.values() if not one.judged and not one.reasons]
    assert not silent, "a claim that is not judged says why"


def test_more_means_judge_no_fewer_claims(tmp_path: Path) -> None:
    machines = [
        {"name": f"{role}-{n}", "role": role, "private": f"10.0.{len(role)}.{n}"}
        | ({"api": f"https://10.0.{len(role)}.{n}:6443"} if role == "controller" else {})
        for role in ("controller", "worker")
        for n in (1, 2, 3)
    ]
    ssh = {"user": "u", "known_hosts": "config"}
    few = of_file(tmp_path)
    more = of_file(tmp_path, ssh=ssh, machine=machines)
    most = of_file(tmp_path, ssh=ssh, machine=machines, may={"disrupt": True, "drain": True})
    for less, bigger in ((few, more), (more, most)):
        assert [one for one in less if less[one].judged > bigger[one].judged] == []
        assert sum(one.judged for one in less.values()) < sum(one.judged for one in bigger.values())


def test_a_feature_whose_needs_are_not_known_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "1.feature").write_text("Feature: a\n  @claim_1_1\n  Scenario: b\n    Given c\n")
    with pytest.raises(KeyError, match=r"1\.feature: b"):
        forecast.by_claim(tmp_path, {})
    known = {"1.feature: b": ["ec2"]}
    assert forecast.by_claim(tmp_path, known)["1.1"][0].needs == {"ec2"}
