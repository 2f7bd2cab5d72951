"""A synthetic run with all four outcomes and every kind of evidence, made for the page's tests."""

from pathlib import Path
from typing import Any

from infra.inventory import series
from infra.report import html, stored_run
from infra.report.comparison import version_matrix
from infra.report.model import Command, Ended, Failure, Item, Journal, Run, Scenario, Step, Wait
from infra.report.outcomes import Outcome
from tests.unit.report.sample_feature import FEATURE

EVERYWHERE = [
    "worker-0",
    "worker-1",
    *(f"{part}controller-{n}" for n in range(3) for part in ("", "API server of ", "etcd of ")),
]
KINDS = {"Given": "given", "When": "when", "Then": "then"}
LANES = dict.fromkeys(("64.6", "65.9", "65.16", "67.14", "68.4"), "disruptive")
"""Of the sample's scenarios, by claim; the rest is parallel."""
START = 1_795_464_000.0
SECRET = "c3VwZXItc2VjcmV0LXRva2Vu"
LEASE = {
    "lease": "kube-system/kube-controller-manager",
    "samples": [
        {"t": t, "holder": "controller-1_2b1c" if t < 27 else "controller-2_77aa", "transitions": 4}
        for t in range(46)
    ],
    "marks": [
        {"t": 6, "text": "kube-controller-manager stopped on controller-1"},
        {"t": 40, "text": "started again"},
    ],
}
CGROUPS = {
    "rows": [
        {"file": file, "scope": scope, "before": before, "after": after}
        for scope in ("pod slice", 'container "app"')
        for file, before, after in (
            ("cpu.max", "20000 100000", "50000 100000"),
            ("memory.max", "134217728", "268435456"),
            ("cpu.weight", "17", "35"),
        )
    ]
}
LEVELS = {
    "columns": ["priority level", "requests"],
    "rows": [["exempt", 44], ["system", 310], ["workload-low", 1210], ["catch-all", 12]],
    "unit": "per s",
}
FLOOD = {
    "columns": ["time_s", "level", "executing", "rejected"],
    "rows": [[t, "exempt", 1, 0] for t in range(12)] + [[t, "flood", 3, t * 4] for t in range(12)],
}
DEATHS = {
    "columns": ["name", "sigterm_s", "end_s", "critical"],
    "rows": [["web-0", 0.2, 5.3, "no"], ["web-1", 0.3, 5.4, "no"], ["dns", 6.0, 9.1, "yes"]],
}
WAITED = (
    "in-use image is spared: not within 90 s\n"
    "  +0.0 s  ['agnhost:2.53', 'busybox:1.37']\n  +61.2 s  ['agnhost:2.53']"
)


def steps(*texts: str, failed: int | None = None) -> list[Step]:
    made = []
    for number, text in enumerate(texts):
        keyword, _, rest = text.partition(" ")
        ended = Ended.PASSED
        if failed is not None and number >= failed:
            ended = Ended.FAILED if number == failed else Ended.NOT_RUN
        seconds = 0.0 if ended is Ended.NOT_RUN else 0.4 + 3.1 * number
        step = Step(keyword, rest, ended, seconds, kind=KINDS.get(keyword, ""))
        step.places = EVERYWHERE if keyword == "Then" else []
        if rest.startswith("within"):
            step.waits.append(Wait("another controller leads", "within", 40.0, seconds))
        if number == 1:
            argv: tuple[str, ...] = ("systemctl", "stop", "kube-controller-manager")
            step.commands.append(Command("controller-1", argv, 0, 0.31, ""))
            argv = ("curl", "-H", f"Authorization: Bearer {SECRET}", "https://10.0.1.10:6443/livez")
            step.commands.append(Command("controller-0", argv, 0, 0.08, "ok"))
        made.append(step)
    return made


def scenario(claim: str, name: str, **more: Any) -> Scenario:
    number = int(claim.split(".")[1])
    begin = START + number * 37 + (int(claim[:2]) - 61) * 55
    lane = LANES.get(claim, "parallel")
    given = {
        "id": f"tests/claims/test_part13.py::test_{stored_run.slug(name)}",
        "outcome": Outcome.HOLDS,
        "reason": "",
        "article": int(claim[:2]),
        "claims": [claim],
        "started": begin,
        "ended": begin + 12 + number * 3.7,
        "worker": f"gw{number % 2}",
        "lane": lane,
        "steps": steps("Given the cluster is quiet", "When it is looked at", "Then it is so"),
    }
    return Scenario(**{**given, "name": name, **more})


