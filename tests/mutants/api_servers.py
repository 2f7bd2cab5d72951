"""One API server of three that is set otherwise, or what all of them were told by mistake."""

import yaml

from infra.build.ready import await_api
from infra.cluster import Cluster
from suite.apimachinery import slow_webhook
from tests.mutants.changes import OTHER, api_server_with, edit, restart, unit_with
from tests.mutants.mutant import Mutant
from tests.mutants.pki import FOLDER

FORGOTTEN = f"{slow_webhook.CONFIGURATIONS}/old"
TRACES = """
apiVersion: apiserver.config.k8s.io/v1
kind: TracingConfiguration
endpoint: 127.0.0.1:4317
samplingRatePerMillion: 1000000
"""


def one_audits_less(cluster: Cluster) -> None:
    path = "/var/lib/kubernetes/audit-policy.yaml"
    quiet = "rules:\n  - level: None\n    resources: [{group: '', resources: [pods]}]"
    edit(cluster, "controller-2", path, "rules:", quiet)
    restart(cluster, "controller-2", "kube-apiserver")
    await_api(cluster.api_of("controller-2"))


def emulating_api_server(cluster: Cluster) -> None:
    """An upgrade that was not finished: the program is new, what it serves is the minor before."""
    before = f"1.{int(cluster.spec.kubernetes.split('.')[1]) - 1}"
    routing = "--enable-aggregator-routing=true"
    changes_ = {routing: f"--emulated-version={before} \\\n  {routing}"}
    unit_with(cluster, "controller-1", "kube-apiserver", changes_)
    await_api(cluster.api_of("controller-1"))


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


def one_writes_in_clear(cluster: Cluster) -> None:
    shell, path = cluster.shell(OTHER), f"{FOLDER}/encryption-config.yaml"
    config = yaml.safe_load(shell.get(path))
    config["resources"][0]["providers"].reverse()
    shell.put(yaml.safe_dump(config).encode(), path, mode=0o600)
    restart(cluster, OTHER, "kube-apiserver")
    await_api(cluster.api_of(OTHER))


def one_traces_everybody(cluster: Cluster) -> None:
    """To a collector of its own machine, where nobody else sees it."""
    cluster.shell(OTHER).put(TRACES.encode(), "/run/tracing.yaml")
    flag = "--secure-port=6443 \\\n  --tracing-config-file=/run/tracing.yaml"
    api_server_with(OTHER, {"--secure-port=6443": flag})(cluster)


MUTANTS = (
    Mutant(
        "a forgotten webhook for Pods",
        "69.9",
        "no webhook could have refused it; instead: old/old.example.com for pods",
        forgotten_webhook,
        mend=lambda cluster: cluster.api.delete(FORGOTTEN),
    ),
    Mutant(
        "one API server with its seats for reading",
        "68.10",
        "--max-mutating-requests-inflight is 100 on controller-2, absent on the others",
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
        "an API server that advertises an address of nobody",
        "61.1",
        "the Service kubernetes leads to 10.0.1.99, which is no API server of ours",
        api_server_with(OTHER, {"--advertise-address=10.0.1.13": "--advertise-address=10.0.1.99"}),
        outcome="not judged",
    ),
    Mutant(
        "an API server that knows its own member only",
        "63.2",
        f"that of {OTHER} knows nothing of etcd on controller-0 and controller-1",
        api_server_with(OTHER, {"https://10.0.1.11:2379,https://10.0.1.12:2379,": ""}),
    ),
    Mutant(
        "one API server that stores Secrets in clear",
        "63.12",
        "Secrets is stored encrypted; instead: /registry/secrets/",
        one_writes_in_clear,
    ),
    Mutant(
        "one API server that traces everybody",
        "67.17",
        "controller-2 has --tracing-config-file",
        one_traces_everybody,
    ),
)
