"""What the three processes of an elected component say of themselves: who leads."""

import threading
from collections.abc import Mapping

from infra import parallel
from infra.clients.transport import prometheus, tls_tunnel
from infra.clients.transport.tls_tunnel import MachinePort
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.kube_api import ApiUnreachable
from infra.wait import SYSTEM, Clock, pause

MASTER = "leader_election_master_status"
"""1 on the instance that leads, 0 on others (CB metrics/prometheus/clientgo/leaderelection)."""
EVERY = 0.5
"""Seconds between looks at the three: shorter than a Lease's retry of 2 s, so no lead is missed."""
LAST_LOOK = 15.0
"""Seconds for a look that has begun: a connection that is refused late takes 5 s."""
LEADS, STANDS_BY = "leads", "stands by"
NO_ANSWER, REFUSES = "no answer", "refuses to tell"
Looks = Mapping[str, str]
"""By machine: LEADS, STANDS_BY, or why there is no answer (a stopped process gives none); one that
refuses to tell runs, and may well act."""


def port_of(cluster: Cluster, machine: str, component: str) -> MachinePort:
    """The secure port of the machine's component that has a Lease of this name."""
    leases, ports = cluster.layout.leases, cluster.layout.ports
    known = {
        leases.controller_manager: ports.controller_manager,
        leases.scheduler: ports.scheduler,
    }
    return MachinePort(cluster, machine, known[component])


def says(cluster: Cluster, machine: str, component: str) -> str:
    """What this machine's process says of itself."""
    try:
        admin = cluster.credentials("admin")
        text = prometheus.scrape(port_of(cluster, machine, component), credentials=admin)
    except ApiUnreachable as error:
        return f"{NO_ANSWER}: {error}"
    except NotJudged as error:
        return f"{REFUSES}: {error}"
    found = prometheus.value(prometheus.parse(text, only=MASTER), MASTER, name=component)
    if found is None:
        return f"no metric {MASTER}"
    return LEADS if found == 1 else STANDS_BY


def all_say(cluster: Cluster, component: str) -> Looks:
    machines = [machine.name for machine in cluster.spec.controllers]
    return parallel.by_item(machines, lambda machine: says(cluster, machine, component))


def masters(looks: Looks) -> list[str]:
    return [machine for machine, said in looks.items() if said == LEADS]


def sole(looks: Looks, leader: str) -> bool:
    """Whether ``leader`` leads and every other process that answers says that it stands by.

    One without the metric may act without asking: its leader election is off. Whether all three
    answer is judged by their health.
    """
    others = [said for machine, said in looks.items() if machine != leader]
    waiting = all(said == STANDS_BY or said.startswith(NO_ANSWER) for said in others)
    return looks[leader] == LEADS and waiting


def unhealthy(cluster: Cluster, component: str) -> list[str]:
    """Machines whose process does not answer 200 on /healthz, with what it answers."""
    found: list[str] = []
    for machine in cluster.spec.controllers:
        port, admin = port_of(cluster, machine.name, component), cluster.credentials("admin")
        status, text = tls_tunnel.fetch(port, path="/healthz", credentials=admin)
        if status != 200:
            found.append(f"{machine.name}: {status} {text[:100]}")
    return found


class MasterWatch:
    """What the three processes say of themselves, over and over, kept by a thread."""

    def __init__(self, cluster: Cluster, component: str, *, clock: Clock = SYSTEM) -> None:
        self.component = component
        self._cluster = cluster
        self._clock = clock
        self._began = clock.now()
        self._looks: list[tuple[float, Looks]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True, name=f"who {component}")

    def open(self) -> "MasterWatch":
        self._thread.start()
        return self

    def close(self) -> None:
        """Ends the thread before the connections that it uses are closed."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(LAST_LOOK)

    def looks(self) -> tuple[tuple[float, Looks], ...]:
        """Seconds since the start and what was said."""
        return tuple(self._looks)

    def doubles(self) -> list[str]:
        """Looks in which more than one said that it leads; empty is what has to be."""
        return [
            f"+{at:.1f} s  {' and '.join(masters(looks))}"
            for at, looks in self.looks()
            if len(masters(looks)) > 1
        ]

    def seen_leading(self) -> set[str]:
        """Machines that said at least once that they lead: the control of ``doubles``."""
        return {machine for _, looks in self.looks() for machine in masters(looks)}

    def _follow(self) -> None:
        while not self._ended.is_set():
            looks = all_say(self._cluster, self.component)
            self._looks.append((self._clock.now() - self._began, looks))
            pause(EVERY, because="samples are recorded, not judged", clock=self._clock)
