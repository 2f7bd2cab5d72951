"""What is stored before and after policies: objects that stay, marks on them, audit events."""

from collections.abc import Callable

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.apimachinery.admission_policies import Policies
from infra.clients.apimachinery import admission_metrics
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.kube_api import Answer, JsonObject
from infra.timing import scaled
from infra.wait import eventually
from suite.apimachinery.admission_policies import Policy
from suite.apimachinery.admission_responses import Servers, Verdicts, marked
from suite.apimachinery.preexisting_object import Standing
from suite.apimachinery.sample_objects import IMAGE, MARK, PATTERN, Draft, draft, mark_of
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase, typed

DRAFT = typed(PATTERN.removeprefix("a "), lambda text: draft(f"a {text}"))
LOGGED = 10.0
"""Seconds for an audit event to be in the file: written with the answer, on a slow disk."""


Change = Callable[[Standing, Servers], Verdicts]


def change_of(text: str) -> Change:
    """An update through each API server: of the image, of the scale, or of nothing."""
    if text == "no change":
        return lambda standing, servers: standing.written_back(servers)
    word, _, value = text.partition(" ")
    if word == "image":
        return lambda standing, servers: standing.with_image(servers, value)
    return lambda standing, servers: standing.scaled(servers, int(word))


@given(phrase("a stored {what:Draft}", Draft=DRAFT), target_fixture="standing")
def stored(policies: Policies, what: Draft) -> Standing:
    return policies.store(what)


@when(
    phrase(
        "the stored object is updated with {change:Change} through each API server",
        Change=typed(rf"image {IMAGE}|\d+ replicas?|no change", change_of),
    ),
    target_fixture="said",
)
def update_each(policies: Policies, standing: Standing, change: Change) -> Verdicts:
    return change(standing, policies.servers)


@when("each stored object is updated without a change", target_fixture="said")
def write_each_back(policies: Policies, said: Verdicts) -> Verdicts:
    return policies.written_back(said)


@then("the stored object and its dependents are the same")
def stored_as_before(standing: Standing) -> None:
    as_before(standing)


@then(
    phrase(
        "each API server {does:Does} the object marked {mark:Name}",
        Does=one_of(["returns", "stores"]),
    )
)
def marked_by_each(policies: Policies, said: Verdicts, does: str, mark: str) -> None:
    said.must(marked(mark), what=f"return marked {mark}")
    if does == "stores":
        policies.stored(said).must(marked(mark), what=f"have stored marked {mark}")


@then("each stored object has its original label, the mark and no other label")
def same_labels(policies: Policies, said: Verdicts) -> None:
    """Those of the draft and the mark."""
    wanted = {"team": "red", MARK: "yes"}
    said.must(
        lambda a: a.ok and a.body["metadata"].get("labels") == wanted,
        what=f"with the labels {wanted} return",
    )


@then(phrase("within {limit:Duration} each new Deployment has one Pod, marked {mark:Name}"))
def pods_marked(policies: Policies, said: Verdicts, limit: float, mark: str) -> None:
    """A Deployment's Pods, by the names of their owners' owners."""
    eventually(
        lambda: sorted(mark_of(pod) for pod in policies.pods()),
        lambda marks: marks == [mark] * len(said.answers),
        within=scaled(limit),
        what=f"each of {len(said.answers)} Deployments has one Pod, marked {mark}",
    )


@then("no Pod template is marked")
def templates_unmarked(policies: Policies, said: Verdicts) -> None:
    policies.stored(said).must(
        lambda a: a.ok and mark_of(a.body["spec"]["template"]) == "none",
        what="leave unmarked the template of",
    )


@then(
    phrase(
        "each API server's audit log has {count:HowMany} validation failure of the request",
        HowMany=one_of(["a", "no"]),
    )
)
def audited(
    policies: Policies, policy: Policy, said: Verdicts, evidence: Evidence, count: str
) -> None:
    """By the identifier of each request; up to 1.36 only the first failure is kept."""
    noted = audit_notes(policies, said)
    evidence.record("validation failures in the audit logs", "figures", noted)
    named = {m: any(names(one, policy) for one in found) for m, found in noted.items()}
    wrong = [m for m, found in noted.items() if (not named[m] if count == "a" else found)]
    told = [f"that of {m} has {noted[m] or 'none'}" for m in wrong]
    must_be_none(told, f"each audit log has {count} validation failure of {policy.name}")


def as_before(standing: Standing) -> None:
    if changes := standing.changes():
        raise ClaimError(f"a refused or later rule should touch nothing: {'; '.join(changes)}")


def audit_notes(policies: Policies, said: Verdicts) -> dict[str, list[JsonObject]]:
    """Validation failures by machine, from the event of that very request."""
    return {
        machine: admission_metrics.failures(audit_event(policies.cluster, machine, answer))
        for machine, answer in said.answers.items()
    }


def audit_event(cluster: Cluster, machine: str, answer: Answer) -> JsonObject:
    request = answer.headers["Audit-Id"]
    events = eventually(
        lambda: admission_metrics.audited(cluster.shell(machine), request),
        bool,
        within=scaled(LOGGED),
        what=f"the audit log of {machine} has the request {request}",
    )
    return events[0]


def names(failure: JsonObject, policy: Policy) -> bool:
    return (failure["policy"], failure["binding"]) == (policy.name, policy.name)
