"""References of images as volumes: every Then-step goes red, as one understands."""

from typing import Any, cast

from infra.cluster import Cluster
from infra.kube_api import Answer
from tests.steps.storage import image_references as references
from tests.unit.fakes import FakeApi, goes_red, workloads_of
from tests.unit.steps.storage.test_image_volumes import IMAGE


def test_policies_and_references_that_are_taken_otherwise() -> None:
    table = [["image", "policy"], ["x", "Always"]]
    bodies = {"x": references.without_policy(IMAGE, "x")}
    assert "pullPolicy" not in bodies["x"]["spec"]["volumes"][0]["image"]
    plain = workloads_of(FakeApi({}))

    def stores(policy: str) -> dict[str, Any]:
        return {"spec": {"volumes": [{"image": {"pullPolicy": policy}}]}}

    good = servers(stores("Always"), stores("Always"))
    references.policies_stored(good, plain, bodies, table)
    one = servers(stores("Always"), stores("IfNotPresent"))
    words = "controller-1 would store IfNotPresent for x, not Always"
    goes_red(words, references.policies_stored, one, plain, bodies, table)


def test_an_empty_reference_that_one_api_server_takes() -> None:
    body, plain = references.nameless(IMAGE), workloads_of(FakeApi({}))
    named = (422, {"message": "spec.volumes[0].image.reference: Required"})
    for kind in ("Pod", "Deployment"):
        references.refused(servers(named, named), plain, body, kind, 422)
        for other in ((201, {}), (422, {"message": "another reason"})):
            words = f"a {kind} .*naming image.reference; instead: controller-1 answered"
            goes_red(words, references.refused, servers(named, other), plain, body, kind, 422)
    references.deployment_stored(servers((201, {}), (201, {})), plain, body)
    words = "before 1.37; instead: controller-1 answered"
    goes_red(words, references.deployment_stored, servers((201, {}), named), plain, body)


def servers(*answers: Any) -> Cluster:
    """API servers that answer everything so."""

    class Saying(FakeApi):
        def ask(self, method: str, path: str, **how: Any) -> Answer:
            self.table[path] = self.table["says"]
            return super().ask(method, path, **how)

    apis = {f"controller-{n}": Saying({"says": says}) for n, says in enumerate(answers)}
    return cast("Cluster", type("Servers", (), {"api_servers": lambda _: apis})())
