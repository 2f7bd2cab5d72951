"""Questions to a kubelet about logs: filters, bad ones, one that does not end."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.faults import Faults
from infra.clients.instrumentation import node_log_query
from infra.clients.instrumentation.node_log_query import QUESTIONS, READER
from infra.cluster import Cluster
from infra.errors import ClaimError, preparing, require
from infra.kube_api import Answer
from infra.ssh import Shell, exists
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.leftovers import new_name
from tests.steps.instrumentation.node_log_query import gives_at_once, logs_of
from tests.steps.phrases import phrase

SHOWN = 300
"""Characters of an answer in the evidence: its end, where a refusal stands."""


@dataclass(frozen=True)
class Talker:
    """A unit that printed ``first`` before ``moment`` and ``second`` after it."""

    unit: str
    first: str
    second: str
    moment: datetime

    def left_in(self, text: str) -> str:
        """Which nonces a log holds, in the words of the feature."""
        return {
            (True, True): "both",
            (True, False): "first",
            (False, True): "second",
            (False, False): "none",
        }[self.first in text, self.second in text]

    @property
    def filters(self) -> dict[str, dict[str, str]]:
        """Options of a query by their names in features."""
        moment = node_log_query.zulu(self.moment)
        return {
            "no filter": {},
            "pattern of the first": {"pattern": f"{self.first[:13]}.*"},
            "pattern of the second": {"pattern": f"{self.second[:13]}.*"},
            "since the time between them": {"sinceTime": moment},
            "until the time between them": {"untilTime": moment},
            "the last two lines": {"tailLines": "2"},
            "this boot": {"boot": "0"},
            "the boot before": {"boot": "-1"},
            "pattern of neither": {"pattern": f"{uuid4()}"},
        }


@dataclass(frozen=True)
class Answered:
    """An answer and how long it took, in seconds of this run's clock."""

    answer: Answer
    seconds: float


@given("a unit on that worker that has printed a first and a second nonce", target_fixture="talker")
def talking_unit(cluster: Cluster, changed: str) -> Talker:
    shell = cluster.shell(changed)
    unit, first, second = new_name(), str(uuid4()), str(uuid4())
    say(shell, unit, first)
    moment = await_next_second(shell)
    say(shell, unit, second)
    return Talker(unit, first, second, moment)


@given(phrase("{count:Count} units on that worker that have printed"), target_fixture="printed")
def printed_units(cluster: Cluster, changed: str, count: int) -> list[str]:
    shell, names = cluster.shell(changed), [new_name() for _ in range(count)]
    for name in names:
        say(shell, name, name)
    await_later(shell, node_log_query.JUST_OVER)
    return names


@given("a journal reader on that worker that does not end")
def endless_reader(cluster: Cluster, changed: str, faults: Faults) -> None:
    faults.add(changed, READER, node_log_query.ENDLESS_READER)
    seen = cluster.shell(changed).run(["which", "journalctl"]).stdout.strip()
    require(seen == READER, f"the kubelet would read by {seen}, not by our reader")


@when(
    phrase('the worker\'s kubelet is queried for the log of "{service:Name}"'),
    target_fixture="answered",
)
def ask_for(cluster: Cluster, changed: str, service: str) -> Answered:
    start = time.monotonic()
    answer = logs_of(cluster, changed).query(service)
    return Answered(answer, time.monotonic() - start)


@then(
    phrase('for "{service:Name}" and the units in one query, the kubelet returns the lines of each')
)
def gives_many(cluster: Cluster, changed: str, service: str, printed: list[str]) -> None:
    gives_at_once(cluster, changed, [service], nonces=printed)


@then("with each filter, the kubelet returns these nonces")
def filters_leave(
    cluster: Cluster, changed: str, talker: Talker, datatable: list[list[str]], evidence: Evidence
) -> None:
    logs = logs_of(cluster, changed)
    rows = [
        (name, wanted, talker.left_in(text), text[-SHOWN:])
        for name, wanted in datatable[1:]
        for text in [logs.query(talker.unit, **talker.filters[name]).text]
    ]
    evidence.table("answers to filters", "filter, must leave, leaves, answer", rows)
    must_agree(rows, "a filter leaves the lines that it names")


@then("the kubelet answers each query with its status")
def answers_statuses(
    cluster: Cluster, changed: str, datatable: list[list[str]], evidence: Evidence
) -> None:
    logs = logs_of(cluster, changed)
    rows = [
        (f"{name} ({QUESTIONS[name]})", status, str(answer.status), answer.text[-SHOWN:])
        for name, status in datatable[1:]
        for answer in [logs.ask(QUESTIONS[name])]
    ]
    evidence.table("answers to questions", "question, must be, status, answer", rows)
    must_agree(rows, "bad questions are refused with the right status")


@then("no command in a name was run")
def nothing_run(cluster: Cluster, changed: str) -> None:
    shell = cluster.shell(changed)
    made = [mark for mark in node_log_query.marks(shell) if exists(shell, mark)]
    must_be_none(made, "no command in a name is run")


@then(phrase("the kubelet has answered within {limit:Duration}, but not within {least:Duration}"))
def answered_late(answered: Answered, least: float, limit: float) -> None:
    if answered.answer.status != 200 or not least <= answered.seconds <= scaled(limit):
        raise ClaimError(
            f"it should answer 200 after {least:.0f} to {limit:.0f} s; it was "
            f"{answered.answer.status} after {answered.seconds:.1f} s"
        )


@then("no journal reader is left on the machine")
def no_reader_left(cluster: Cluster, changed: str) -> None:
    found = cluster.shell(changed).run(
        ["pgrep", "--full", node_log_query.RUNNING_READER], check=False
    )
    must_be_none(found.stdout.split(), "a reader ends with the question")


def await_next_second(shell: Shell) -> datetime:
    """The beginning of a second of the machine's clock that has begun when this returns."""
    return await_later(shell, timedelta(seconds=1))


def await_later(shell: Shell, by: timedelta) -> datetime:
    """Returns when the machine's clock shows the time that it gives. Errors: NotPrepared."""
    moment = node_log_query.clock(shell) + by
    with preparing():
        eventually(
            lambda: node_log_query.clock(shell),
            lambda now: now >= moment,
            within=scaled(10),
            what=f"the clock of {shell.name} goes on by {by}",
        )
    return moment


def must_agree(rows: list[tuple[str, str, str, str]], claim: str) -> None:
    """Rows of what was asked, what must be, what is, and the answer's end."""
    wrong = [
        f"{what}: {seen}, must be {must}: {text!r}"
        for what, must, seen, text in rows
        if seen != must
    ]
    must_be_none(wrong, claim)


def say(shell: Shell, unit: str, words: str) -> None:
    """A transient unit prints words and has ended; its description does not repeat them."""
    about = [f"--unit={unit}", "--description=a talker", "--wait", "--collect", "--quiet"]
    shell.run(["systemd-run", *about, "echo", words])
