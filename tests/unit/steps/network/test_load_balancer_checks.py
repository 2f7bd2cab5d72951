"""How the balancer looks after API servers: every Then-step goes red, as one understands."""

from pathlib import Path
from typing import Any

import pytest

from infra.clients.lifecycle import unit_programs
from infra.clients.lifecycle.unit_programs import Program
from infra.clients.network import load_balancer_checks
from infra.clients.network.load_balancer_checks import Check
from infra.kube_api import ApiUnreachable, Credentials
from infra.machine_layout import SERIES
from tests.steps.network import load_balancer_checks as balancing
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi, FakeShell, evidence, goes_red, not_judged

OURS = """defaults
    timeout check 5s
frontend api
    default_backend api
backend api
    option httpchk GET /readyz  # ready is more than listening
    default-server check check-ssl verify none inter 2s fastinter 1s fall 3 rise 1
    server controller-0 10.0.1.11:6443
    server controller-1 10.0.1.12:6443
    server controller-2 10.0.1.13:6443
"""


def checks(text: str) -> dict[str, Check]:
    live = cluster()
    answers = {"find /etc/haproxy": "", f"cat {SERIES.files.load_balancer}": text}
    live.shell = lambda name: FakeShell(name, answers)
    return balancing.checks_of_balancer(live, evidence())


def asked(text: str) -> Any:
    """The first Then-step on a cluster whose API servers are ready."""
    return lambda: balancing.asked_for_readiness(cluster(), checks(text))


@pytest.fixture(autouse=True)
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balancing, "unready_for_nobody", lambda *_: "")


def test_a_balancer_as_the_article_has_it() -> None:
    asked(OURS)()
    balancing.left_in_time(checks(OURS), 3, 2.0)
    sent = OURS.replace("option httpchk GET /readyz", "http-check send meth GET uri /readyz")
    asked(sent)()
    balancing.left_in_time(checks(OURS.replace("inter 2s", "inter 2000")), 3, 2.0)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("/readyz", "/version", "controller-0 is asked for GET /version each 2 s"),
        (
            "    option httpchk GET /readyz",
            "",
            "asked for nothing but a connection",
        ),
        ("default-server check", "default-server", "controller-0 is not checked"),
        ("10.0.1.12:6443", "10.0.1.12:6443 no-check", "controller-1 is not checked"),
        ("10.0.1.13:6443", "10.0.1.14:6443", "controller-2 is not checked"),
        (
            "10.0.1.13:6443",
            "10.0.1.13:6443 addr 10.0.1.11",
            "controller-2 is asked for GET /readyz at addr 10.0.1.11 each 2 s",
        ),
        ("10.0.1.13:6443", "10.0.1.13:6443 port 22", "controller-2 is asked for .* at port 22"),
        (
            "    default-server",
            "    http-check expect ! status 404\n    default-server",
            "asked for GET /readyz, wanting ! status 404, each 2 s",
        ),
    ],
)
def test_a_balancer_that_does_not_ask_for_readiness(old: str, new: str, says: str) -> None:
    goes_red(f"asks each API server for /readyz; instead: .*{says}", asked(OURS.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("inter 2s", "inter 15s", "each 15 s, and left after 3 failures"),
        ("fall 3", "fall 5", "each 2 s, and left after 5 failures"),
        ("10.0.1.12:6443", "10.0.1.12:6443 inter 1m", "controller-1 is asked for .* each 60 s"),
        ("fastinter 1s", "fastinter 30s", "each 2 s, then each 30 s, and left after 3 failures"),
        ("fastinter 1s", "downinter 10m", "each 2 s, when away each 600 s, and left after 3 fail"),
    ],
)
def test_a_balancer_that_notices_late(old: str, new: str, says: str) -> None:
    goes_red(says, balancing.left_in_time, checks(OURS.replace(old, new)), 3, 2.0)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("10.0.1.13:6443", "10.0.1.13:6443 disabled", "controller-2 has none, it is disabled"),
        ("10.0.1.13:6443", "10.0.1.13:6443 backup", "controller-2 has none, it is backup"),
        ("10.0.1.12:6443", "10.0.1.12:6443 weight 0", "controller-1 has none, it is of weight 0"),
        (
            "backend api\n",
            "backend api\n    balance first\n",
            "controller-0 has none, it is chosen by balance first",
        ),
        ("rise 1", "rise 30", "controller-0 has some after 30 checks only"),
    ],
)
def test_a_server_without_clients(old: str, new: str, says: str) -> None:
    balancing.has_clients(checks(OURS), 3)
    goes_red(says, balancing.has_clients, checks(OURS.replace(old, new)), 3)


def test_a_balancer_that_cuts_silent_clients_off() -> None:
    live = cluster()

    def has(text: str) -> Any:
        answers = {"find /etc/haproxy": "", f"cat {SERIES.files.load_balancer}": text}
        live.shell = lambda name: FakeShell(name, answers)
        return live

    balancing.silence_is_kept(has(OURS), 30)
    balancing.silence_is_kept(has(f"{OURS}    timeout client 1h\n"), 30)
    wrong = has(f"{OURS}    timeout client 1h\n    timeout server 10s\n")
    goes_red(
        "silent for 30 s; instead: timeout server is 10 s", balancing.silence_is_kept, wrong, 30
    )


def test_a_kubelet_that_is_sent_past_the_balancer(monkeypatch: pytest.MonkeyPatch) -> None:
    def sent(server: str) -> None:
        found = [
            Program("kubelet", "worker-0", "v1.36.1", "https://10.0.1.10:6443"),
            Program("scheduler", "controller-0", "v1.36.1", "https://127.0.0.1:6443"),
            Program("kubelet", "worker-1", "v1.36.1", server),
        ]
        monkeypatch.setattr(unit_programs, "installed", lambda _: found)

    sent("https://10.0.1.10:6443")
    balancing.sent_to_balancer(cluster())
    sent("https://10.0.1.11:6443")
    says = "the kubelet of worker-1 is sent to https://10.0.1.11:6443"
    goes_red(says, balancing.sent_to_balancer, cluster())


def test_a_configuration_that_is_not_in_force() -> None:
    shell = FakeShell("lb", {"find /etc/haproxy": f"{SERIES.files.load_balancer}\n"})
    not_judged("was changed after HAProxy had read it", load_balancer_checks.configuration, shell)


def test_an_api_server_that_tells_nobody_whether_it_is_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    live = cluster(credentials=lambda _: Credentials(Path("ca")), api_of=lambda _: FakeApi({}))
    answers = {"/readyz": "ok"}
    monkeypatch.setattr(balancing, "Api", lambda *_: FakeApi(answers))
    assert balancing.unready_for_nobody(live, "controller-1") == ""
    answers["/readyz"] = (401, "Unauthorized")  # type: ignore[assignment]
    says = "controller-1 answers 401 to nobody: Unauthorized"
    assert balancing.unready_for_nobody(live, "controller-1") == says

    class Silent(FakeApi):
        def ask(self, *_: Any, **__: Any) -> Any:
            raise ApiUnreachable("refused")

    monkeypatch.setattr(balancing, "Api", lambda *_: Silent({}))
    assert balancing.unready_for_nobody(live, "controller-1") == "refused"
