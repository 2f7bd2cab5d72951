"""Features read well and every step of theirs is understood, by exactly one definition."""

import importlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from fixtures.plugin.recording import PREFIX
from fixtures.plugin.reporting import MARKERS
from infra import claims, version_tags
from infra.footprints import footprint_tags
from infra.footprints.footprint import of_tags
from infra.lifecycle import capabilities

ROOT = Path(__file__).resolve().parents[3]
FEATURES = sorted((ROOT / "features").rglob("*.feature"))
KEYWORDS = {"Context": "given", "Action": "when", "Outcome": "then"}
WAITING = re.compile(r"\bwait|\bsleep|\beventually\b|\b(?:after|in|up to|about) \d+ (?:s|min)\b")
PROCEDURE = re.compile(r"\bsudo\b|\bkubectl\b|\bssh\b|\{\.|\bjsonpath\b|[\^$]|\\d")


@dataclass(frozen=True)
class Rendered:
    """A step of a scenario, its outline filled in."""

    feature: str
    keyword: str
    text: str


def document(path: Path) -> dict[str, Any]:
    parsed: Any = Parser().parse(path.read_text())
    return {**parsed, "uri": path.relative_to(ROOT).as_posix()}


DOCUMENTS = [document(path) for path in FEATURES]


def pickles(doc: Any) -> list[Any]:
    """Scenarios with outlines filled in, steps typed and tags inherited."""
    return list(Compiler().compile(doc))


def rendered() -> list[Rendered]:
    return [
        Rendered(doc["uri"], KEYWORDS[step["type"]], step["text"])
        for doc in DOCUMENTS
        for pickle in pickles(doc)
        for step in pickle["steps"]
    ]


def scenarios(doc: dict[str, Any]) -> list[dict[str, Any]]:
    children = doc["feature"]["children"]
    inner = [child for rule in children if "rule" in rule for child in rule["rule"]["children"]]
    return [child["scenario"] for child in [*children, *inner] if "scenario" in child]


def definitions() -> list[StepFunctionContext]:
    for path in sorted((ROOT / "tests" / "steps").glob("*/*.py")):
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    found = list(step_function_context_registry.values())
    return [one for one in found if one.step_func.__module__.startswith("tests.steps.")]


def matching(step: Rendered, known: list[StepFunctionContext]) -> list[StepFunctionContext]:
    return [
        one
        for one in known
        if one.type in {None, step.keyword} and one.parser.is_matching(step.text)
    ]


def test_there_are_features() -> None:
    assert FEATURES, "features/ holds no feature file"


def test_every_step_has_exactly_one_definition() -> None:
    known = definitions()
    wrong = {
        f"{step.feature}: {step.keyword} {step.text}": [
            f"{one.step_func.__module__}.{one.step_func.__name__}" for one in matching(step, known)
        ]
        for step in rendered()
        if len(matching(step, known)) != 1
    }
    assert not wrong, "steps without a definition, or with several:\n" + "\n".join(
        f"  {step} -> {names or 'none'}" for step, names in wrong.items()
    )


def test_every_definition_is_used() -> None:
    steps = rendered()
    unused = [
        f"{one.step_func.__module__}.{one.step_func.__name__}: {one.type} {one.parser.name}"
        for one in definitions()
        if not any(matching(step, [one]) for step in steps)
    ]
    assert not unused, "definitions that no feature uses:\n" + "\n".join(unused)


def test_scenario_names_are_there_and_unique() -> None:
    # pytest-bdd 9 keeps scenarios by name: an equal one silently replaces the earlier
    names = [(one["name"].strip(), doc["uri"]) for doc in DOCUMENTS for one in scenarios(doc)]
    bare = [uri for name, uri in names if not name]
    assert not bare, f"scenarios without a name in {bare}"
    seen: dict[str, list[str]] = {}
    for name, uri in names:
        seen.setdefault(name.lower(), []).append(uri)
    twice = {name: uris for name, uris in seen.items() if len(uris) > 1}
    assert not twice, f"scenario names used more than once: {twice}"


@pytest.mark.parametrize("doc", DOCUMENTS, ids=lambda doc: doc["uri"])
def test_a_feature_is_described_and_its_scenarios_are_short(doc: dict[str, Any]) -> None:
    assert doc["feature"]["description"].strip(), f"{doc['uri']} has no description"
    lengths = {one["name"]: len(one["steps"]) for one in scenarios(doc)}
    wrong = {name: count for name, count in lengths.items() if not 3 <= count <= 8}
    assert not wrong, f"{doc['uri']}: scenarios have 3 to 8 steps, these have {wrong}"


@pytest.mark.parametrize("doc", DOCUMENTS, ids=lambda doc: doc["uri"])
def test_tags_are_known_and_name_a_claim_of_the_catalogue(doc: dict[str, Any]) -> None:
    known = {claim.tag: claim for claim in claims.load()}
    allowed = {*MARKERS, *known, *(f"article_{one.number}" for one in claims.articles())}
    allowed |= {f"{PREFIX}{name}" for name in capabilities.CAPABILITIES}
    allowed |= {*version_tags.TAGS, *footprint_tags.tags()}
    for pickle in pickles(doc):
        tags = {tag["name"].lstrip("@") for tag in pickle["tags"]}
        where = f"{doc['uri']}: {pickle['name']}"
        assert tags <= allowed, f"{where}: unknown tags {tags - allowed}"
        proven = [known[tag] for tag in tags & set(known)]
        assert proven, f"{where}: no claim tag, like @claim_63_4"
        assert {f"article_{claim.article}" for claim in proven} <= tags, f"{where}: other article"


ONE = re.compile(r"\bworker-(\d)")
ALL = re.compile(
    r"\b(?:every|each|both|all|any) (?:workers?|nodes?|kubelets?|machines?|component)\b"
    r"|(?<!has )\bno (?:other )?(?:worker|node|kubelet|machine)\b"
    r"|\bother (?:worker|node|kubelet|machine)s?\b"
)
DEVICES = re.compile(r"\bno (?:other )?node has (?:a device|the resource)\b")
"""Said of the status of nodes, which who changes devices has alone."""
RESERVED = "a worker reserved for this scenario"


@pytest.mark.parametrize("doc", DOCUMENTS, ids=lambda doc: doc["uri"])
def test_who_speaks_of_workers_holds_them(doc: dict[str, Any]) -> None:
    """Steps that name a worker, or all of them, need its footprint: others may have it alone."""
    for pickle in pickles(doc):
        footprint = of_tags(tag["name"].lstrip("@") for tag in pickle["tags"])
        text = "\n".join(step["text"] for step in pickle["steps"])
        if footprint_tags.DEVICES in footprint.exclusive:
            text = DEVICES.sub("", text)
        named = {f"worker-{number}" for number in ONE.findall(text)}
        named |= set(footprint_tags.WORKERS) if ALL.search(text) else set()
        held = footprint.exclusive | footprint.shared
        missing = named - held if not footprint.is_alone else set()
        assert not missing, f"{doc['uri']}: {pickle['name']} does not hold {sorted(missing)}"
        assert (RESERVED in text) <= footprint.takes_a_worker, pickle["name"]


def test_texts_hold_no_procedure_and_two_time_words_only() -> None:
    texts = {(step.feature, step.text) for step in rendered()}
    shell = [text for text in texts if PROCEDURE.search(text[1])]
    assert not shell, f"steps say what is claimed, not how it is read: {shell}"
    timed = [text for text in texts if WAITING.search(text[1])]
    assert not timed, f"a wait reads 'within 30 s' or 'for 10 s', nothing else: {timed}"
