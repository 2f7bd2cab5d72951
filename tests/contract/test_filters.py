"""What a filter's value matches: EC2 user guide, list and filter your resources."""

from datetime import UTC, datetime
from typing import Any

import pytest

from infra.localec2.moto_backend.filters import matches, values_match


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("x[1]", "x[1]"),
        ("star*", "starfish"),
        ("*", ""),
        ("?tar", "star"),
        (r"star\*", "star*"),
        (r"why\?", "why?"),
        (r"a\\b", r"a\b"),
        (r"a\b", r"a\b"),
        ("a.b", "a.b"),
        ("(a|b)", "(a|b)"),
        ("two*lines", "two\nlines"),
        ("8", 8),
        ("true", True),
        ("2026-01-02T*", datetime(2026, 1, 2, tzinfo=UTC)),
        ("b", ["a", "b"]),
    ],
)
def test_matches(pattern: str, value: Any) -> None:
    assert matches(pattern, value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("x[1]", "x1"),
        ("x", "x1"),
        ("x", "ax"),
        ("X", "x"),
        (r"star\*", "starfish"),
        (r"star\*", r"star\*"),
        ("?", ""),
        ("a.b", "axb"),
        ("a", "a\n"),
        ("*", None),
        ("false", None),
        ("ab", ["a", "b"]),
    ],
)
def test_does_not_match(pattern: str, value: Any) -> None:
    assert not matches(pattern, value)


def test_one_of_the_values_is_enough_and_none_is_not() -> None:
    assert values_match("b", ["a", "b"])
    assert values_match("b", "b")
    assert not values_match("b", [])
    assert not values_match("b", None)
