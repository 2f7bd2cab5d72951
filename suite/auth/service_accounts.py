"""ServiceAccounts of a scenario with rights on the whole cluster, acted as by their own token.

A fresh account for every set of rights: kubelets cache a yes for 5 min and a no for 30 s (T23 of
claims.md), so rights that change under one name prove nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from infra.described import own_objects
from infra.errors import preparing
from infra.kube_api import Api, Credentials, JsonObject
from infra.timing import ACCESS, scaled
from infra.wait import eventually

RBAC = "/apis/rbac.authorization.k8s.io/v1"
ROLES, BINDINGS = f"{RBAC}/clusterroles", f"{RBAC}/clusterrolebindings"
GROUP = "rbac.authorization.k8s.io"
GROUPS = ("system:serviceaccounts", "system:authenticated")
VALID = 3600
"""Seconds a token is valid: longer than any scenario; the API server's least is 600."""
Rule = Mapping[str, Sequence[str]]
"""Like ``{"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]}``."""


@dataclass(frozen=True)
class TokenAccount:
    """A ServiceAccount; ``user`` is its name to authorizers, ``api`` the API as itself."""

    namespace: str
    name: str
    token: str

    def __repr__(self) -> str:
        return f"TokenAccount({self.user})"  # a token belongs in no message

    @property
    def user(self) -> str:
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    def credentials(self, admin: Api) -> Credentials:
        return Credentials(ca=admin.credentials.ca, token=self.token)

    def api(self, admin: Api) -> Api:
        return admin.with_token(self.token)


def make(admin: Api, namespace: str, name: str, rules: Sequence[Rule] = ()) -> TokenAccount:
    """A new account with a token; ``rules`` are bound to it for the whole cluster.

    Role and binding carry the namespace's name: ``remove`` and
    fixtures/worlds/stale_objects.py find them.
    """
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    admin.create(path, {"metadata": {"name": name}})
    if rules:
        bind(admin, namespace, name, rules)
    return token_of(admin, namespace, name)


def token_of(admin: Api, namespace: str, name: str) -> TokenAccount:
    """An account that is there, with a new token. Errors: ApiRefused."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
    token = admin.create(path, {"spec": {"expirationSeconds": VALID}})["status"]["token"]
    return TokenAccount(namespace, name, str(token))


def delete(admin: Api, account: TokenAccount) -> None:
    """The account itself; what is bound to its name stays until ``remove``."""
    admin.delete(f"/api/v1/namespaces/{account.namespace}/serviceaccounts/{account.name}")


def bind(admin: Api, namespace: str, name: str, rules: Sequence[Rule]) -> None:
    own = f"{namespace}-{name}"
    role = own_objects.labelled(ROLES, own)
    admin.create(ROLES, {"metadata": role, "rules": [dict(rule) for rule in rules]})
    subject = {"kind": "ServiceAccount", "namespace": namespace, "name": name}
    body: JsonObject = {
        "metadata": own_objects.labelled(BINDINGS, own),
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": own},
        "subjects": [subject],
    }
    admin.create(BINDINGS, body)


def may(api: Api, user: str, attributes: JsonObject, *, groups: Iterable[str] = GROUPS) -> bool:
    """What one API server's authorizer says of a user; ``attributes`` of a SubjectAccessReview."""
    spec = {"user": user, "groups": list(groups), "resourceAttributes": attributes}
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    return bool(api.create(path, {"spec": spec})["status"]["allowed"])


def may_itself(api: Api, what: str, verb: str, namespace: str) -> bool:
    """What an account's own review says; ``what`` like ``pods/exec``."""
    resource, _, subresource = what.partition("/")
    attributes = {"namespace": namespace, "verb": verb}
    attributes |= {"resource": resource, "subresource": subresource}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    body = {"spec": {"resourceAttributes": attributes}}
    return bool(api.create(path, body)["status"]["allowed"])


def await_right(apis: Iterable[Api], user: str, attributes: JsonObject) -> None:
    """Until every API server knows the right: a kubelet asks any of them, once in 30 s for a no.

    Errors: NotPrepared.
    """
    await_verdict(apis, user, attributes, verdict=True)


def await_loss(apis: Iterable[Api], user: str, attributes: JsonObject) -> None:
    """Until no API server knows the right any more. Errors: NotPrepared."""
    await_verdict(apis, user, attributes, verdict=False)


def await_verdict(apis: Iterable[Api], user: str, attributes: JsonObject, *, verdict: bool) -> None:
    for api in apis:
        with preparing():
            eventually(
                lambda api=api: may(api, user, attributes),  # type: ignore[misc]
                lambda seen: seen is verdict,
                within=scaled(ACCESS),
                what=f"{api.base} says {verdict} when asked whether {user} may {attributes}",
                every=0.3,
            )


def remove(admin: Api, namespace: str) -> None:
    """Removes the cluster-wide roles and bindings of a scenario's accounts."""
    for kind in ("clusterrolebindings", "clusterroles"):
        for item in admin.get(f"{RBAC}/{kind}")["items"]:
            if item["metadata"]["name"].startswith(f"{namespace}-"):
                admin.delete(f"{RBAC}/{kind}/{item['metadata']['name']}")
