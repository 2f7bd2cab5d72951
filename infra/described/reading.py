"""Reads ``my.toml``. What is wrong is one line: the file, the table, the key, what to write."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from infra.described.description import FOLDER, Description
from infra.described.layouts import like
from infra.errors import UserError

Place = Sequence[str | int]
"""Of an error: tables, the number of one of several, and a key."""


def read(path: Path) -> Description:
    """Errors: UserError naming the first thing that is wrong, and how many more there are."""
    path = path.expanduser()
    try:
        told = tomllib.loads(path.read_text())
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}: name the file of your cluster") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no TOML: {error}") from error
    return parse(told, path)


def parse(told: dict[str, Any], path: Path) -> Description:
    """What the file says; relative paths begin where it is. Errors: as ``read``."""
    try:
        return Description.model_validate(told, context={FOLDER: path.parent})
    except ValidationError as error:
        first, *others = error.errors()
        more = f" (and {len(others)} more)" if others else ""
        raise UserError(f"{path}: {sentence({**first})}{more}") from error


def sentence(error: Mapping[str, Any]) -> str:
    """Table, key, what is wrong and what to write."""
    place = [part for part in error["loc"] if part not in ("tuple", "dict")]
    table, name, field = at(place)
    is_table = field is not None and name == place[-1] and table_of(field) is not None
    where = named(place, is_table=is_table)
    if error["type"] == "extra_forbidden":
        return f"{where}: no such key; {like(str(place[-1]), [*table.model_fields])}"
    if error["type"] == "missing":
        return f"{where} is missing{written(name, field)}"
    what = error["msg"].removeprefix("Value error, ")
    if not place:
        return str(what)
    value = (
        "" if isinstance(error["input"], dict) else f" {json.dumps(error['input'], default=str)}"
    )
    return f"{where}{value}: {what}{written(name, field)}"


def named(place: Place, *, is_table: bool = False) -> str:
    """``[ssh] user``, ``[[machine]] 2 role``, ``name``, ``[may]``."""
    if not place:
        return ""
    *tables, key = place
    if is_table:
        tables, key = [*place], ""
    numbers = [one + 1 for one in tables if isinstance(one, int)]
    words = ".".join(one for one in tables if isinstance(one, str))
    around = f"[[{words}]] {numbers[0]}" if numbers else f"[{words}]" if words else ""
    return f"{around} {key}".strip()


def written(name: str, field: FieldInfo | None) -> str:
    """An example of what to write."""
    if field is None or not field.examples:
        return ""
    example = field.examples[0]
    if isinstance(example, dict):
        inner = ", ".join(f"{key} = {json.dumps(value)}" for key, value in example.items())
        return f"; write {name} = {{ {inner} }}"
    return f"; write {name} = {json.dumps(example)}"


def at(place: Place) -> tuple[type[BaseModel], str, FieldInfo | None]:
    """The table that a place lies in, and its last key that is known with what it may hold."""
    table: type[BaseModel] = Description
    inner, name, field = table, "", None
    for part in place:
        if isinstance(part, int):
            continue
        table = inner
        if part not in table.model_fields:
            break
        name, field = part, table.model_fields[part]
        inner = table_of(field) or table
    return table, name, field


def table_of(field: FieldInfo) -> type[BaseModel] | None:
    """The table that a key holds, by itself, as one of several, or when it is there."""
    kind = field.annotation
    choices = get_args(kind) if get_origin(kind) in (tuple, UnionType) else (kind,)
    found = [one for one in choices if isinstance(one, type) and issubclass(one, BaseModel)]
    return found[0] if found else None
