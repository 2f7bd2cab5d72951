"""Components that print elsewhere than to the journal: the Then-step goes red."""

from typing import Any

import pytest

from tests.steps.instrumentation import log_retention as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeShell, goes_red

GIVEN = "PATH=/bin\0JOURNAL_STREAM=9:4711\0"
BOTH = "socket:[4711]\nsocket:[4711]\n"


def printing(machine: str = "", *, environ: str = GIVEN, ends: str = BOTH, pid: int = 7) -> Any:
    """A cluster whose components print to the journal, but for those of one machine."""

    def shell(name: str) -> FakeShell:
        own = name == machine
        return FakeShell(
            name,
            {
                "systemctl": f"MainPID={pid if own else 7}\n",
                "cat /proc/7/environ": environ if own else GIVEN,
                "readlink": ends if own else BOTH,
            },
        )

    return cluster(shell=shell)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"ends": "socket:[4711]\n/var/log/x.log\n"},
            "errors of kube-proxy on worker-1 go to /var",
        ),
        ({"ends": "/dev/null\nsocket:[4711]\n"}, "words of kube-proxy on worker-1 go to /dev/null"),
        ({"environ": "PATH=/bin\0"}, "errors of kubelet on worker-1 go to socket.*, not to"),
        ({"pid": 0}, "kube-proxy on worker-1 does not run"),
    ],
)
def test_a_component_that_prints_elsewhere(changed: dict[str, Any], says: str) -> None:
    steps.outputs_go_to_journals(printing())
    goes_red(says, steps.outputs_go_to_journals, printing("worker-1", **changed))
