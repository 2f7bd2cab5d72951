"""The front's whole life, call by call, each first as a dry run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tests.contract.calls import LIFE, LOOK, PROFILE, Ids
from tests.contract.wire import REGION, body, parsed
from tests.contract.world import settle

if TYPE_CHECKING:
    from infra.localec2.moto_api.front import Front

SETUP = (
    {"Action": "CreateInstanceProfile", "InstanceProfileName": PROFILE},
    {"Action": "CreateRole", "RoleName": PROFILE, "AssumeRolePolicyDocument": "{}"},
    {
        "Action": "AddRoleToInstanceProfile",
        "InstanceProfileName": PROFILE,
        "RoleName": PROFILE,
    },
)
"""What IAM has to have before."""


def prepare_iam(front: "Front") -> None:
    for call in SETUP:
        assert front.answer("iam", "", urlencode(call))[0] == 200


UNSHOWN = {"GetConsoleOutput", "DescribeInstanceTypes", "DescribeAvailabilityZones"}
"""Looks that no call changes."""
REQUEST = re.compile(r"<requestId>[^<]*</requestId>", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """Of one action: the answer to its dry run, what that changed, and the answer to the call."""

    dry: tuple[int, str]
    changed: list[str]
    done: tuple[int, str]


class Life:
    """The calls of tests/contract/calls.py, each first as a dry run."""

    def __init__(self, front: "Front") -> None:
        self.front = front
        self.ids: Ids = {}
        prepare_iam(front)

    def live(self) -> Iterator[tuple[str, Outcome]]:
        before = self.shown()
        for call in LIFE:
            sent = body(call.action, call.asked(self.ids))
            dry = self.front.answer("ec2", REGION, sent + "&DryRun=true")
            after = self.shown()
            changed = [name for name in before if before[name] != after[name]]
            # a dry run that did it is told by its outcome, not by a second network in the way
            done = dry if dry[0] == 200 else self.front.answer("ec2", REGION, sent)
            yield call.action, Outcome(dry, changed, done)
            self.ids |= call.made(parsed(call.action, done))
            self._go_on()
            before = after if call in LOOK else self.shown()

    def _go_on(self) -> None:
        """Machines and disks are where they are wanted, a change of a volume is over."""
        settle(self.front)
        then = self.front.clock() + 10
        self.front.clock = lambda: then

    def shown(self) -> dict[str, str]:
        """All that the front knows: its answers, its journal and the reconciler's wanted state."""
        answers = {
            call.action: REQUEST.sub(
                "", self.front.answer("ec2", REGION, f"Action={call.action}")[1]
            )
            for call in LOOK
            if call.action not in UNSHOWN
        }
        journal = Path(self.front._journal.path)
        return answers | {"journal": journal.read_text(), "wanted": repr(self.front.wanted())}
