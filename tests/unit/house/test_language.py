"""Features and step phrases are in the field's words: the glossary and the verbs of CONTRIBUTING.

A word not to use has the word to use instead, and the reason. Tables are not read: they hold
values of Kubernetes and of tools.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.house.source_trees import nodes

ROOT = Path(__file__).resolve().parents[3]
STEP = re.compile(r"(?:Given|When|Then|And|But) (.*)")
DURATION = re.compile(r"\{\w+:Duration\}")
VALUE = re.compile(r'"[^"]*"|<[^>]*>|\{[^}]*\}')
ONE_WORD = "one word for one thing"
PLAIN = "plain English"
FIELD = "the field's word"
TIME = "a wait reads 'within 30 s' or 'for 10 s'"
OBJECT = "each step is readable alone"


@dataclass(frozen=True)
class Instead:
    """A pattern of words not to use, what to use and why."""

    words: str
    use: str
    why: str


VERBS = (
    *("runs", "starts", "stops", "restarts", "is created", "is replaced", "is deleted"),
    *("is refused with N", "is rejected", "is admitted", "answers N", "returns", "serves"),
    *("reports", "counts", "stays", "is the same", "is Ready", "is scheduled", "is evicted"),
)
"""What features say of objects; CONTRIBUTING says what each means."""
NOT_TO_USE = (
    Instead(r"\banew\b|\bbeg[ia]ns?\b|\bstart(?:s|ed)? again\b", "restarts", ONE_WORD),
    Instead(r"\bexchange[ds]?\b", "is replaced", ONE_WORD),
    Instead(r"\btells?\b|\btold\b|\bsays?\b|\bsaid\b", "reports, returns or names", ONE_WORD),
    Instead(r"\bnobody\b|\bstrangers?\b", "an anonymous client, a client of an unknown CA", FIELD),
    Instead(r"(?<!system:)\bmasters?\b", "leader or control plane", FIELD),
    Instead(r"\bauthorit(?:y|ies)\b", "CA", FIELD),
    Instead(r"\bclaims?\b", "PVC", "a claim is what a Rule states"),
    Instead(r"\baccounts?\b", "ServiceAccount", FIELD),
    Instead(r"\brights?\b", "permission", FIELD),
    Instead(r"\bfolders?\b", "directory", FIELD),
    Instead(r"\bfigures\b", "resources, values or metrics", FIELD),
    Instead(r"\bverdicts?\b", "decision", "a verdict is the report's"),
    Instead(r"\bsilen(?:t|ce)\b", "unreachable or idle", FIELD),
    Instead(r"\bnewcomers?\b", "a new Pod, a third worker", FIELD),
    Instead(r"\bminors? (?:before|behind)\b", "version n-1", FIELD),
    Instead(r"\bspares?\b|\bspared\b", "exempts", FIELD),
    Instead(r"\bstands? by\b", "is a standby", FIELD),
    Instead(r"\bdies?\b|\bdead\b|\bdying\b", "ends, exits or terminates", FIELD),
    Instead(r"\b(?:is|are) made\b", "is created", ONE_WORD),
    Instead(
        r"\b(?:is|are) gone\b|\bgoes\b|\bgo(?:es)? (?:on|off)\b", "is deleted, runs on", ONE_WORD
    ),
    Instead(r"\bgives?\b|\bgiven\b", "returns, adds or assigns", ONE_WORD),
    Instead(r"\bwants?\b", "requires or requests", ONE_WORD),
    Instead(r"\bcomes? to\b", "becomes", PLAIN),
    Instead(r"\bpoints? at\b", "references", FIELD),
    Instead(r"\bbeside\b|\bbut for\b|\bfor want\b|\bwhom\b", "next to, except, because of", PLAIN),
    Instead(r"\buntouched\b|\bas before\b", "is the same, is unchanged", ONE_WORD),
    Instead(r"\bat once\b", "immediately or concurrently", TIME),
    Instead(r"\buntil\b|\bmeanwhile\b|\bthroughout\b|\ball the (?:time|while)\b", "before", TIME),
    Instead(r"\bbetween \d|\bat (?:any|no) time\b|\bat first\b", "within and for", TIME),
)
NOT_IN_STEPS = (
    Instead(r"^(?:(?:within|for) \S+ s )?(?:its?|their|they|them|those)\b", "its name", OBJECT),
    Instead(r"\bthere\b|\b(?:the|an)other ones?\b|\bthe others\b", "its name", OBJECT),
    Instead(r"\brefuse[sd]?\b.*\bby name\b", "naming it", PLAIN),
    Instead(r"\brefuses the (?:ServiceAccount|user) (?!with\b)", "refuses ... to the", PLAIN),
    Instead(r"^(?!.*\bfor \S+ s\b).*\bnever\b", "for 30 s ... not, or always", TIME),
)


@dataclass(frozen=True)
class Text:
    """A line of a feature or a phrase of a step, and where it stands."""

    where: str
    text: str
    is_step: bool

    def odd(self) -> list[str]:
        """``file:line: 'word': use ... (why)`` for each word not to use."""
        plain = VALUE.sub("x", DURATION.sub("30 s", self.text))
        rules = (*NOT_TO_USE, *NOT_IN_STEPS) if self.is_step else NOT_TO_USE
        return [
            f"{self.where}: {match[0]!r}: use {rule.use} ({rule.why})"
            for rule in rules
            if (match := re.search(rule.words, plain))
        ]


def lines(path: Path) -> Iterator[Text]:
    """Of a feature, without tags and tables."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.strip()
        if text and text[0] not in "@|#":
            step = STEP.match(text)
            yield Text(f"{path.relative_to(ROOT)}:{number}", step[1] if step else text, bool(step))


