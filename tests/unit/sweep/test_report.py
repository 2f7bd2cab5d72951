"""Who noticed is read from a run's claims; docs/SWEEP.md says the score and its list."""

from pathlib import Path
from typing import Any

import pytest

from infra.inventory import series
from infra.settings import Settings
from tests.sweep import driver, judging, naming, report, scope, whys
from tests.sweep.records import Record
from tests.sweep.setting import Setting
from tests.sweep.whys import Why

SPEC = series("test", kubernetes="v1.36.1", platform="local")
NEVER = "the run ended before it"


def claim(ident: str, outcome: str, reason: str = "") -> dict[str, Any]:
    return {"id": ident, "outcome": outcome, "reason": reason, "scenarios": [{}]}


def test_the_claim_that_does_not_hold_has_noticed() -> None:
    asked = judging.judged(
        [
            claim("63.1", "holds"),
            claim("63.2", "not judged", "no member answers"),
            claim("63.3", "does not hold", "no checksum"),
            claim("63.4", "not judged", NEVER),
            {**claim("63.5", "not judged", "not in this run"), "scenarios": []},
        ]
    )
    assert asked.claims == ("63.1", "63.2", "63.3")
    assert asked.noticed == judging.Noticed("63.3", "does not hold", "no checksum")


def test_what_never_ran_has_noticed_nothing() -> None:
    assert judging.judged([claim("63.1", "not judged", f"{NEVER}; {NEVER}")]).noticed is None
    mixed = judging.judged([claim("63.1", "not judged", f"no leader; {NEVER}")])
    assert mixed.noticed
    assert mixed.noticed.words == "no leader"


def test_the_cause_of_a_run_that_did_not_begin_is_its_last_error() -> None:
    told = "platform local\nERROR: the cluster is not healthy\n\nno tests ran\n"
    assert judging.cause(told) == "ERROR: the cluster is not healthy"
    assert judging.cause("something else\n") == "something else"
    assert judging.cause("") == "it said nothing"


@pytest.mark.parametrize(
    ("words", "component", "machine", "good"),
    [
        ("etcd https://10.0.1.12:2379 does not answer", "etcd", "controller-0", True),
        ("10.0.1.12 says no", "kube-scheduler", "controller-1", True),
        ("controller-1 says no", "kube-scheduler", "controller-1", True),
        ("three are two", "kube-scheduler", "controller-1", False),
        ("the kubelet says no", "kube-scheduler", "controller-1", False),
        ("GET /metrics -> 403", "rbac", "", True),
    ],
)
def test_words_name_the_component_or_the_machine(
    words: str, component: str, machine: str, good: object
) -> None:
    assert naming.named(words, component, machine, SPEC) is good


def setting(component: str, what: str) -> Setting:
    return Setting(component, f"{component}.service", what)


def record(one: Setting, kind: Any, **more: Any) -> Record:
    given = {"mended": "up", "exactly": True, **more}
    return Record(one.key, one.component, "controller-1", kind, 15, **given)


NOTICED = setting("etcd", "--client-cert-auth is left out")
GAP = setting("etcd", "--peer-client-cert-auth is left out")
EQUIVALENT = setting("etcd", "--initial-cluster-token is left out")
BY_GATE = setting("kube-apiserver", "--etcd-cafile is left out")
SILENT = Setting("machines", "hosts", "10.0.1.10 lb is left out")
ALL = [NOTICED, GAP, EQUIVALENT, BY_GATE, setting("etcd", "--name is left out")]


def test_the_score_counts_what_an_article_speaks_of_and_makes_a_difference() -> None:
    found = [
        record(NOTICED, "noticed", by="67.4", words="etcd tells | everybody"),
        record(GAP, "not noticed", asked=("63.1",)),
        record(EQUIVALENT, "not noticed"),
        record(BY_GATE, "noticed", by=judging.GATE, words="API server of controller-1"),
    ]
    page = report.page(ALL, {one.key: one for one in found})
    assert "| etcd | 4 | 3 | 1 | 0 | 2 | 1 (50 %) |" in page
    assert "| kube-apiserver | 1 | 1 | 1 | 1 | 1 | 1 (100 %) |" in page
    assert "| **all** | 5 | 4 | 2 | 1 | 3 | 2 (66 %) |" in page
    assert "## What nothing notices (2)" in page
    assert "63, 67 | 1 claims | not reviewed: nobody has looked yet" in page
    assert "equivalent: Read when a member is made" in page
    assert r"etcd tells \| everybody" in page


def test_a_record_of_a_setting_that_is_no_more_is_left_out() -> None:
    old = record(setting("etcd", "--old is left out"), "not noticed")
    assert "--old" not in report.page(ALL, {old.key: old})


def test_what_up_did_not_mend_is_told() -> None:
    by_copy = record(NOTICED, "noticed", mended="its own copy", exactly=False)
    assert "| its own copy |" in report.page(ALL, {by_copy.key: by_copy})
    more = record(NOTICED, "noticed", exactly=False)
    assert "did not mend it, or changed more (1)" in report.page(ALL, {more.key: more})


def test_words_without_a_name_have_a_list_of_their_own() -> None:
    one = record(NOTICED, "unnamed", by="63.1", words="three are two", starts=False)
    page = report.page(ALL, {one.key: one})
    assert "| no | 63.1 | three are two |" in page
    assert "| etcd | 4 | 1 | 0 | 0 | 1 | 0 (0 %) |" in page


def test_what_the_api_refuses_is_in_no_score() -> None:
    one = record(NOTICED, "refused", by="the API", words="422")
    page = report.page(ALL, {one.key: one})
    assert "| the API refuses it | the API | 422 |" in page
    assert "| etcd | 4 | 1 | 0 | 0 | 0 | - |" in page


def test_a_why_is_by_pattern_and_the_first_counts() -> None:
    rows = [Why(("etcd: *--peer*",), "gap", "nobody asks the peers"), Why(("*",), "gap", "all")]
    assert whys.of(GAP.key, rows).why == "nobody asks the peers"
    assert whys.of(NOTICED.key, rows).why == "all"
    assert whys.of(SILENT.key).kind == "equivalent"
    restarts = setting("etcd", "Type=notify is left out")
    assert whys.of(restarts.key, []).kind == "not claimed"


def test_every_why_is_for_a_setting_that_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "manifests", lambda: None)  # fetched on a live cluster's computer
    keys = [one.key for one in report.generated(Settings(state_root=tmp_path))]
    for row in whys.table():
        for pattern in row.settings:
            known = pattern.startswith("ebs-csi") or any(scope.fits(k, pattern) for k in keys)
            assert known, f"no setting is like {pattern}"
