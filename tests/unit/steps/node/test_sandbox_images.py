"""Sandbox images that are missing or that nothing keeps: red for each worker that differs."""

import json
from typing import Any

import pytest

from infra.clients.node import image_gc
from infra.errors import NotPrepared
from infra.inventory import series
from infra.layout import SERIES
from tests.steps.node import sandbox_images as steps
from tests.unit.fakes import FakeShell, goes_red

PAUSE = "registry.k8s.io/pause:3.10.1"
DUMP = f"""
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '{PAUSE}'
"""


def worker(*, pinned: bool = True, name: str = PAUSE) -> FakeShell:
    listed = {"images": [{"repoTags": [name], "pinned": pinned}]}
    dumps = SERIES.programs.container_runtime
    return FakeShell(answers={"crictl images": json.dumps(listed), dumps: DUMP})


class Live:
    def __init__(self, **shells: FakeShell) -> None:
        self.spec = series("series", kubernetes="v1.36.1", platform="local")
        self.shells = {"worker-0": worker(), "worker-1": worker(), **shells}

    def shell(self, name: str) -> FakeShell:
        return self.shells[name]


def judged(live: Any) -> None:
    found = steps.sandbox_images(live)
    steps.has_it(live, found)
    steps.is_pinned(live, found)


def test_both_workers_keep_it() -> None:
    judged(Live())


@pytest.mark.parametrize("node", ["worker-0", "worker-1"])
def test_one_worker_that_would_collect_it(node: str) -> None:
    goes_red(
        f"instead: {node} has {PAUSE}, but not pinned", judged, Live(**{node: worker(pinned=False)})
    )
    goes_red(f"instead: {node} has no {PAUSE}", judged, Live(**{node: worker(name="other:1")}))


def test_a_runtime_that_names_none() -> None:
    with pytest.raises(NotPrepared, match="configured with no sandbox image"):
        image_gc.sandbox(FakeShell(answers={SERIES.programs.container_runtime: "version = 3\n"}))
