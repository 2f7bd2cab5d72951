"""A whole run as it would be recorded: every scenario of the features, timed by the model of runs,
with transcripts and evidence as long as those of real ones.

``python -m tests.unit.report.large_run REPORTS`` writes one below it, to be looked at.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from infra import claims
from infra.artifacts import catalog
from infra.feature_claims import lane_of
from infra.footprints.footprint import of_tags
from infra.footprints.held_resources import Need, choose
from infra.footprints.locks import LockWait
from infra.report import html, stored_run
from infra.report.comparison import version_matrix
from infra.report.model import (
    Call,
    Command,
    Ended,
    Failure,
    Item,
    Journal,
    Run,
    Scenario,
    Step,
    Wait,
)
from infra.report.outcomes import Outcome
from tests.run_model import FEATURES, modelled, tasks_of
from tests.unit.report.sample_run import (
    CGROUPS,
    DEATHS,
    EVERYWHERE,
    FLOOD,
    KINDS,
    LEASE,
    LEVELS,
    START,
    circumstances,
)

SCENARIOS = 300
COMMANDS, REQUESTS = 6, 10
"""Of a step, at most; half as many on average. A page with all of them was about 8.7 MB."""
SLICE = (
    "/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/"
    "kubepods-burstable-podb7c0f3f4_52a5_4a0e_9d8b_6f4f0c7f5a11.slice"
)
SCOPE = f"{SLICE}/cri-containerd-{'4be1f0a27c93d865' * 4}.scope"
CGROUP_FILES = ("cpu.max", "memory.max", "cpu.weight", "memory.current", "cgroup.procs")
LOG = "2026-11-29T20:14:{:02} worker-1 kubelet[412]: I1129 eviction_manager.go:{}] attempting to"
SEEN: tuple[tuple[str, str, Any], ...] = (
    ("holder of the manager's lease", "lease-history", LEASE),
    ("cgroups at 500m", "cgroup-change", CGROUPS),
    ("requests by priority level", "table", LEVELS),
    ("seats during the flood", "table", FLOOD),
    ("order of deaths", "table", DEATHS),
    ("answers", "figures", {"refused with 429": "812", "p99 of exempt": "14 ms"}),
    ("the log", "text", {"text": "\n".join(LOG.format(n, n * 7) for n in range(40))}),
)


def pickles() -> Iterator[tuple[str, str, Any]]:
    """Id as in ``tasks_of``, the feature's name and the scenario."""
    for path in sorted(FEATURES.rglob("*.feature")):
        parsed: Any = Parser().parse(path.read_text())
        for number, pickle in enumerate(Compiler().compile({**parsed, "uri": path.stem})):
            yield f"{path.stem}:{number}", parsed["feature"]["name"], pickle


def scenarios() -> list[Scenario]:
    """As two clusters would run them; most hold."""
    known = {ident: (feature, pickle) for ident, feature, pickle in pickles()}
    tasks = list(tasks_of(FEATURES, {}, catalog.default_minor()))[-SCENARIOS:]
    spans = modelled(tasks, clusters=2, overlap=True).spans
    made: list[Scenario] = []
    for number, (cluster, task, begin, end) in enumerate(spans):
        feature, pickle = known[task.id]
        one = described(number, feature, pickle)
        one.started, one.ended = START + begin, START + end
        one.cluster = f"series-{cluster + 1}" if cluster else ""
        one.worker = f"gw{worker(made, one)}"
        need = held(made, one)
        one.held_alone, one.held_shared = sorted(need.exclusive), sorted(need.shared)
        if len(need.exclusive) == 1 and number % 3 == 0:
            one.lock_waits = [LockWait(tuple(need.exclusive), "gw1: it", number / 10)]
        made.append(judged(number, one))
    return made


def described(number: int, feature: str, pickle: Any) -> Scenario:
    tags = sorted(tag["name"].lstrip("@") for tag in pickle["tags"])
    proves = [found for tag in tags if (found := claims.id_of(tag))]
    return Scenario(
        f"tests/claims/test_part.py::test_{stored_run.slug(pickle['name'])}[{number}]",
        pickle["name"],
        feature=feature,
        article=next((int(tag[8:]) for tag in tags if tag.startswith("article_")), None),
        claims=proves,
        tags=tags,
        lane=lane_of(tags),
        steps=[transcript(Random(f"{number}-{n}"), s) for n, s in enumerate(pickle["steps"])],
        outcome=Outcome.HOLDS,
        reason="",
    )


