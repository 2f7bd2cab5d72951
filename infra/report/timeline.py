"""Where the time went: scenarios of a run by the process that ran them."""

from collections.abc import Sequence

from markupsafe import Markup

from infra.report.evidence_kinds.svg import bar, clock, picture, text, time_axis
from infra.report.model import Run, Scenario
from infra.report.outcomes import Outcome, sign

LANE = 40


def draw(run: Run, scenarios: Sequence[Scenario]) -> Markup:
    """A lane a process, a bar a scenario, coloured by outcome; what failed is also cut in."""
    ran = [scenario for scenario in scenarios if scenario.ran]
    if not ran:
        return Markup("<p class=quiet>no scenario ran</p>")
    low = min(run.started, *(s.started for s in ran))
    high = max(run.ended, *(s.ended for s in ran))
    span = max(high - low, 1e-9)
    places = sorted({scenario.place for scenario in ran})
    height = len(places) * LANE + 22
    parts = [time_axis(0, span, height - 4, top=0)]
    for row, place in enumerate(places):
        y = row * LANE
        parts.append(text(0, y + 13, place, kind="name"))
        parts.append(bar(0, 100, y + 18, 16, kind="lane"))
        parts += [
            scenario_bar(scenario, low, span, y + 18) for scenario in ran if scenario.place == place
        ]
    return picture(height, *parts, title=f"{len(ran)} scenarios in {clock(span)}")


def scenario_bar(scenario: Scenario, low: float, span: float, y: float) -> Markup:
    failed = scenario.outcome in (Outcome.FALSE, Outcome.UNKNOWN)
    return bar(
        (scenario.started - low) / span * 100,
        scenario.seconds / span * 100,
        y - 4 if failed else y,
        24 if failed else 16,
        kind=f"fill edge {sign(scenario.outcome).css}",
        title=f"{scenario.name}: {scenario.outcome}, {clock(scenario.seconds)}",
    )
