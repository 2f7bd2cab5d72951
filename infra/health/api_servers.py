"""Health of the API servers: each is ready, and what one has made is good for the others."""

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from infra.clients.api import Answer, Api
from infra.cluster import Cluster
from infra.errors import LabError

DISCOVERY = "/.well-known/openid-configuration"
"""OpenID Connect Discovery 1.0: who issues tokens."""
SECRETS = "/api/v1/namespaces/kube-system/secrets"


def unready(cluster: Cluster) -> list[str]:
    """Each by its address: the balancer would hide one that is not ready."""
    servers = cluster.api_servers()
    with ThreadPoolExecutor(len(servers)) as pool:
        return [text for found in pool.map(unready_one, servers.items()) for text in found]


def unready_one(server: tuple[str, Api]) -> list[str]:
    machine, api = server
    try:
        answer = api.ask("GET", "/readyz")
    except LabError as error:
        return [str(error)]
    return [] if answer.status == 200 else [f"API server of {machine}: {answer.text[:300]}"]


def token_problems(cluster: Cluster) -> list[str]:
    """A token made by one API server must be good for the others, or answers change by luck."""
    servers = cluster.api_servers()
    first, *others = servers
    keys = {name: keys_of(api) for name, api in servers.items()}
    issuers = {name: issuer_of(api) for name, api in servers.items()}
    found = [
        f"API servers of {first} and {other} know different keys of service accounts"
        for other in others
        if keys[other] != keys[first]
    ]
    found += [
        f"API servers of {first} and {other} issue tokens by different names: "
        f"{issuers[first]} and {issuers[other]}"
        for other in others
        if issuers[other] != issuers[first]
    ]
    return found


def keys_of(api: Api) -> list[str]:
    """Public keys by which an API server knows tokens of service accounts (RFC 7517)."""
    return sorted(key["kid"] for key in api.get("/openid/v1/jwks")["keys"])


def issuer_of(api: Api) -> str:
    return str(api.get(DISCOVERY)["issuer"])


def secret_problems(cluster: Cluster) -> list[str]:
    """A Secret stored through each API server is read through every other one.

    Each is encrypted anew by the server that stores it; one with a key of its own shows here only.
    """
    servers = cluster.api_servers()
    with ThreadPoolExecutor(len(servers)) as pool:
        names = list(servers)
        stored = dict(zip(names, pool.map(store, names, servers.values()), strict=True))
        try:
            found = list(pool.map(lambda reader: unread(reader, servers[reader], stored), names))
        finally:
            list(pool.map(lambda name: remove(servers, name, stored[name]), names))
    refused = [
        f"{machine} cannot store a Secret: {told(answer)}"
        for machine, answer in stored.items()
        if not answer.ok
    ]
    return [*refused, *(text for texts in found for text in texts)]


def store(machine: str, api: Api) -> Answer:
    name = f"health-gate-{machine}-{uuid.uuid4().hex[:6]}"
    return api.ask(
        "POST", SECRETS, body={"metadata": {"name": name}, "stringData": {"by": machine}}
    )


def unread(reader: str, api: Api, stored: Mapping[str, Answer]) -> list[str]:
    """One sentence for each Secret of another API server that this one does not give."""
    answers = {
        writer: api.ask("GET", path_of(made))
        for writer, made in stored.items()
        if made.ok and writer != reader
    }
    return [
        f"{reader} cannot read a Secret that {writer} stored: {told(answer)}"
        for writer, answer in answers.items()
        if not answer.ok
    ]


def remove(servers: Mapping[str, Api], writer: str, made: Answer) -> None:
    """By who stored it: others may be unable to read what they delete, and it may be gone itself.

    Errors: LabError of the last that was asked.
    """
    if not made.ok:
        return
    *first, last = [servers[writer], *(api for name, api in servers.items() if name != writer)]
    for api in first:
        with suppress(LabError):
            api.delete(path_of(made))
            return
    last.delete(path_of(made))


def path_of(made: Answer) -> str:
    return f"{SECRETS}/{made.body['metadata']['name']}"


def told(answer: Answer) -> str:
    return f"{answer.status} {answer.message[:200]}"
