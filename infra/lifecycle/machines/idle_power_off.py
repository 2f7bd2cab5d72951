"""A fuse on each machine: it powers itself off when nobody has used the cluster for some hours.

EC2 stops a machine that powers itself off and keeps its disk (the default of
InstanceInitiatedShutdownBehavior): it costs a tenth then, and starts again with all that it had.
"""

from infra.cluster import Cluster
from infra.desired.apply import Supplies, apply
from infra.desired.plan import Action, Enable, Restart, Write
from infra.machine_layout import SERIES
from infra.parallel import answers

NAME = "idle-power-off"
TIMER = f"{NAME}.timer"
UNIT_FILE = SERIES.unit_file(NAME)
TIMER_FILE = UNIT_FILE.removesuffix(".service") + ".timer"


def files(hours: int) -> dict[str, str]:
    """Unit files by path. The time is counted from the timer's start: a boot begins it anew too."""
    timer = f"""[Unit]
Description=Power off when the cluster was not used for {hours} hours

[Timer]
OnActiveSec={hours}h
AccuracySec=1min

[Install]
WantedBy=timers.target
"""
    service = """[Unit]
Description=Power off, as nobody uses the cluster

[Service]
Type=oneshot
ExecStart=/usr/bin/systemctl --no-block poweroff
"""
    return {TIMER_FILE: timer, UNIT_FILE: service}


def cloud_config(hours: int) -> dict[str, object]:
    """For a machine's first boot: also one whose build never ends has a fuse."""
    written = [{"path": path, "content": text} for path, text in files(hours).items()]
    return {"write_files": written, "runcmd": [["systemctl", "enable", "--now", TIMER]]}


def put_off(cluster: Cluster, hours: int) -> None:
    """It is used now: every machine counts anew. Errors: those of the shells."""
    units: list[Action] = [
        Write(path, 0o644, "root", text.encode()) for path, text in files(hours).items()
    ]
    actions = [*units, Enable(TIMER), Restart(TIMER)]
    answers(
        cluster.spec.machines,
        lambda machine: apply(cluster.shell(machine.name), actions, Supplies()),
    )
