"""An object from before a policy: what it was, and what may not change when a rule refuses."""

from dataclasses import dataclass

from infra.errors import preparing
from infra.kube_api import Api, JsonObject
from infra.timing import NAMESPACE_READY, scaled
from infra.wait import eventually
from suite.apimachinery.admission_responses import Servers, Verdicts, asked
from suite.apimachinery.sample_objects import Draft


@dataclass(frozen=True)
class Standing:
    """A stored object at ``path``, as it was seen ``first``, and its ReplicaSets then."""

    api: Api
    path: str
    what: Draft
    first: JsonObject
    owned: tuple[str, ...]

    def changes(self) -> list[str]:
        """What of identity, labels, spec, generation and ReplicaSets is not as it was."""
        now, then = self.api.get(self.path), self.first
        pairs = {
            "UID": (then["metadata"]["uid"], now["metadata"]["uid"]),
            "labels": (then["metadata"].get("labels"), now["metadata"].get("labels")),
            "generation": (then["metadata"]["generation"], now["metadata"]["generation"]),
            "spec": (then["spec"], now["spec"]),
            "ReplicaSets": (self.owned, owned(self.api, self.path, self.what)),
        }
        return [f"{k}: {was!r} became {now!r}" for k, (was, now) in pairs.items() if was != now]

    def with_image(self, servers: Servers, image: str) -> Verdicts:
        """Really, not dry: a refused update has to leave no trace."""
        pod = self.first["spec"]["template"]["spec"]
        containers = [{**container, "image": image} for container in pod["containers"]]
        patch = {"spec": {"template": {"spec": {"containers": containers}}}}
        what = f"an update to {image} of {self.what.text}"
        return asked(servers, "PATCH", lambda _: (self.path, patch), what=what, dry=False)

    def scaled(self, servers: Servers, count: int) -> Verdicts:
        patch = {"spec": {"replicas": count}}
        what = f"a scale of {count} for {self.what.text}"
        return asked(servers, "PATCH", lambda _: (f"{self.path}/scale", patch), what=what)

    def written_back(self, servers: Servers) -> Verdicts:
        """As it is stored now; dry, since its controller may have written since."""
        now = self.api.get(self.path)
        what = f"an unchanged update of {self.what.text}"
        return asked(servers, "PUT", lambda _: (self.path, now), what=what)


def stand(api: Api, path: str, what: Draft) -> Standing:
    """The object at ``path`` once its controller has seen it. Errors: NotPrepared."""
    with preparing():
        first = eventually(
            lambda: api.get(path),
            lambda seen: what.kind == "Pod" or seen["status"].get("observedGeneration") == 1,
            within=scaled(NAMESPACE_READY),
            what=f"the controller has seen {what.text}",
        )
    return Standing(api, path, what, first, owned(api, path, what))


def owned(api: Api, path: str, what: Draft) -> tuple[str, ...]:
    """UIDs of a Deployment's ReplicaSets, sorted; a Pod has none."""
    if what.kind == "Pod":
        return ()
    found = api.get(f"{path.rpartition('/')[0].replace('/deployments', '/replicasets')}")
    return tuple(sorted(item["metadata"]["uid"] for item in found["items"]))
