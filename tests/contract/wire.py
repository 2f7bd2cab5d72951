"""Calls as they are on the wire: a body that is sent, the members of an answer that came."""

from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from botocore.model import OperationModel, ServiceModel, Shape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.session import get_session

REGION = "ap-southeast-1"


@cache
def service(name: str) -> ServiceModel:
    return get_session().get_service_model(name)


def model(action: str) -> OperationModel:
    return service("ec2").operation_model(action)


def inputs(action: str) -> dict[str, Shape]:
    shape: Any = model(action).input_shape
    return dict(shape.members)


def body(action: str, params: dict[str, Any]) -> str:
    return urlencode(
        create_serializer("ec2", include_validation=False).serialize_to_request(
            params, model(action)
        )["body"]
    )


def parsed(action: str, answer: tuple[int, str]) -> Any:
    status, text = answer
    assert status == 200, f"{action}: {text}"
    came = {"status_code": status, "headers": {}, "body": text.encode()}
    shape: Any = model(action).output_shape
    return create_parser("ec2").parse(came, shape)


def members(action: str, answer: str | bytes) -> set[str]:
    """The paths of the members that the answer has, lists without their numbers.

    Errors: AssertionError for one that AWS's model of the action does not have.
    """
    root = ET.fromstring(answer)
    return set(_paths(root, model(action).output_shape, ""))


def _paths(element: Any, shape: Shape | None, path: str) -> Iterator[str]:
    for child in element:
        name = child.tag.rpartition("}")[2]
        if not path and name in {"requestId", "RequestId"}:
            continue
        known = {} if shape is None else _children(shape)
        assert name in known or (shape is None and name == "return"), f"{path}/{name} is not AWS's"
        inner = known.get(name)
        below = path if shape is not None and shape.type_name == "list" else f"{path}/{name}"
        if inner is None or inner.type_name not in {"structure", "list"}:
            yield below
        else:
            yield from _paths(child, inner, below)


def _children(shape: Any) -> dict[str, Shape]:
    if shape.type_name == "list":
        return {shape.member.serialization.get("name", "item"): shape.member}
    return {part.serialization.get("name", name): part for name, part in shape.members.items()}


def example(name: str, shape: Any) -> Any:
    """A value that the parameter can have."""
    if shape.type_name == "list":
        return [example(name, shape.member)]
    if shape.type_name == "structure":
        inner, part = next(iter(shape.members.items()))
        return {inner: example(inner, part)}
    if shape.type_name == "blob":
        return b"1"
    plain: dict[str, Any] = {"boolean": True, "integer": 7, "long": 7, "float": 1.0, "double": 1.0}
    return plain.get(shape.type_name, "2026-01-01" if shape.type_name == "timestamp" else "x")
