"""``up`` gives a worker back the images that its machine image brought, and no others."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest

from infra.build import images
from infra.clients.node import image_gc
from infra.desired.apply import Supplies
from infra.desired.plan import Import
from infra.errors import WaitTimeout
from infra.inventory import series
from infra.lifecycle import build_runner, platforms
from infra.lifecycle.build_runner import Build
from infra.phases import kube_proxy, runtime
from infra.progress import Progress
from infra.settings import Settings
from infra.ssh import TIMEOUT, Result
from tests.unit.fakes import FakeShell, no_time_passes

BUSYBOX, PAUSE = "docker.io/library/busybox:1.36", "registry.k8s.io/pause:3.10.1"
LS = " ".join([*image_gc.CTR, "ls"])
IMPORT = "ctr -n k8s.io images import"


class Worker(FakeShell):
    """Remembers what was imported."""

    def __init__(self, *there: str) -> None:
        names = "\n".join([*there, "docker.io/library/busybox@sha256:0a1b"])
        super().__init__("worker-0", {LS: names, IMPORT: "", "systemctl is-active": "active"})
        self.imported: list[bytes | None] = []

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        stdin: bytes | None = None,
        timeout: float = TIMEOUT,
    ) -> Result:
        if "import" in argv:
            self.imported.append(stdin)
        return super().run(argv, check=check, stdin=stdin, timeout=timeout)


@pytest.fixture
def supplies(tmp_path: Path) -> Supplies:
    paths = {BUSYBOX: tmp_path / "busybox", PAUSE: tmp_path / "pause"}
    for path in paths.values():
        path.write_text(path.name)
    return Supplies(images=paths, preloaded=True)


def test_only_what_is_lost_is_imported(supplies: Supplies) -> None:
    worker = Worker(PAUSE)
    result = images.restore(worker, supplies)
    assert (result.actions, result.kept) == ((Import(BUSYBOX),), 1)
    assert worker.imported == [b"busybox"]


def test_a_worker_that_has_lost_nothing_costs_one_command(supplies: Supplies) -> None:
    worker = Worker(PAUSE, BUSYBOX)
    assert images.restore(worker, supplies).changed == 0
    assert worker.ran == [(*image_gc.CTR, "ls", "--quiet")]


def test_machines_that_pull_are_not_asked(supplies: Supplies) -> None:
    worker = Worker()
    assert images.restore(worker, Supplies(images=supplies.images)).changed == 0
    assert worker.ran == []
    assert platforms.preloads(Settings(platform="local"))
    assert not platforms.preloads(Settings(platform="aws"))


def test_a_containerd_that_does_not_answer_has_not_lost_all(
    supplies: Supplies, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_time_passes(monkeypatch)
    worker = Worker()
    del worker.answers[LS]
    with pytest.raises(WaitTimeout, match="containerd of worker-0 tells which images it has: not"):
        images.restore(worker, supplies)
    assert worker.imported == []


def test_the_build_looks_once_containerd_runs_and_tells(
    supplies: Supplies, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = series("unit", kubernetes="v1.36.1", platform="local")
    worker = Worker(PAUSE)
    live = cast("Any", type("Live", (), {"spec": spec, "shell": lambda *_: worker}))()
    order: list[Any] = []
    monkeypatch.setattr(build_runner, "things", lambda *_: ())
    monkeypatch.setattr(
        build_runner, "await_units", lambda *_: order.extend(worker.ran or ["first"])
    )
    said = StringIO()
    made = Build(live, supplies, Progress(said))
    for phase in (runtime.PHASE, kube_proxy.PHASE):
        made.phase(phase, spec.workers[0], cast("Any", None), [])
    assert order[0] == "first", "its unit is awaited before it is asked"
    assert worker.imported == [b"busybox"], "once, after the phase of containerd"
    assert (made.tally.kept, made.tally.changed) == (1, 1)
    assert f"worker-0 had lost images, which are back: {BUSYBOX}" in said.getvalue()
