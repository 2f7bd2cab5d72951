"""Clusters that lack what their version has, or have what comes with a later one: no excuse."""

from infra.cluster import Cluster
from tests.mutants.changes import OTHER, WORKER, api_server_with, restart_one_kubelet, unit_with
from tests.mutants.mutant import Mutant

ROUTING = "--enable-aggregator-routing=true"
GROUP = "admissionregistration.k8s.io/v1"
UNSERVED = ",".join(
    f"{GROUP}/{name}=false"
    for name in ("mutatingadmissionpolicies", "mutatingadmissionpolicybindings")
)
"""With the plug-in that would wait for them, or the API server refused every write."""


def talkative_kubelet(cluster: Cluster) -> None:
    """At verbosity 5 a kubelet before 1.37 logs its configuration, too."""
    unit_with(cluster, WORKER, "kubelet", {"--v=2": "--v=5"})
    restart_one_kubelet(cluster)


MUTANTS = (
    Mutant(
        "one API server that serves no mutating policies",
        "69.1",
        f"{OTHER} lacks ['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings']",
        api_server_with(
            OTHER,
            {
                ROUTING: (
                    "--disable-admission-plugins=MutatingAdmissionPolicy \\\n  "
                    f"--runtime-config={UNSERVED} \\\n  {ROUTING}"
                )
            },
        ),
    ),
    Mutant(
        "one kubelet that logs its configuration before its time",
        "72.20",
        f"the kubelet of {WORKER} does not log its configuration; instead:",
        talkative_kubelet,
    ),
)
