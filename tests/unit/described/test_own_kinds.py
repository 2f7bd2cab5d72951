"""What is swept is what scenarios make: every kind, and each object of it with our label."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from infra.described import own_objects
from infra.described.own_objects import CLUSTER_SCOPED, NAMESPACES
from infra.errors import NotJudged
from suite.apimachinery import admission_policies
from tests import call_graph, scenario_needs
from tests.call_graph import parsed

UNKNOWN = "*"
"""A part of a path that is known at run time only."""
HANDED_OVER = {
    "fixtures.worlds.apimachinery.admission_policies.store": "a draft of a namespace",
    "infra.kube_api.create": "of all these",
    "infra.lifecycle.gate.pod_connectivity.create": "Pods and Services of the gate, in a namespace",
    "suite.apimachinery.policy_params.allow": "a Limit, in the namespace",
    "suite.apimachinery.request_flood.one": "ConfigMaps of a flood",
    "suite.etcd.configmap_writer.trouble_with": "a ConfigMap",
    "suite.instrumentation.tracing.create": "a ConfigMap",
    "suite.storage.group_snapshots.take": "a VolumeGroupSnapshot",
    "suite.storage.persistent_volume_claims.claim": "a PVC",
    "suite.storage.persistent_volume_claims.take_snapshot": "a VolumeSnapshot",
    "suite.workloads.pods.ask_to_create": "a Pod",
    "tests.steps.auth.serving_cert_rotation.await_told": "a ConfigMap",
    "tests.steps.workloads.deployments.deployment": "a Deployment",
    "tests.steps.workloads.unscheduled_pods.pod_for_any_worker": "a Pod",
}
"""Functions that POST to a path that is not written there, and what: nothing outside of
namespaces."""
NOT_STORED = "/apis/metrics.k8s.io/v1beta1/nodes"
"""Answers 405, as is claimed."""
PUT_BACK = "tests.steps.apimachinery.priority_and_fairness.delete_suggested"
"""Makes again what it has deleted: an API server's own, which has no label of ours."""


@cache
def reached() -> frozenset[Any]:
    """Functions that scenarios reach, steps and fixtures among them."""
    scenario_needs.plugins()
    steps = [
        inspect.unwrap(one.step_func)
        for one in scenario_needs.step_function_context_registry.values()
    ]
    return call_graph.functions([*steps, *scenario_needs.fixtures().values()])


def calls(function: Any) -> Iterator[ast.Call]:
    tree = parsed(function)
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call)) if tree else ()


def text(node: ast.expr, function: Any) -> str:
    """A path as far as it is written down: constants of modules, with ``UNKNOWN`` between them."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(text(one, function) for one in node.values)
    if isinstance(node, ast.FormattedValue):
        return text(node.value, function)
    if isinstance(node, ast.Name):
        found = function.__globals__.get(node.id)
        return found if isinstance(found, str) else local(node.id, function)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        found = getattr(function.__globals__.get(node.value.id), node.attr, None)
        return found if isinstance(found, str) else UNKNOWN
    return UNKNOWN


def local(name: str, function: Any) -> str:
    """Of a variable that the function gives a value, by itself or among others."""
    tree = parsed(function)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Assign):
            for one, value in given(node.targets[0], node.value):
                if isinstance(one, ast.Name) and one.id == name:
                    return text(value, function)
    return UNKNOWN


def given(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def posted(function: Any) -> Iterator[str]:
    """Paths of what it creates; a dry run creates nothing."""
    for call in calls(function):
        named = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        dry = any(ast.unparse(one.value) == "DRY_RUN" for one in call.keywords)
        if named == "create" and len(call.args) == 2:
            yield text(call.args[0], function)
        elif (
            named == "ask"
            and not dry
            and len(call.args) > 1
            and text(call.args[0], function) == "POST"
        ):
            yield text(call.args[1], function)


def is_elsewhere(path: str) -> bool:
    """In a namespace, or a question that is not stored."""
    return "/namespaces/" in path or path.endswith(("reviews", "/token", "/eviction"))


def labelled(function: Any) -> Iterator[str]:
    for call in calls(function):
        if ast.unparse(call.func).endswith("own_objects.labelled"):
            yield text(call.args[0], function)


def name_of(function: Any) -> str:
    return f"{function.__module__}.{function.__name__}"


def admission() -> set[str]:
    kinds = admission_policies.KINDS
    return {
        admission_policies.collection(f"{kind}{of}") for kind in kinds for of in ("", "Binding")
    }


def of_storage() -> set[str]:
    """Given to ``Storage.outside``."""
    return {
        text(call.args[0], function)
        for function in reached()
        for call in calls(function)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "outside" and call.args
        if "storage" in function.__module__
    }


def test_what_is_swept_is_what_scenarios_make() -> None:
    made = {path for function in reached() for path in labelled(function)} - {UNKNOWN}
    assert made | admission() | of_storage() == set(CLUSTER_SCOPED)


def test_nothing_outside_of_namespaces_is_made_without_our_label() -> None:
    """In the module that makes it."""
    by_module = {(one.__module__, path) for one in reached() for path in labelled(one)}
    wrong = [
        f"{name_of(function)} POSTs to {path}"
        for function in reached()
        for path in posted(function)
        if not is_elsewhere(path)
        and (function.__module__, path) not in by_module
        and name_of(function) not in (*HANDED_OVER, PUT_BACK)
        and path not in (NAMESPACES, NOT_STORED)
    ]
    assert wrong == []
    paths = {name_of(one): list(posted(one)) for one in reached()}
    assert [name for name in HANDED_OVER if UNKNOWN not in "".join(paths.get(name, ()))] == []


def test_every_namespace_is_labelled() -> None:
    makers = {one for one in reached() if NAMESPACES in posted(one)}
    assert {name_of(one) for one in makers if "metadata(" not in inspect.getsource(one)} == {
        "fixtures.worlds.namespace.create"  # is given it by the fixture
    }


def test_an_object_of_a_kind_that_nobody_sweeps_is_not_made() -> None:
    with pytest.raises(NotJudged, match="nodes is not swept"):
        own_objects.labelled("/api/v1/nodes", "claim-01234567")
    assert own_objects.is_ours({"metadata": own_objects.labelled(CLUSTER_SCOPED[0], "x")})
