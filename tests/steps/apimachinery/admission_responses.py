"""What each API server says to an object: admitted, refused, warned of, marked, or noted."""

from collections.abc import Callable, Mapping

from pytest_bdd import then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.apimachinery.admission_policies import Policies
from infra.kube_api import Answer
from infra.timing import scaled
from infra.wait import eventually
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
from tests.steps.phrases import Time, name, one_of, phrase, typed

DRAFT = typed(PATTERN, draft)
OTHER = "default"
"""A namespace that no binding reaches; only dry runs go there."""
ELSEWHERE = "in another namespace "
SENDERS = {"the exempt ServiceAccount": "robot", "another ServiceAccount": "clerk"}
"""Names of ServiceAccounts; the policy that exempts one knows the first."""
SILENTLY, STORING = " without a warning", " and stores the object"


def warns(policies: Policies) -> Callable[[Answer], bool]:
    judge = policies.judge.name
    return lambda a: a.ok and warning(a).startswith("299") and judge in warning(a)


VERDICTS: Mapping[str, Callable[[Policies], Callable[[Answer], bool]]] = {
    "each API server admits": lambda _: admits,
    "no API server marks": lambda _: marked("none"),
    "each API server refuses": lambda policies: refuses(422, policies.judge.name),
    "each API server warns about": warns,
}
"""What holds of an answer; a refusal and a warning name the validating policy."""


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
    phrase(
        "{what:Draft} is sent by {sender:Sender} to each API server as a dry run",
        Draft=DRAFT,
        Sender=one_of(SENDERS),
    ),
    target_fixture="said",
)
def tried_by(policies: Policies, what: Draft, sender: str, evidence: Evidence) -> Verdicts:
    return shown(policies.tried_by(SENDERS[sender], what), evidence)


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


@then(phrase("each API server admits the request{how:How}", How=one_of(["", SILENTLY, STORING])))
def admitted(policies: Policies, said: Verdicts, how: str) -> None:
    said.must(lambda a: a.ok and not (how == SILENTLY and warning(a)), what=f"admit{how}")
    if how == STORING:
        policies.stored(said).must(admits, what="have stored")


@then("no API server has stored the object")
def not_stored(policies: Policies, said: Verdicts) -> None:
    policies.stored(said).must(lambda a: a.status == 404, what="not have stored")


@then(
    phrase(
        "{time:Time}{where:Where}{verdict:Verdict} {what:Draft}",
        Where=one_of(["", ELSEWHERE]),
        Verdict=one_of(VERDICTS),
        Draft=DRAFT,
    )
)
def each_judges(policies: Policies, time: Time, where: str, verdict: str, what: Draft) -> None:
    holds = VERDICTS[verdict](policies)
    time.must(
        lambda: policies.tried(what, OTHER if where else ""),
        lambda said: said.all(holds),
        what=f"{where}{verdict} {what.text}",
    )


@then(
    phrase(
        "within {limit:Duration} each API server refuses {what:Draft} with {how:How}",
        Draft=DRAFT,
        How=typed(r'\d+|the message "[^"]+"', name),
    )
)
def comes_to_refuse_with(policies: Policies, limit: float, what: Draft, how: str) -> None:
    holds = refusal(policies, how)
    eventually(
        lambda: policies.tried(what),
        lambda said: said.all(holds),
        within=scaled(limit),
        what=f"each API server by {policies.judge.name} refuses {what.text} with {how}",
    )


def refusal(policies: Policies, how: str) -> Callable[[Answer], bool]:
    """With a code, naming the policy, or with a message, word for word."""
    if how.isdigit():
        return refuses(int(how), policies.judge.name)
    (_, words, _) = how.split('"')
    return lambda answer: answer.message.endswith(f"denied request: {words}")


def shown(said: Verdicts, evidence: Evidence) -> Verdicts:
    rows = [[machine, told(answer)] for machine, answer in said.answers.items()]
    table = {"columns": ["API server", "answer"], "rows": rows}
    evidence.record(f"answers to {said.request}", "table", table)
    return said
