"""Admission policies and their bindings as the API stores them; each reaches one namespace only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.described import own_objects
from infra.kube_api import Answer, Api, JsonObject

GROUP = "/apis/admissionregistration.k8s.io/v1"
KINDS = ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")
NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that the API server itself puts on each namespace."""

NO_LABELS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Policy:
    """A policy and its binding, both of one name. ``spec``, ``binding``: what was written."""

    api: Api
    kind: str
    name: str
    namespace: str
    spec: JsonObject
    binding: JsonObject = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{collection(self.kind)}/{self.name}"

    @property
    def binding_path(self) -> str:
        return f"{collection(self.kind + 'Binding')}/{self.name}"

    def ask_to_create(self, api: Api | None = None, **params: str) -> Answer:
        path = collection(self.kind)
        body = {"metadata": own_objects.labelled(path, self.name), "spec": self.spec}
        return (api or self.api).ask("POST", path, body=body, params=params)

    def stored(self) -> JsonObject:
        return self.api.get(self.path)

    def binding_spec(self, labels: Mapping[str, str]) -> JsonObject:
        """Reaches the scenario's namespace; a validating policy denies unless told otherwise."""
        selector = {"matchLabels": {NAME_LABEL: self.namespace, **labels}}
        spec = {"policyName": self.name, "matchResources": {"namespaceSelector": selector}}
        actions = {"validationActions": ["Deny"]} if self.kind == KINDS[0] else {}
        return {**spec, **actions, **self.binding}

    def bind(self, labels: Mapping[str, str] = NO_LABELS) -> None:
        """``labels`` the namespace must have besides its name."""
        path = collection(self.kind + "Binding")
        metadata = own_objects.labelled(path, self.name)
        self.api.create(path, {"metadata": metadata, "spec": self.binding_spec(labels)})

    def change(self, spec: Mapping[str, Any]) -> Answer:
        """A merge patch of the policy."""
        return self.api.patch(self.path, {"spec": dict(spec)}, kind="merge")

    def change_binding(self, spec: Mapping[str, Any]) -> Answer:
        return self.api.patch(self.binding_path, {"spec": dict(spec)}, kind="merge")

    def change_rule(self, changes: Mapping[str, str]) -> Answer:
        """The first validation with other fields; the others stay."""
        first, *others = self.spec["validations"]
        return self.change({"validations": [{**first, **changes}, *others]})

    def unlike_written(self, api: Api) -> list[str]:
        """What an API server stores otherwise, of the policy and its binding."""
        wrong = not_as_written(api.get(self.path)["spec"], self.spec)
        binding = api.get(self.binding_path)["spec"]
        return wrong + not_as_written(binding, self.binding_spec(NO_LABELS))

    def ask_to_unbind(self) -> Answer:
        return self.api.ask("DELETE", self.binding_path)

    def remove(self) -> None:
        """The binding first: a policy without one has no effect at any moment."""
        self.api.delete(self.binding_path)
        self.api.delete(self.path)

    def left(self) -> list[str]:
        """Which of policy and binding is still stored."""
        paths = (self.binding_path, self.path)
        return [path for path in paths if self.api.find(path) is not None]


def collection(kind: str) -> str:
    return f"{GROUP}/{plural(kind)}"


def plural(kind: str) -> str:
    """``validatingadmissionpolicies`` and such, as in paths and discovery."""
    return f"{kind.lower()}s".replace("policys", "policies")


def served(api: Api) -> set[str]:
    """Policies, bindings and their subresources, as discovery of v1 lists them."""
    names = {item["name"] for item in api.get(GROUP)["resources"]}
    return {name for name in names if "admissionpolic" in name}


def not_as_written(stored: Any, written: Any, where: str = "spec") -> list[str]:
    """Fields of ``written`` that ``stored`` lacks or has otherwise; defaults may be added."""
    if isinstance(written, dict) and isinstance(stored, dict):
        pairs = [(stored.get(k), v, f"{where}.{k}") for k, v in written.items()]
        return [problem for pair in pairs for problem in not_as_written(*pair)]
    if isinstance(written, list) and isinstance(stored, list) and len(written) == len(stored):
        items = [
            (s, w, f"{where}[{n}]") for n, (s, w) in enumerate(zip(stored, written, strict=True))
        ]
        return [problem for item in items for problem in not_as_written(*item)]
    return [] if stored == written else [f"{where} is {stored!r} instead of {written!r}"]


def typing_problems(status: JsonObject) -> list[JsonObject]:
    """Expression warnings of the type check: dicts with ``fieldRef`` and ``warning``."""
    return list((status.get("typeChecking") or {}).get("expressionWarnings") or [])
