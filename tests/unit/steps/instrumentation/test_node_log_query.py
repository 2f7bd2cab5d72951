"""Logs of machines asked of kubelets: every Then-step goes red, as one understands."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from infra.clients.instrumentation import node_log_query
from infra.clients.instrumentation.node_log_query import QUESTIONS, Window
from infra.cluster import Cluster
from infra.inventory import series
from infra.kube_api import Answer
from tests.steps.instrumentation import node_log_files as files
from tests.steps.instrumentation import node_log_query as steps
from tests.steps.instrumentation import node_log_query_options as questions
from tests.steps.instrumentation.node_log_query_options import Answered, Talker
from tests.unit.fakes import FakeShell, evidence, goes_red, not_judged

NODE = "worker-0"
LAST = "journalctl --quiet --lines=1"
PLAIN = {"Content-Type": "text/plain;charset=UTF-8"}
LIST = '<pre>\n<a href="pods/">pods/</a>\n</pre>'
JOURNAL = """\
Nov 25 22:00:01.000001 worker-0 kubelet[7]: one
Nov 25 22:00:02.000001 worker-0 containerd[8]: two
Nov 25 22:00:03.000001 worker-0 kubelet[7]: three
"""
KUBELET = "".join(line for line in JOURNAL.splitlines(keepends=True) if "kubelet" in line)
WINDOW = Window(
    datetime(2026, 11, 25, 22, 0, tzinfo=UTC), datetime(2026, 11, 25, 22, 10, tzinfo=UTC)
)
FIRST, SECOND = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
TALKER = Talker("claim-1", FIRST, SECOND, WINDOW.since)


class FakeLogs:
    """A kubelet that answers by a table: names and options, a raw query, a plain path."""

    def __init__(self, status: int = 200, text: str = "", headers: dict[str, str] = PLAIN) -> None:
        self.default = (status, text)
        self.headers = headers
        self.table: dict[str, tuple[int, str]] = {}

    def answer(self, key: str) -> Answer:
        status, text = self.table.get(key, self.default)
        return Answer("GET", f"/logs/{key}", status, self.headers, text)

    def query(self, *names: str, **options: str) -> Answer:
        key = "+".join([*names, *(f"{name}" for name in options)])
        return self.answer(key)

    def ask(self, query: str) -> Answer:
        return self.answer(query)

    def plain(self, path: str) -> Answer:
        return self.answer(path)


class Machines:
    spec = series("series", kubernetes="v1.36.1", platform="local")
    layout = spec.layout

    def __init__(self, shell: FakeShell) -> None:
        self._shell = shell

    def shell(self, _name: str) -> FakeShell:
        return self._shell


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> FakeLogs:
    fake = FakeLogs()
    for module in (steps, questions, files):
        monkeypatch.setattr(module, "logs_of", lambda *_: fake)
    return fake


@pytest.fixture
def shell() -> FakeShell:
    return FakeShell(answers={"date": "1764108000\n", LAST: "1764107999.5 worker-0 kubelet: x\n"})


@pytest.fixture
def live(shell: FakeShell) -> Cluster:
    return cast("Cluster", Machines(shell))


def test_a_list_of_files_and_what_is_none(live: Cluster, logs: FakeLogs) -> None:
    logs.default = (200, LIST)
    steps.lists_of_files(steps.ask_each(live, "kubelet"))
    steps.other_lists(live, NODE)
    logs.default = (200, KUBELET)
    asked = steps.ask_each(live, "kubelet")
    goes_red("with the switch off, kubelets answer with a list", steps.lists_of_files, asked)
    goes_red("with the switch off, kubelets answer with a list", steps.other_lists, live, NODE)


def test_other_lines_than_the_journal_has(live: Cluster, logs: FakeLogs, shell: FakeShell) -> None:
    def read() -> steps.Reading:
        return steps.gives_the_journal(live, NODE, "kubelet", evidence())

    logs.default = (200, KUBELET)
    shell.answers["journalctl"] = KUBELET
    assert read().text == KUBELET
    shell.answers["journalctl"] = KUBELET.replace("three", "four")
    goes_red("gave 2 lines.* has 2; the first that differ: .*three.*four", read)
    shell.answers["journalctl"] = KUBELET + JOURNAL
    goes_red("gave 2 lines.* has 5; .*none, the rest is missing", read)
    logs.default = (200, LIST)
    goes_red("there should be lines of kubelet; the kubelet gave '<pre>", read)


def test_the_last_lines(live: Cluster, logs: FakeLogs) -> None:
    reading = steps.Reading("kubelet", WINDOW, KUBELET)
    logs.default = (200, KUBELET.splitlines(keepends=True)[-1])
    steps.gives_the_tail(live, NODE, reading, 1)
    goes_red("gave 1 lines, .* has 2", steps.gives_the_tail, live, NODE, reading, 2)
    logs.headers = {"Content-Type": "text/html"}
    goes_red("should be plain text", steps.gives_the_tail, live, NODE, reading, 1)


def test_two_services(live: Cluster, logs: FakeLogs, shell: FakeShell) -> None:
    def read() -> None:
        steps.gives_both(live, NODE, "kubelet", "containerd")

    logs.default = (200, JOURNAL)
    shell.answers["journalctl"] = JOURNAL
    read()
    one, two, three = JOURNAL.splitlines(keepends=True)
    logs.default = (200, one + three + two)
    shell.answers["journalctl"] = one + three + two
    goes_red("should be mixed by time", read)
    logs.default = (200, KUBELET)
    goes_red("there should be lines of containerd", read)


def test_a_window_is_short_however_old_the_cluster_is(shell: FakeShell) -> None:
    """600 minutes of a busy kubelet took longer to read than the kubelet's 30 s."""
    window = node_log_query.just_over(shell, ["kubelet"])
    assert window.until - window.since < timedelta(minutes=11)
    assert window.until.timestamp() == 1764107998
    shell.answers[LAST] = "1764000000.9 worker-0 containerd[8]: long ago\n"
    assert node_log_query.just_over(shell, ["kubelet"]).until.timestamp() == 1764000600
    shell.answers[LAST] = ""
    not_judged("worker-0 has no line of kubelet", node_log_query.just_over, shell, ["kubelet"])


