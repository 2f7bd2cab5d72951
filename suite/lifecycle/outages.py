"""The longest outage of each of several clients, with and without what the computer lost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.clients.lifecycle import availability_probe
from infra.clients.lifecycle.availability_probe import Asking, Span, worst


@dataclass(frozen=True)
class Outage:
    """``gross`` and ``net`` are seconds: all, and without what others lost as well."""

    client: str
    asked: int
    failed: int
    gross: float
    net: float
    first: str
    """What the first failure was; empty when there was none."""

    def __str__(self) -> str:
        return f"{self.client}: {self.net:.1f} s of failures ({self.first or 'no answer at all'})"


def longest(
    clients: Mapping[str, Asking],
    direct: Mapping[str, Asking],
    away: Callable[[str], Span],
    *,
    apart: float,
) -> list[Outage]:
    """Closes the clients. ``direct`` ask each API server past the balancer, by machine, and
    ``away`` is when a machine's was not there; failures less than ``apart`` seconds from each other
    are one outage.
    """
    found = []
    for name, client in clients.items():
        client.close()
        asked = client.asked
        lost = availability_probe.lost_anyway(client, direct, away)
        wrong = [one.wrong for one in asked if one.wrong]
        gross, net = (worst(asked, apart=apart, lost=spans) for spans in ((), lost))
        found.append(Outage(name, len(asked), len(wrong), gross, net, next(iter(wrong), "")))
    return found


def failures(clients: Mapping[str, Asking], *, apart: float) -> list[tuple[str, Span]]:
    """When clients got no good answer, by our clock; what is less than ``apart`` seconds from the
    one before is one of them.
    """
    found: list[tuple[str, Span]] = []
    for name, client in clients.items():
        began, spans = -client.since(0.0), list[Span]()
        for one in client.asked:
            if one.wrong:
                near = spans and began + one.at - spans[-1][1] < apart
                begin = spans.pop()[0] if near else began + one.at
                spans.append((begin, began + one.answered))
        found += [(f"{name}: failures", span) for span in spans]
    return found
