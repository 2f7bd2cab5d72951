"""What a filter's values match, for every action alike.

moto has five ways: with brackets as wildcards, with regular expressions, without wildcards, and
with several values that must all be there. AWS has one (EC2 user guide, filter your resources):
any of the values; ``*`` and ``?`` are wildcards unless a backslash is before them.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from moto.ec2 import utils
from moto.ec2.models import security_groups, tags

ESCAPE = re.compile(r"\\([*?\\])|([*?])|(.)", re.DOTALL)
WILD = {"*": ".*", "?": "."}


@cache
def expression(pattern: str) -> str:
    """The regular expression that matches what ``pattern`` matches, to the end."""
    parts = ESCAPE.findall(pattern)
    text = "".join(
        WILD[wild] if wild else re.escape(escaped or plain) for escaped, wild, plain in parts
    )
    return rf"(?s:{text})\Z"


def matches(pattern: str, value: Any) -> bool:
    return any(re.match(expression(str(pattern)), text) for text in _texts(value))


def object_matches(found: Any, name: str, patterns: Any) -> bool:
    """In the place of moto's is_filter_matching."""
    return values_match(found.get_filter_value(name), patterns)


def values_match(value: Any, patterns: Any) -> bool:
    """In the place of moto's instance_value_in_filter_values."""
    listed = [patterns] if isinstance(patterns, str) else patterns or []
    return any(matches(pattern, value) for pattern in listed)


def tags_match(found: Any, name: str, patterns: list[str]) -> bool:
    """In the place of moto's tag_filter_matches."""
    tagged = {tag["key"]: tag["value"] for tag in found.get_tags()}
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return key in tagged and values_match(tagged[key], patterns)
    return values_match(tagged if name == "tag-key" else tagged.values(), patterns)


def gateway_matches(gateway: Any, filters: dict[str, Any]) -> bool:
    """In the place of moto's passes_igw_filter_dict; its table knows no other names."""
    known = utils.filter_dict_igw_mapping
    return all(
        values_match(utils.get_object_value(gateway, known[name]), patterns)
        if name in known
        else tags_match(gateway, name, patterns)
        for name, patterns in filters.items()
    )


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, datetime):
        return [utils.format_timestamp(value)]
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [text for part in value for text in _texts(part)]
    return [str(value)]


def install() -> None:
    """Moto answers by the functions above from now on."""
    utils.is_filter_matching = object_matches
    utils.instance_value_in_filter_values = values_match
    utils.passes_igw_filter_dict = gateway_matches
    utils.simple_aws_filter_to_re = tags.simple_aws_filter_to_re = expression
    utils.tag_filter_matches = security_groups.tag_filter_matches = tags_match
    security_groups.aws_api_matches = matches