def test_four_at_once(live: Cluster, logs: FakeLogs, shell: FakeShell) -> None:
    logs.default = (200, JOURNAL)
    shell.answers["journalctl"] = JOURNAL
    questions.gives_many(live, NODE, "kubelet", ["two"])
    goes_red(
        "lines of each are given; instead: claim-1",
        questions.gives_many, live, NODE, "kubelet", ["claim-1"],
    )  # fmt: skip


def test_names_that_are_none(live: Cluster, logs: FakeLogs) -> None:
    table = [["name", "words"], ["nosuch", "log not found"]]
    logs.table["nosuch"] = (200, "\nlog not found for nosuch\n")
    steps.answers_in_words(live, NODE, table, evidence())
    logs.table["nosuch"] = (200, KUBELET)
    goes_red("should say 'log not found'", steps.answers_in_words, live, NODE, table, evidence())
    logs.table["nosuch"] = (404, "log not found")
    goes_red("/logs/nosuch -> 404", steps.answers_in_words, live, NODE, table, evidence())
    goes_red(
        "the kubelet should answer 200 and 'options'", steps.option_in_words, live, NODE, "options"
    )


def test_filters(live: Cluster, logs: FakeLogs) -> None:
    table = [["filter", "nonces"], ["since the time between them", "second"]]
    logs.table["claim-1+sinceTime"] = (200, SECOND)
    questions.filters_leave(live, NODE, TALKER, table, evidence())
    logs.table["claim-1+sinceTime"] = (200, FIRST + SECOND)
    goes_red(
        "since the time between them: both, must be second",
        questions.filters_leave, live, NODE, TALKER, table, evidence(),
    )  # fmt: skip
    unfiltered = [["filter", "nonces"], ["no filter", "both"]]
    goes_red(
        "no filter: none, must be both",
        questions.filters_leave, live, NODE, TALKER, unfiltered, evidence(),
    )  # fmt: skip


def test_every_filter_of_a_feature_is_known() -> None:
    assert set(TALKER.filters) >= {"this boot", "the boot before", "pattern of neither"}
    assert TALKER.filters["since the time between them"] == {"sinceTime": "2026-11-25T22:00:00Z"}


def test_the_talker_prints_on_both_sides_of_a_second(
    live: Cluster, shell: FakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.answers["systemd-run"] = ""
    clock = iter([1764108000, 1764108000, 1764108001])
    monkeypatch.setattr(
        node_log_query, "clock", lambda _: datetime.fromtimestamp(next(clock), tz=UTC)
    )
    talker = questions.talking_unit(live, NODE)
    said = [argv[-1] for argv in shell.ran if argv[0] == "systemd-run"]
    assert said == [talker.first, talker.second]
    assert talker.moment.timestamp() == 1764108001


def test_bad_questions_that_are_answered(live: Cluster, logs: FakeLogs, shell: FakeShell) -> None:
    table = [["question", "status"], ["an empty name", "400"]]
    goes_red(
        r"an empty name \(query=\): 200, must be 400",
        questions.answers_statuses,
        live,
        NODE,
        table,
        evidence(),
    )
    logs.table[QUESTIONS["an empty name"]] = (400, "may not be empty")
    questions.answers_statuses(live, NODE, table, evidence())
    questions.nothing_run(live, NODE)
    shell.answers["test -e /claim-by-name"] = ""
    goes_red(
        "no command in a name is run; instead: .*claim-by-name", questions.nothing_run, live, NODE
    )


def test_a_question_without_an_end(live: Cluster, shell: FakeShell) -> None:
    questions.answered_late(Answered(Answer("GET", "", 200, {}, ""), 31), 30, 45)
    at_once = Answered(Answer("GET", "", 200, {}, ""), 1)
    goes_red("after 30 to 45 s; it was 200 after 1.0 s", questions.answered_late, at_once, 30, 45)
    questions.no_reader_left(live, NODE)
    shell.answers["pgrep"] = "17\n"
    goes_red("a reader ends with the question; instead: .*17", questions.no_reader_left, live, NODE)
