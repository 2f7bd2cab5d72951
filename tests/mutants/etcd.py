"""Members of etcd that ask too little, tell too much or wait long, and cut snapshots (63, 67)."""

from collections.abc import Callable

from infra.cluster import Cluster
from tests.mutants.changes import OTHER, TRUNCATING, unit_with
from tests.mutants.mutant import Mutant

NO_CLIENTS_CERTIFICATE = {
    "  --client-cert-auth \\\n": "",
    "  --trusted-ca-file=/etc/etcd/etcd-ca.pem \\\n": "",
}
LOCAL_METRICS = "--listen-metrics-urls=http://127.0.0.1:2381"
EVERYBODY = "--listen-metrics-urls=http://0.0.0.0:2381"
PATIENT = {"--listen-metrics-urls=": "--election-timeout=50000 \\\n  --listen-metrics-urls="}
METRICS = "--listen-metrics-urls="


def member_without_tls(cluster: Cluster) -> None:
    """As somebody adds it to look at keys by hand."""
    local = "https://127.0.0.1:2379"
    unit_with(cluster, OTHER, "etcd", {local: f"{local},http://0.0.0.0:2384"})


def etcd_with(changes: dict[str, str], *machines: str) -> Callable[[Cluster], None]:
    def change(cluster: Cluster) -> None:
        for machine in machines:
            unit_with(cluster, machine, "etcd", changes)

    return change


def one_truncates(cluster: Cluster) -> None:
    shell = cluster.shell(OTHER)
    shell.run(["mv", "/usr/local/bin/etcdctl", "/usr/local/bin/etcdctl.whole"])
    shell.put(TRUNCATING.encode(), "/usr/local/bin/etcdctl", mode=0o755)


def member_with(flag: str) -> Mutant:
    name, _, value = flag.partition("=")
    return Mutant(
        f"one member of etcd with {name.removeprefix('--')} of its own",
        "63.2",
        f"{name} is {value} on {OTHER}, absent on the others",
        lambda cluster: unit_with(cluster, OTHER, "etcd", {METRICS: f"{flag} \\\n  {METRICS}"}),
        outcome="not judged",
    )


MUTANTS = (
    Mutant(
        "a member of etcd that also listens without TLS",
        "67.4",
        f"its own ports only; instead: member of etcd of {OTHER} listens on ",
        member_without_tls,
    ),
    Mutant(
        "one member of etcd that waits long for a leader",
        "63.2",
        f"{OTHER} has --election-timeout=50000 ms, must be 1000",
        etcd_with(PATIENT, OTHER),
    ),
    Mutant(
        "one member of etcd that asks nobody who he is",
        "67.4",
        "metrics without a certificate: no answer; instead: controller-2: 200",
        etcd_with(NO_CLIENTS_CERTIFICATE, OTHER),
    ),
    Mutant(
        "one member of etcd that tells everybody",
        "67.4",
        "reaches port 2381 of controller-2",
        etcd_with({LOCAL_METRICS: EVERYBODY}, OTHER),
    ),
    Mutant(
        "one member of etcd that asks nobody on its own machine",
        "67.4",
        "member of etcd of controller-2 listens on 127.0.0.1:2379 and answers 200 there without",
        etcd_with({"https://127.0.0.1:2379": "http://127.0.0.1:2379"}, OTHER),
    ),
    Mutant(
        "one member of etcd with another port",
        "67.4",
        "its own ports only; instead: member of etcd of controller-2 listens on 10.0.1.13:2378",
        etcd_with(
            {"https://127.0.0.1:2379": "https://127.0.0.1:2379,https://10.0.1.13:2378"}, OTHER
        ),
    ),
    Mutant(
        "members of etcd that wait long for a leader",
        "63.2",
        "writes without the member of",
        etcd_with(PATIENT, "controller-0", "controller-1", OTHER),
        or_says="has --election-timeout=50000 ms, must be 1000",
    ),
    Mutant(
        "snapshots cut short on one controller",
        "63.3",
        "controller-2: no checksum after whole pages",
        one_truncates,
    ),
    member_with("--quota-backend-bytes=6442450944"),
    member_with("--auto-compaction-retention=1h"),
)
