"""Broken clusters of every part of the series, by one change of changes.py each."""

from tests.mutants import changes
from tests.mutants.changes import api_server_with, kubelets_changed, kubelets_with
from tests.mutants.mutant import Mutant

DRAINS_BY_DELETING = """
apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
defaults:
  - command: drain
    options:
      - {name: disable-eviction, default: "true"}
"""


MUTANTS = (
    Mutant(
        "the driver's role on a controller too",
        "44.1",
        "the role should be on the workers",
        changes.role_on_a_controller,
    ),
    Mutant(
        "leader election off on one manager", "68.2", "says that it leads", changes.two_managers
    ),
    Mutant(
        "kubelets without CPU quota",
        "70.1",
        "cpu.max max 100000",
        kubelets_with("cpuCFSQuota: false"),
    ),
    Mutant("snapshots cut short", "63.3", "no checksum after whole pages", changes.short_snapshots),
    Mutant(
        "kubelets that allow everything",
        "72.11",
        "the right to nodes/metrics opens its own endpoints and no other",
        kubelets_changed("authorization: {mode: Webhook}", "authorization: {mode: AlwaysAllow}"),
    ),
    Mutant(
        "kubelets that let nobody in",
        "72.17",
        "a kubelet refuses whom it does not know with 401",
        kubelets_changed("anonymous: {enabled: false}", "anonymous: {enabled: true}"),
    ),
    Mutant(
        "two log files kept",
        "66.6",
        "kubelets keep the documented defaults",
        kubelets_with("containerLogMaxFiles: 2"),
    ),
    Mutant(
        "images collected when the disk is full",
        "65.8",
        "kubelets keep the documented defaults",
        kubelets_with("imageGCHighThresholdPercent: 100", "imageGCLowThresholdPercent: 99"),
    ),
    Mutant(
        "one API server that routes to Services",
        "61.10",
        "controller-1 runs without --enable-aggregator-routing=true",
        api_server_with(
            "controller-1",
            {"--enable-aggregator-routing=true": "--enable-aggregator-routing=false"},
        ),
    ),
    Mutant(
        "the front proxy's authority is the Kubernetes CA",
        "61.7",
        "is not front-proxy-ca, and it alone",
        api_server_with(
            "controller-1",
            {
                "--requestheader-client-ca-file=/var/lib/kubernetes/front-proxy-ca.pem": (
                    "--requestheader-client-ca-file=/var/lib/kubernetes/ca.pem"
                )
            },
        ),
        or_says="controller-1 takes one with the certificate of front-proxy-client for",
    ),
    Mutant(
        "API servers without rights on kubelets",
        "72.16",
        "admin should read the Pod's log",
        changes.without_way_to_kubelets,
    ),
    Mutant(
        "kube-proxies that tell everybody",
        "67.4",
        "metrics of a kube-proxy for anybody stay on its machine",
        changes.talkative_proxies,
    ),
    Mutant(
        "one API server without admission policies",
        "69.2",
        "no effect on controller-2: each API server has loaded the policy",
        api_server_with(
            "controller-2",
            {
                "--enable-aggregator-routing=true": (
                    "--disable-admission-plugins=ValidatingAdmissionPolicy \\\n  "
                    "--enable-aggregator-routing=true"
                )
            },
        ),
        outcome="not judged",
    ),
    Mutant(
        "an API server's certificate without the balancer",
        "63.13",
        "certificate is not valid for '10.0.1.10'",
        changes.without_the_balancer,
        outcome="not judged",
    ),
    Mutant(
        "Secrets in clear in etcd",
        "63.12",
        "Secrets is stored encrypted",
        changes.secrets_in_clear,
    ),
    Mutant(
        "a load balancer that does not check",
        "64.12",
        "controller-0 is not checked",
        changes.unchecked_servers,
        or_says="s of failures, 9 allowed",
    ),
    Mutant(
        "one API server with a key of its own for tokens",
        "63.13",
        "know different keys of service accounts",
        api_server_with(
            "controller-1",
            {
                "kubernetes/service-account-key.pem": "kubernetes/kube-apiserver-key.pem",
                "kubernetes/service-account.pem": "kubernetes/kube-apiserver.pem",
            },
        ),
        outcome="not judged",
    ),
    Mutant(
        "service accounts are exempt",
        "67.8",
        "flow schemas are as documented",
        changes.schema_of_the_exempt,
        mend=changes.schema_follows,
    ),
    Mutant(
        "a drain that deletes",
        "64.9",
        "goes on and 2 Pods are Ready",
        lambda _: None,
        kuberc=DRAINS_BY_DELETING,
    ),
    Mutant(
        "a worker that an upgrade forgot",
        "64.1",
        "v1.35",
        changes.another_minor,
    ),
    Mutant(
        "managers that leave Pods of nodes that are gone",
        "68.16",
        "no Pod and no Lease of worker-2 is left",
        changes.managers_without("pod-garbage-collector-controller"),
    ),
    Mutant(
        "managers that let no claim go",
        "45.3",
        "its snapshot completed: not within 60 s; last seen: ('available'",
        changes.managers_without("persistentvolumeclaim-protection-controller"),
    ),
    Mutant(
        "managers that guard no volume attributes class",
        "71.13",
        "the class slow is gone once nobody uses it",
        changes.managers_without("volumeattributesclass-protection-controller"),
    ),
    Mutant(
        "schedulers that do not count",
        "62.6",
        "which no allocation gave",
        changes.schedulers_that_do_not_count,
        or_says="another is not scheduled for want of",  # all three Pods came to the right node
    ),
)
