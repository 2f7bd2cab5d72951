"""Control planes, add-ons and drills that somebody has changed by mistake (articles 61, 64, 68)."""

from collections.abc import Callable

from infra.build.ready import await_api
from infra.clients.apimachinery import aggregation, slow_webhook
from infra.cluster import Cluster
from tests.mutants import changes
from tests.mutants.changes import api_server_with, edit, one_kubelet_with, restart, unit_with
from tests.mutants.mutant import Mutant

MANAGER, SCHEDULER = "kube-controller-manager", "kube-scheduler"
ELECTS = "--leader-elect=true"
FOURTH = "kube-scheduler-old"
DRAINS_AT_ONCE = """
apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
defaults:
  - command: drain
    options:
      - {name: grace-period, default: "0"}
"""


def balancer_with(old: str, new: str) -> Callable[[Cluster], None]:
    def change(cluster: Cluster) -> None:
        machine = cluster.spec.load_balancer.name
        edit(cluster, machine, "/etc/haproxy/haproxy.cfg", old, new)
        restart(cluster, machine, "haproxy")

    return change


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


def one_audits_less(cluster: Cluster) -> None:
    path = "/var/lib/kubernetes/audit-policy.yaml"
    quiet = "rules:\n  - level: None\n    resources: [{group: '', resources: [pods]}]"
    edit(cluster, "controller-2", path, "rules:", quiet)
    restart(cluster, "controller-2", "kube-apiserver")
    await_api(cluster.api_of("controller-2"))


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


def unregistered_metrics(cluster: Cluster) -> None:
    cluster.api.delete(f"{aggregation.REGISTRATIONS}/{aggregation.NAME}")


def emulating_api_server(cluster: Cluster) -> None:
    """An upgrade that was not finished: the program is new, what it serves is the minor before."""
    before = f"1.{int(cluster.spec.kubernetes.split('.')[1]) - 1}"
    routing = "--enable-aggregator-routing=true"
    changes_ = {routing: f"--emulated-version={before} \\\n  {routing}"}
    unit_with(cluster, "controller-1", "kube-apiserver", changes_)
    await_api(cluster.api_of("controller-1"))


FORGOTTEN = f"{slow_webhook.CONFIGURATIONS}/old"


def forgotten_webhook(cluster: Cluster) -> None:
    """Nobody serves it any more; it is passed over, so that nothing seems to be wrong."""
    rule = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": ["pods"],
    }
    hook = {
        "name": "old.example.com",
        "rules": [rule],
        "clientConfig": {"service": {"namespace": "default", "name": "old"}},
        "failurePolicy": "Ignore",
        "timeoutSeconds": 1,
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    cluster.api.create(
        slow_webhook.CONFIGURATIONS, {"metadata": {"name": "old"}, "webhooks": [hook]}
    )


MUTANTS = (
    Mutant(
        "a forgotten webhook for Pods",
        "69.9",
        "no webhook could have refused it; instead: old/old.example.com for pods",
        forgotten_webhook,
        mend=lambda cluster: cluster.api.delete(FORGOTTEN),
    ),
    Mutant(
        "a balancer that notices late",
        "64.12",
        "controller-0 is asked for GET /readyz each 15 s, and left after 5 failures",
        balancer_with("inter 2s fastinter 1s fall 3", "inter 15s fastinter 5s fall 5"),
        or_says="s of failures, 9 allowed",
    ),
    Mutant(
        "a balancer that asks for a version",
        "64.12",
        "controller-0 is asked for GET /version",
        balancer_with("option httpchk GET /readyz", "option httpchk GET /version"),
        or_says="s of failures, 9 allowed",
    ),
    Mutant(
        "managers that give nodes up early",
        "68.13",
        "controller-0 gives it up after 40 s",
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
        "controller-1 tries every 4 s",
        one_with("controller-1", MANAGER, "--leader-elect-retry-period=4s"),
        or_says="is renewed every 4",
    ),
    Mutant(
        "a group that nobody registered",
        "61.1",
        "there is no APIService v1beta1.metrics.k8s.io",
        unregistered_metrics,
    ),
    Mutant(
        "a standby whose Lease would last a minute",
        "68.2",
        "--leader-elect-lease-duration is 1m0s on controller-2, 15s on the others",
        one_with("controller-2", MANAGER, "--leader-elect-lease-duration=60s"),
    ),
    Mutant(
        "a standby without a controller",
        "68.2",
        "--controllers is [*,-replicaset-controller] on controller-2",
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
        "one API server with its seats for reading",
        "68.10",
        "--max-mutating-requests-inflight is 100 on controller-2, 200 on the others",
        api_server_with(
            "controller-2",
            {
                "--secure-port=6443": "--secure-port=6443 \\\n  --max-requests-inflight=500 "
                "\\\n  --max-mutating-requests-inflight=100"
            },
        ),
        outcome="not judged",
    ),
    Mutant(
        "one controller with an audit policy of its own",
        "68.10",
        "/var/lib/kubernetes/audit-policy.yaml is of SHA-256",
        one_audits_less,
        outcome="not judged",
    ),
    Mutant(
        "one API server that takes no privileged Pods",
        "68.10",
        "--allow-privileged is false on controller-2, true on the others",
        api_server_with("controller-2", {"--allow-privileged=true": "--allow-privileged=false"}),
        outcome="not judged",
    ),
    Mutant(
        "a kubelet that reports often",
        "68.12",
        "worker-1 sends it every 30s",
        one_kubelet_with("nodeStatusReportFrequency: 30s"),
        or_says="status was sent again and again",
    ),
    Mutant(
        "an API server that emulates the minor before",
        "64.13",
        "is newer than the API server of controller-1, which it asks",
        emulating_api_server,
    ),
    Mutant(
        "an API server that takes part in coordinated elections",
        "68.17",
        "controller-1 serves leasecandidates",
        api_server_with(
            "controller-1",
            {
                "--enable-aggregator-routing=true": (
                    "--feature-gates=CoordinatedLeaderElection=true \\\n  "
                    "--runtime-config=coordination.k8s.io/v1beta1=true \\\n  "
                    "--enable-aggregator-routing=true"
                )
            },
        ),
    ),
    Mutant(
        "managers that collect no garbage",
        "68.16",
        "no Pod and no Lease of worker-2 is left",
        changes.managers_without("garbage-collector-controller"),
    ),
    Mutant(
        "a drain without grace",
        "64.10",
        "the Pod should print hook, signal and end",
        lambda _: None,
        kuberc=DRAINS_AT_ONCE,
    ),
)
