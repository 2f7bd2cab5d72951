"""Outages of API servers that are restarted, and what a busy computer has clients lose anyway."""

from typing import Any

import pytest

from infra.clients.lifecycle import availability_probe
from infra.clients.lifecycle.availability_probe import Asked
from tests.steps.lifecycle import rolling_restart
from tests.unit.fakes import evidence, goes_red, not_judged
from tests.unit.steps.lifecycle.test_rolling_restart import Over, bad, drill, good, live


def outage(*asked: Asked, **direct: Over) -> tuple[Any, ...]:
    """Of a client; ``direct`` is what others saw at each API server, of which the first restarts
    from second 5 to second 20."""
    seen = direct or {"controller_0": Over(*map(good, range(60)))}
    servers = {name.replace("_", "-"): one for name, one in seen.items()}
    return Over(*asked), servers, drill(), evidence(), 9


def test_an_outage_has_a_length() -> None:
    rolling_restart.no_outage(*outage(good(0), bad(1), good(8)))
    goes_red(
        "10.0 s of failures, 9 allowed: .*refused",
        rolling_restart.no_outage, *outage(good(0), bad(1), good(10)),
    )  # fmt: skip
    assert availability_probe.longest_gap((bad(1),)) == float("inf")
    every_third = [bad(at) if at % 3 == 0 else good(at) for at in range(20)]
    goes_red(
        "18.1 s of failures, 9 allowed",
        rolling_restart.no_outage, *outage(*every_third),
    )  # fmt: skip
    assert availability_probe.longest_outage((bad(0), bad(30)), apart=9.0) == pytest.approx(0.1)


LOST = tuple(good(at) for at in (*range(31), *range(42, 60)))
"""From second 30 to second 42 there was no answer."""


def test_what_servers_that_run_lose_as_well_is_the_computers() -> None:
    """A computer without time for anybody: nothing is said of the balancer, nothing is green."""
    silent = [good(at) for at in (*range(31), *range(42, 60))]
    words = (
        r"outside load, not the balancer: the load of this computer is .*; 12.0 s of failures, "
        "but API servers that were not restarted did not answer for 12.0 s either"
    )
    not_judged(words, rolling_restart.no_outage, *outage(*silent, controller_1=Over(*LOST)))
    timed_out = Asked(31, 36, "timed out"), Asked(36.2, 41.2, "timed out")
    failing = [*LOST[:31], *timed_out, good(41.5)]
    not_judged(
        "outside load", rolling_restart.no_outage, *outage(*failing, controller_1=Over(*LOST))
    )
    later = Over(*(Asked(one.at - 7, one.answered - 7, "") for one in LOST), began=7.0)
    not_judged("outside load", rolling_restart.no_outage, *outage(*silent, controller_1=later))


def test_what_servers_that_run_do_not_lose_is_the_balancers() -> None:
    every_third = [bad(at) if at % 3 == 0 else good(at) for at in range(60)]
    goes_red(
        "30.1 s of failures, 9 allowed",
        rolling_restart.no_outage, *outage(*every_third, controller_1=Over(*LOST)),
    )  # fmt: skip
    refusing = Over(*(bad(at) for at in range(60)))
    silent = [good(0), good(12)]
    step = rolling_restart.no_outage
    goes_red("12.0 s of failures", step, *outage(*silent, controller_1=refusing))
    away = Over(good(0), good(1), Asked(6, 19, "timed out"), *map(good, range(20, 60)))
    goes_red("12.0 s of failures", step, *outage(*silent, controller_0=away))


def test_servers_that_a_busy_computer_keeps_from_answering() -> None:
    late = Asked(31, 36, "timed out")
    servers: Any = {
        "a": Over(good(0), bad(1), good(2), late),
        "b": Over(good(0), bad(4), good(5), late),
        "c": Over(good(0), bad(9), good(10)),
    }
    step = rolling_restart.ready_at_any_time
    beside: Any = {"a": Over(*LOST)}, drill(), evidence()
    not_judged("outside load: .* 1 API servers answered in time", step, live(), servers, *beside)
