"""What bounds a namespace: accounts with few rights, quotas, limit ranges."""

from dataclasses import dataclass

from infra.cluster import Cluster
from infra.errors import preparing
from infra.kube_api import DRY_RUN, Api
from infra.timing import ACCESS, scaled
from infra.wait import eventually
from suite.workloads.pods import Pods

RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces"
QUOTA = "cpu-quota"


@dataclass(frozen=True)
class Account:
    """A fresh ServiceAccount, acted as by impersonation; ``admin`` grants it rights."""

    user: str
    admin: Api
    pods: Pods

    def grant(self, resource: str) -> None:
        """The right to patch ``resource`` ("pods/resize") in its namespace."""
        name = f"patches-{resource.replace('/', '-')}"
        path = f"{RBAC}/{self.pods.namespace}"
        rule = {"apiGroups": [""], "resources": [resource], "verbs": ["get", "patch"]}
        self.admin.create(f"{path}/roles", {"metadata": {"name": name}, "rules": [rule]})
        group = "rbac.authorization.k8s.io"
        body = {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
            "subjects": [{"kind": "User", "apiGroup": group, "name": self.user}],
        }
        self.admin.create(f"{path}/rolebindings", body)

    def await_patching(self, cluster: Cluster, pod: str) -> None:
        """By each API server. Errors: NotPrepared when it may not even patch the Pod's labels."""
        label = {"metadata": {"labels": {"by": "account"}}}
        servers = cluster.api_servers().items()
        at = {one: self.pods.by(self.pods.api.at(api.base)) for one, api in servers}
        with preparing():
            eventually(
                lambda: {
                    one: pods.update(pod, label, **DRY_RUN).status for one, pods in at.items()
                },
                lambda seen: set(seen.values()) == {200},
                within=scaled(ACCESS),
                what=f"{self.user} may patch {pod}",
            )


def make_account(pods: Pods) -> Account:
    name = "resizer"
    path = f"/api/v1/namespaces/{pods.namespace}/serviceaccounts"
    pods.api.create(path, {"metadata": {"name": name}})
    user = f"system:serviceaccount:{pods.namespace}:{name}"
    groups = ("system:serviceaccounts", "system:authenticated")
    return Account(user, pods.api, Pods(pods.api.impersonating(user, *groups), pods.namespace))


def make_quota(pods: Pods, cpu: str) -> None:
    """A quota in force: until its status is written, every Pod is refused. Errors: NotPrepared."""
    path = f"/api/v1/namespaces/{pods.namespace}/resourcequotas"
    spec = {"hard": {"requests.cpu": cpu}}
    pods.api.create(path, {"metadata": {"name": QUOTA}, "spec": spec})
    with preparing():
        eventually(
            lambda: pods.api.get(f"{path}/{QUOTA}").get("status", {}).get("hard"),
            bool,
            within=scaled(ACCESS),
            what=f"the quota of {pods.namespace} is in force",
        )


def count_in_quota(pods: Pods) -> str:
    """Requested CPU that the quota counts now."""
    path = f"/api/v1/namespaces/{pods.namespace}/resourcequotas/{QUOTA}"
    return str(pods.api.get(path)["status"].get("used", {}).get("requests.cpu", ""))


def limit_range(pods: Pods, cpu: str) -> None:
    path = f"/api/v1/namespaces/{pods.namespace}/limitranges"
    limits = [{"type": "Container", "max": {"cpu": cpu}}]
    pods.api.create(path, {"metadata": {"name": "at-most"}, "spec": {"limits": limits}})
