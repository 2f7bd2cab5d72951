"""Who of nodes and components may use kubelets' endpoints; authorizers are asked."""

from infra import parallel
from infra.cluster import Cluster
from infra.kube_api import Api
from infra.pki.identities import Usage, identities
from suite.auth import service_accounts

PERMITTED = ("admin", "apiserver-kubelet-client")
"""Of the certificates of article 4."""
PARTS = (
    "metrics", "proxy", "stats", "log", "statusz", "healthz", "pods", "configz", "checkpoint"
)  # fmt: skip
"""What a kubelet asks for rights on (kubernetes pkg/kubelet/server/auth.go, 1.36)."""
PERMISSIONS = (*(("get", part) for part in PARTS), ("create", "proxy"), ("create", "checkpoint"))
"""Verbs are those of HTTP: a POST creates. By one to proxy a command runs, with ``get`` or not."""
AUTHENTICATED = "system:authenticated"
ANONYMOUS, UNAUTHENTICATED = "system:anonymous", "system:unauthenticated"
"""Whom an API server takes one without a certificate or token for; kubelets refuse him themselves,
and never hear of him where an API server passes his request on as its own.
"""


def permitted_components(cluster: Cluster) -> list[str]:
    """Who of nodes and components, by the names in their certificates, some API server lets use
    kubelets' endpoints. Authorizers are asked, not roles: bindings of any kind count.
    """
    return [
        text
        for who in identities(cluster.spec)
        if who.authority == "ca" and Usage.CLIENT in who.usages and who.name not in PERMITTED
        for text in permitted(cluster, who.common_name, who.organization, AUTHENTICATED)
    ]


def permitted_anonymously(cluster: Cluster) -> list[str]:
    """What some API server lets anybody do with a kubelet, whom the kubelet itself would refuse."""
    return permitted(cluster, ANONYMOUS, UNAUTHENTICATED)


def permitted(cluster: Cluster, user: str, *groups: str) -> list[str]:
    """What each API server's authorizer lets a user of these groups do with kubelets."""
    known = tuple(group for group in groups if group)
    servers = cluster.api_servers().items()
    return parallel.found(servers, lambda server: permitted_by(*server, user, known))


def permitted_by(machine: str, api: Api, user: str, groups: tuple[str, ...]) -> list[str]:
    return [
        f"{machine} lets {user} {verb} nodes/{part}"
        for verb, part in PERMISSIONS
        if service_accounts.may(api, user, of_kubelets(verb, part), groups=groups)
    ]


def of_kubelets(verb: str, part: str) -> dict[str, str]:
    """Attributes of a SubjectAccessReview."""
    return {"verb": verb, "resource": "nodes", "subresource": part}
