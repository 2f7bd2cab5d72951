"""Who of nodes and components may use kubelets' endpoints; authorizers are asked."""

from infra.cluster import Cluster
from infra.pki.identities import Usage, identities
from suite.auth import service_accounts

PERMITTED = ("admin", "apiserver-kubelet-client")
"""Of the certificates of article 4."""
POWERFUL = ("proxy", "log", "metrics")
"""Commands in Pods, the machine's logs, and what the article grants to monitoring."""
AUTHENTICATED = "system:authenticated"


def permitted_components(cluster: Cluster) -> list[str]:
    """Who of nodes and components, by the names in their certificates, some API server lets use
    kubelets' endpoints. Authorizers are asked, not roles: bindings of any kind count.
    """
    return [
        f"{machine} lets {who.common_name} get nodes/{part}"
        for machine, api in cluster.api_servers().items()
        for who in identities(cluster.spec)
        if who.authority == "ca" and Usage.CLIENT in who.usages and who.name not in PERMITTED
        for part in POWERFUL
        if service_accounts.may(
            api,
            who.common_name,
            {"verb": "get", "resource": "nodes", "subresource": part},
            groups=(who.organization, AUTHENTICATED) if who.organization else (AUTHENTICATED,),
        )
    ]
