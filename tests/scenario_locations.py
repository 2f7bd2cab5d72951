"""Where a generated scenario comes from: its feature's line, and each step's definition.

A plug-in: ``pytest tests -k part13 --collect-only -q -p tests.scenario_locations``.
Terminals of editors open what is printed as ``path:line``.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.scenario import scenario_wrapper_template_registry
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_finish(session: pytest.Session) -> None:
    terminal: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    for item in session.items:
        for line in told(item):
            terminal.write_line(line)


def told(item: pytest.Item) -> Iterator[str]:
    """A line for the scenario and one for each of its steps; none for another test."""
    function = getattr(item, "function", None)
    template = scenario_wrapper_template_registry.get(function) if function else None
    if template is None:
        return
    outline = getattr(item, "callspec", None)
    scenario = template.render(outline.params.get("_pytest_bdd_example", {}) if outline else {})
    feature = Path(scenario.feature.filename).relative_to(ROOT)
    yield f"{feature}:{scenario.line_number}: {scenario.name}  [{item.name}]"
    for step in scenario.steps:
        yield f"  {at(step)}: {step.keyword} {step.name}"


def at(step: Any) -> str:
    """``path:line`` of a step's definition."""
    for context in step_function_context_registry.values():
        if fits(context, step):
            function = inspect.unwrap(context.step_func)
            path = Path(inspect.getfile(function)).relative_to(ROOT)
            return f"{path}:{inspect.getsourcelines(function)[1]}"
    return "no definition"


def fits(context: StepFunctionContext, step: Any) -> bool:
    return context.type in {None, step.type} and context.parser.is_matching(step.name)
