"""What a setting is instead: the opposite, the last of a list, another value; or it is left out.

Leaving out what is the default anyway changes nothing: such settings have another value here.
"""

from fnmatch import fnmatch

LIST = ","
NAMES = frozenset({"apiVersion", "kind", "cniVersion"})
"""Keys that say what kind of file it is."""
TAKES_A_VALUE = frozenset({"verify", "inter", "fastinter", "fall", "rise", "on-marked-down"})
"""Words of HAProxy's default-server that another follows."""
OPPOSITE = {"true": "false", "false": "true"}
OTHER = {
    "kube-apiserver --advertise-address": "10.0.1.10",
    "kube-apiserver --secure-port": "6444",
    "kube-apiserver --service-account-issuer": "https://elsewhere.example",
    "etcd --initial-cluster-state": "existing",
    "kubelet --node-ip": "10.0.1.99",
    "kubelet-config.yaml authorization.mode": "AlwaysAllow",
    "kubelet-config.yaml cgroupDriver": "cgroupfs",
    "kube-proxy-config.yaml mode": "nftables",
    "90-kubernetes.conf *": "0",
    "Deployment coredns replicas": "1",
}
"""Other values, by component or file and name. The first that fits counts."""
LEAVE_OUT = frozenset(
    {
        # Once a node has a range of Pods it keeps it: the opposite could not be taken back.
        "kube-controller-manager --allocate-node-cidrs",
    }
)


def otherwise(name: str, value: str) -> str | None:
    """Another value for a setting, or None: it is left out."""
    if name in LEAVE_OUT:
        return None
    for pattern, other in OTHER.items():
        if fnmatch(name, pattern):
            return other
    if value in OPPOSITE:
        return OPPOSITE[value]
    if LIST in value and not value.startswith(("[", "{")):
        return value.rpartition(LIST)[2]
    return None
