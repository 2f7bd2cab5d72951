"""A text of a phase with one setting left out or changed: what was done, and the text then.

One function a format; each leaves everything else as it is. Comments and names are no settings.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from tests.sweep.values import LIST, NAMES, TAKES_A_VALUE, otherwise

Edit = tuple[str, str]
"""What was done, and the text after it."""
Path = tuple[str | int, ...]
LEFT_OUT = "is left out"
SERVICE = "[Service]"
HEADING = re.compile(r"#|\[|}|(global|defaults|frontend|backend)\b")


def edits(name: str, text: str) -> Iterator[Edit]:
    """Every setting of a file, by what its name and first character say of its format."""
    if name.endswith(".service"):
        yield from unit(text, name.removesuffix(".service"))
    elif name.endswith(".yaml") or text.startswith("{"):
        yield from structured(text, name)
    else:
        yield from lined(text, name)


def unit(text: str, name: str) -> Iterator[Edit]:
    """Every argument of every program, and every other line, of a systemd unit's service.

    What it is called and when a boot starts it is systemd's business.
    """
    lines = re.sub(r" \\\n\s*", " ", text).splitlines()
    section = ""
    for number, line in enumerate(lines):
        section = line if line.startswith("[") else section
        if line.startswith("ExecStart="):
            for what, other in arguments(line, name):
                yield what, lines_with(lines, number, other)
        elif section == SERVICE and re.match(r"[A-Za-z]+=", line):
            yield f"{line} {LEFT_OUT}", lines_with(lines, number, None)


def arguments(line: str, name: str) -> Iterator[Edit]:
    """Every argument of a command: ``-f FILE`` is one, and so is a word by itself."""
    words = line.split()
    at = 1
    while at < len(words):
        end = at + (2 if re.fullmatch(r"-\w", words[at]) else 1)
        flag, _, value = words[at].partition("=")
        other = otherwise(f"{name} {flag}", value)
        new = [] if other is None else [f"{flag}={other}"]
        yield told(flag, value, other), " ".join([*words[:at], *new, *words[end:]])
        at = end


def told(name: str, value: str, other: str | None) -> str:
    """The same on every machine: lists differ from one to another."""
    if other is None:
        return f"{name} {LEFT_OUT}"
    return f"{name} has its last value only" if LIST in value else f"{name} is {other}"


def lines_with(lines: Sequence[str], number: int, other: str | None, *, count: int = 1) -> str:
    """The lines with another one in place of so many, or none."""
    middle = [] if other is None else [other]
    return "\n".join([*lines[:number], *middle, *lines[number + count :]]) + "\n"


def structured(text: str, name: str) -> Iterator[Edit]:
    """Every leaf of YAML or JSON; what kind of file it is stays."""
    whole = yaml.safe_load(text)
    for what, other in leaf_edits(whole, name):
        is_json = text.startswith("{")
        yield what, json.dumps(other, indent=2) if is_json else yaml.safe_dump(other)


def leaf_edits(whole: Any, name: str) -> Iterator[tuple[str, Any]]:
    for path, value in leaves(whole):
        shown, plain = ".".join(map(str, path)), scalar(value)
        other = otherwise(f"{name} {shown}", plain)
        yield told(shown, plain, other), changed(whole, path, other)


def scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Values by path; an entry of several in a list is one, whatever it holds."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            if path or key not in NAMES:
                yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        yield from leaves(value[0], (*path, 0))
    elif isinstance(value, list) and len(value) > 1:
        yield from (((*path, number), inner) for number, inner in enumerate(value))
    else:
        yield path, value


def changed(whole: Any, path: Path, other: str | None) -> Any:
    """A copy with another value at a path, or without it."""
    head, *rest = path
    copy: Any = dict(whole) if isinstance(whole, dict) else list(whole)
    if rest:
        copy[head] = changed(whole[head], tuple(rest), other)
    elif other is None:
        del copy[head]
    else:
        copy[head] = yaml.safe_load(other)
    return copy


def lined(text: str, name: str) -> Iterator[Edit]:
    """Every line that is no comment and no heading; of a block in another, all of it."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        bare, opens = line.strip(), line.endswith("{")
        if not bare or HEADING.match(bare) or (opens and bare == line):
            continue
        if bare.startswith("default-server"):
            yield from server_words(lines, number)
        elif opens:
            count = closing(lines[number:])
            yield f"{bare[:-1].strip()} {LEFT_OUT}", lines_with(lines, number, None, count=count)
        else:
            key, _, value = bare.partition(" = ")
            other = otherwise(f"{name} {key}", value)
            new = None if other is None else f"{key} = {other}"
            yield told(key, value, other), lines_with(lines, number, new)


def closing(lines: Sequence[str]) -> int:
    """How many lines a block has that the first opens."""
    depth = 0
    for number, line in enumerate(lines, start=1):
        depth += line.count("{") - line.count("}")
        if depth == 0:
            return number
    raise ValueError(f"nothing closes {lines[0]!r}")


def server_words(lines: Sequence[str], number: int) -> Iterator[Edit]:
    """HAProxy's line of what holds for all its servers: each word with its value."""
    start, *words = lines[number].split()
    at = 0
    while at < len(words):
        end = at + (2 if words[at] in TAKES_A_VALUE else 1)
        rest = " ".join([start, *words[:at], *words[end:]])
        what = f"{start} {' '.join(words[at:end])} {LEFT_OUT}"
        yield what, lines_with(lines, number, f"    {rest}")
        at = end
