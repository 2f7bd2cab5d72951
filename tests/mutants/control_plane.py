"""Controller managers and schedulers that somebody has changed by mistake (article 68)."""

from collections.abc import Callable

from infra.cluster import Cluster
from tests.mutants import changes
from tests.mutants.changes import restart, unit_with
from tests.mutants.mutant import Mutant

MANAGER = "kube-controller-manager"
SCHEDULER = "kube-scheduler"
ELECTS = "--leader-elect=true"
FOURTH = "kube-scheduler-old"


def one_with(machine: str, unit: str, flag: str) -> Callable[[Cluster], None]:
    """One elected component with a flag more."""

    def change(cluster: Cluster) -> None:
        unit_with(cluster, machine, unit, {ELECTS: f"{flag} \\\n  {ELECTS}"})

    return change


def scheduler_of_its_own(cluster: Cluster) -> None:
    """It stands by in good health; once it leads, Pods go where they do not fit."""
    shell, own = cluster.shell("controller-2"), f"/var/lib/kubernetes/{SCHEDULER}.kubeconfig"
    shell.put(changes.NOT_COUNTING.encode(), f"/run/{SCHEDULER}.yaml")
    words = {f"  --kubeconfig={own}": f"  --config=/run/{SCHEDULER}.yaml"}
    unit_with(cluster, "controller-2", SCHEDULER, words)


def managers_with(flag: str) -> Callable[[Cluster], None]:
    """All of them, so that it does not matter which one leads."""

    def change(cluster: Cluster) -> None:
        for machine in cluster.spec.controllers:
            one_with(machine.name, MANAGER, flag)(cluster)

    return change


def fourth_scheduler(cluster: Cluster) -> None:
    """As when an old one was started by hand and forgotten: it takes no part in the election."""
    start = ["systemd-run", f"--unit={FOURTH}", "/usr/local/bin/kube-scheduler"]
    own = "--kubeconfig=/var/lib/kubernetes/kube-scheduler.kubeconfig"
    flags = [own, "--leader-elect=false", "--secure-port=10359"]
    cluster.shell("controller-2").run([*start, *flags])


def no_fourth_scheduler(cluster: Cluster) -> None:
    cluster.shell("controller-2").run(["systemctl", "stop", FOURTH])


def scheduler_as_manager(cluster: Cluster) -> None:
    """It stands by in good health, and could bind no Pod if it led."""
    shell, folder = cluster.shell("controller-2"), "/var/lib/kubernetes"
    shell.run(["cp", f"{folder}/{MANAGER}.kubeconfig", f"{folder}/{SCHEDULER}.kubeconfig"])
    restart(cluster, "controller-2", SCHEDULER)


MUTANTS = (
    Mutant(
        "managers that give nodes up early",
        "68.13",
        "that of controller-0 has 40 s",
        managers_with("--node-monitor-grace-period=40s"),
        or_says="s after a heartbeat, not 50",
    ),
    Mutant(
        "managers that evict nobody",
        "68.13",
        "that of controller-0 does not",
        managers_with("--controllers=*,-taint-eviction-controller"),
        or_says="the Pod impatient on the silent",
    ),
    Mutant(
        "managers that taint nobody",
        "68.13",
        "controller-0: NodeLifecycleController.NodeEvictionRate is 0, must be 0.1",
        managers_with("--node-eviction-rate=0"),
        or_says="is Unknown and tainted as unreachable",
    ),
    Mutant(
        "a fourth scheduler",
        "68.2",
        "only its three units run kube-scheduler; instead: controller-2: ",
        fourth_scheduler,
        mend=no_fourth_scheduler,
    ),
    Mutant(
        "a scheduler with the manager's kubeconfig",
        "68.2",
        "kube-scheduler of controller-2 asks as system:kube-controller-manager, must be",
        scheduler_as_manager,
    ),
    Mutant(
        "a manager with a Lease of its own",
        "68.2",
        "says that it leads",
        one_with("controller-0", MANAGER, "--leader-elect-resource-namespace=default"),
    ),
    Mutant(
        "one manager that tries every four seconds",
        "68.3",
        "that of controller-1 has 4 s",
        one_with("controller-1", MANAGER, "--leader-elect-retry-period=4s"),
        or_says="is renewed every 4",
    ),
    Mutant(
        "a standby whose Lease would last a minute",
        "68.2",
        "--leader-elect-lease-duration is 60s on controller-2, absent on the others",
        one_with("controller-2", MANAGER, "--leader-elect-lease-duration=60s"),
    ),
    Mutant(
        "a standby without a controller",
        "68.2",
        "--controllers is *,-replicaset-controller on controller-2",
        one_with("controller-2", MANAGER, "--controllers=*,-replicaset-controller"),
    ),
    Mutant(
        "a scheduler of its own configuration",
        "68.2",
        "--config is /run/kube-scheduler.yaml on controller-2",
        scheduler_of_its_own,
    ),
    Mutant(
        "a standby that does not come back",
        "68.2",
        "kube-scheduler.service's Restart is no on controller-2, always on the others",
        lambda cluster: unit_with(
            cluster, "controller-2", SCHEDULER, {"Restart=always": "Restart=no"}
        ),
    ),
    Mutant(
        "managers that collect no garbage",
        "68.16",
        "no Pod and no Lease of worker-2 is left",
        changes.managers_without("garbage-collector-controller"),
    ),
)
