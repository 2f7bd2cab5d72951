"""Logs of containers: every Then-step goes red, as one understands."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.cluster import Cluster
from infra.errors import ClaimError, NotPrepared, WaitTimeout
from infra.inventory import series
from infra.kube_api import Answer
from suite.instrumentation.container_logs import Log, parse
from tests.steps.instrumentation import container_logs as steps
from tests.steps.phrases import NOW, Time
from tests.unit.fakes import (
    FakeApi,
    FakeShell,
    Made,
    evidence,
    goes_red,
    running_pod,
)  # fmt: skip

NONCE = "e0ae0de1-d9fd-4a45-8f05-bc41007804c1"
OTHER = "11111111-d9fd-4a45-8f05-bc41007804c1"
TIME = "2026-11-25T20:34:31"
FILE = "/var/log/pods/ns_rz_0a1b-2c3d/c/0.log"
LINK = "/var/log/containers/rz_ns_c-c0ffee.log"
STORED = f"{TIME}.64Z stdout F line 1 {NONCE}\n{TIME}.7Z stderr F complaint {NONCE}\n"
TEXTS = f"line 1 {NONCE}\ncomplaint {NONCE}\n"


@pytest.fixture
def made() -> Made:
    pod, api, shell = running_pod()
    store(shell, STORED)
    return pod, api, shell


def store(shell: FakeShell, text: str) -> None:
    shell.answers |= {f"cat {FILE}": text, f"cat {LINK}": text}


def gives(monkeypatch: pytest.MonkeyPatch, text: str, status: int = 200) -> None:
    def ask(_one: FakeApi, _method: str, path: str, **_how: Any) -> Answer:
        return Answer("GET", path, status, {}, text)

    monkeypatch.setattr(FakeApi, "ask", ask)


def answers(monkeypatch: pytest.MonkeyPatch, table: Mapping[str, str]) -> None:
    """What the API gives by the name of the only option."""

    def ask(_one: FakeApi, _method: str, path: str, **how: Any) -> Answer:
        return Answer("GET", path, 200, {}, table["".join(how["params"])])

    monkeypatch.setattr(FakeApi, "ask", ask)


def test_a_line_on_the_disk(made: Made) -> None:
    subject, _, shell = made
    steps.file_and_link_hold(subject, [NONCE], evidence())
    shell.answers[f"cat {LINK}"] = "another file"
    goes_red(
        f"{LINK} on worker-0 should hold", steps.file_and_link_hold, subject, [NONCE], evidence()
    )


def test_a_line_in_other_logs(made: Made) -> None:
    subject, _, shell = made
    other = FakeShell("worker-1")

    class Workers:
        spec = series("series", kubernetes="v1.36.1", platform="local")

        def shell(self, name: str) -> FakeShell:
            return shell if name == "worker-0" else other

    live = cast("Cluster", Workers())
    shell.answers["grep --recursive"] = f"{FILE}\n"
    shell.answers.pop("grep")
    steps.only_there(live, subject, [NONCE])
    other.answers["grep --recursive"] = "/var/log/pods/x/0.log\n"
    goes_red(r"only /var/log/pods.*worker-1", steps.only_there, live, subject, [NONCE])
    shell.answers["grep --recursive"] = other.answers["grep --recursive"] = ""
    goes_red(r"found: \[\]", steps.only_there, live, subject, [NONCE])


def test_lines_of_another_form(made: Made) -> None:
    subject, _, shell = made
    steps.lines_have_parts(subject, evidence())
    steps.both_streams(subject)
    store(shell, STORED + '{"log":"json"}\n')
    goes_red("is not time, stream, tag and text", steps.lines_have_parts, subject, evidence())
    store(shell, f"{TIME}Z stdout P part\n")
    goes_red("stdout and stderr should be there", steps.both_streams, subject)


@pytest.mark.parametrize(
    "line", [f"{TIME}.64 stdout F x", f"{TIME}Z out F x", f"{TIME}Z stdout X x"]
)
def test_what_is_no_line(line: str) -> None:
    with pytest.raises(ClaimError, match="a stored line is not"):
        parse(line)


def test_times_are_filled_up() -> None:
    assert parse(f"{TIME}.64Z stdout F x").full_time == f"{TIME}.640000000Z"
    assert parse(f"{TIME}Z stdout F x").full_time == f"{TIME}.000000000Z"


def test_cut_lines(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    subject, _, shell = made
    goes_red("3 whole lines .* not within", steps.full_lines, subject, 3)
    store(shell, f"{TIME}Z stdout P xxx\n{TIME}Z stdout F x\n")
    steps.full_lines(subject, 1)
    table = [["characters", "tag"], ["3", "partial"], ["1", "full"]]
    steps.parts(subject, NOW, table)
    table[2][1] = "partial"
    words = r"has the parts \[\['3', 'partial'\], \['1', 'partial'\]\]; it is .*\['1', 'full'\]"
    goes_red(words, steps.parts, subject, NOW, table)
    gives(monkeypatch, "xxx\nx\n")
    goes_red(r"should have \[4\] letters; they have \[3, 1\]", steps.api_joins, subject, "4")
    steps.api_joins(subject, "3 and 1")


def test_a_last_line_that_is_lost_or_tagged_as_whole(made: Made) -> None:
    subject, _, shell = made
    whole, within = f"{TIME}Z stdout F whole\n", Time("within", 30)
    table = [["text", "tag"], ["whole", "full"], ["unended", "partial"]]
    store(shell, whole)
    steps.full_lines(subject, 1)
    goes_red(
        "the log of rz on worker-0 has the parts .* within 30 s",
        steps.parts,
        subject,
        within,
        table,
    )
    store(shell, f"{whole}{TIME}Z stdout F unended\n")
    goes_red("'unended', 'full'", steps.parts, subject, within, table)
    store(shell, f"{whole}{TIME}Z stdout P unended\n")
    steps.parts(subject, within, table)
    with pytest.raises(WaitTimeout, match="1 whole lines of rz are stored"):
        steps.full_lines(subject, 1)


def test_what_the_api_gives(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    subject, _, _ = made
    texts, timed = ([["option", "part"], row] for row in (
        ["none", "every line"], ["timestamps", "every line with its stored time"],
    ))  # fmt: skip
    gives(monkeypatch, TEXTS)
    steps.options(subject, texts)
    goes_red("what is asked for; instead: timestamps: 'line 1", steps.options, subject, timed)
    gives(monkeypatch, STORED)
    goes_red("what is asked for; instead: none: ", steps.options, subject, texts)
    gives(monkeypatch, f"{TIME}.640000000Z line 1 {NONCE}\n{TIME}.700000000Z complaint {NONCE}\n")
    steps.options(subject, timed)


def test_options_that_one_api_server_takes(made: Made) -> None:
    subject, _, _ = made
    path = "/api/v1/namespaces/ns/pods/rz/log"
    servers = {"controller-0": FakeApi({path: (422, {})}), "controller-1": FakeApi({path: "x"})}
    live = cast("Cluster", SimpleNamespace(api_servers=lambda: servers))
    words = "refused with 422; instead: controller-1 answered .*sinceSeconds.* with 200"
    goes_red(words, steps.options_refused, live, subject, 422)
    servers.pop("controller-1")
    steps.options_refused(live, subject, 422)


def test_the_end_and_the_beginning(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    subject, _, shell = made
    table = [
        ["option", "part"],
        *([one] * 2 for one in ("the last 3 lines", "the first 100 bytes")),
    ]
    store(shell, "".join(f"{TIME}.{n}Z stdout F line {n} {NONCE}\n" for n in range(1, 5)))
    whole = "".join(f"line {n} {NONCE}\n" for n in range(1, 5))
    last = whole.partition("\n")[2]
    answers(monkeypatch, {"tailLines": last, "limitBytes": whole[:100]})
    steps.options(subject, table)
    answers(monkeypatch, {"tailLines": last, "limitBytes": whole[:99]})
    goes_red("instead: the first 100 bytes: 'line 1 e0", steps.options, subject, table)
    answers(monkeypatch, {"tailLines": whole, "limitBytes": whole[:100]})
    goes_red("instead: the last 3 lines: 'line 1 e0", steps.options, subject, table)


def test_what_was_printed_since(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    subject, _, _ = made
    texts = f"line 1 {NONCE}\ncomplaint {NONCE}\n"
    times = [Log(subject).lines()[0].second(), Log(subject).lines()[-1].second(later=1)]
    assert times == [f"{TIME}Z", f"{TIME[:-2]}{int(TIME[-2:]) + 1:02}Z"]

    def give(*by_time: str) -> None:
        given = dict(zip(times, by_time, strict=True))
        monkeypatch.setattr(
            Log, "ask", lambda _, **how: Answer("GET", "log", 200, {}, given[how["sinceTime"]])
        )

    table = [
        ["option", "part"],
        ["since the second of the first line", "every line"],
        ["since the second after the last line", "nothing"],
    ]
    give(texts, "")
    steps.options(subject, table)
    give("", "")
    goes_red("instead: since the second of the first line: ''", steps.options, subject, table)
    give(texts, texts)
    goes_red("instead: since the second after the last line: '", steps.options, subject, table)


def test_a_link(made: Made) -> None:
    subject, _, shell = made
    goes_red(f"should be a link to {FILE}; it is none", steps.link_is_link, subject)
    shell.answers["readlink"] = f"{FILE}\n"
    steps.link_is_link(subject)
    shell.answers["ls -d"] = f"{LINK}\n"
    goes_red(
        "link and folder of the logs of rz are gone: not within", steps.logs_are_gone, subject, 120
    )
    shell.answers.pop("ls -d")
    steps.logs_are_gone(subject, 120)


def test_a_container_that_prints_nothing(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    subject, _, _ = made
    gives(monkeypatch, "nothing of interest\n")
    with pytest.raises(NotPrepared, match="has printed a nonce"):
        steps.printed_nonce(subject)
    gives(monkeypatch, TEXTS)
    assert steps.printed_nonce(subject) == [NONCE]
    with pytest.raises(WaitTimeout, match="a nonce other than"):
        Log(subject).nonce(other_than=(NONCE,))
