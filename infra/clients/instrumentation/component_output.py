"""Where what a component prints goes: to the journal, as systemd connects it, or elsewhere.

A line on demand proves it for those that tell of something; a kube-proxy says nothing for days.
"""

import re

from infra import parallel
from infra.clients.transport import systemd
from infra.cluster import Cluster
from infra.ssh import Shell

STREAM = re.compile(r"(?:^|\0)JOURNAL_STREAM=\d+:(\d+)")
"""Device and inode of the socket to the journal (systemd.exec(5))."""


def elsewhere(cluster: Cluster) -> list[str]:
    """Components whose output or errors do not go to the journal of their machine, and where."""
    machines = [*cluster.spec.controllers, *cluster.spec.workers]
    units = cluster.layout.units
    asked = [(cluster.shell(m.name), unit) for m in machines for unit in units.of(m.role)]
    return parallel.found(asked, lambda one: of_unit(*one))


def of_unit(shell: Shell, unit: str) -> list[str]:
    pid = systemd.show(shell, unit).pid
    if not pid:
        return [f"{unit} on {shell.name} does not run"]
    found = STREAM.search(shell.get(f"/proc/{pid}/environ").decode(errors="replace"))
    ends = shell.run(["readlink", f"/proc/{pid}/fd/1", f"/proc/{pid}/fd/2"], check=False)
    words, errors = (*ends.stdout.split(), "nowhere", "nowhere")[:2]
    # a unit may have one connection for both or two; the variable tells that of the errors
    wrong = (
        [] if words.startswith("socket:") else [f"words of {unit} on {shell.name} go to {words}"]
    )
    if found is None or errors != f"socket:[{found[1]}]":
        wrong.append(f"errors of {unit} on {shell.name} go to {errors}, not to the journal")
    return wrong
