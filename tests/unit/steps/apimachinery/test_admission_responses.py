"""What API servers say and store: each Then-step goes red with a message one understands."""

import json
from typing import Any

import pytest

from fixtures.worlds.apimachinery.admission_policies import Policies
from infra.clients.apimachinery.admission_metrics import FAILURE
from suite.apimachinery.admission_policies import KINDS, Policy
from suite.apimachinery.sample_objects import MARK, draft
from tests.steps.apimachinery import admission_responses as steps
from tests.steps.apimachinery import preexisting_objects as stored
from tests.steps.phrases import NOW, Time
from tests.unit.admission_fake import (
    DEPLOYMENTS,
    LATEST,
    MACHINES,
    NAME,
    PODS,
    JudgingCluster,
    item,
    judged,
    refused,
    said,
    standing,
)
from tests.unit.fakes import NoEvidence, goes_red

Made = tuple[Policies, Policy, JudgingCluster]
ADMITTED: tuple[int, Any] = (201, {"metadata": {}})
ONE_ADMITS = said(refused(), ADMITTED)


@pytest.fixture
def made() -> Made:
    return judged()


def all_say(cluster: JudgingCluster, verdict: tuple[int, Any]) -> None:
    for api in cluster.apis.values():
        api.verdict = verdict


def test_a_refusal_by_each(made: Made) -> None:
    policy = made[1]
    steps.refused_by_policy(said(refused()), policy, 422)
    steps.refused_saying(said(refused()), 422, "tagged latest")
    latest = "a Deployment with image busybox:latest"
    words = f"by {NAME} refuse with 422 {latest}.*\n.*\n  controller-1: 201"
    goes_red(words, steps.refused_by_policy, ONE_ADMITS, policy, 422)
    goes_red("should by", steps.refused_by_policy, said(refused(message="quota")), policy, 422)
    goes_red("refuse with 422 and 'cost'", steps.refused_saying, said(refused()), 422, "cost")


def test_a_broken_mutation(made: Made) -> None:
    policy = made[1]
    steps.refused_as_broken(said(refused(403, f"policy '{NAME}' failed")), policy)
    goes_red("403 and reason Invalid", steps.refused_as_broken, said(refused()), policy)


def test_admission_by_each(made: Made) -> None:
    policies, _, cluster = made
    steps.admitted(policies, said(ADMITTED), "")
    words = "should admit a Deployment.*\n  controller-0: 422"
    goes_red(words, steps.admitted, policies, ONE_ADMITS, "")
    warned = said(ADMITTED, headers={"Warning": '299 - "x"'})
    goes_red("admit without a warning", steps.admitted, policies, warned, steps.SILENTLY)
    steps.admitted(policies, said(ADMITTED), steps.SILENTLY)
    goes_red("should have stored", steps.admitted, policies, said(ADMITTED), steps.STORING)
    for name, api in cluster.apis.items():
        api.table[f"{DEPLOYMENTS}/tried-on-{name}"] = item()
    steps.admitted(policies, said(ADMITTED), steps.STORING)
    goes_red("should not have stored", steps.not_stored, policies, said(ADMITTED))


def test_verdicts_now(made: Made) -> None:
    policies, _, cluster = made
    judge, pod, elsewhere = steps.each_judges, draft("a Pod"), steps.ELSEWHERE
    judge(policies, NOW, "", "each API server admits", LATEST)
    judge(policies, NOW, elsewhere, "each API server admits", LATEST)
    judge(policies, NOW, elsewhere, "no API server marks", pod)
    goes_red(
        "server refuses .*; it is .*201",
        judge,
        policies,
        NOW,
        "",
        "each API server refuses",
        LATEST,
    )
    cluster.apis["controller-1"].verdict = refused()
    goes_red(
        "server admits .*controller-1 422",
        judge,
        policies,
        NOW,
        "",
        "each API server admits",
        LATEST,
    )
    words = "in another namespace each API server admits"
    goes_red(words, judge, policies, NOW, elsewhere, "each API server admits", LATEST)
    all_say(cluster, (201, item("yes")))
    goes_red(
        "no API server marks a Pod", judge, policies, NOW, elsewhere, "no API server marks", pod
    )


