"""Quantities, bounds and phrases mean what the series means."""

from decimal import Decimal

import pytest

from infra import quantity, timing
from infra.inventory import Role
from tests.steps import phrases


@pytest.mark.parametrize(
    ("text", "value"),
    [("250m", "0.25"), ("1", "1"), ("0.5", "0.5"), ("64Mi", "67108864"), ("1k", "1000")],
)
def test_a_quantity_has_its_value(text: str, value: str) -> None:
    assert quantity.parse(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "m", "1 Gi", "64MB", "-1", "1e3"])
def test_what_is_no_quantity_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a quantity.*250m"):
        quantity.parse(text)


def test_limits_become_the_cgroup_values_of_article_70() -> None:
    assert quantity.cpu_max("200m") == "20000 100000"
    assert quantity.cpu_max("500m") == "50000 100000"
    assert quantity.cpu_max(None) == "max 100000"
    assert quantity.memory_max("128Mi") == "134217728"
    assert quantity.memory_max("256Mi") == "268435456"
    assert quantity.memory_max(None) == "max"


def test_a_request_becomes_the_weight_of_a_pod_slice() -> None:
    assert quantity.pod_weight("250m") == 10  # claims.md 65.4
    assert quantity.pod_weight("100m") == 4
    assert quantity.pod_weight("0") == 1


def test_steps_read_typed_words() -> None:
    step = phrases.phrase('within {d:Duration} a {r:Role} has {q:Quantity} of "{n:Name}"')
    text = 'within 2 min a load balancer has 64Mi of "etcd-0.example"'
    expected = {"d": 120.0, "r": Role.LOAD_BALANCER, "q": "64Mi", "n": "etcd-0.example"}
    assert step.is_matching(text)
    assert step.parse_arguments(text) == expected


def test_steps_read_one_word_or_several() -> None:
    step = phrases.phrase("the answer names {words:Words}")
    assert step.parse_arguments('the answer names "a b"') == {"words": ("a b",)}
    assert step.parse_arguments('the answer names "a" and "b"') == {"words": ("a", "b")}
    assert not step.is_matching('the answer names "a", "b"')


def test_a_time_without_its_unit_matches_no_step() -> None:
    assert not phrases.phrase("within {d:Duration} it ends").is_matching("within 40 it ends")


def test_the_scale_stretches_bounds_and_seconds() -> None:
    with timing.scale(2):
        assert timing.scaled(30) == 60
        assert timing.scaled(timing.SCHEDULED) == 60
    assert timing.scaled(30) == 30


def test_a_scale_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"), timing.scale(0):
        pass
