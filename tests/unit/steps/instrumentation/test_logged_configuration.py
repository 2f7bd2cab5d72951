"""The configuration in a kubelet's log: every Then-step goes red, as one understands."""

from typing import Any

import pytest

from infra.clients.instrumentation import logged_configuration
from infra.clients.node import kubelet
from infra.kube_api import Answer
from tests.steps.instrumentation import logged_configuration as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeShell, evidence, goes_red
from tests.unit.steps.auth.test_kubelet_api_access import caller

HEAD = "Nov 29 22:13:09.12345{} worker-0 kubelet[7]: "
LINE = f"{HEAD}I1129 22:13:09.123451       7 server.go:258] {{}}"
KEY = f"-----BEGIN PRIVATE KEY-----\n{'QUJD' * 16}\nQQ==\n-----END PRIVATE KEY-----\n"
TOLD = {
    "kind": "KubeletConfiguration",
    "enableSystemLogQuery": True,
    "authentication": {"anonymous": {"enabled": False}},
    "syncFrequency": "1m0s",
}
YAML = """\
authentication:
  anonymous:
    enabled: false
enableSystemLogQuery: {}
kind: KubeletConfiguration
syncFrequency: 1m0s"""


def log(*messages: str) -> str:
    return "".join(f"{LINE.format(n % 10, text)}\n" for n, text in enumerate(messages))


def logged(query: str = "true", tab: str = " " * 8) -> str:
    """As journalctl tells it: klog's value of several lines in a line each, tabs as spaces."""
    lines = [f"{tab}{line}" for line in YAML.format(query).splitlines()]
    begin = log(logged_configuration.BEGINS)
    return begin + "".join(f"{HEAD.format(1)}{line}\n" for line in [*lines, " >"])


FLAGS = log('FLAG: --config="/k/config"', 'FLAG: --v="2"', 'FLAG: --address="0.0.0.0"')


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Any:
    answers = {
        "systemctl show": "ActiveState=active\nMainPID=7\n",
        "cat /proc/7/cmdline": "kubelet\0--config=/k/config\0--v=2\0",
        "cat /var/lib/kubelet/kubelet-key.pem": KEY,
        "date": "1764108000\n",
        "ps -o etimes= -p 7": "   59\n",
    }
    monkeypatch.setattr(kubelet, "settings", lambda *_: TOLD)
    return cluster(api=None, shell=lambda name: FakeShell(name, answers))


def answer(text: str, status: int = 200) -> Answer:
    return Answer("GET", "https://worker-0:10250/logs/", status, {}, text)


def test_a_log_without_the_configuration_or_with_an_older_one(live: Any) -> None:
    steps.has_settings(live, "worker-0", answer(logged("false") + log("x") + logged() + log("y")))
    steps.has_settings(live, "worker-0", answer(logged(tab="\t")))
    goes_red(
        "the log of the kubelet of worker-0 has its configuration; instead: "
        "enableSystemLogQuery is False, must be True",
        steps.has_settings, live, "worker-0", answer(logged() + logged("false")),
    )  # fmt: skip
    goes_red(
        "instead: kind is absent, must be KubeletConfiguration",
        steps.has_settings, live, "worker-0", answer(FLAGS),
    )  # fmt: skip
    goes_red(
        "a ServiceAccount that may read logs should be answered: .*403",
        steps.has_settings, live, "worker-0", answer("Forbidden", 403),
    )  # fmt: skip


def test_a_log_with_a_key(live: Any) -> None:
    steps.has_no_key(live, "worker-0", answer(logged()))
    told = (
        r"has no key; instead: the log has 'PRIVATE KEY-----'\n  the log has QUJDQU\.\.\. of a key"
    )
    goes_red(told, steps.has_no_key, live, "worker-0", answer(logged() + KEY))


def test_a_log_without_flags(live: Any) -> None:
    steps.has_flags(live, "worker-0", answer(FLAGS))
    told = "the log of the kubelet of worker-0 has its flags; instead: --config\n  --v"
    goes_red(told, steps.has_flags, live, "worker-0", answer(log("started")))


@pytest.mark.parametrize("text", [logged(), log('"KubeletConfiguration" configuration=<')])
def test_a_log_with_the_configuration_already(text: str) -> None:
    steps.has_no_configuration("worker-0", answer(FLAGS))
    told = "the kubelet of worker-0 does not log its configuration; instead: .*KubeletConfiguration"
    goes_red(told, steps.has_no_configuration, "worker-0", answer(FLAGS + text))


def test_who_may_read_the_configuration_anyway() -> None:
    steps.refuses_configuration(caller(right="log"), "worker-0", 403)
    told = "the configuration should be refused with 403: .*/configz -> 200"
    goes_red(told, steps.refuses_configuration, caller(right="configz"), "worker-0", 403)


def test_the_log_is_read_since_the_start(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    port = caller(right="log").at("worker-0")

    def ask(self: Any, path: str, *_: Any, **__: Any) -> Answer:
        asked.append(path)
        return answer("lines")

    monkeypatch.setattr(type(port), "ask", ask)
    assert steps.read_log(live, caller(right="log"), "worker-0", evidence()).text == "lines"
    assert asked == ["/logs/?query=kubelet&sinceTime=2025-11-25T21%3A59%3A00Z"]


def test_a_log_that_was_cut_off_has_no_configuration() -> None:
    assert logged_configuration.configuration("") == {}
    assert logged_configuration.configuration(log(logged_configuration.BEGINS)) == {}