def test_verdicts_that_come_or_stay(made: Made) -> None:
    policies, _, cluster = made
    judge, during, within = steps.each_judges, Time("for", 5), Time("within", 10)
    judge(policies, during, "", "each API server admits", LATEST)
    judge(policies, within, "", "each API server admits", LATEST)
    goes_red(
        "server refuses .*not within 10",
        judge,
        policies,
        within,
        "",
        "each API server refuses",
        LATEST,
    )
    goes_red("with 403: not", steps.comes_to_refuse_with, policies, 10, LATEST, "403")
    goes_red(
        "server warns about", judge, policies, within, "", "each API server warns about", LATEST
    )
    cluster.apis["controller-2"].verdict = refused()
    goes_red("did not stay for 5 s", judge, policies, during, "", "each API server admits", LATEST)
    goes_red(
        "admits a Dep.*not within 10 s",
        judge,
        policies,
        within,
        "",
        "each API server admits",
        LATEST,
    )
    other = 'the message "other"'
    goes_red("the message .other.: not", steps.comes_to_refuse_with, policies, 10, LATEST, other)
    goes_red(
        "no API server marks a Dep", judge, policies, within, "", "no API server marks", LATEST
    )


def test_warnings(made: Made) -> None:
    policies, _, cluster = made
    for api in cluster.apis.values():
        api.headers = {"Warning": f'299 - "Validation failed for ValidatingAdmissionPolicy {NAME}"'}
    recorded: Any = NoEvidence()
    steps.each_judges(policies, Time("within", 10), "", "each API server warns about", LATEST)
    steps.tried(policies, LATEST, recorded)
    assert "warning '299" in recorded.recorded[0][2]["rows"][0][1]


def test_the_judge_is_the_last_validating_policy(made: Made) -> None:
    policies, policy, cluster = made
    policies.made.append(Policy(policy.api, KINDS[1], "labels", "ns", {}))
    all_say(cluster, refused())
    steps.each_judges(policies, NOW, "", "each API server refuses", LATEST)


def test_marks(made: Made) -> None:
    policies, _, cluster = made
    pods = said((201, item("yes")), (201, item("no")), what="a Pod")
    goes_red(
        "return marked yes a Pod.*\n.*\n  controller-1: 201, mark no",
        stored.marked_by_each,
        policies,
        pods,
        "returns",
        "yes",
    )
    good = said((201, item("yes")), what="a Pod")
    goes_red("have stored marked yes", stored.marked_by_each, policies, good, "stores", "yes")
    for name, api in cluster.apis.items():
        api.table[f"{PODS}/tried-on-{name}"] = item("yes")
    stored.marked_by_each(policies, good, "stores", "yes")
    goes_red("with the labels .*team.* return", stored.same_labels, policies, good)
    stored.same_labels(policies, said((200, item("yes", team="red")), what="a Pod"))


def test_marks_on_pods_of_deployments(made: Made) -> None:
    policies, _, cluster = made
    cluster.api.table[PODS] = {"items": [item("yes"), item("yes"), item()]}
    goes_red(
        "has one Pod, marked yes: not within",
        stored.pods_marked,
        policies,
        said(ADMITTED),
        limit=30,
        mark="yes",
    )
    for name, api in cluster.apis.items():
        template = {"metadata": {"labels": {MARK: "yes"}}}
        api.table[f"{DEPLOYMENTS}/tried-on-{name}"] = {**item(), "spec": {"template": template}}
    goes_red("leave unmarked the template", stored.templates_unmarked, policies, said(ADMITTED))


def test_what_stood_before(made: Made) -> None:
    _, _, cluster = made
    subject = standing(cluster.api)
    stored.stored_as_before(subject)
    cluster.api.table[subject.path] = {
        "metadata": {"uid": "u", "generation": 2},
        "spec": {"replicas": 1},
    }
    goes_red("touch nothing: generation: 1 became 2; spec", stored.stored_as_before, subject)
    goes_red("generation", stored.stored_as_before, subject)


def test_audit_events(made: Made) -> None:
    policies, policy, cluster = made
    asked = said(ADMITTED, headers={"Audit-Id": "a-1"})
    recorded: Any = NoEvidence()
    goes_red(
        "audit log of controller-0 has the request a-1: not",
        stored.audited,
        policies,
        policy,
        asked,
        recorded,
        "a",
    )
    event: dict[str, Any] = {"auditID": "a-1", "stage": "ResponseComplete"}
    for name in MACHINES:
        cluster.shells[name].answers["grep"] = json.dumps(event)
    stored.audited(policies, policy, asked, recorded, "no")
    goes_red(
        f"log has a validation failure of {NAME}; instead: that of controller-0 has none",
        stored.audited,
        policies,
        policy,
        asked,
        recorded,
        "a",
    )
    event["annotations"] = {FAILURE: json.dumps([{"policy": NAME, "binding": NAME}])}
    for name in MACHINES:
        cluster.shells[name].answers["grep"] = json.dumps(event)
    stored.audited(policies, policy, asked, recorded, "a")
    says = "log has no validation failure"
    goes_red(says, stored.audited, policies, policy, asked, recorded, "no")


def test_drafts_that_are_not_understood() -> None:
    with pytest.raises(ValueError, match="not an object that can be drafted"):
        draft("a Deployment of everything")
