"""A setting is changed on the cluster, and what reads it runs with the change or does not start."""

from collections.abc import Callable, Mapping, Sequence

from infra.build import objects
from infra.clients.transport import systemd
from infra.cluster import Cluster
from infra.errors import NotJudged, WaitTimeout
from infra.kube_api import Api, need
from infra.ssh import Shell
from infra.wait import eventually, pause
from tests.sweep import ledger
from tests.sweep.setting import Instead, Place, Setting

STARTS = 90.0
"""Seconds for what was changed to run again: an API server takes 45 on two busy cores."""
STEADY = 4.0
"""Seconds for which it is the same process: what fails at its start is begun anew every second."""


def change(cluster: Cluster, setting: Setting, machine: str) -> bool:
    """Whether what reads it runs afterwards. Errors: NotJudged, ApiRefused; the ledger knows it."""
    ledger.write(cluster.state, ledger.entry_of(setting, machine))
    if setting.object:
        return change_object(cluster.api, setting.object)
    return change_files(cluster.shell(machine), setting.places[machine])


def change_files(shell: Shell, place: Place) -> bool:
    for path, content in place.files.items():
        shell.run(["cp", "--archive", "--no-clobber", path, path + ledger.KEPT])
        shell.run(["cp", "--no-preserve=all", "/dev/stdin", path], stdin=content)
    begin_anew(shell, place.units)
    return steady(shell, place.units)


def begin_anew(shell: Shell, names: Sequence[str]) -> None:
    """Not waited for: one that never becomes ready would be waited for without end."""
    shell.run(["systemctl", "daemon-reload"])
    for name in names:
        end(shell, name)
        shell.run(["systemctl", "restart", "--no-block", name], check=False)


def end(shell: Shell, name: str) -> None:
    """Ends a unit; an API server, which would take a minute for its watches, at once."""
    shell.run(["systemctl", "reset-failed", name], check=False)
    if name == shell.layout.units.api_server:
        systemd.signal(shell, name, "SIGKILL", check=False)
    shell.run(["systemctl", "stop", name], check=False, timeout=systemd.START_TIMEOUT)


def steady(shell: Shell, names: Sequence[str]) -> bool:
    """Whether each becomes one process that goes on."""

    def processes() -> Mapping[str, tuple[str, int]]:
        return {one.name: (one.state, one.pid) for one in systemd.show_all(shell, names)}

    def same() -> bool:
        before = processes()
        pause(STEADY, because="what fails at its start is begun anew every second")
        return before == processes() and all(state == "active" for state, _ in before.values())

    return not names or came(same, f"{', '.join(names)} on {shell.name} run")


def change_object(api: Api, instead: Instead) -> bool:
    """As the build applies it: what others wrote into the object stays."""
    path = objects.path_of(dict(instead.original))
    if instead.changed is None:
        need(api.ask("DELETE", path))
        return True
    objects.put(api, dict(instead.changed))
    if instead.pods:
        return restart_pods(api, instead.pods, every=False)
    kind = instead.original["kind"]
    return kind != "Deployment" or came(lambda: rolled_out(api, path), f"{path} is rolled out")


def rolled_out(api: Api, path: str) -> bool:
    found = api.get(path)
    wanted, status = found["spec"]["replicas"], found.get("status", {})
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    current = status.get("observedGeneration") == found["metadata"]["generation"]
    return current and counts == [wanted] * 3


def restart_pods(api: Api, selector: str, *, every: bool) -> bool:
    """Its Pods, or one of them, are replaced by such that read the configuration anew."""
    path = "/api/v1/namespaces/kube-system/pods"
    pods = api.get(path, labelSelector=selector)["items"]
    names = sorted(pod["metadata"]["name"] for pod in pods)
    gone = set(names if every else names[:1])
    for name in gone:
        need(api.ask("DELETE", f"{path}/{name}"))

    def ready() -> bool:
        now = api.get(path, labelSelector=selector)["items"]
        left = gone & {pod["metadata"]["name"] for pod in now}
        return not left and len(now) == len(pods) and all(map(is_ready, now))

    return came(ready, f"other Pods of {selector} are Ready")


def is_ready(pod: Mapping[str, object]) -> bool:
    status = pod.get("status")
    conditions = status.get("conditions", ()) if isinstance(status, dict) else ()
    return any((c["type"], c["status"]) == ("Ready", "True") for c in conditions)


def came(so: Callable[[], bool], what: str) -> bool:
    """Whether it becomes so in the time that a start takes."""
    try:
        return eventually(so, bool, within=STARTS, what=what, transient=(NotJudged,))
    except WaitTimeout:
        return False
