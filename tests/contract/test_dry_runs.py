"""A dry run of every action that the front allows changes nothing; the call itself succeeds."""

import pytest

from infra.localec2.moto_api.actions import ALLOWED
from tests.contract.calls import LIFE
from tests.contract.lived import Outcome
from tests.contract.wire import inputs

ACTIONS = sorted(ALLOWED["ec2"])


def test_every_action_of_the_front_is_called() -> None:
    assert sorted(call.action for call in LIFE) == ACTIONS


@pytest.mark.parametrize("action", ACTIONS)
def test_dry_run_changes_nothing(action: str, outcomes: dict[str, Outcome]) -> None:
    status, text = outcomes[action].dry
    assert outcomes[action].changed == []
    if "DryRun" in inputs(action):
        assert (status, "<Code>DryRunOperation</Code>" in text) == (412, True), text
    else:  # AWS has no dry run of it
        assert (status, "<Code>UnknownParameter</Code>" in text) == (400, True), text


@pytest.mark.parametrize("action", ACTIONS)
def test_call_itself_succeeds(action: str, outcomes: dict[str, Outcome]) -> None:
    status, text = outcomes[action].done
    assert status == 200, text
