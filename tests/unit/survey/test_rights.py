"""The rights in docs/your-cluster-role.yaml are those that `kfs describe` uses, and no others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.survey import describing
from infra.survey.describing import Asked
from tests.unit.survey.sample_clusters import kubeadm

MANIFEST = Path(__file__).resolve().parents[3] / "docs" / "your-cluster-role.yaml"
Right = tuple[str, str, str, str]
"""Verb, API group, resource or URL, and namespace; empty for what is in none."""


def objects() -> list[Any]:
    return list(yaml.safe_load_all(MANIFEST.read_text()))


def granted() -> Iterator[Right]:
    for role in objects():
        namespace = role["metadata"].get("namespace", "")
        for rule in role.get("rules", []):
            for verb in rule["verbs"]:
                yield from ((verb, "", url, "") for url in rule.get("nonResourceURLs", []))
                for group in rule.get("apiGroups", []):
                    yield from ((verb, group, one, namespace) for one in rule["resources"])


def used(method: str, path: str) -> Right:
    """Of a request for a collection or for what is no resource, which are all that it sends."""
    words = path.strip("/").split("/")
    if words[0] not in {"api", "apis"}:
        return method.lower(), "", path, ""
    group, rest = ("", words[2:]) if words[0] == "api" else (words[1], words[3:])
    namespace = rest[1] if rest[0] == "namespaces" and len(rest) == 3 else ""
    return {"GET": "list"}.get(method, method), group, rest[-1], namespace


def test_the_rights_are_those_of_the_requests() -> None:
    server = kubeadm()
    describing.look(server, Asked(Path("config")), None)
    assert {used(method, path) for method, path, _ in server.asked} == set(granted())


def test_every_role_is_bound_to_the_group() -> None:
    def key(one: Any, name: str) -> tuple[str, str, str]:
        return one["metadata"].get("namespace", ""), one["kind"].removesuffix("Binding"), name

    roles = {key(one, one["metadata"]["name"]) for one in objects() if "rules" in one}
    bindings = [one for one in objects() if "subjects" in one]
    assert {key(one, one["roleRef"]["name"]) for one in bindings} == roles
    assert {one["subjects"][0]["name"] for one in bindings} == {"kfs:describe"}


@pytest.mark.parametrize(
    ("request_", "right"),
    [
        (("GET", "/version"), ("get", "", "/version", "")),
        (("GET", "/api/v1/nodes"), ("list", "", "nodes", "")),
        (("GET", "/apis/a.b/v1/namespaces/ns/things"), ("list", "a.b", "things", "ns")),
        (("POST", "/api/v1/namespaces"), ("POST", "", "namespaces", "")),
    ],
)
def test_a_request_is_a_right(request_: tuple[str, str], right: Right) -> None:
    assert used(*request_) == right
