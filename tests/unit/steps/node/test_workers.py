"""What every worker has: each property goes red for the worker that lacks it, and names it."""

import json
from typing import Any

import pytest

from infra.clients.node import image_gc
from infra.errors import NotPrepared
from infra.inventory import series
from infra.machine_layout import SERIES
from tests.steps.node import workers as steps
from tests.unit.fakes import FakeApi, FakeShell, goes_red

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
    steps.holds_it(live, found, "has")
    steps.holds_it(live, found, "pins")


def test_both_workers_keep_it() -> None:
    judged(Live())


@pytest.mark.parametrize("node", ["worker-0", "worker-1"])
def test_one_worker_that_would_collect_it(node: str) -> None:
    goes_red(
        f"runtime pins the image of its sandboxes; instead: not {node}: {PAUSE}",
        judged,
        Live(**{node: worker(pinned=False)}),
    )
    goes_red(
        f"runtime has the image of its sandboxes; instead: not {node}: {PAUSE}",
        judged,
        Live(**{node: worker(name="other:1")}),
    )


def test_a_runtime_that_names_none() -> None:
    with pytest.raises(NotPrepared, match="configured with no sandbox image"):
        image_gc.sandbox(FakeShell(answers={SERIES.programs.container_runtime: "version = 3\n"}))


V2 = {"stat": "cgroup2fs\n", "cat": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n"}
V1 = V2["cat"] + "cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\n"
LISTED = "%s.service enabled enabled\n"
ENABLED = "".join(LISTED % name for name in ("kubelet", "kube-proxy", "containerd"))
DISABLED = ENABLED.replace("kubelet.service enabled", "kubelet.service disabled")
FREE = "MemTotal: 1048576 kB\nSwapTotal:  %d kB\n"
LOCK = "systemd-inhibit"


@pytest.mark.parametrize(
    ("has", "good", "bad", "says"),
    [
        ("a cgroup tree of version 2, without a version 1 controller",
         V2, {**V2, "stat": "tmpfs\n"}, "/sys/fs/cgroup is tmpfs"),
        ("a cgroup tree of version 2, without a version 1 controller",
         V2, {**V2, "cat": V1}, "/sys/fs/cgroup/cpu is of version 1"),
        ("a kernel that can limit swap",
         {"test -e": ""}, {}, "worker-1 has no .*memory.swap.max"),
        ("no swap",
         {"cat /proc/meminfo": FREE % 0}, {"cat /proc/meminfo": FREE % 262144},
         "worker-1 has 268435456 bytes of it"),
        ("no job that removes images",
         {}, {"grep -rIlEs -e ^[^#]*(crictl": "/etc/cron.d/old\n"}, "worker-1 has /etc/cron.d/old"),
        ("no job that touches containers' logs",
         {}, {"grep -rIlEs -e ^[^#]*(/var/log/": "/etc/logrotate.d/old\n"},
         "worker-1 has /etc/logrotate.d/old"),
        ("lines of its kubelet in its journal",
         {"journalctl": "1764107998.0 worker-1 kubelet[7]: x\n"}, {"journalctl": ""},
         "worker-1 has none"),
        ("its own journalctl for its kubelet",
         {"which": "/usr/bin/journalctl\n"}, {"which": "/usr/local/bin/journalctl\n"},
         "worker-1 has /usr/local/bin/journalctl"),
        ("a kubelet that listens for plugins and for monitoring agents",
         {"test -S": ""}, {}, "worker-1 has no socket .*kubelet.sock"),
        ("only the kubelet's socket in its plugin directory",
         {"find": "kubelet.sock\n"}, {"find": "kubelet.sock\ngpu.sock\n"},
         r"worker-1 has \['kubelet.sock', 'gpu.sock'\]"),
        ("no inhibitor lock of its kubelet",
         {LOCK: "sshd 0 root 7 sshd shutdown x delay\n"},
         {LOCK: "kubelet 0 root 7 kubelet shutdown x delay\n"}, "worker-1 has kubelet 0"),
        ("all units of a worker enabled at boot",
         {"systemctl list-unit-files": ENABLED},
         {"systemctl list-unit-files": DISABLED},
         "worker-1: kubelet is disabled$"),
        ("all units of a worker enabled at boot",
         {"systemctl list-unit-files": ENABLED}, {}, "worker-1: containerd is not there\n"),
    ],
)  # fmt: skip
def test_a_worker_that_lacks_a_property(
    has: str, good: dict[str, str], bad: dict[str, str], says: str
) -> None:
    one = FakeShell("worker-0", good)
    live: Any = Live(**{"worker-0": one, "worker-1": FakeShell("worker-1", good)})
    steps.each_has(live, has)
    live = Live(**{"worker-0": one, "worker-1": FakeShell("worker-1", bad)})
    goes_red(f"every worker has {has}; instead: (.*\n)*.*{says}", steps.each_has, live, has)


def test_every_property_is_seen_to_go_red() -> None:
    """The read-only port's is among those of the kubelet's API, the node's is below."""
    (mark,) = test_a_worker_that_lacks_a_property.pytestmark  # type: ignore[attr-defined]
    judged = {row[0] for row in mark.args[1]}
    elsewhere = {"the read-only port of its kubelet closed", "a Ready node"}
    assert set(steps.PROPERTIES) - judged == elsewhere


def test_a_worker_whose_node_is_not_ready() -> None:
    live: Any = Live(**{"worker-1": FakeShell("worker-1")})
    live.api = FakeApi({f"/api/v1/nodes/worker-{n}": node("True") for n in (0, 1)})
    steps.each_has(live, "a Ready node")
    live.api.table["/api/v1/nodes/worker-1"] = node("Unknown")
    goes_red("node worker-1 is not Ready: Unknown", steps.each_has, live, "a Ready node")


def node(ready: str) -> Any:
    return {"status": {"conditions": [{"type": "Ready", "status": ready}]}}