def sample() -> list[Scenario]:
    failover = steps(
        "Given one of the controllers leads with its manager",
        "When the manager of the leading controller is stopped",
        "Then within 40 s the manager of another controller leads",
        "And a new ReplicaSet gets its Pods",
    )
    failed = steps(
        "Given a worker whose image disk is filled to 86 %",
        "When the kubelet looks for images to remove",
        "Then within 90 s the unused images are gone",
        "And the pause image is still there",
        failed=2,
    )
    journal = "2026-11-23T20:14:02+00:00 worker-1 kubelet[412]: eviction manager: attempting"
    return [
        scenario("61.1", "The metrics group points at its Service"),
        scenario("63.1", "Three members are healthy"),
        scenario("63.4", "A snapshot taken while writes go on"),
        scenario("63.5", "The snapshot is whole"),
        scenario("64.6", "Cordon stops new Pods only"),
        scenario(
            "65.9",
            "Unused images are removed, oldest first",
            outcome=Outcome.FALSE,
            reason="in-use image is spared: not within 90 s",
            steps=failed,
            failure=Failure("WaitTimeout", WAITED, "call", "tests/steps/nodes.py:41: in gone"),
            journals=[Journal("worker-1", "kubelet", journal)],
        ),
        scenario(
            "68.1",
            "Two leases, one holder each",
            outcome=Outcome.UNKNOWN,
            reason="controller-2 (10.0.1.13) cannot be reached: no route",
            steps=steps("Given three controllers", "Then each lease has a holder", failed=0),
            failure=Failure(
                "Unreachable", "controller-2 (10.0.1.13) cannot be reached: no route", "call"
            ),
        ),
        scenario(
            "68.4",
            "The leader stops and another takes over",
            steps=failover,
            evidence=[
                Item("holder of the manager's lease", "lease-history", "evidence/lease.json")
            ],
        ),
        scenario(
            "67.14",
            "A flood in a low level starves nobody",
            evidence=[
                Item("requests by priority level", "table", "evidence/levels.json"),
                Item("answers", "figures", "evidence/figures.json"),
                Item("seats during the flood", "table", "evidence/flood.json"),
            ],
        ),
        scenario(
            "70.1",
            "CPU and memory grow in place",
            evidence=[
                Item("cgroup files of the Pod", "cgroup-change", "evidence/cgroups.json"),
                Item("a gap", "table", "evidence/lost.json"),
                Item("a table without columns", "table", "evidence/shapeless.json"),
                Item("the event", "text", "evidence/text.json"),
            ],
        ),
        scenario(
            "65.16",
            "Critical Pods end last",
            evidence=[Item("order of deaths", "table", "evidence/deaths.json")],
        ),
        scenario("70.6", "A resize that would make the Pod Guaranteed is refused"),
        scenario(
            "71.12",
            "A volume in use gets new performance",
            outcome=Outcome.ABSENT,
            reason="the local EC2 does not modify volumes",
            started=0.0,
            ended=0.0,
            steps=[],
        ),
    ]


def circumstances() -> Run:
    spec = series("series", kubernetes="v1.36.1", platform="local")
    stages = [("artifacts", 3.2), ("machine kernel and image", 1.1), ("machines", 14.8)]
    stages += [("4 Sign every certificate", 1.9), ("6 etcd", 6.4), ("7 kube-apiserver", 31.5)]
    stages += [("8 controller-manager and scheduler", 7.2), ("11 kubelet", 9.9)]
    return Run(
        kubernetes="v1.36.1",
        platform="local",
        cluster_id="series",
        time_scale=1.0,
        started=START - 5,
        ended=START + 760,
        command_line="pytest tests/ -n 2 --dist loadgroup",
        commit="2bcf92d0a1c2",
        dirty=True,
        region="ap-southeast-1",
        machines=[
            {
                "name": m.name,
                "role": str(m.role),
                "address": str(m.private_ip),
                "type": m.instance_type,
            }
            | {"reached": str(m.private_ip)}
            for m in spec.machines
        ],
        stages=[{"name": name, "seconds": seconds} for name, seconds in stages],
        artifacts=[
            {"name": "etcd", "version": "v3.6.8", "source": "go module", "sha256": "ab" * 32},
            {"name": "containerd", "version": "2.2.1", "source": "cache", "sha256": "cd" * 32},
        ],
    )


def make(reports: Path) -> Path:
    """A finished run's folder with its page."""
    run, features = circumstances(), reports.parent / "features"
    features.mkdir(exist_ok=True)
    (features / "some.feature").write_text(FEATURE)
    folder = stored_run.name(
        reports, kubernetes=run.kubernetes, cluster_id=run.cluster_id, now=run.started
    )
    evidence = {
        "lease": ("lease-history", LEASE),
        "cgroups": ("cgroup-change", CGROUPS),
        "levels": ("table", LEVELS),
        "flood": ("table", FLOOD),
        "deaths": ("table", DEATHS),
        "shapeless": ("table", {"rows": [["a", 1], ["b", 2]]}),
        "figures": ("figures", {"refused with 429": "812", "p99 of exempt": "14 ms"}),
        "text": ("text", {"text": f"token: {SECRET}\n<script>alert(1)</script>"}),
    }
    for name, (kind, data) in evidence.items():
        stored_run.dump(
            folder / "evidence" / f"{name}.json", {"name": name, "kind": kind, "data": data}
        )
    stored_run.save(folder, run, sample(), features=features)
    html.write_page(folder)
    version_matrix.write(reports)
    return folder
