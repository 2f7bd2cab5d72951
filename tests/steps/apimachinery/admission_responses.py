"""What each API server says to an object: admitted, refused, warned of, marked, or noted."""

from pytest_bdd import then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.apimachinery.admission_policies import Policies
from infra.timing import scaled
from infra.wait import consistently, eventually
from suite.apimachinery.admission_policies import Policy
from suite.apimachinery.admission_responses import (
    Verdicts,
    admits,
    marked,
    refuses,
    told,
    warning,
)
from suite.apimachinery.sample_objects import PATTERN, Draft, draft
from tests.steps.phrases import phrase, typed

DRAFT = typed(PATTERN, draft)
OTHER = "default"
"""A namespace that no binding reaches; only dry runs go there."""


@when(phrase("{what:Draft} is created through each API server", Draft=DRAFT), target_fixture="said")
def created(policies: Policies, what: Draft, evidence: Evidence) -> Verdicts:
    return shown(policies.created(what), evidence)


@when(
    phrase("{what:Draft} is sent to each API server as a dry run", Draft=DRAFT),
    target_fixture="said",
)
def tried(policies: Policies, what: Draft, evidence: Evidence) -> Verdicts:
    """A dry run."""
    return shown(policies.tried(what), evidence)


@when(
    phrase("{what:Draft} is sent by the {name:Name} to each API server as a dry run", Draft=DRAFT),
    target_fixture="said",
)
def tried_by(policies: Policies, what: Draft, name: str, evidence: Evidence) -> Verdicts:
    return shown(policies.tried_by(name, what), evidence)


@then(
    phrase(
        "each API server refuses the request with {code:Count}, naming the policy and its binding"
    )
)
def refused_by_policy(said: Verdicts, policy: Policy, code: int) -> None:
    words = (f"ValidatingAdmissionPolicy '{policy.name}'", f"binding '{policy.name}'")
    said.must(refuses(code, *words), what=f"by {policy.name} refuse with {code}")


@then(phrase('each API server refuses the request with {code:Count}, naming "{words}"'))
def refused_saying(said: Verdicts, code: int, words: str) -> None:
    said.must(refuses(code, words), what=f"refuse with {code} and {words!r}")


@then('each API server refuses the request with 403 and the reason "Invalid"')
def refused_as_broken(said: Verdicts, policy: Policy) -> None:
    """A mutation that fails: HTTP 403 with the reason of 422 (policy/generic)."""
    said.must(
        lambda a: refuses(403, policy.name)(a) and a.reason == "Invalid",
        what=f"for the failure of {policy.name} refuse with 403 and reason Invalid",
    )


@then("each API server admits the request")
def admitted(said: Verdicts) -> None:
    said.must(admits, what="admit")


@then("each API server admits the request without a warning")
def admitted_silently(said: Verdicts) -> None:
    said.must(lambda a: a.ok and not warning(a), what="without a warning admit")


@then("each API server admits the request and stores the object")
def admitted_and_stored(policies: Policies, said: Verdicts) -> None:
    said.must(admits, what="admit")
    policies.stored(said).must(admits, what="have stored")


@then("no API server has stored the object")
def not_stored(policies: Policies, said: Verdicts) -> None:
    policies.stored(said).must(lambda a: a.status == 404, what="not have stored")


@then(phrase("in another namespace each API server admits {what:Draft}", Draft=DRAFT))
def admitted_elsewhere(policies: Policies, what: Draft) -> None:
    policies.tried(what, OTHER).must(admits, what=f"in namespace {OTHER} admit")


@then(phrase("in another namespace each API server leaves {what:Draft} unmarked", Draft=DRAFT))
def unmarked_elsewhere(policies: Policies, what: Draft) -> None:
    policies.tried(what, OTHER).must(marked("none"), what=f"in namespace {OTHER} leave unmarked")


@then(phrase("each API server admits {what:Draft}", Draft=DRAFT))
def admits_now(policies: Policies, what: Draft) -> None:
    policies.tried(what).must(admits, what="admit")


@then(phrase("each API server refuses {what:Draft}", Draft=DRAFT))
def refuses_now(policies: Policies, what: Draft) -> None:
    name = policies.judge.name
    policies.tried(what).must(refuses(422, name), what=f"by {name} refuse with 422")


@then(phrase("for {lasting:Duration} each API server admits {what:Draft}", Draft=DRAFT))
def keeps_admitting(policies: Policies, lasting: float, what: Draft) -> None:
    consistently(
        lambda: policies.tried(what),
        lambda said: said.all(admits),
        lasting=scaled(lasting),
        what=f"each API server admits {what.text}",
    )


@then(phrase("within {limit:Duration} each API server admits {what:Draft}", Draft=DRAFT))
def comes_to_admit(policies: Policies, limit: float, what: Draft) -> None:
    eventually(
        lambda: policies.tried(what),
        lambda said: said.all(admits),
        within=scaled(limit),
        what=f"each API server admits {what.text}",
    )


@then(phrase("within {limit:Duration} each API server leaves {what:Draft} unmarked", Draft=DRAFT))
def comes_to_leave_unmarked(policies: Policies, limit: float, what: Draft) -> None:
    eventually(
        lambda: policies.tried(what),
        lambda said: said.all(marked("none")),
        within=scaled(limit),
        what=f"each API server admits {what.text} and leaves it unmarked",
    )


@then(phrase("within {limit:Duration} each API server refuses {what:Draft}", Draft=DRAFT))
def comes_to_refuse(policies: Policies, limit: float, what: Draft) -> None:
    comes_to_refuse_with(policies, limit, what, 422)


@then(
    phrase(
        "within {limit:Duration} each API server refuses {what:Draft} with {code:Count}",
        Draft=DRAFT,
    )
)
def comes_to_refuse_with(policies: Policies, limit: float, what: Draft, code: int) -> None:
    name = policies.judge.name
    eventually(
        lambda: policies.tried(what),
        lambda said: said.all(refuses(code, name)),
        within=scaled(limit),
        what=f"each API server by {name} refuses {what.text} with {code}",
    )


@then(
    phrase('within {limit:Duration} each API server answers "{words}" to {what:Draft}', Draft=DRAFT)
)
def comes_to_say(policies: Policies, limit: float, words: str, what: Draft) -> None:
    eventually(
        lambda: policies.tried(what),
        lambda said: said.all(lambda a: a.message.endswith(f"denied request: {words}")),
        within=scaled(limit),
        what=f"each API server refuses {what.text} with the message {words!r}",
    )


@then(phrase("within {limit:Duration} each API server warns about {what:Draft}", Draft=DRAFT))
def comes_to_warn(policies: Policies, policy: Policy, limit: float, what: Draft) -> None:
    eventually(
        lambda: policies.tried(what),
        lambda said: said.all(
            lambda a: a.ok and warning(a).startswith("299") and policy.name in warning(a)
        ),
        within=scaled(limit),
        what=f"each API server admits {what.text} with a warning that names {policy.name}",
    )


def shown(said: Verdicts, evidence: Evidence) -> Verdicts:
    rows = [[machine, told(answer)] for machine, answer in said.answers.items()]
    table = {"columns": ["API server", "answer"], "rows": rows}
    evidence.record(f"answers to {said.request}", "table", table)
    return said
