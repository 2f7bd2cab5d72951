"""Components that listen where nobody is asked who he is: the Then-step goes red."""

from typing import Any

from infra.clients import listening
from tests.steps import certificates as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeShell, goes_red, not_judged

HEAD = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode"
)
ROW = "   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  0 0 {inode} 1"


def table(*rows: tuple[str, str, int]) -> str:
    return "\n".join([HEAD, *(ROW.format(local=a, state=s, inode=i) for a, s, i in rows)]) + "\n"


def has(*more: tuple[str, str, int], machine: str = "controller-2") -> Any:
    """A cluster of components that each have sockets 1 to 9, of which some listen."""
    own = ("0100007F:0949", "0A", 1), ("1601000A:C000", "01", 2)

    def shell(name: str) -> FakeShell:
        port = "094B" if name.startswith("controller") else "280A"
        good = (f"00000000000000000000000000000000:{port}", "0A", 3)
        rows = (*own, good, *(more if name == machine else ()))
        first = "etcd" if name.startswith("controller") else "kubelet"
        answers = {"cat /proc/net": table(*rows), "find /proc/7/fd": "socket:[3]\nsocket:[4]\n"}
        return Units(name, answers, first)

    return cluster(shell=shell)


class Units(FakeShell):
    """Only the first unit has sockets."""

    def __init__(self, name: str, answers: dict[str, str], first: str) -> None:
        super().__init__(name, answers)
        self.first = first

    def run(self, argv: Any, **how: Any) -> Any:
        if argv[0] == "systemctl":
            self.answers["systemctl"] = f"MainPID={7 if argv[-1] == self.first else 8}\n"
        return super().run(argv, **how)


def test_a_member_that_also_listens_without_tls() -> None:
    steps.no_other_port(has())
    steps.no_other_port(has(("0100007F:0950", "0A", 4)))  # for its own machine
    steps.no_other_port(has(("00000000:0950", "01", 4)))  # a connection
    says = "etcd of controller-2 listens on port 2384"
    goes_red(says, steps.no_other_port, has(("00000000:0950", "0A", 4)))
    says = "kubelet of worker-1 listens on port 10255"
    goes_red(says, steps.no_other_port, has(("00000000:280F", "0A", 4), machine="worker-1"))


def test_a_machine_on_which_nothing_is_seen() -> None:
    empty = cluster(shell=lambda name: Units(name, {"cat": table()}, "etcd"))
    not_judged("no component of controller-0 is seen to listen", listening.elsewhere, empty)
