"""A static Pod that is resized after all, and how it comes to its worker."""

from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from infra.machine_layout import SERIES
from tests.steps.workloads import static_pods as steps
from tests.unit.fakes import (
    FakeApi,
    FakeShell,
    answer,
    goes_red,
    pod,
    workloads_of,
)

MIRROR = "/api/v1/namespaces/ns/pods/rz-worker-0"


def test_a_static_pod_whose_figures_changed() -> None:
    mirror = pod(metadata__name="rz-worker-0")
    api = FakeApi({MIRROR: mirror})
    steps.as_it_was(workloads_of(api), mirror)
    larger = {"limits": {"cpu": "500m"}}
    api.table[MIRROR] = pod(metadata__name="rz-worker-0", spec__containers__0__resources=larger)
    goes_red("figures were .*200m.* and are .*500m", steps.as_it_was, workloads_of(api), mirror)


def test_its_kubelet_takes_it_from_a_folder_of_the_scenarios_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(steps, "change", lambda *given: asked.append(given[2:]))
    faults = SimpleNamespace(expect=lambda *a, **k: asked.append((*a, k)))
    shell = FakeShell()
    live: Any = SimpleNamespace(
        spec=SimpleNamespace(workers=[SimpleNamespace(name="worker-0")]),
        layout=SERIES,
        shell=lambda _: shell,
    )
    workloads = workloads_of(FakeApi({MIRROR: pod(metadata__name="rz-worker-0")}))
    steps.static_pod(live, faults, workloads)  # type: ignore[arg-type]
    assert asked == [
        ("worker-0", steps.FOLDER, {"unit": "kubelet"}),
        ("worker-0", {"staticPodPath": steps.FOLDER}),
    ]
    put = yaml.safe_load(shell.answers[f"cat {steps.FOLDER}/pod.yaml"])
    assert put["metadata"]["namespace"] == "ns"


def test_what_is_asked_of_the_mirror_is_the_articles_resize() -> None:
    api = FakeApi({f"PATCH {MIRROR}/resize": (422, {"message": "static pods cannot be resized"})})
    workloads = workloads_of(api)
    mirror = {"metadata": {"name": "rz-worker-0"}}
    said = steps.resize_by_article(workloads.cluster, workloads, mirror, steps.THE_MIRROR)
    assert (said.status, len(said.dry)) == (422, 3)
    assert answer(422).status == said.status
