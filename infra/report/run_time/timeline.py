"""Where the time went: scenarios of a run by the process that ran them."""

from collections.abc import Collection, Sequence

from markupsafe import Markup

from infra.report.evidence_kinds.svg import bar, clock, picture, text, time_axis
from infra.report.model import Run, Scenario
from infra.report.outcomes import Outcome, sign

LANE = 40


def draw(run: Run, scenarios: Sequence[Scenario], critical: Collection[str] = ()) -> Markup:
    """A lane a process, a bar a scenario, coloured by outcome; what failed is also cut in, and
    those of the critical path, by id, have a frame.
    """
    ran = [scenario for scenario in scenarios if scenario.ran]
    if not ran:
        return Markup("<p class=quiet>no scenario ran</p>")
    low, high = bounds(run, ran)
    span = max(high - low, 1e-9)
    places = sorted({scenario.place for scenario in ran})
    height = len(places) * LANE + 22
    parts = [time_axis(0, span, height - 4, top=0)]
    for row, place in enumerate(places):
        y = row * LANE
        parts.append(text(0, y + 13, place, kind="name"))
        parts.append(bar(0, 100, y + 18, 16, kind="lane"))
        parts += [
            scenario_bar(one, low, span, y + 18, critical=one.id in critical)
            for one in ran
            if one.place == place
        ]
    return picture(height, *parts, title=f"{len(ran)} scenarios in {clock(span)}")


def bounds(run: Run, ran: Sequence[Scenario]) -> tuple[float, float]:
    """Times of day from which to which a run is drawn."""
    low = min([run.started, *(s.started for s in ran)])
    return low, max([run.ended, *(s.ended for s in ran)])


def scenario_bar(
    scenario: Scenario, low: float, span: float, y: float, *, critical: bool
) -> Markup:
    failed = scenario.outcome in (Outcome.FALSE, Outcome.UNKNOWN)
    return bar(
        (scenario.started - low) / span * 100,
        scenario.seconds / span * 100,
        y - 4 if failed else y,
        24 if failed else 16,
        kind=f"fill edge {sign(scenario.outcome).css}{' critical' if critical else ''}",
        title=f"{scenario.name}: {scenario.outcome}, {clock(scenario.seconds)}",
    )
