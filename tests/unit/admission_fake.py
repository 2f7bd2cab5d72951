"""Three API servers in memory that judge alike, unless told otherwise."""

from collections.abc import Mapping
from typing import Any, cast

from fixtures.worlds.apimachinery.admission_policies import Policies
from infra.cluster import Cluster
from infra.inventory import series
from infra.kube_api import Answer, JsonObject
from suite.apimachinery.admission_policies import KINDS, Policy
from suite.apimachinery.admission_responses import Verdicts
from suite.apimachinery.preexisting_object import Standing
from suite.apimachinery.sample_objects import MARK, draft
from tests.unit.fakes import FakeApi, FakeShell, text_of

MACHINES = ("controller-0", "controller-1", "controller-2")
DEPLOYMENTS = "/apis/apps/v1/namespaces/ns/deployments"
PODS = "/api/v1/namespaces/ns/pods"
NAME = "ns-refuses-latest-tags"
LATEST = draft("a Deployment with image busybox:latest")
DENIAL = (
    f"deployments.apps is forbidden: ValidatingAdmissionPolicy '{NAME}' with binding '{NAME}' "
    "denied request: no container may be tagged latest"
)


class JudgingApi(FakeApi):
    """Creations are answered by ``verdict``; ``headers`` come with every answer."""

    def __init__(self, table: dict[str, Any] | None = None) -> None:
        super().__init__(table or {})
        self.verdict: tuple[int, JsonObject] = (201, {"metadata": {}})
        self.headers: dict[str, str] = {"Audit-Id": "a-1"}

    def ask(self, method: str, path: str, **how: Any) -> Answer:
        if method == "POST" and f"POST {path}" not in self.table:
            status, body = self.verdict
            return Answer(method, self.base + path, status, self.headers, text_of(body))
        return super().ask(method, path, **how)

    def impersonating(self, user: str, *groups: str) -> "JudgingApi":
        return self


class JudgingCluster:
    def __init__(self) -> None:
        self.spec = series("unit", kubernetes="v1.36.1", platform="local")
        self.layout = self.spec.layout
        self.apis = {name: JudgingApi() for name in MACHINES}
        self.shells = {name: FakeShell(name) for name in MACHINES}

    @property
    def api(self) -> JudgingApi:
        return self.apis["controller-0"]

    def api_of(self, machine: str) -> JudgingApi:
        return self.apis[machine]

    def api_servers(self) -> dict[str, JudgingApi]:
        return self.apis

    def shell(self, machine: str) -> FakeShell:
        return self.shells[machine]


def judged() -> tuple[Policies, Policy, JudgingCluster]:
    """A policy that was made, on servers that admit everything."""
    cluster = JudgingCluster()
    policies = Policies(cast("Cluster", cluster), "ns")
    spec: JsonObject = {"validations": [{"expression": "x", "message": "no container"}]}
    policy = Policy(cast("Any", cluster.api), KINDS[0], NAME, "ns", spec)
    policies.made.append(policy)
    return policies, policy, cluster


def refused(code: int = 422, message: str = DENIAL, reason: str = "Invalid") -> tuple[int, Any]:
    return code, {"code": code, "message": message, "reason": reason}


def said(
    *answers: tuple[int, Any], headers: Mapping[str, str] | None = None, what: str = LATEST.text
) -> Verdicts:
    """Verdicts of as many machines as there are answers; the first one is for the others too."""
    given = [*answers, *answers[:1] * 3][:3]
    made = {
        machine: Answer("POST", f"https://{machine}", code, headers or {}, text_of(body))
        for machine, (code, body) in zip(MACHINES, given, strict=True)
    }
    return Verdicts(what, made)


def item(mark: str = "", **labels: str) -> JsonObject:
    given = {**labels, **({MARK: mark} if mark else {})}
    return {"metadata": {"labels": given} if given else {}}


def standing(api: JudgingApi) -> Standing:
    path = f"{DEPLOYMENTS}/standing"
    api.table[path] = {"metadata": {"uid": "u", "generation": 1}, "spec": {"replicas": 0}}
    api.table[DEPLOYMENTS.replace("deployments", "replicasets")] = {"items": []}
    return Standing(cast("Any", api), path, LATEST, api.get(path), ())
