"""Two clusters for one long list: a process for each, which have complementary shares of it."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from fixtures import commands
from infra.lifecycle import state_dir
from infra.progress import Progress
from infra.settings import PROJECT, Settings

CLUSTERS = 2
"""A process and a cluster for each core of the computer that this was written on."""
Command = Callable[[Settings, int], Sequence[str]]
"""The argv of a share, 1 to CLUSTERS, of a list on a cluster."""


def clusters(settings: Settings) -> list[Settings]:
    """The run's first, and further ones that are built for it and removed afterwards."""
    return [settings, *settings.further(CLUSTERS)]


def run(settings: Settings, command: Command, progress: Progress) -> int:
    """The worst status. Clusters that are not there are built; further ones of these go again."""
    every = clusters(settings)
    ours = [one for one in every[1:] if state_dir.read(one.state) is None]
    for one in every:
        progress.say(f"cluster {one.cluster_id} ...")
        subprocess.run(commands.up(one), check=True, cwd=PROJECT, stdout=sys.stderr)
    started = [begin(one, command(one, number)) for number, one in enumerate(every, start=1)]
    tellers = [
        threading.Thread(target=tell, args=(p, o.cluster_id))
        for p, o in zip(started, every, strict=True)
    ]
    for teller in tellers:
        teller.start()
    try:
        statuses = [process.wait() for process in started]
    except KeyboardInterrupt:  # the processes have had it too: they mend their clusters
        statuses = [process.wait() for process in started]
    for teller in tellers:
        teller.join()
    for one in ours:
        subprocess.run(commands.down(one), check=True, cwd=PROJECT, stdout=sys.stderr)
    return max(statuses, key=abs)


def begin(settings: Settings, argv: Sequence[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        argv,
        cwd=PROJECT,
        env={**os.environ, "KFS_CLUSTER_ID": settings.cluster_id},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def tell(process: "subprocess.Popen[str]", name: str) -> None:
    """Passes on what a process says, with its cluster's name before each line."""
    with process:
        for line in process.stdout or ():
            sys.stderr.write(f"{name}: {line}")
            sys.stderr.flush()
