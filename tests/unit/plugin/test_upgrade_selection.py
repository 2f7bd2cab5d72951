"""A scenario that upgrades its cluster runs when it is asked for, alone, on a named cluster."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures import upgrade_selection
from fixtures.plugin import broken_cluster, lanes, timeouts
from fixtures.plugin.recording import KEY, LIVE
from infra.timing import UPGRADE, Bound


def item(name: str, *marks: str, live: bool = True) -> Any:
    def closest(mark: str) -> object:
        return mark if mark in marks else None

    nodeid = f"{LIVE}13.py::{name}" if live else f"tests/unit/test_x.py::{name}"
    return SimpleNamespace(nodeid=nodeid, name=name, get_closest_marker=closest)


UP, PLAIN, UNIT = item("up", "upgrade"), item("plain"), item("unit", live=False)


def left(markexpr: str, *items: Any, cluster: str | None = None) -> tuple[list[str], list[str]]:
    """Names that run, and names that pytest is told to be deselected."""
    gone: list[Any] = []
    tell: Callable[..., None] = lambda *, items: gone.extend(items)  # noqa: E731
    config: Any = SimpleNamespace(
        option=SimpleNamespace(markexpr=markexpr),
        hook=SimpleNamespace(pytest_deselected=tell),
        getoption=lambda *_, **__: cluster,
    )
    chosen = list(items)
    upgrade_selection.pytest_collection_modifyitems(config, chosen)
    return [one.name for one in chosen], [one.name for one in gone]


@pytest.mark.parametrize("markexpr", ["", "slow", "claim_64_12", "upgraded"])
def test_who_does_not_ask_for_it_does_not_get_it(markexpr: str) -> None:
    assert left(markexpr, UP, PLAIN, UNIT) == (["plain", "unit"], ["up"])


def test_who_asks_for_it_on_a_named_cluster_gets_it() -> None:
    assert left("upgrade", UP, UNIT, cluster="upgrade") == (["up", "unit"], [])


def test_nothing_is_asked_of_a_run_without_it() -> None:
    assert left("not upgrade", PLAIN) == (["plain"], [])


def test_others_in_the_same_run_are_refused() -> None:
    with pytest.raises(pytest.UsageError, match=r"alone, and 1 other scenarios are selected"):
        left("upgrade or slow", UP, PLAIN, cluster="upgrade")


def test_a_cluster_that_nobody_named_is_not_upgraded() -> None:
    with pytest.raises(pytest.UsageError, match=r"for good: name one of its own by --cluster-id"):
        left("upgrade", UP)


@pytest.mark.parametrize(
    ("marks", "compared", "bound"), [(("upgrade",), [], UPGRADE), ((), ["compared"], None)]
)
def test_what_it_leaves_is_not_compared_and_its_time_is_its_own(
    monkeypatch: pytest.MonkeyPatch,
    marks: tuple[str, ...],
    compared: list[str],
    bound: Bound | None,
) -> None:
    seen: list[object] = []

    @contextmanager
    def left_as_found(*_: object) -> Iterator[None]:
        seen.append("compared")
        yield

    bounds: list[Bound | None] = []
    recording = SimpleNamespace(begins=lambda _: None)
    one = item("up", *marks)
    one.stash = {KEY: recording}
    request: Any = SimpleNamespace(
        node=one, config=None, getfixturevalue=lambda _: SimpleNamespace(state=None)
    )
    monkeypatch.setattr(lanes, "lane_of", lambda _: "disruptive")
    monkeypatch.setattr(lanes, "awaited", lambda *_: nullcontext())
    monkeypatch.setattr(lanes, "within_footprint", lambda *_: nullcontext())
    monkeypatch.setattr(lanes, "left_as_found", left_as_found)
    monkeypatch.setattr(broken_cluster, "must_not_be", lambda *_: None)
    monkeypatch.setattr(timeouts, "begins", lambda _item, _lane, given: bounds.append(given))
    with lanes.turn(request):
        pass
    assert (seen, bounds) == (compared, [bound])
