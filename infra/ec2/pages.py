"""Answers in pages: AWS may end one early, and gives the rest to who asks on."""

from collections.abc import Iterable, Mapping
from typing import Any

from infra.ec2.sdk import Client


def pages(client: Client, call: str, **asked: Any) -> Iterable[Mapping[str, Any]]:
    """All answers to one call, which is named as the client's method."""
    if client.can_paginate(call):
        found: Iterable[Mapping[str, Any]] = client.get_paginator(call).paginate(**asked)  # type: ignore[call-overload]
        return found
    return [getattr(client, call)(**asked)]


def items(client: Client, call: str, key: str, **asked: Any) -> list[Any]:
    """What is listed under ``key`` on all pages."""
    return [item for page in pages(client, call, **asked) for item in page[key]]
