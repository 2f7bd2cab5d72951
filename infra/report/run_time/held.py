"""What scenarios of a record held, for those who ask who could have run beside whom."""

from infra.footprints.footprint import of_tags
from infra.footprints.held_resources import Need
from infra.report.model import Scenario


def need(scenario: Scenario) -> Need:
    """As it was recorded. Of an older run what its tags say, without a worker that it was given."""
    if scenario.held_alone or scenario.held_shared:
        return Need(frozenset(scenario.held_alone), frozenset(scenario.held_shared))
    footprint = of_tags(scenario.tags)
    return Need(footprint.exclusive, footprint.shared)