def phrases(path: Path) -> Iterator[Text]:
    """Texts in the decorators of a step module, without names of types and fixtures."""
    for node in nodes(path):
        for decorator in getattr(node, "decorator_list", ()):
            for part in ast.walk(decorator):
                if isinstance(part, ast.Constant) and " " in str(part.value):
                    yield Text(f"{path.relative_to(ROOT)}:{part.lineno}", str(part.value), True)


def test_features_are_in_the_words_of_the_field() -> None:
    paths = sorted((ROOT / "features").rglob("*.feature"))
    found = [line for path in paths for text in lines(path) for line in text.odd()]
    assert not found, "words not to use, see CONTRIBUTING.md:\n" + "\n".join(found)


def test_phrases_of_steps_are_in_the_words_of_the_field() -> None:
    paths = sorted((ROOT / "tests/steps").rglob("*.py"))
    found = [line for path in paths for text in phrases(path) for line in text.odd()]
    assert not found, "words not to use, see CONTRIBUTING.md:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "the kubelet of its worker begins anew",
            "'begins': use restarts (one word for one thing)",
        ),
        ("within 30 s its node is ready", "'within 30 s its': use its name (each step is readable"),
        ("for 60 s the Lease is never older than 5 s", ""),
        ("the Lease was never without a holder", "never': use for 30 s ... not, or always"),
        ('a policy with the message "nobody"', ""),
        ("the kubelet refuses a version by name", "by name': use naming it"),
        ("the API refuses the ServiceAccount commands", "ServiceAccount ': use refuses ... to the"),
        ("the API refuses commands to the ServiceAccount with 403", ""),
    ],
)
def test_a_word_not_to_use_is_named_with_the_word_to_use(text: str, says: str) -> None:
    found = Text("some.feature:7", text, is_step=True).odd()
    assert [line.startswith("some.feature:7: ") and says in line for line in found] == (
        [True] if says else []
    )


def test_the_guide_names_every_verb_and_word_to_use() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    missing = [verb for verb in VERBS if f"| {verb} " not in guide]
    assert not missing, f"CONTRIBUTING.md lists no {missing}"
