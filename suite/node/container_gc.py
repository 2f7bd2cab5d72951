"""When a kubelet collects containers: a pass each minute, seen by a dangling link it removes.

kubernetes pkg/kubelet/kuberuntime/kuberuntime_gc.go (1.36): of each container of a Pod the newest
instance that does not run is kept. One that is created and not started yet counts as the newest: a
pass at that moment removes the instance before it, with its log. So whoever judges what is kept of
a restarted container restarts it between two passes.
"""

from dataclasses import dataclass

from infra.errors import require
from infra.ssh import Shell
from infra.timing import Bound, scaled
from infra.wait import SYSTEM, Clock, eventually

PERIOD = 60.0
"""Seconds from the end of a pass to the beginning of the next (ContainerGCPeriod of kubelet.go)."""
PASS = Bound(90, "a kubelet has collected containers", "T12: each minute")


@dataclass
class Passes:
    """Of the kubelet on a worker. ``link`` is a name in the directory of links to logs.

    A pass ends with the dangling links to logs. What is made here is such a link: the kubelet
    removes it within a minute, also when the run was killed.
    """

    shell: Shell
    link: str
    clock: Clock = SYSTEM
    _none_before: float = float("-inf")

    def leave(self, seconds: float) -> None:
        """Returns with so much time before the next pass, or with a whole period.

        Errors: WaitTimeout, CommandFailed.
        """
        if self.clock.now() + seconds > self._none_before:
            self.await_end()

    def await_end(self) -> None:
        """Returns when a pass has ended. Errors: WaitTimeout, CommandFailed."""
        path = f"{self.shell.layout.directories.container_logs}/{self.link}"
        self._none_before = self.clock.now() + PERIOD
        self.shell.run(["ln", "--symbolic", "--force", "nothing", path])
        try:
            eventually(
                lambda: self._is_left(path),
                lambda left: not left,
                within=scaled(PASS),
                what=f"the kubelet on {self.shell.name} collects containers: it removes {path}",
                clock=self.clock,
            )
        finally:
            self.shell.run(["rm", "--force", path], check=False)

    def require_none_since(self, what: str) -> None:
        """Errors: NotPrepared when another pass may have begun."""
        require(
            self.clock.now() < self._none_before,
            f"{what} within {PERIOD:g} s of a container garbage collection on {self.shell.name}, "
            "before the next (control): it removes the previous log when it meets the new "
            "container before its start",
        )

    def _is_left(self, path: str) -> bool:
        looked = self.clock.now()
        if self.shell.run(["test", "-L", path], check=False).exit_status != 0:
            return False
        self._none_before = looked + PERIOD
        return True
