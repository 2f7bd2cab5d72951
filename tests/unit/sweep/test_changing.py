"""A change is in the ledger before it is made, beside a copy; its readers begin anew."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra import wait
from infra.clients.transport.systemd import Unit
from infra.errors import NotJudged
from infra.inventory import series
from tests.sweep import changing, ledger, mending
from tests.sweep.setting import Instead, Place, Setting
from tests.unit.fakes import FakeApi, FakeShell

SPEC = series("test", kubernetes="v1.36.1", platform="local")
PATH = "/var/lib/kubernetes/kube-apiserver.pem"
SETTING = Setting(
    "kube-apiserver",
    "kube-apiserver.pem",
    "CN is stranger",
    {"controller-1": Place({PATH: b"other"}, ("kube-apiserver",), ("/debris",))},
)
GOOD = {"cp": "", "systemctl": "", "rm": ""}


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    for name in ("eventually", "pause"):
        whole = getattr(wait, name)
        monkeypatch.setattr(
            changing, name, lambda *g, whole=whole, **n: whole(*g, **n, clock=clock)
        )


def seen(monkeypatch: pytest.MonkeyPatch, *looks: tuple[str, int]) -> None:
    """What systemd says of the unit, look by look; the last for ever."""
    left = list(looks)

    def show_all(shell: Any, names: Any) -> tuple[Unit, ...]:
        state, pid = left.pop(0) if len(left) > 1 else left[0]
        return (Unit("controller-1", names[0], state, pid, 0, 0, 0),)

    monkeypatch.setattr(changing.systemd, "show_all", show_all)


def cluster_of(tmp_path: Path, shell: Any, api: Any = None) -> Any:
    return SimpleNamespace(state=tmp_path, spec=SPEC, shell=lambda _: shell, api=api)


def test_the_ledger_knows_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(NotJudged):
        changing.change(cluster_of(tmp_path, FakeShell()), SETTING, "controller-1")
    left = ledger.read(tmp_path)
    assert left
    assert (left.machine, left.paths, left.debris) == ("controller-1", (PATH,), ("/debris",))


def test_a_file_is_copied_then_changed_and_its_reader_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(monkeypatch, ("active", 7))
    shell = FakeShell("controller-1", GOOD)
    assert changing.change(cluster_of(tmp_path, shell), SETTING, "controller-1")
    ran = [" ".join(argv) for argv in shell.ran]
    assert ran[0] == f"cp --archive --no-clobber {PATH} {PATH}.swept"
    assert ran[1].endswith(f"/dev/stdin {PATH}")
    assert "systemctl kill --kill-whom=main --signal=SIGKILL kube-apiserver" in ran
    assert ran[-1] == "systemctl restart --no-block kube-apiserver"


@pytest.mark.parametrize(
    ("looks", "starts"),
    [
        ([("active", 7)], True),
        ([("activating", 7), ("activating", 7), ("active", 7)], True),
        ([("activating", 7)], False),
        ([("active", pid) for pid in range(99)], False),
    ],
)
def test_what_is_begun_anew_again_and_again_does_not_start(
    looks: list[tuple[str, int]], starts: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(monkeypatch, *looks)
    assert changing.steady(FakeShell(), ["etcd"]) is starts
    assert changing.steady(FakeShell(), [])


ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "r"},
}
ROLE_PATH = "/apis/rbac.authorization.k8s.io/v1/clusterroles/r"


def test_an_object_is_deleted_and_the_ledger_has_its_manifest(tmp_path: Path) -> None:
    setting = Setting("rbac", "ClusterRole r", "is deleted", object=Instead(ROLE, None))
    api = FakeApi({f"DELETE {ROLE_PATH}": {}})
    assert changing.change(cluster_of(tmp_path, None, api), setting, "")
    left = ledger.read(tmp_path)
    assert left
    assert left.manifest == ROLE
    assert left.changes == 1


@pytest.mark.parametrize(
    ("copy", "same", "good"), [(True, True, True), (True, False, False), (False, False, True)]
)
def test_a_file_must_be_its_original_again(copy: object, same: object, good: object) -> None:
    answers = {"test -e": ""} if copy else {}
    shell = FakeShell("controller-1", answers | ({"cmp": ""} if same else {}))
    assert mending.same(shell, PATH) is good


def test_its_own_copy_comes_back_and_the_reader_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(monkeypatch, ("active", 7))
    shell = FakeShell("controller-1", GOOD | {"test -e": ""})
    mending.put_back(cluster_of(tmp_path, shell), ledger.entry_of(SETTING, "controller-1"))
    ran = [" ".join(argv) for argv in shell.ran]
    assert f"cp --archive {PATH}.swept {PATH}" in ran
    assert ran[-1] == "systemctl restart --no-block kube-apiserver"


def test_copies_and_debris_go_and_only_a_healthy_cluster_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell, api = FakeShell("controller-1", GOOD), FakeApi({"/readyz": {}})
    cluster, entry = cluster_of(tmp_path, shell, api), ledger.entry_of(SETTING, "controller-1")
    ledger.write(tmp_path, entry)

    def ill(_: object) -> None:
        raise NotJudged("the cluster is not healthy")

    monkeypatch.setattr(mending.gate, "gate", ill)
    with pytest.raises(NotJudged):
        mending.forget(cluster, entry)
    assert json.loads((tmp_path / ledger.NAME).read_text())["key"] == SETTING.key
    monkeypatch.setattr(mending.gate, "gate", lambda _: None)
    mending.forget(cluster, entry)
    assert ledger.read(tmp_path) is None
    assert shell.ran[0][-2:] == (f"{PATH}.swept", "/debris")


def pods(*names: str) -> dict[str, Any]:
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    return {"items": [{"metadata": {"name": name}, "status": ready} for name in names]}


@pytest.mark.parametrize(("every", "deleted"), [(False, ["dns-a"]), (True, ["dns-a", "dns-b"])])
def test_one_pod_reads_the_change_and_all_read_the_original(
    every: bool,  # noqa: FBT001 - a parameter of the test
    deleted: list[str],
) -> None:
    gone: list[str] = []

    def get(_: str, **__: str) -> dict[str, Any]:
        kept = [name for name in ("dns-a", "dns-b") if name not in gone]
        return pods(*kept, *(f"new-{name}" for name in gone))

    def ask(method: str, path: str) -> Any:
        gone.append(path.rpartition("/")[2])
        return SimpleNamespace(ok=True, body={})

    api: Any = SimpleNamespace(get=get, ask=ask)
    assert changing.restart_pods(api, "k8s-app=kube-dns", every=every)
    assert sorted(gone) == deleted
