"""What a function reaches: everything that it calls, followed by the types that are written down.

mypy holds these types. A name is told as ``Class.attribute`` or ``module.function``:
``Cluster.shell`` in what a step reaches means SSH.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterable, Mapping
from functools import cache
from types import GenericAlias
from typing import Any, get_args, get_origin, get_type_hints

from infra.cluster import Cluster

OURS = ("infra.", "fixtures.", "suite.", "tests.steps.")
LEFT_OUT = ("infra.wait", "infra.report", "infra.described", "fixtures.plugin", "fixtures.turns")
Known = Mapping[str, Any]
"""What names are worth: a type for a value, ``Thing`` for a function, class or module itself."""


class Thing:
    """A function, class or module by itself; ``owner`` is the class of a method."""

    def __init__(self, what: Any, owner: Any = None) -> None:
        self.what = what
        self.owner = owner


@cache
def hints(what: Any) -> dict[str, Any]:
    try:
        return get_type_hints(what)
    except (NameError, TypeError):
        return {}


def is_ours(what: Any) -> bool:
    module = str(getattr(what, "__module__", "") or "")
    return module.startswith(OURS) and not module.startswith(LEFT_OUT)


@cache
def parsed(function: Any) -> ast.AST | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None


@cache
def touched_by(function: Any, owner: Any = None) -> tuple[frozenset[str], frozenset[Thing]]:
    """What a function touches itself, and what it calls."""
    reader = Reader(function, owner)
    if tree := parsed(function):
        reader.visit(tree)
    return frozenset(reader.touched), frozenset(reader.calls)


class Reader(ast.NodeVisitor):
    """Reads one function; values have the types that are annotated, or none."""

    def __init__(self, function: Any, owner: Any) -> None:
        self.globals = getattr(function, "__globals__", {})
        self.names: dict[str, Any] = {k: v for k, v in hints(function).items() if k != "return"}
        if owner is not None:
            self.names["self"] = owner
        self.touched: set[str] = set()
        self.calls: set[Thing] = set()

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr):
            self.infer(node)
        super().visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        value = self.infer(node.value)
        for target in node.targets:
            self.bind(target, value)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self.bind(node.target, element(self.infer(node.iter)))
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self.bind(node.target, element(self.infer(node.iter)))
        self.generic_visit(node)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            if item.optional_vars:
                self.bind(item.optional_vars, element(self.infer(item.context_expr)))
        self.generic_visit(node)

    def visit_ListComp(self, node: Any) -> None:
        for one in node.generators:
            self.visit(one)
        self.generic_visit(node)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp  # noqa: N815

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for one in [*node.args.args, *node.args.kwonlyargs]:
            if one.annotation and one.arg not in self.names:
                kind = self.infer(one.annotation)
                self.names[one.arg] = kind.what if isinstance(kind, Thing) else None
        self.generic_visit(node)

    def bind(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = value
        elif isinstance(target, ast.Tuple):
            parts = get_args(value) if get_origin(value) is tuple else ()
            for one, part in zip(target.elts, [*parts, *[None] * len(target.elts)], strict=False):
                self.bind(one, part)

    def infer(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            if node.id in self.names:
                return self.names[node.id]
            found = self.globals.get(node.id)
            return self.thing(found) if found is not None else None
        if isinstance(node, ast.Attribute):
            return self.attribute(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.Subscript):
            return element(self.infer(node.value), by_key=True)
        if isinstance(node, ast.IfExp):
            return self.infer(node.body) or self.infer(node.orelse)
        if isinstance(node, ast.BoolOp):
            return next((kind for one in node.values if (kind := self.infer(one))), None)
        if isinstance(node, ast.List | ast.Tuple | ast.Set) and node.elts:
            kind = self.infer(node.elts[0])
            known = kind is not None and not isinstance(kind, Thing | tuple)
            return GenericAlias(list, (kind,)) if known else None
        if isinstance(node, ast.NamedExpr):
            value = self.infer(node.value)
            self.bind(node.target, value)
            return value
        return None

    def thing(self, found: Any, owner: Any = None) -> Thing:
        if callable(found) and is_ours(found) and owner is not Cluster:
            self.calls.add(Thing(inspect.unwrap(found), owner))
        return Thing(found, owner)

    def attribute(self, node: ast.Attribute) -> Any:
        base = self.infer(node.value)
        if isinstance(base, Thing):
            found = getattr(base.what, node.attr, None)
            return self.thing(found) if found is not None else None
        return self.of_type(base, node.attr)

    def of_type(self, kind: Any, name: str) -> Any:
        kind = plain(kind)
        if get_origin(kind) is not None:
            return ("method", kind, name)
        if not inspect.isclass(kind) or not is_ours(kind):
            if name == "shell":
                self.touched.add("Cluster.shell")
            return None
        self.touched.add(f"{kind.__name__}.{name}")
        fields = hints(as_any(kind))
        if name in fields:
            return fields[name]
        member = inspect.getattr_static(kind, name, None)
        if isinstance(member, property) and kind is Cluster:
            return hints(member.fget).get("return")  # it is told by its name, not by its inside
        if isinstance(member, property):
            self.calls.add(Thing(member.fget, kind))
            return hints(member.fget).get("return")
        if hasattr(member, "func"):  # a cached property
            self.calls.add(Thing(member.func, kind))
            return hints(member.func).get("return")
        if isinstance(member, staticmethod | classmethod):
            member = member.__func__
        return self.thing(member, kind) if inspect.isfunction(member) else None

    def call(self, node: ast.Call) -> Any:
        for one in node.args[1:]:
            if isinstance(one, ast.Lambda) and one.args.args:  # of each item of the first
                self.names[one.args.args[0].arg] = element(self.infer(node.args[0]))
        callee = self.infer(node.func)
        if isinstance(callee, tuple):
            _, kind, name = callee
            return of_container(kind, name)
        if not isinstance(callee, Thing):
            return None
        what, owner = callee.what, callee.owner
        if inspect.isclass(what):
            if is_ours(what):
                self.touched.add(what.__name__)
            return what
        name = getattr(what, "__name__", "")
        if owner is Cluster and name in ("credentials", "api_as"):
            shown = node.args[0] if node.args else None
            own = isinstance(shown, ast.Constant) and shown.value == "admin"
            if not own and not (isinstance(shown, ast.Name) and shown.id == "ADMIN"):
                self.touched.add("Credentials of others")
        if is_ours(what):
            self.touched.add(f"{what.__module__}.{name}")
        return hints(what).get("return") if callable(what) else None


def as_any(what: Any) -> Any:
    """For mypy, which has narrowed it."""
    return what


def plain(kind: Any) -> Any:
    """Without None."""
    some = [one for one in get_args(kind) if one is not type(None)]
    is_union = type(None) in get_args(kind)
    return some[0] if is_union and len(some) == 1 else kind


def element(kind: Any, *, by_key: bool = False) -> Any:
    """Of a container, an iterator or a context manager."""
    kind = plain(kind)
    parts, origin = get_args(kind), get_origin(kind)
    if not parts or origin is None:
        return kind if inspect.isclass(kind) and hasattr(kind, "__enter__") else None
    if by_key and inspect.isclass(origin) and issubclass(origin, Mapping):
        return parts[-1]
    return parts[0]


def of_container(kind: Any, name: str) -> Any:
    parts = get_args(plain(kind))
    if not parts:
        return None
    pair = GenericAlias(tuple, (parts[0], parts[-1]))
    return {
        "values": GenericAlias(list, (parts[-1],)),
        "items": GenericAlias(list, (pair,)),
        "get": parts[-1],
        "pop": parts[-1],
    }.get(name)


@cache
def reached(function: Any) -> frozenset[str]:
    """All that is touched from a function on."""
    return frozenset(walked([function])[0])


def functions(of: Iterable[Any]) -> frozenset[Any]:
    """Functions of ours that these reach, and they themselves."""
    return frozenset(walked(of)[1])


def walked(of: Iterable[Any]) -> tuple[set[str], set[Any]]:
    """What is touched on the way from functions, and the functions on it."""
    seen: set[tuple[Any, Any]] = set()
    waiting, found, passed = [Thing(one) for one in of], set[str](), set[Any]()
    while waiting:
        one = waiting.pop()
        if (one.what, one.owner) in seen:
            continue
        seen.add((one.what, one.owner))
        if inspect.isclass(one.what):
            start = [
                vars(one.what).get(name) for name in ("__init__", "__post_init__", "__enter__")
            ]
            waiting += [Thing(member, one.what) for member in start if inspect.isfunction(member)]
            found.add(one.what.__name__)
            continue
        touched, calls = touched_by(one.what, one.owner)
        found |= touched
        passed.add(one.what)
        waiting += calls
    return found, passed
