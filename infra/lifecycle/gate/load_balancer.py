"""Health of the load balancer: it passes requests on to an API server."""

from infra import parallel
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.kube_api import Api, Credentials

CHECK = "/readyz"
"""What the balancer asks each API server, as nobody (article 9)."""


def problems(cluster: Cluster) -> list[str]:
    """One that finds no API server ready ends every connection, and says nothing."""
    try:
        cluster.api.ask("GET", CHECK)
    except NotJudged as error:
        return [why(cluster, error)]
    return []


def why(cluster: Cluster, error: NotJudged) -> str:
    """One that finds an API server ready has passed the request on: it is about the answer then."""
    nobody = Credentials(ca=cluster.credentials("admin").ca)
    servers = {machine: Api(api.base, nobody) for machine, api in cluster.api_servers().items()}
    told = parallel.by_item(servers.keys(), lambda machine: answer(servers[machine]))
    if "200" in told.values():
        return str(error)
    said = ", ".join(f"{machine}: {status}" for machine, status in told.items())
    asked = f"it asks each API server for {CHECK} without a certificate and wants 200"
    return f"the load balancer passes no request on; {asked}, they say {said} ({error})"


def answer(api: Api) -> str:
    try:
        return str(api.ask("GET", CHECK).status)
    except NotJudged:
        return "no answer"
