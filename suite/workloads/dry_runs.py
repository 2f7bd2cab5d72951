"""One request as a dry run at each API server, and then for real through the balancer.

Validation and admission are judged by each API server for itself: through the balancer it is luck
which of them is asked, and one of three that is configured otherwise stays unseen.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from infra import observed_places
from infra.cluster import Cluster
from infra.errors import preparing
from infra.kube_api import DRY_RUN, Answer, Api
from infra.timing import SCHEDULED, scaled
from infra.wait import eventually
from suite.workloads.pods import is_too_early

Request = Callable[[Api, Mapping[str, str]], Answer]
"""A request to an API server with the parameters of the query."""


def ask(cluster: Cluster, identity: Api, request: Request) -> Answer:
    """The real answer to an identity, with those of the dry runs.

    Errors: ApiUnreachable, NotPrepared.
    """
    dry = {
        machine: informed(partial(request, identity.at(api.base), DRY_RUN))
        for machine, api in cluster.api_servers().items()
    }
    return replace(request(identity, {}), dry=dry)


def informed(asked: Callable[[], Answer]) -> Answer:
    """The first answer of an API server that has heard of what the scenario made."""
    with preparing():
        return eventually(
            asked,
            lambda answer: not is_too_early(answer),
            within=scaled(SCHEDULED),
            what="the API server knows what admission goes by",
            every=0.3,
        )


def judged(answer: Answer) -> Mapping[str, Answer]:
    """Every answer by who gave it; the record of the scenario hears which were judged."""
    for machine in answer.dry:
        observed_places.looked(machine, observed_places.API_SERVER)
    dry = {f"the API server of {machine}": said for machine, said in answer.dry.items()}
    return {**dry, "the API": answer}
