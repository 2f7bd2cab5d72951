"""Clusters on which a scenario cannot begin: its claims are *not judged*, and none is false."""

from infra.clients.node import image_gc
from infra.cluster import Cluster
from suite.node import graceful_shutdown
from tests.mutants.changes import WORKER, restart
from tests.mutants.mutant import Mutant

SITE = f"{graceful_shutdown.FOLDER}/50-site.conf"
IMAGE = "docker.io/library/busybox:1.36"
POLICIES = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings"
POLICY = "never-ready"
OF_A_SCENARIO = "request.namespace.startsWith('claim-')"
"""Those of the health gate are let off: it would tell first."""
GATED = (
    "[JSONPatch{op: 'add', path: '/spec/readinessGates', value: []}, "
    "JSONPatch{op: 'add', path: '/spec/readinessGates/-', "
    "value: Object.spec.readinessGates{conditionType: 'example.com/never'}}]"
)
"""Nobody ever sets that condition."""
CORDONS_BY_LABEL = """
apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
defaults:
  - command: cordon
    options:
      - {name: selector, default: "nobody=has-it"}
"""


def without_the_image(cluster: Cluster) -> None:
    """As after a disk was cleaned by hand; no registry is there to pull it from. ``up`` brings it
    back.
    """
    for worker in cluster.spec.workers:
        cluster.shell(worker.name).run([*image_gc.CTR, "rm", IMAGE])


def plugins_cannot_listen(cluster: Cluster) -> None:
    """The folder of their sockets can only be read; the kubelet's own is there and answers."""
    shell = cluster.shell(cluster.spec.workers[0].name)
    folder = cluster.layout.directories.device_plugins
    shell.run(["mount", "--bind", folder, folder])
    shell.run(["mount", "--options=remount,bind,ro", folder])


def plugins_can_listen(cluster: Cluster) -> None:
    folder = cluster.layout.directories.device_plugins
    cluster.shell(cluster.spec.workers[0].name).run(["umount", folder])


def logind_allows_more(cluster: Cluster) -> None:
    """As unattended-upgrades of Debian does, by a file of its own."""
    shell = cluster.shell(WORKER)
    shell.put(graceful_shutdown.at_most(120), SITE)
    restart(cluster, WORKER, graceful_shutdown.LOGIND)


def logind_as_before(cluster: Cluster) -> None:
    cluster.shell(WORKER).run(["rm", "--force", SITE])
    restart(cluster, WORKER, graceful_shutdown.LOGIND)


def pods_never_ready(cluster: Cluster) -> None:
    rule = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": ["pods"],
    }
    cluster.api.create(
        POLICIES,
        {
            "metadata": {"name": POLICY},
            "spec": {
                "reinvocationPolicy": "Never",
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [rule]},
                "matchConditions": [{"name": "of-a-scenario", "expression": OF_A_SCENARIO}],
                "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": GATED}}],
            },
        },
    )
    cluster.api.create(BINDINGS, {"metadata": {"name": POLICY}, "spec": {"policyName": POLICY}})


def pods_ready_again(cluster: Cluster) -> None:
    cluster.api.delete(f"{BINDINGS}/{POLICY}")
    cluster.api.delete(f"{POLICIES}/{POLICY}")


MUTANTS = (
    Mutant(
        "a cordon that fails",
        "64.6",
        "kubectl cordon failed: error: ",
        lambda _: None,
        outcome="not judged",
        kuberc=CORDONS_BY_LABEL,
    ),
    Mutant(
        "workers without the scenarios' image",
        "70.1",
        IMAGE,
        without_the_image,
        outcome="not judged",
    ),
    Mutant(
        "a device plugin that cannot listen",
        "62.3",
        "has registered with the kubelet of worker-0: not within 30 s; last seen: 'it is inactive",
        plugins_cannot_listen,
        outcome="not judged",
        mend=plugins_can_listen,
    ),
    Mutant(
        "a logind that allows more already",
        "65.15",
        "no kubelet has to raise what logind allows already: ['worker-1 allows 120 s']",
        logind_allows_more,
        outcome="not judged",
        mend=logind_as_before,
    ),
    Mutant(
        "Pods that are never Ready",
        "65.3",
        "not Ready for its readiness gates",
        pods_never_ready,
        outcome="not judged",
        mend=pods_ready_again,
    ),
)
