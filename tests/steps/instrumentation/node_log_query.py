"""Logs of a machine, asked of its kubelet: services, several, and names that are none."""

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_bdd import then, when

from fixtures.plugin.recording import Evidence
from infra import observed_places
from infra.clients.instrumentation import node_log_query
from infra.clients.instrumentation.node_log_query import NodeLogs, Window
from infra.clients.node.kubelet_api import Port, told
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.kube_api import Answer
from suite.expect import must_be_none
from tests.steps.phrases import phrase

SHOWN = 1500
"""Characters of a log in the evidence: some fifteen lines of a kubelet."""


@dataclass(frozen=True)
class Reading:
    """What a kubelet gave of a service for a time that is over."""

    service: str
    window: Window
    text: str


@when(phrase('each kubelet is queried for the log of "{service:Name}"'), target_fixture="answers")
def ask_each(cluster: Cluster, service: str) -> dict[str, Answer]:
    return {w.name: logs_of(cluster, w.name).query(service) for w in cluster.spec.workers}


@then("each kubelet answers with a list of files, without a line of the journal")
def lists_of_files(answers: dict[str, Answer]) -> None:
    for node in answers:
        observed_places.looked(node)
    wrong = [
        told(one)
        for one in answers.values()
        if not node_log_query.is_list_of_files(one) or node_log_query.lines_of(one.text, "kubelet")
    ]
    must_be_none(wrong, "with the switch off, kubelets answer with a list of files")


@then(
    phrase(
        'for a past window, the kubelet returns the lines of "{service:Name}" in the '
        "machine's journal"
    ),
    target_fixture="reading",
)
def gives_the_journal(cluster: Cluster, changed: str, service: str, evidence: Evidence) -> Reading:
    shell = cluster.shell(changed)
    window = node_log_query.just_over(shell, [service])
    text = logs_of(cluster, changed).query(service, **window.options).text
    evidence.record(f"the end of the log of {service}", "text", text[-SHOWN:])
    must_have_lines(text, service)
    must_equal(text, node_log_query.of_the_machine(shell, [service], window))
    return Reading(service, window, text)


@then(
    phrase(
        "for the last {count:Count} lines of the window, the kubelet returns exactly "
        "these lines, as plain text"
    )
)
def gives_the_tail(cluster: Cluster, changed: str, reading: Reading, count: int) -> None:
    options = {**reading.window.options, "tailLines": str(count)}
    answer = logs_of(cluster, changed).query(reading.service, **options)
    must_equal(answer.text, "".join(reading.text.splitlines(keepends=True)[-count:]))
    if not answer.headers.get("Content-Type", "").startswith("text/plain"):
        raise ClaimError(f"the answer should be plain text; its headers are {answer.headers}")


@then("the other worker's kubelet answers with a list of files")
def other_lists(cluster: Cluster, changed: str) -> None:
    others = [w.name for w in cluster.spec.workers if w.name != changed]
    unit = cluster.layout.units.kubelet
    lists_of_files({name: logs_of(cluster, name).query(unit) for name in others})


@then(
    phrase(
        'for "{one:Name}" and "{two:Name}" in one query, the kubelet returns both, merged by time'
    )
)
def gives_both(cluster: Cluster, changed: str, one: str, two: str) -> None:
    text = gives_at_once(cluster, changed, [one, two])
    if not node_log_query.mixed(text, one, two):
        raise ClaimError(f"lines of {one} and {two} should be mixed by time: {text[:SHOWN]}")


@then("for unknown unit names, the kubelet answers 200 with these words and no line of a service")
def answers_in_words(
    cluster: Cluster, changed: str, datatable: list[list[str]], evidence: Evidence
) -> None:
    answers = [(logs_of(cluster, changed).query(name), words) for name, words in datatable[1:]]
    evidence.table("answers to names", "answer, must say", [(told(a), w) for a, w in answers])
    wrong = [
        f"{told(answer)}, should say {words!r}"
        for answer, words in answers
        if answer.status != 200 or words not in answer.text or "[" in answer.text
    ]
    must_be_none(wrong, "a name without a log is answered with 200 and a word on it")


@then(phrase('for an unknown unit name with an option, the kubelet answers 200 with "{words}"'))
def option_in_words(cluster: Cluster, changed: str, words: str) -> None:
    answer = logs_of(cluster, changed).query("nosuch", tailLines="1")
    if answer.status != 200 or words not in answer.text:
        raise ClaimError(f"the kubelet should answer 200 and {words!r}; it answered {told(answer)}")


def logs_of(cluster: Cluster, node: str) -> NodeLogs:
    return NodeLogs(Port(cluster, node, cluster.credentials("admin")))


def gives_at_once(
    cluster: Cluster, node: str, services: list[str], *, nonces: Sequence[str] = ()
) -> str:
    """What a kubelet gives of several services: lines of each, all that the machine's journal has.

    ``nonces`` are units that have printed their own names. Errors: ClaimError.
    """
    asked = [*services, *nonces]
    shell = cluster.shell(node)
    window = node_log_query.just_over(shell, asked)
    text = logs_of(cluster, node).query(*asked, **window.options).text
    for service in services:
        must_have_lines(text, service)
    must_be_none([one for one in nonces if f"]: {one}" not in text], "lines of each are given")
    must_equal(text, node_log_query.of_the_machine(shell, asked, window))
    return text


def must_have_lines(text: str, service: str) -> None:
    if not node_log_query.lines_of(text, service):
        raise ClaimError(f"there should be lines of {service}; the kubelet gave {text[:300]!r}")


def must_equal(text: str, wanted: str) -> None:
    """Both as lines; the first that differs is told."""
    given, right = text.splitlines(), wanted.splitlines()
    if given != right:
        odd = [(a, b) for a, b in zip(given, right, strict=False) if a != b][:1]
        raise ClaimError(
            f"the kubelet gave {len(given)} lines, the machine's journal has {len(right)}; "
            f"the first that differ: {odd or 'none, the rest is missing'}"
        )
