"""The registration of the second API server, which scenarios of it start from and judge."""

from infra.clients.apimachinery.aggregation import (
    NAME,
    REGISTRATIONS,
    SERVED,
    Second,
    await_everywhere,
    second,
)
from infra.clients.instrumentation.node_metrics import GROUP
from infra.cluster import Cluster
from infra.errors import ClaimError, preparing
from infra.kube_api import Api, JsonObject


def registration(api: Api) -> JsonObject:
    """The APIService of metrics, which the series makes. Errors: ClaimError when it is missing."""
    found = api.find(f"{REGISTRATIONS}/{NAME}")
    if found is None:
        raise ClaimError(f"there is no APIService {NAME}: nobody has registered the group {GROUP}")
    return found


def await_metrics(cluster: Cluster) -> Second:
    """Once every API server gives metrics of every worker.

    Errors: NotPrepared; ClaimError when the group is not even registered.
    """
    registration(cluster.api)
    with preparing():
        await_everywhere(cluster, within=SERVED.seconds)
    return second(cluster)
