"""Health of the API servers: each is ready, and what one has made is good for the others."""

import uuid
from collections.abc import Mapping
from contextlib import suppress

from infra import parallel
from infra.clients.controlplane import apiserver_endpoints
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.kube_api import Api, JsonObject, need

DISCOVERY = "/.well-known/openid-configuration"
"""OpenID Connect Discovery 1.0: who issues tokens."""
TOKENS = "/api/v1/namespaces/kube-system/serviceaccounts/default/token"
REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
SECRETS = "/api/v1/namespaces/kube-system/secrets"


def unready(cluster: Cluster) -> list[str]:
    """Each by its address: the balancer would hide one that is not ready."""
    servers = cluster.api_servers()
    return parallel.found(servers.items(), unready_one)


def unready_one(server: tuple[str, Api]) -> list[str]:
    machine, api = server
    try:
        answer = api.ask("GET", "/readyz")
    except NotJudged as error:
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


def node_access_problems(cluster: Cluster) -> list[str]:
    """Each API server lets each kubelet renew its Lease: one without the Node authorizer refuses
    every kubelet whose connection the balancer gives to it.
    """
    workers = [worker.name for worker in cluster.spec.workers]
    asked = [(server, node) for server in cluster.api_servers().items() for node in workers]
    return parallel.found(asked, lambda pair: refused_lease(*pair))


def refused_lease(server: tuple[str, Api], node: str) -> list[str]:
    machine, api = server
    lease = {"group": "coordination.k8s.io", "resource": "leases", "namespace": "kube-node-lease"}
    spec = {
        "user": f"system:node:{node}",
        "groups": ["system:nodes", "system:authenticated"],
        "resourceAttributes": {**lease, "name": node, "verb": "update"},
    }
    status = need(api.ask("POST", ACCESS_REVIEWS, body={"spec": spec}))["status"]
    if status.get("allowed"):
        return []
    why = status.get("reason") or "no authorizer allows it"
    return [f"API server of {machine} refuses the kubelet of {node} its Lease: {why}"]


def token_use_problems(cluster: Cluster) -> list[str]:
    """A token that each API server issues is known to the next one.

    Its key for signing is a file of its own beside those of the keys that it knows.
    """
    servers = cluster.api_servers()
    names = list(servers)
    pairs = list(zip(names, [*names[1:], names[0]], strict=True))
    told = parallel.by_item(pairs, lambda pair: unknown_token(servers[pair[0]], servers[pair[1]]))
    return [
        f"a token that the API server of {issuer} issues is unknown to that of {other}: {why}"
        for (issuer, other), why in told.items()
        if why
    ]


def unknown_token(issuer: Api, other: Api) -> str:
    """Why; empty when it is known."""
    try:
        issued = need(issuer.ask("POST", TOKENS, body={"spec": {"expirationSeconds": 600}}))
        asked = {"spec": {"token": issued["status"]["token"]}}
        status = need(other.ask("POST", REVIEWS, body=asked))["status"]
    except NotJudged as error:
        return str(error)
    return "" if status.get("authenticated") else str(status.get("error", "it is nobody's"))[:200]


def address_problems(cluster: Cluster) -> list[str]:
    """A wrong one of three is asked by a third of all Pods that ask the API."""
    found = {address for address, _ in apiserver_endpoints.service_endpoints(cluster.api)}
    own = {str(machine.private_ip): str(machine.name) for machine in cluster.spec.controllers}
    balancer = str(cluster.spec.load_balancer.private_ip)
    wrong = [
        f"the Service kubernetes leads to {one}, which is no API server of ours"
        for one in sorted(found - own.keys() - {balancer})
    ]
    missing = [name for address, name in own.items() if not found & {address, balancer}]
    return wrong + [f"the Service kubernetes does not lead to {name}" for name in missing]


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
    paths = {name: f"{SECRETS}/health-gate-{name}-{uuid.uuid4().hex[:6]}" for name in servers}
    try:
        told = parallel.by_item(servers.keys(), lambda name: store(servers[name], paths[name]))
        refused = {name: why for name, why in told.items() if why}
        there = {name: path for name, path in paths.items() if name not in refused}
        found = [f"{name} cannot store a Secret: {why}" for name, why in refused.items()]
        found += parallel.found(servers.keys(), lambda name: unread_by(name, servers[name], there))
    finally:
        left = parallel.answers(servers.keys(), lambda name: remove(servers, name, paths[name]))
    return [*found, *(text for text in left if text)]


def store(api: Api, path: str) -> str:
    """Why it could not; empty when it did."""
    name = path.rsplit("/", 1)[-1]
    return refusal(api, "POST", SECRETS, {"metadata": {"name": name}, "stringData": {"by": name}})


def unread_by(reader: str, api: Api, paths: Mapping[str, str]) -> list[str]:
    """One sentence for each Secret of another API server that this one does not give."""
    answers = {name: refusal(api, "GET", path) for name, path in paths.items() if name != reader}
    return [
        f"{reader} cannot read a Secret that {writer} stored: {why}"
        for writer, why in answers.items()
        if why
    ]


def remove(servers: Mapping[str, Api], writer: str, path: str) -> str:
    """By who stored it: others may be unable to read what they delete, and it may be gone itself.

    Also where no answer said that it was stored. What is left, empty when nothing is.
    """
    for api in (servers[writer], *(api for name, api in servers.items() if name != writer)):
        with suppress(NotJudged):
            api.delete(path)
            return ""
    return f"no API server deletes {path}, which the health gate has stored"


def refusal(api: Api, method: str, path: str, body: JsonObject | None = None) -> str:
    try:
        answer = api.ask(method, path, body=body)
    except NotJudged as error:
        return str(error)
    return "" if answer.ok else f"{answer.status} {answer.message[:200]}"
