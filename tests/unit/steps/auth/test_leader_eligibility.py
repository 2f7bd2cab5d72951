"""Who may lead: a process too many, and one that could not, go red as one understands."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.clients.auth import kubeconfigs, leader_eligibility
from infra.clients.instrumentation import configz
from infra.clients.transport import durations
from infra.errors import NotJudged, NotPrepared
from infra.kube_api import WHO, ApiUnreachable
from tests.steps.controlplane import leases
from tests.unit.elections_fake import cluster, election
from tests.unit.fakes import FakeApi, FakeShell, goes_red, not_judged

MANAGER = "kube-controller-manager"
_, ONLY, MAY_LEAD = leases.CANDIDATES
USER = {"client-certificate-data": "Yw==", "client-key-data": "aw=="}
CONFIG = {
    "clusters": [{"name": "kfs", "cluster": {"server": "https://127.0.0.1:6443"}}],
    "users": [
        {"name": "kcm", "user": {"client-certificate-data": "Yw==", "client-key-data": "aw=="}}
    ],
    "contexts": [{"name": "default", "context": {"cluster": "kfs", "user": "kcm"}}],
    "current-context": "default",
}
OWN = ("find /proc -maxdepth 2 -name exe", "/proc/10/exe\n")
COMMAND = f"/usr/local/bin/{MANAGER}\0--kubeconfig=/m.kubeconfig\0--leader-elect=true\0"


def controller(name: str, *, processes: str = OWN[1]) -> FakeShell:
    answers = {
        OWN[0]: processes,
        "systemctl show": "ActiveState=active\nMainPID=10\n",
        "cat /proc/10/cmdline": COMMAND,
        "cat /m.kubeconfig": yaml.safe_dump(CONFIG),
    }
    return FakeShell(name, answers)


def machines(**changed: FakeShell) -> Any:
    """A cluster whose controllers run one manager each, and the other machines none."""
    live = cluster()
    shells = {m.name: FakeShell(m.name, {OWN[0]: ""}) for m in live.spec.machines}
    shells |= {m.name: controller(m.name) for m in live.spec.controllers}
    shells |= {name.replace("_", "-"): shell for name, shell in changed.items()}
    live.shell = shells.__getitem__
    return live


def test_a_process_too_many() -> None:
    leases.candidates_are(machines(), election(), ONLY)
    fourth = controller("controller-2", processes="/proc/10/exe\n/proc/77/exe\n")
    fourth.answers["cat /proc/77/cmdline"] = f"/usr/local/bin/{MANAGER}\0--leader-elect=false\0"
    goes_red(
        f"only its three units run {MANAGER}; instead: controller-2: "
        f"/usr/local/bin/{MANAGER} --leader-elect=false",
        leases.candidates_are, machines(controller_2=fourth), election(), ONLY,
    )  # fmt: skip
    fourth.answers["cat /proc/77/cmdline"] = f"/usr/local/bin/{MANAGER}\0--version\0"
    leases.candidates_are(machines(controller_2=fourth), election(), ONLY)
    elsewhere = FakeShell("worker-0", {OWN[0]: "/proc/8/exe\n", "cat /proc/8/cmdline": MANAGER})
    live = machines(worker_0=elsewhere)
    goes_red(f"worker-0: {MANAGER}", leases.candidates_are, live, election(), ONLY)
    blind = controller("controller-1", processes="")
    not_judged(
        "controller-1 does not list",
        leases.candidates_are,
        machines(controller_1=blind),
        election(),
        ONLY,
    )


def asking_as(user: str) -> dict[str, Any]:
    return {"status": {"userInfo": {"username": user}}}


def test_a_standby_that_can_never_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    table: dict[str, Any] = {
        f"POST {leader_eligibility.REVIEW}": {"status": {"allowed": True}},
        f"POST {WHO}": asking_as(f"system:{MANAGER}"),
    }
    monkeypatch.setattr(leader_eligibility, "own_api", lambda *_: FakeApi(table))
    leases.candidates_are(machines(), election(), MAY_LEAD)
    table[f"POST {leader_eligibility.REVIEW}"] = {"status": {"allowed": False}}
    goes_red(
        f"instead: {MANAGER} of controller-0 may not update the Lease {MANAGER}",
        leases.candidates_are, machines(), election(), MAY_LEAD,
    )  # fmt: skip
    table[f"POST {leader_eligibility.REVIEW}"] = {"status": {"allowed": True}}
    table[f"POST {WHO}"] = asking_as("system:kube-scheduler")
    goes_red(
        f"{MANAGER} of controller-0 asks as system:kube-scheduler, must be system:{MANAGER}",
        leases.candidates_are, machines(), election(), MAY_LEAD,
    )  # fmt: skip
    table[f"POST {leader_eligibility.REVIEW}"] = (401, {"message": "Unauthorized"})
    goes_red(
        "is refused: 401 Unauthorized", leases.candidates_are, machines(), election(), MAY_LEAD
    )


def test_a_candidate_that_nobody_answers() -> None:
    class Silent(FakeApi):
        def ask(self, *_: Any, **__: Any) -> Any:
            raise ApiUnreachable("connection refused")

    assert (
        leader_eligibility.hindrance(Silent({}), MANAGER) == "is not answered: connection refused"
    )


def test_the_kubeconfig_of_a_process(tmp_path: Path) -> None:
    shell = controller("controller-0")
    assert kubeconfigs.of_command(shell, ["m", "--kubeconfig=/m.kubeconfig"]) == "/m.kubeconfig"
    content = shell.get("/m.kubeconfig")
    assert kubeconfigs.server(content) == "https://127.0.0.1:6443"
    who = kubeconfigs.credentials(content, tmp_path / "ca.pem", tmp_path)
    assert who.cert == tmp_path / "client.pem"
    assert who.cert.read_bytes() == base64.b64decode("Yw==")
    shell.answers["cat /c.yaml"] = "clientConnection: {kubeconfig: /other}"
    assert kubeconfigs.of_command(shell, ["m", "--config=/c.yaml"]) == "/other"
    with pytest.raises(NotPrepared, match="no kubeconfig is named on controller-0: m"):
        kubeconfigs.of_command(shell, ["m"])
    user = {"name": "kcm", "user": {"client-certificate": "file"}}
    files = yaml.safe_dump({**CONFIG, "users": [user]})
    with pytest.raises(NotPrepared, match="has client-certificate-data; this one has"):
        kubeconfigs.credentials(files.encode(), tmp_path, tmp_path)


def test_what_a_component_tells_of_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    election = {"LeaderElection": {"retryPeriod": "2s"}, "Controllers": ["*"]}
    manager = {"Generic": election, "NodeLifecycleController": {"NodeMonitorGracePeriod": "50s"}}
    text = yaml.safe_dump({configz.NAMES[MANAGER]: manager}, default_flow_style=True)
    monkeypatch.setattr(configz.prometheus, "scrape", lambda *_, **__: text.replace("'", '"'))
    live = cluster(credentials=lambda _: None)
    with pytest.raises(NotJudged, match="tells no configuration"):
        configz.told(live, "controller-0", "kube-scheduler")
    assert configz.retry_period(MANAGER, manager) == 2
    assert configz.grace_period(manager) == 50
    assert configz.runs("x")({"Generic": {"Controllers": ["x"]}})
    assert not configz.runs("x")({"Generic": {"Controllers": ["y"]}})


@pytest.mark.parametrize(("text", "seconds"), [("5m0s", 300), ("2s", 2), ("1h0m0.5s", 3600.5)])
def test_durations_of_go(text: str, seconds: float) -> None:
    assert durations.of_go(text) == seconds


@pytest.mark.parametrize(("text", "seconds"), [("2000", 2), ("2s", 2), ("500ms", 0.5), ("1m", 60)])
def test_durations_of_haproxy(text: str, seconds: float) -> None:
    assert durations.of_haproxy(text) == seconds


def test_what_is_no_duration() -> None:
    with pytest.raises(ValueError, match="not a duration of Go"):
        durations.of_go("2 s")
    with pytest.raises(ValueError, match="not a duration of HAProxy"):
        durations.of_haproxy("two")
