"""Admission policies: how they come, change and go, and what they and their servers are."""

from collections.abc import Callable
from typing import Any

from pytest_bdd import given, step, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.apimachinery.admission_policies import Policies, rules
from infra.clients.apimachinery.admission_metrics import Judges, judges, webhooks_for
from infra.errors import ClaimError
from infra.kube_api import Answer, JsonObject, need
from suite.apimachinery import admission_policies
from suite.apimachinery.admission_policies import Policy
from suite.expect import must_be_none
from tests.steps.phrases import Time, one_of, phrase, typed

RULE = one_of(rules())
"""What a policy does is a manifest."""
BINDING_CHANGES: dict[str, dict[str, Any]] = {
    "validationActions become [Warn]": {"validationActions": ["Warn"]},
    "validationActions become [Audit]": {"validationActions": ["Audit"]},
    "validationActions become [Deny, Warn]": {"validationActions": ["Deny", "Warn"]},
    "parameterNotFoundAction becomes Allow": {"paramRef": {"parameterNotFoundAction": "Allow"}},
    "paramRef selects every object of the scenario": {
        "paramRef": {"name": None, "selector": {"matchLabels": {"of": "scenario"}}}
    },
    "paramRef is removed": {"paramRef": None},
}
BOUND = {"the namespace": {}, 'namespaces with the label "strict"': {"strict": "yes"}}
LABELLED = {"added to": "yes", "removed from": None}
CHANGE = one_of(BINDING_CHANGES, BINDING_CHANGES.__getitem__)
MESSAGES = {
    "quotes the object": '"no " + string(object.spec.replicas) + " replicas of "'
    " + object.spec.template.spec.containers[0].image",
    "returns two lines": '"one\\ntwo"',
    "returns blanks": '"  "',
}
MANNER = one_of(MESSAGES, MESSAGES.__getitem__)
REPLICAS = typed(r"\d+ replicas?", lambda text: int(text.split()[0]))
COUNTED = ["API server", "before", "after"]


def names_replica(problem: JsonObject) -> bool:
    """The field that the manifest misspells, in its only expression."""
    where, what = problem["fieldRef"], problem["warning"]
    return where == "spec.validations[0].expression" and "replica" in what


def type_checked(stored: JsonObject) -> bool:
    return bool(stored["status"].get("observedGeneration") == stored["metadata"]["generation"])


def problems(stored: JsonObject) -> list[JsonObject]:
    return admission_policies.typing_problems(stored.get("status", {}))


STATUS: dict[str, Callable[[JsonObject], bool]] = {
    "no problem": lambda stored: type_checked(stored) and not problems(stored),
    "that it was type-checked": type_checked,
    "the unknown field": lambda stored: any(map(names_replica, problems(stored))),
}
"""Of a stored policy."""


@given(phrase("a policy that {rule:Rule} is in force", Rule=RULE), target_fixture="policy")
def in_force(policies: Policies, rule: str) -> Policy:
    """Of ``fixtures/manifests/policies``; each API server has loaded it."""
    return policies.in_force(rule)


@given(phrase("an unbound policy that {rule:Rule}", Rule=RULE), target_fixture="policy")
def unbound(policies: Policies, rule: str) -> Policy:
    return policies.unbound(rule)


@given("the number of refusals by the policy on each API server", target_fixture="first")
def counts(policies: Policies, policy: Policy) -> Judges:
    return judges(policies.cluster, policies.servers, policy.name)


@when(phrase("a policy that {rule:Rule} is created", Rule=RULE), target_fixture="answer")
def asked_for(policies: Policies, rule: str) -> Answer:
    return policies.ask_for(rule)


@when(phrase("the policy is bound to {namespaces:Bound}", Bound=one_of(BOUND, BOUND.__getitem__)))
def bind(policy: Policy, namespaces: dict[str, str]) -> None:
    """Besides by the namespace's name: other scenarios' namespaces stay out of reach."""
    policy.bind(namespaces)


@when(phrase('the label "strict" is {change:Change} the namespace', Change=one_of(LABELLED)))
def label_namespace(policies: Policies, change: str) -> None:
    policies.label_namespace(LABELLED[change])


@when("the binding is deleted", target_fixture="answer")
def unbind(policy: Policy) -> Answer:
    return policy.ask_to_unbind()


@when(phrase("the binding's {change:Change}", Change=CHANGE), target_fixture="answer")
def change_binding(policy: Policy, change: dict[str, Any]) -> Answer:
    return policy.change_binding(change)


@when(phrase("the failure policy of the policy becomes {name:Name}"), target_fixture="answer")
def change_failure_policy(policy: Policy, name: str) -> Answer:
    return policy.change({"failurePolicy": name})


@when(phrase("the reason of the policy becomes {reason:Name}"), target_fixture="answer")
def change_reason(policy: Policy, reason: str) -> Answer:
    return policy.change_rule({"reason": reason})


@when(
    phrase(
        "the message of the policy comes from an expression that {expression:Manner}", Manner=MANNER
    )
)
def change_message(policy: Policy, expression: str) -> None:
    need(policy.change_rule({"messageExpression": expression}))


@step(phrase("the parameter object {name:Name} allows {most:Replicas}", Replicas=REPLICAS))
def parameters(policies: Policies, name: str, most: int) -> None:
    policies.parameters.allow(name, most)


@when(phrase("the parameter object {name:Name} is deleted"))
def delete_parameters(policies: Policies, name: str) -> None:
    policies.parameters.delete(name)


@then("each API server returns the policies and bindings as written")
def as_written(policies: Policies) -> None:
    wrong = [
        f"{machine} {policy.name}: {problem}"
        for machine, api in policies.servers.items()
        for policy in policies.made
        for problem in policy.unlike_written(api)
    ]
    if wrong:
        raise ClaimError("not stored as written:\n  " + "\n  ".join(wrong))


@then("each API server has counted one more refusal by the policy")
def one_more(policies: Policies, policy: Policy, first: Judges, evidence: Evidence) -> None:
    now = judges(policies.cluster, policies.servers, policy.name)
    found = now.counted_since(first)
    rows = [[machine, *counts] for machine, counts in found.items()]
    evidence.record("refusals counted", "table", {"columns": COUNTED, "rows": rows})
    if wrong := {m: pair for m, pair in found.items() if pair[1] - pair[0] != 1}:
        raise ClaimError(f"each API server should count one more refusal; it was and is {wrong}")


@then("no webhook is configured for Deployments or Pods")
def no_webhook(policies: Policies) -> None:
    found = [
        f"{name} for {resource}"
        for group, resource in (("apps", "deployments"), ("", "pods"))
        for name in webhooks_for(policies.cluster.api, group=group, resource=resource)
    ]
    must_be_none(found, "no webhook could have refused it")


@then("the API servers are the same processes, started without an admission configuration")
def same_processes(policies: Policies, policy: Policy, first: Judges) -> None:
    now = judges(policies.cluster, policies.servers, policy.name)
    if wrong := first.other_processes(now) + now.configured():
        raise ClaimError(f"the API servers are not as they were: {'; '.join(wrong)}")


@then(phrase("{time:Time}the status of the policy reports {what:What}", What=one_of(STATUS)))
def status_reports(policy: Policy, time: Time, what: str) -> None:
    time.must(policy.stored, STATUS[what], what=f"the status of {policy.name} reports {what}")


@then("the type check has not changed the policy")
def policy_unchanged(policy: Policy) -> None:
    generation = policy.stored()["metadata"]["generation"]
    if generation != 1:
        raise ClaimError(f"the type check changed the policy: its generation is {generation}")
