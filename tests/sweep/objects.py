"""Settings in objects of the API: RBAC rules, add-ons' arguments and fields, DNS' configuration.

An object is applied as the build applies it, without the setting; what others wrote into it stays.
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from infra.inventory import ClusterSpec
from infra.phases import BUILD
from tests.sweep import texts, values
from tests.sweep.setting import Instead, Setting

Object = dict[str, Any]
Change = tuple[str, Object | None]
"""What was done, and the object then; None: it is deleted."""
RULED = frozenset({"ClusterRole", "Role"})
BOUND = frozenset({"ClusterRoleBinding", "RoleBinding"})
READ_AT_START = {"coredns": "k8s-app=kube-dns"}
"""Labels of Pods that read a ConfigMap only when they start, by its name."""
FIXED = frozenset({"clusterIP", "selector", "labels", "matchLabels", "image", "name"})
"""Fields that cannot change, or without which nothing is left to look at."""


def settings(spec: ClusterSpec) -> list[Setting]:
    """Every one of the build's objects. An account is none: running Pods keep a dead token."""
    return [
        setting(item, what, changed)
        for phase in BUILD
        for item in phase.objects(spec)
        for what, changed in changes(item)
    ]


def setting(item: Object, what: str, changed: Object | None) -> Setting:
    instead = Instead(item, changed, pods_of(item))
    return Setting(component_of(item), where_of(item), what, object=instead)


def component_of(item: Object) -> str:
    """The add-on that it belongs to; RBAC of others is RBAC."""
    name = item["metadata"]["name"]
    for addon in ("coredns", "metrics"):
        if addon in name or name == "kube-dns":
            return {"metrics": "metrics-server"}.get(addon, addon)
    return "rbac"


def where_of(item: Object) -> str:
    return f"{item['kind']} {item['metadata']['name']}"


def pods_of(item: Object) -> str:
    return READ_AT_START.get(item["metadata"]["name"], "") if item["kind"] == "ConfigMap" else ""


def changes(item: Object) -> Iterator[Change]:
    kind = item["kind"]
    if kind in RULED:
        yield from of_rules(item)
    elif kind in BOUND:
        yield "is deleted", None
    elif kind == "ConfigMap":
        yield from of_lines(item)
    elif kind == "Deployment":
        yield from of_workload(item)
    elif kind in {"APIService", "Service"}:
        yield "is deleted", None
        yield from of_fields(item, ("spec",))


def of_rules(item: Object) -> Iterator[Change]:
    """Each resource of each rule, and each label by which other roles take the rules up."""
    for number, rule in enumerate(item["rules"]):
        for resource in rule["resources"]:
            changed = copy.deepcopy(item)
            changed["rules"][number]["resources"].remove(resource)
            changed["rules"] = [one for one in changed["rules"] if one["resources"]]
            yield f"{resource} {texts.LEFT_OUT}", changed
    for label in item["metadata"].get("labels", {}):
        changed = copy.deepcopy(item)
        del changed["metadata"]["labels"][label]
        yield f"{label} {texts.LEFT_OUT}", changed


def of_lines(item: Object) -> Iterator[Change]:
    for name, text in item["data"].items():
        for what, other in texts.lined(text, name):
            yield what, {**item, "data": {**item["data"], name: other}}


def of_workload(item: Object) -> Iterator[Change]:
    """Fields of the Deployment, of its Pods and of their only container, and each argument."""
    yield from of_fields(item, ("spec",), besides={"template"})
    pod = ("spec", "template", "spec")
    yield from of_fields(item, pod, besides={"containers", "volumes", "serviceAccountName"})
    container = (*pod, "containers", 0)
    yield from of_fields(item, container, besides={"args", "ports", "volumeMounts"})
    for number, word in enumerate(at(item, container)["args"]):
        what = f"{word.partition('=')[0]} {texts.LEFT_OUT}"
        yield what, texts.changed(item, (*container, "args", number), None)


def of_fields(
    item: Object, path: texts.Path, *, besides: frozenset[str] | set[str] = frozenset()
) -> Iterator[Change]:
    """Each field at a path, whole: what is in it is Kubernetes' to read."""
    for key, value in at(item, path).items():
        if key not in FIXED | besides:
            plain = texts.scalar(value)
            other = values.otherwise(f"{where_of(item)} {key}", plain)
            yield texts.told(key, plain, other), texts.changed(item, (*path, key), other)


def at(item: Mapping[str, Any], path: texts.Path) -> Any:
    found: Any = item
    for part in path:
        found = found[part]
    return found
