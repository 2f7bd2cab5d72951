"""Makes true what the API was asked for, and tells the API what is true.

Level-triggered: each pass compares all that is wanted with all that is, so nothing depends on
having seen an event, and a daemon that was killed goes on where it stopped.
"""

import logging
import threading
import time
from ipaddress import IPv4Address

from infra.errors import NotJudged
from infra.localec2.desired_state import Facts, Instance, State, Wanted
from infra.localec2.host.disks import Disks
from infra.localec2.host.launcher import Launcher
from infra.localec2.host.network import Network
from infra.localec2.host.probes import Probes
from infra.localec2.host.volume_files import VolumeFiles

LOG = logging.getLogger(__name__)
TICK = 1.0
"""Seconds between passes when nothing is under way: how late a machine's own end is seen."""
QUICK_TICK = 0.2
"""Seconds between passes while something is under way; a pass costs a few milliseconds."""
ORDERLY = 30.0
"""Seconds for an orderly way down; source: machines.md, systemd stops a node in under 10 s."""
FAILED = "Server.InternalError"
"""StateReason code of an instance that the platform could not keep; source: EC2 user guide."""


class Reconciler:
    """``run`` is the one thread that changes anything; ``wake`` may be called from any."""

    def __init__(
        self, facts: Facts, launcher: Launcher, network: Network, files: VolumeFiles
    ) -> None:
        self._facts = facts
        self._disks = Disks(facts, launcher, files)
        self._launcher = launcher
        self._network = network
        self._wake = threading.Event()
        self._over = threading.Event()
        self._probes = Probes(self.wake)
        self._deadlines: dict[str, float] = {}
        self._rebooting: dict[str, tuple[int, float]] = {}
        # what the API was told already, so that it is told changes only
        self._routes: dict[str, bool] = {}
        """By CIDR, whether it is active."""
        self._states: dict[str, State] = {}
        """By instance."""
        self._greeted: dict[str, int] = {}
        """By instance, the boot mark with which it answered."""

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._over.set()
        self._wake.set()

    def run(self) -> None:
        """Passes until ``stop``."""
        while not self._over.is_set():
            self._wake.clear()
            busy = self.attempt()
            # Waiting for an event with a tick is this loop's purpose; infra.wait is for judging.
            self._wake.wait(QUICK_TICK if busy else TICK)
        self._probes.close()

    def attempt(self) -> bool:
        """``once``, which no error leaves: it is logged, and the next pass comes soon."""
        try:
            return self.once()
        except Exception:  # the thread must outlive whatever a pass met
            LOG.exception("a pass failed")
            return True

    def once(self) -> bool:
        """One pass. Whether something is under way and the next pass should come soon."""
        wanted = self._facts.wanted()
        instances = wanted.instances if wanted else ()
        for instance_id in set(self._launcher.known()) - {i.id for i in instances}:
            LOG.info("%s is unknown to the API: removed", instance_id)
            self._launcher.destroy(instance_id)
        if wanted is None:
            return False
        connected = self._sync_network(wanted)
        # What ends makes room for what starts; nothing runs in a network that is not as wanted.
        # By address, so that a cluster is spread over the CPUs the same way every time.
        order = sorted(instances, key=lambda i: (i.wanted == "running", IPv4Address(i.private_ip)))
        busy = [self._attend(i, wanted) for i in order if connected or i.wanted != "running"]
        return self._disks.sync(wanted) or any(busy)

    def _sync_network(self, wanted: Wanted) -> bool:
        """Whether the network is as wanted."""
        alive = [i.id for i in wanted.instances if self._launcher.is_alive(i.id)]
        try:
            facts = self._network.sync(wanted, keep=alive)
        except NotJudged:
            LOG.exception("the network is not as wanted")
            return False
        for fact in facts:
            if self._routes.get(fact.cidr) != fact.active:
                self._facts.route_state(fact.cidr, active=fact.active)
                self._routes[fact.cidr] = fact.active
        return True

    def _attend(self, instance: Instance, wanted: Wanted) -> bool:
        try:
            match instance.wanted:
                case "running":
                    return self._keep_running(instance, wanted)
                case "stopped":
                    return self._keep_stopped(instance)
                case "terminated":
                    return self._end(instance.id)
        except (NotJudged, OSError) as error:
            LOG.exception("%s", instance.id)
            if instance.wanted == "running" and not self._launcher.was_up(instance.id):
                self._launcher.kill(instance.id)
                self._tell(instance.id, "terminated", f"{FAILED}: {error}")
            return True

    def _keep_running(self, instance: Instance, wanted: Wanted) -> bool:
        ident = instance.id
        self._deadlines.pop(ident, None)
        if not self._launcher.is_alive(ident):
            reason = self._launcher.ending(ident)
            if reason is None:
                LOG.info("%s (%s): starting", ident, instance.private_ip)
                self._launcher.boot(instance, wanted.subnet, wanted.gateway)
                self._tell(ident, "pending")
            else:
                self._ended(ident, reason)
            return True
        if self._states.get(ident) != "running":
            if not self._launcher.is_up(ident):
                return True
            self._tell(ident, "running")
        if self._reboot(instance):
            return True
        return self._greet(instance, wanted.gateway)

    def _ended(self, ident: str, reason: str) -> None:
        """A machine that ended by itself is stopped; one that never came up is terminated."""
        LOG.warning("%s: %s", ident, reason)
        was_up = self._launcher.was_up(ident)
        self._launcher.settle(ident)
        if was_up:
            self._tell(ident, "running")  # a fact of before, which the API needs to believe the end
            self._tell(ident, "stopped", reason)
        else:
            self._tell(ident, "terminated", reason)

    def _greet(self, instance: Instance, gateway: str) -> bool:
        boot = self._launcher.boot_mark(instance.id)
        if self._probes.greeted(instance.id, boot=boot):
            if self._greeted.get(instance.id) != boot:
                self._facts.reachable(instance.id, ok=True)
                self._greeted[instance.id] = boot
            return False
        if self._greeted.pop(instance.id, boot) != boot:
            self._facts.reachable(instance.id, ok=False)  # it booted again, by itself or asked to
        self._probes.start(instance.id, instance.private_ip, source=gateway, boot=boot)
        return True

    def _reboot(self, instance: Instance) -> bool:
        """Whether a reboot is under way."""
        ident = instance.id
        if instance.reboots > self._launcher.reboots(ident):
            self._rebooting[ident] = (self._launcher.boot_mark(ident), time.monotonic() + ORDERLY)
            self._facts.reachable(ident, ok=False)
            self._launcher.reboot(instance)
            return True
        mark, deadline = self._rebooting.get(ident, (0, 0.0))
        if not mark:
            return False
        if self._launcher.boot_mark(ident) not in (mark, 0):
            del self._rebooting[ident]
            return False
        if time.monotonic() > deadline:
            LOG.warning("%s did not go down within %g s: reset", ident, ORDERLY)
            self._launcher.reboot(instance, hard=True)
            self._rebooting[ident] = (mark, time.monotonic() + ORDERLY)
        return True

    def _keep_stopped(self, instance: Instance) -> bool:
        ident = instance.id
        self._rebooting.pop(ident, None)
        if not self._launcher.is_alive(ident):
            if self._states.get(ident) != "stopped":
                self._launcher.settle(ident)
                self._deadlines.pop(ident, None)
                self._tell(ident, "stopped")
            return False
        self._states.pop(ident, None)
        now = time.monotonic()
        if ident not in self._deadlines:
            LOG.info("%s: shutting down", ident)
            self._deadlines[ident] = now + ORDERLY
            try:
                self._launcher.shut_down(ident)
            except (FileNotFoundError, ConnectionRefusedError):
                self._launcher.kill(ident)  # its kernel is not up yet: there is nothing to lose
        elif now > self._deadlines[ident]:
            LOG.warning("%s did not go down within %g s: killed", ident, ORDERLY)
            self._launcher.kill(ident)
        return True

    def _end(self, ident: str) -> bool:
        LOG.info("%s: terminating", ident)
        self._launcher.destroy(ident)
        if self._launcher.is_alive(ident):
            return True
        self._tell(ident, "terminated")
        return False

    def _tell(self, ident: str, state: State, reason: str = "") -> None:
        self._facts.observed(ident, state, reason=reason)
        self._states[ident] = state
