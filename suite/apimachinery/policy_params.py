"""Objects that parametrize a policy, of a kind that one scenario defines for itself.

Not ConfigMaps: an API server of 1.36 starts the shared informer of a built-in kind once, stops it
when no binding uses it, and never starts it again; after that it judges by a frozen copy, and only
a restart mends it (kubernetes#130887, #133827). Kinds of our own get a fresh informer each time.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.described import own_objects
from infra.errors import NotJudged, WaitTimeout, preparing
from infra.kube_api import Api, JsonObject, need
from infra.timing import Bound, scaled
from infra.wait import eventually

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SERVED = Bound(30, "each API server serves a new kind", "informers; 5-10 s seen on slow machines")
LABEL = {"of": "scenario"}


@dataclass(frozen=True)
class Parameters:
    """Objects of kind Limit in ``namespace``; their API group is the scenario's own."""

    api: Api
    namespace: str

    @property
    def group(self) -> str:
        return f"{self.namespace}.example.com"

    @property
    def version(self) -> str:
        return f"{self.group}/v1"

    @property
    def definition(self) -> str:
        return f"{DEFINITIONS}/limits.{self.group}"

    def path(self, name: str = "") -> str:
        path = f"/apis/{self.version}/namespaces/{self.namespace}/limits"
        return f"{path}/{name}" if name else path

    def define(self, servers: Mapping[str, Api]) -> None:
        """Served by each API server afterwards. Errors: NotPrepared."""
        self.api.create(DEFINITIONS, definition(self.group))
        with preparing():
            eventually(
                lambda: {m: api.ask("GET", self.path()).status for m, api in servers.items()},
                lambda seen: set(seen.values()) == {200},
                within=scaled(SERVED),
                what=f"each API server serves the kind Limit of {self.group}",
            )

    def allow(self, name: str, most: int) -> None:
        """An object, made or changed, that allows so many replicas."""
        body = {
            "apiVersion": self.version,
            "kind": "Limit",
            "metadata": {"name": name, "labels": LABEL},
            "spec": {"most": most},
        }
        changed = self.api.patch(self.path(name), body, kind="merge")
        if changed.status == 404:
            self.api.create(self.path(), body)
        else:
            need(changed)

    def delete(self, name: str) -> None:
        self.api.delete(self.path(name))

    def remove(self) -> None:
        """The kind with its objects. Errors: NotJudged when it stays."""
        self.api.delete(self.definition)
        try:
            eventually(
                lambda: self.api.find(self.definition) is None,
                bool,
                within=scaled(SERVED),
                what=f"the kind Limit of {self.group} is gone",
            )
        except WaitTimeout as error:
            raise NotJudged(
                f"{error}\na leftover: kubectl delete crd limits.{self.group}"
            ) from error


def definition(group: str) -> JsonObject:
    most = {"type": "object", "properties": {"most": {"type": "integer"}}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": most}}}
    return {
        "metadata": own_objects.labelled(DEFINITIONS, f"limits.{group}"),
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Limit", "plural": "limits"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
