"""Who of nodes and components may use kubelets."""

from pytest_bdd import then

from infra.cluster import Cluster
from suite.auth.component_permissions import permitted_components
from suite.expect import must_be_none


@then("no node and no other component than an API server has a permission on kubelets")
def no_component_may(cluster: Cluster) -> None:
    must_be_none(
        permitted_components(cluster),
        "kubelets answer API servers, and clients that were granted a permission",
    )
