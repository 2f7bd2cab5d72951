"""A fixture's name has one type, so that a step is understood without looking for who made it."""

import ast
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from pytest_bdd.parsers import StepParser
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from tests.scenario_needs import fixtures, plugins
from tests.unit.house.source_trees import nodes

ROOT = Path(__file__).resolve().parents[3]
OURS = ("fixtures.", "tests.steps.")


@dataclass(frozen=True)
class Named:
    """A name with its type, at the function that makes it or asks for it."""

    name: str
    type: Any
    where: str


def named(name: str, kind: Any, function: Callable[..., Any]) -> Named:
    return Named(name, kind, f"{function.__module__}.{function.__name__}")


def steps() -> list[StepFunctionContext]:
    plugins()
    found = step_function_context_registry.values()
    return [one for one in found if one.step_func.__module__.startswith(OURS)]


def returned(function: Callable[..., Any]) -> Any:
    """The type of what a function returns, or yields."""
    kind = get_type_hints(function)["return"]
    return get_args(kind)[0] if get_origin(kind) in {Iterator, Generator} else kind


def made(known: list[StepFunctionContext]) -> Iterator[Named]:
    for name, function in fixtures().items():
        yield named(name, returned(function), function)
    for one in known:
        if one.target_fixture:
            yield named(one.target_fixture, returned(one.step_func), one.step_func)


def asked(known: list[StepFunctionContext]) -> Iterator[Named]:
    """Parameters of steps and fixtures that the text of a step does not fill."""
    for function in fixtures().values():
        yield from parameters(function)
    for one in known:
        of_the_text = words(one.parser)
        yield from (p for p in parameters(one.step_func) if p.name not in of_the_text)


def parameters(function: Callable[..., Any]) -> Iterator[Named]:
    hints = get_type_hints(function)
    yield from (named(name, hints[name], function) for name in signature(function).parameters)


def words(parser: StepParser) -> list[str]:
    """Names of what a phrase reads from a step's text."""
    return list(getattr(getattr(parser, "parser", None), "named_fields", []))


def contradictions(makers: list[Named], askers: list[Named]) -> list[str]:
    """A line for each fixture with several types: each type, and who is the first that has it."""
    known = {one.name for one in makers}
    found: dict[str, dict[str, str]] = {}
    for one in [*makers, *askers]:
        if one.name in known:
            found.setdefault(one.name, {}).setdefault(shown(one.type), one.where)
    several = {name: types for name, types in found.items() if len(types) > 1}
    return [
        f"{name} is " + ", and ".join(f"{kind} in {where}" for kind, where in types.items())
        for name, types in several.items()
    ]


def shown(kind: Any) -> str:
    """With its module: two classes may have one name."""
    return str(kind).removeprefix("<class '").removesuffix("'>")


def test_a_fixture_name_has_one_type() -> None:
    known = steps()
    wrong = contradictions(list(made(known)), list(asked(known)))
    assert not wrong, "name a target_fixture by what it holds:\n" + "\n".join(wrong)


def test_a_second_type_is_found() -> None:
    made_twice = [Named("told", str, "tell"), Named("told", int, "count")]
    assert contradictions(made_twice, []) == ["told is str in tell, and int in count"]
    made_once = made_twice[:1]
    assert contradictions(made_once, [Named("told", bytes, "ask")])
    assert not contradictions(made_once, [Named("told", str, "ask"), Named("limit", int, "ask")])


def test_both_kinds_of_fixtures_are_looked_at() -> None:
    known = steps()
    assert {"pod", "cluster", "workloads"} <= {one.name for one in made(known)}
    askers = {one.name for one in asked(known) if one.where.endswith("workloads.pods.running_pod")}
    assert askers == {"workloads"}, "its kind is a word of the step's text"


def test_no_unit_test_asks_for_a_cluster() -> None:
    """An argument of that name alone would have a run that xdist distributes build the real one."""
    asking = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for folder in ("tests/unit", "tests/contract")
        for path in sorted((ROOT / folder).rglob("test_*.py"))
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        and "cluster" in {one.arg for one in (*node.args.args, *node.args.kwonlyargs)}
    ]  # fmt: skip
    assert not asking
