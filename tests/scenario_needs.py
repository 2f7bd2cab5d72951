"""What each scenario needs of a cluster, derived from its steps: ``infra/described/needs.json``.

A step's function and its fixtures are followed through everything that they call (call_graph).
``python -m tests.scenario_needs`` writes the file; tests/unit/described/test_needs.py holds it.
"""

import importlib
import inspect
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

import conftest
from infra.described import needs
from infra.described.means import MEANS
from infra.footprints.footprint import of_tags
from infra.footprints.footprint_tags import DRIVER
from tests.call_graph import OURS, reached

ROOT = Path(__file__).resolve().parents[1]
KEYWORDS = {"Context": "given", "Action": "when", "Outcome": "then"}
CONTROL_PLANE = ("etcd", "api_server", "controller_manager", "scheduler", "of", "named")
TOUCHING: Mapping[str, tuple[str, ...]] = {
    "Cluster.api_of": ("each_api_server",),
    "Cluster.api_servers": ("each_api_server",),
    "Cluster.material": ("ca_keys",),
    "Credentials of others": ("ca_keys",),
    "ClusterSpec.load_balancer": ("load_balancer",),
    "Etcdctl": ("etcdctl",),
    "infra.lifecycle.cluster_lifecycle.program": ("programs",),
    "infra.lifecycle.cluster_lifecycle.kubectl": ("programs",),
    "infra.lifecycle.platforms.instances": ("ec2", "built_here"),
    "infra.lifecycle.platforms.aws": ("ec2", "built_here"),
    "infra.lifecycle.upgrade.cluster_upgrade.upgrade": ("built_here",),
    "Newcomer": ("built_here",),
    "Units.kube_proxy": ("kube_proxy",),
    "ClusterSpec.other_worker": ("workers_1",),
    "suite.lifecycle.drain.make_budget": ("workers_1",),  # kept during a drain: by Pods elsewhere
    **{f"Units.{name}": ("systemd_control_plane",) for name in CONTROL_PLANE},
}
"""Means by what is touched on the way: an attribute of a class, a function, a class."""
ASKING = {
    "faults": "may_disrupt",
    "kept_worker": "may_disrupt",
    "maintenance": "may_drain",
    "power": "may_power_off",
}
"""Means by the fixture that is asked for."""
ATTACHING = "cluster"
"""The session's fixture: what it builds or mends of a cluster of ours no scenario asks for."""
OTHER_WORKER = re.compile(r"\b(another|the other|the second) worker\b")
"""In the text of a step that leaves it to the scheduler, or to the kubelets, which one it is."""
NAMES = ("worker-0", "worker-1", "controller-0", "controller-1", "controller-2")


@cache
def plugins() -> list[ModuleType]:
    return [importlib.import_module(name) for name in conftest.pytest_plugins]


@cache
def fixtures() -> dict[str, Callable[..., Any]]:
    """Functions of fixtures by name; those of steps with ``target_fixture`` are followed there."""
    found: dict[str, Callable[..., Any]] = {}
    for module in plugins():
        for one in vars(module).values():
            if type(one).__name__ == "FixtureFunctionDefinition" and one.name:
                function = inspect.unwrap(one._fixture_function)
                if function.__module__.startswith(OURS):
                    found[one.name] = function
    return found


def asked_for(function: Callable[..., Any], seen: set[str]) -> Iterator[str]:
    """Fixtures of a step or a fixture, and theirs."""
    for name in inspect.signature(function).parameters:
        if name in fixtures() and name not in seen:
            seen.add(name)
            yield name
            yield from asked_for(fixtures()[name], seen)


@cache
def of_function(function: Callable[..., Any]) -> tuple[frozenset[str], frozenset[str]]:
    """What a step touches with its fixtures, and their names."""
    names = frozenset(asked_for(function, set()))
    followed = names - {ATTACHING}
    found = reached(function).union(*(reached(fixtures()[name]) for name in followed))
    return found, names


def definition(keyword: str, text: str) -> StepFunctionContext | None:
    for context in step_function_context_registry.values():
        if context.type in {None, keyword} and context.parser.is_matching(text):
            return context
    return None


def of_pickle(pickle: Any) -> frozenset[str]:
    """Means that a scenario needs."""
    touched, names, texts = set[str](), set[str](), []
    for step in pickle["steps"]:
        texts.append(json.dumps(step))
        if found := definition(KEYWORDS[step["type"]], step["text"]):
            more, asked = of_function(inspect.unwrap(found.step_func))
            touched |= more
            names |= asked
    tags = [tag["name"].removeprefix("@") for tag in pickle["tags"]]
    return frozenset(means(touched, names, " ".join(texts), tags))


def means(touched: set[str], names: set[str], text: str, tags: Iterable[str]) -> Iterator[str]:
    yield "admin_api"
    for what, needed in TOUCHING.items():
        if what in touched:
            yield from needed
    yield from (permission for name, permission in ASKING.items() if name in names)
    if "Cluster.shell" in touched:
        controllers = "ClusterSpec.controllers" in touched or "controller-" in text
        workers = "ClusterSpec.workers" in touched or "worker" in text or not controllers
        yield from ["controller_shell"] * controllers + ["worker_shell"] * workers
        if "helper_program" in names:
            yield "may_disrupt"
    yield from (f"{name[:-2]}s_{name[-1]}" for name in NAMES if name in text)
    if OTHER_WORKER.search(text):
        yield "workers_1"
    footprint = of_tags(tags)
    if DRIVER in footprint.exclusive | footprint.shared:
        yield from ("ec2", "built_here", "may_storage")
    if footprint.changes and not ("maintenance" in names and "faults" not in names):
        yield "may_disrupt"


def all_needs() -> dict[str, list[str]]:
    """By ``needs.key`` of a scenario; of an outline, what any of its rows needs."""
    plugins()
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "features").rglob("*.feature")):
        uri = path.relative_to(ROOT / "features").as_posix()
        parsed: Any = Parser().parse(path.read_text())
        document = {**parsed, "uri": uri}
        for pickle in Compiler().compile(document):
            found[needs.key(uri, pickle["name"])] |= of_pickle(pickle)
    order = list(MEANS)
    return {key: sorted(of, key=order.index) for key, of in found.items()}


def main() -> None:
    lines = [f"  {json.dumps(key)}: {json.dumps(of)}" for key, of in all_needs().items()]
    needs.FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
