"""Arguments of the EBS CSI driver's containers: changed for a run, by this plug-in.

A run of the suite installs upstream's driver itself, and removes it in the end.
"""

import copy
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from infra.artifacts import ebs_manifests
from infra.artifacts.store import Store
from infra.build.objects import path_of
from infra.errors import MissingArtifact
from infra.inventory import ClusterSpec
from infra.phases import ebs_csi
from tests.sweep import texts, values
from tests.sweep.setting import Argument, Setting

CHANGED = "KFS_SWEEP_DRIVER"
"""Environment variable of a run: the argument that its driver has otherwise, as JSON."""
PLUG_IN = ("-p", "tests.sweep.driver")
UNNOTICED = frozenset({"--v", "--logging-format", "--extra-tags"})
"""How much is logged, and what tells whose a volume is, is nothing that a claim could notice."""


def manifests() -> Path | None:
    """Where upstream's are; none where they are not fetched yet, and cannot be."""
    try:
        return ebs_manifests.obtain(Store.default())
    except MissingArtifact:
        return None


def settings(spec: ClusterSpec, folder: Path | None) -> list[Setting]:
    """Every argument of every container, but those that no claim could notice."""
    items = ebs_csi.objects(folder, spec, endpoint=None) if folder else []
    return [one for item in items for one in of_object(item)]


def of_object(item: Mapping[str, Any]) -> Iterator[Setting]:
    for container in containers(item):
        where = f"{item['kind']} {item['metadata']['name']} {container['name']}"
        for word in container.get("args", ()):
            flag, _, value = word.partition("=")
            if flag in UNNOTICED:
                continue
            other = values.otherwise(f"{where} {flag}", value)
            new = "" if other is None else f"{flag}={other}"
            changed = Argument(path_of(dict(item)), container["name"], word, new)
            yield Setting("ebs-csi", where, texts.told(word, value, other), argument=changed)


def containers(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    if item["kind"] not in {"DaemonSet", "Deployment"}:
        return []
    found: list[dict[str, Any]] = item["spec"]["template"]["spec"]["containers"]
    return found


def environment(argument: Argument) -> dict[str, str]:
    return {CHANGED: json.dumps(asdict(argument))}


def with_argument(item: dict[str, Any], argument: Argument) -> dict[str, Any]:
    """The object with the argument as it is told; another object as it is. Errors: KeyError."""
    if path_of(item) != argument.path:
        return item
    made = copy.deepcopy(item)
    (container,) = (one for one in containers(made) if one["name"] == argument.container)
    if argument.word not in container["args"]:
        raise KeyError(f"{argument.container} has no {argument.word}: the sweep is out of date")
    replaced = [argument.new if one == argument.word else one for one in container["args"]]
    container["args"] = [one for one in replaced if one]
    return made


def pytest_configure() -> None:
    """In every process of a run, before anything asks for the driver's objects."""
    if told := os.environ.get(CHANGED):
        argument, whole = Argument(**json.loads(told)), ebs_csi.objects

        def changed(*given: Any, **named: Any) -> list[dict[str, Any]]:
            return [with_argument(item, argument) for item in whole(*given, **named)]

        pytest.MonkeyPatch().setattr(ebs_csi, "objects", changed)