def transcript(chance: Random, pickle: Any) -> Step:
    kind = {"Context": "Given", "Action": "When"}.get(pickle.get("type", ""), "Then")
    took = round(chance.uniform(0.1, 9), 2)
    step = Step(kind, pickle["text"], Ended.PASSED, took, kind=KINDS[kind], places=EVERYWHERE)
    step.commands = [command(chance) for _ in range(chance.randrange(COMMANDS))]
    step.calls = [call(chance) for _ in range(chance.randrange(REQUESTS))]
    if "within" in pickle["text"]:
        step.waits = [Wait("another controller leads", "within", 40.0, took)]
    return step


def command(chance: Random) -> Command:
    took = round(chance.uniform(0.02, 0.4), 3)
    machine = chance.choice(("controller-0", "controller-1", "worker-0", "worker-1"))
    if chance.random() < 0.25:
        paths = [f"{cgroup}/{file}" for cgroup in (SLICE, SCOPE) for file in CGROUP_FILES]
        lines = [f"{path}:{chance.randrange(10**6)}" for path in paths]
        return Command(machine, ("grep", "-sH", "", *paths), 0, took, "\n".join(lines))
    lines = [LOG.format(n, chance.randrange(900)) for n in range(chance.randrange(12))]
    return Command(machine, ("journalctl", "-u", "kubelet", "-n", "12"), 0, took, "\n".join(lines))


def call(chance: Random) -> Call:
    path = f"api/v1/namespaces/claim-{chance.randrange(16**8):08x}/pods/resizable"
    status = chance.choice((200, 200, 200, 404))
    return Call("GET", f"https://10.0.1.10:6443/{path}", status, round(chance.uniform(0, 0.2), 3))


def worker(before: Sequence[Scenario], one: Scenario) -> int:
    """The first process that is free; a further cluster has its own."""
    if one.cluster:
        return 9
    busy = {s.worker for s in before if not s.cluster and s.ended > one.started + 1e-6}
    return next(n for n in range(9) if f"gw{n}" not in busy)


def held(before: Sequence[Scenario], one: Scenario) -> Need:
    running = [
        Need(frozenset(s.held_alone), frozenset(s.held_shared))
        for s in before
        if s.cluster == one.cluster and s.ended > one.started + 1e-6
    ]
    return choose(of_tags(one.tags), running)


def judged(number: int, one: Scenario) -> Scenario:
    """With evidence, and one in sixty of them not well."""
    for extra in range(number % 4):
        name, kind, _ = SEEN[(number + extra) % len(SEEN)]
        path = f"evidence/{stored_run.key(one.id)}-{extra}.json"
        one.evidence.append(Item(name, kind, path))
    if number % 60 == 7:
        one.steps[-1].ended = Ended.FAILED
        told = "the unused images are gone: not within 90 s\n  +0.0 s  ['agnhost:2.53']"
        one.failure = Failure("WaitTimeout", told, "call", "tests/steps/node.py:41: in gone\n" * 30)
        one.journals = [
            Journal("worker-1", unit, "\n".join(LOG.format(n % 60, n) for n in range(200)))
            for unit in ("kubelet", "containerd", "kube-proxy")
        ]
        outcome = (Outcome.FALSE, Outcome.UNKNOWN)[number % 120 > 60]
        return replace(one, outcome=outcome, reason="the unused images are gone: not within 90 s")
    return one


def circumstances_of(ran: Sequence[Scenario]) -> Run:
    end = max(s.ended for s in ran) + 9
    samples = [(at, 1.9 - (n % 7) / 9) for n, at in enumerate(range(int(START) - 35, int(end), 5))]
    busy = [*samples, (end, 0.3)]
    return replace(circumstances(), started=START - 40, ended=end, cores=2, busy_cores=busy)


def make(reports: Path) -> Path:
    """The folder of the run, with its records and pages."""
    ran = scenarios()
    run = circumstances_of(ran)
    folder = stored_run.name(
        reports, kubernetes=run.kubernetes, cluster_id=run.cluster_id, now=run.started
    )
    kinds = {(name, kind): data for name, kind, data in SEEN}
    for item in (item for one in ran for item in one.evidence):
        told = {"name": item.name, "kind": item.kind, "data": kinds[item.name, item.kind]}
        stored_run.dump(folder / item.path, told)
    stored_run.save(folder, run, ran, features=FEATURES)
    html.write_page(folder)
    return folder


if __name__ == "__main__":
    make(Path(sys.argv[1]))
    version_matrix.write(Path(sys.argv[1]))
