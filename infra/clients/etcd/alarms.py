"""Alarms of an etcd member: each outlives its cause, and is disarmed by whoever removed that."""

from infra.clients.etcd.etcdctl import NO_SPACE, Etcdctl, Status
from infra.errors import CommandFailed, NotJudged, WaitTimeout
from infra.timing import scaled
from infra.wait import eventually

QUOTA_BACK = 20.0
"""Seconds until a member that was restarted tells its new quota: it answers in 5 (measured)."""
MIB = 1024**2
WRITES_REFUSED = ("etcdserver: no space", "database space exceeded")
"""What an API server passes on while the alarm is there (etcd api/v3rpc/rpctypes/error.go)."""
BY_HAND = (
    "etcd refuses every write until its alarm is disarmed; free space on the member that "
    "`etcdctl alarm list` names (etcdctl compact, etcdctl defrag), then: etcdctl alarm disarm"
)


def disarm(etcdctl: Etcdctl) -> bool:
    """Whether the one member that is asked had an alarm; it is disarmed, as there is room again.

    Errors: NotJudged for an alarm whose cause is still there, with what to do; WaitTimeout when the
    member tells nothing.
    """
    if not alarms(status_of(etcdctl)):
        return False
    try:
        eventually(
            lambda: causes(status_of(etcdctl)),
            lambda left: not left,
            within=scaled(QUOTA_BACK),
            what="etcd has room again",
        )
    except WaitTimeout as error:
        raise NotJudged("; ".join(causes(status_of(etcdctl))) or str(error)) from error
    etcdctl.run("alarm", "disarm")
    return True


def status_of(etcdctl: Etcdctl) -> Status:
    found = eventually(
        etcdctl.statuses,
        bool,
        within=scaled(QUOTA_BACK),
        what=f"etcd {', '.join(etcdctl.endpoints)} tells its status",
        transient=(CommandFailed,),
    )
    return found[0]


def alarms(status: Status) -> list[str]:
    """The member's own; every member tells those of all."""
    return [text.strip() for text in status.errors if text.startswith(f"memberID:{status.member} ")]


def causes(status: Status) -> list[str]:
    """Why alarms of a member cannot be disarmed yet."""
    return [text for text in (cause(status, alarm) for alarm in alarms(status)) if text]


def cause(status: Status, alarm: str) -> str:
    if NO_SPACE not in alarm:
        return f"etcd {status.endpoint}: {alarm}: only a person can tell what it has lost"
    if status.size < status.quota:
        return ""
    full = f"{status.size / MIB:.0f} MiB of a quota of {status.quota / MIB:.0f} MiB"
    return f"etcd {status.endpoint}: {alarm}, {full}: {BY_HAND}"
