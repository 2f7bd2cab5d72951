"""Who of nodes, components and add-ons may use kubelets."""

from pytest_bdd import then

from infra.clients.apimachinery import aggregation
from infra.cluster import Cluster
from infra.errors import ClaimError
from suite.auth.component_permissions import (
    permitted,
    permitted_anonymously,
    permitted_components,
)
from suite.auth.service_accounts import GROUPS
from suite.expect import must_be_none
from tests.steps.phrases import phrase

ACCOUNT = "system:serviceaccount:kube-system:metrics-server"


@then("no node and no other component than an API server has a permission on kubelets")
def no_component_may(cluster: Cluster) -> None:
    must_be_none(
        permitted_components(cluster),
        "kubelets answer API servers, and clients that were granted a permission",
    )


@then(phrase('the role of metrics-server grants "{held:Name}" and not "{missing:Name}"'))
def role_holds(cluster: Cluster, held: str, missing: str) -> None:
    rules = (cluster.api.find(aggregation.ROLE) or {}).get("rules") or []
    resources = {resource: rule["verbs"] for rule in rules for resource in rule["resources"]}
    if resources.get(held) != ["get"] or missing in resources or "*" in resources:
        raise ClaimError(f"get on {held} and nothing on {missing} is needed; it has {resources}")


@then(
    phrase('no other binding grants metrics-server more permissions on kubelets than "{held:Name}"')
)
def no_other_right(cluster: Cluster, held: str) -> None:
    """Authorizers are asked, not roles: a second binding counts as well."""
    found = permitted(cluster, ACCOUNT, *GROUPS)
    more = [text for text in found if not text.endswith(f" get {held}")]
    must_be_none(more, f"metrics-server needs {held} of kubelets and has no more")


@then("no API server lets anonymous clients use a kubelet through its proxy")
def nobody_may(cluster: Cluster) -> None:
    must_be_none(permitted_anonymously(cluster), "without an identity nobody uses a kubelet")
