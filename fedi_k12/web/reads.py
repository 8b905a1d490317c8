"""What a handler reads from its request, found in its own source.

The description of the API is made from the code that serves it: a parameter that a handler
asks `Params` for is in it, and one that it does not ask for is not. What is passed on to other
functions of ours is followed there.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType, ModuleType

from msgspec import Struct, field

from fedi_k12.web.params import Params, params

OURS = ("fedi_k12.api.", "fedi_k12.oauth.", "fedi_k12.web.")
MAX_DEPTH = 8
_KINDS = {
    "get": "text",
    "text": "text",
    "optional": "text",
    "flag": "flag",
    "choice": "flag",
    "whole": "number",
    "limit": "number",
    "id": "id",
    "cursor": "id",
    "texts": "texts",
    "ids": "ids",
    "point": "point",
    "upload": "file",
    "part": "object",
    "parts": "objects",
}
"""What each way of asking `Params` says about what is asked for."""


class Read(Struct):
    """One parameter: its name, what it holds, and for objects what stands in them."""

    name: str
    kind: str
    within: dict[str, "Read"] = field(default_factory=dict)
    default: int | None = None
    most: int | None = None


Reads = dict[str, Read]


class _Names(Struct):
    """What the variables of one function stand for."""

    places: dict[str, Reads] = field(default_factory=dict)
    """Parameters, or those within one."""
    requests: set[str] = field(default_factory=set)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of parameters that a loop goes through."""
    numbers: dict[str, int] = field(default_factory=dict)


def reads_of(handler: Callable[..., object]) -> Reads:
    """Return the parameters that the handler asks for, by name."""
    function = inspect.unwrap(handler)
    found: Reads = {}
    if isinstance(function, FunctionType):
        _Reader(found).read(function, _Names(requests={"request"}))
    return found


@cache
def _source(function: FunctionType) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):
        return None
    first = tree.body[0]
    return first if isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef) else None


class _Reader:
    """Walks functions, and remembers what they ask a request's `Params` for."""

    def __init__(self, top: Reads) -> None:
        self._top = top

    def read(self, function: FunctionType, names: _Names, depth: int = 0) -> None:
        """Read one function, whose parameters stand for what `names` says."""
        tree = _source(function)
        if tree is None or depth > MAX_DEPTH:
            return
        for node in _in_order(tree):
            self._bind(node, names, function)
            if isinstance(node, ast.Call):
                self._call(node, names, function, depth)

    def _bind(self, node: ast.AST, names: _Names, function: FunctionType) -> None:
        """Take note of variables that come to stand for parameters, or a part of them."""
        pairs: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.NamedExpr | ast.AnnAssign) and node.value is not None:
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.comprehension | ast.For | ast.AsyncFor):
            pairs = [(node.target, node.iter)]
            if isinstance(node.target, ast.Name):
                names.words[node.target.id] = _words(node.iter, function)
        for target, value in pairs:
            place = self._place(value, names)
            if isinstance(target, ast.Name) and place is not None:
                names.places[target.id] = place

    def _place(self, value: ast.expr, names: _Names) -> Reads | None:
        """Return which parameters an expression stands for, None for anything else."""
        if isinstance(value, ast.Await):
            return self._place(value.value, names)
        if isinstance(value, ast.Name):
            return names.places.get(value.id)
        if _is_query(value, names):
            return self._top
        if not isinstance(value, ast.Call):
            return None
        if isinstance(value.func, ast.Name) and value.func.id == params.__name__:
            return self._top
        if isinstance(value.func, ast.Attribute) and value.func.attr in {"part", "parts"}:
            outer = self._place(value.func.value, names)
            named = _named(value, names)
            if outer is not None and named:
                inner = _note(outer, named[0], _KINDS[value.func.attr]).within
                for other in named[1:]:
                    _note(outer, other, _KINDS[value.func.attr]).within = inner
                return inner
        return None

    def _call(self, node: ast.Call, names: _Names, function: FunctionType, depth: int) -> None:
        if isinstance(node.func, ast.Attribute):
            place = self._place(node.func.value, names)
            if place is not None and (
                hasattr(Params, node.func.attr) or node.func.attr == "get"
            ):
                _asked(place, node, node.func.attr, names)
                return
        called = _called(node.func, function)
        if called is not None and called.__module__.startswith(OURS):
            self._follow(node, called, names, depth)

    def _follow(self, node: ast.Call, called: FunctionType, names: _Names, depth: int) -> None:
        """Read a function of ours that the request or its parameters are passed on to."""
        signature = inspect.signature(called).parameters
        inner = _Names(
            numbers={
                name: wanted.default
                for name, wanted in signature.items()
                if isinstance(wanted.default, int)
            }
        )
        given = list(zip(signature, node.args, strict=False))
        given += [(word.arg, word.value) for word in node.keywords if word.arg]
        for name, value in given:
            if isinstance(value, ast.Name) and value.id in names.requests:
                inner.requests.add(name)
            elif (place := self._place(value, names)) is not None:
                inner.places[name] = place
            elif isinstance(value, ast.Constant) and isinstance(value.value, str):
                inner.words[name] = (value.value,)
            elif (number := _whole(value, names)) is not None:
                inner.numbers[name] = number
        if (inner.requests or inner.places) and called is not params:
            self.read(called, inner, depth + 1)


def _is_query(value: ast.expr, names: _Names) -> bool:
    """Return whether an expression is the request's query itself, read without `Params`."""
    return (
        isinstance(value, ast.Attribute)
        and value.attr == "query"
        and isinstance(value.value, ast.Name)
        and value.value.id in names.requests
    )


def _asked(place: Reads, node: ast.Call, how: str, names: _Names) -> None:
    """Take note of one question to `Params`."""
    if how == "limit":
        limit = _note(place, "limit", "number")
        given = {word.arg: word.value for word in node.keywords}
        limit.default = _whole(given.get("default"), names)
        limit.most = _whole(given.get("most"), names)
    elif how in _KINDS:
        for name in _named(node, names):
            _note(place, name, _KINDS[how])


def _note(place: Reads, name: str, kind: str) -> Read:
    found = place.setdefault(name, Read(name, kind))
    if found.kind == "text":
        # To ask whether something is there at all says least of what it is.
        found.kind = kind
    return found


def _named(node: ast.Call, names: _Names) -> tuple[str, ...]:
    """Return the names of the parameters that a question is about."""
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return (first.value,)
    return names.words.get(first.id, ()) if isinstance(first, ast.Name) else ()


def _words(node: ast.expr, function: FunctionType) -> tuple[str, ...]:
    """Return the texts that a loop goes through, written there or in the module."""
    found: object = None
    if isinstance(node, ast.Name):
        found = function.__globals__.get(node.id)
    elif isinstance(node, ast.Tuple | ast.List):
        found = [item.value for item in node.elts if isinstance(item, ast.Constant)]
    if not isinstance(found, tuple | list | dict | set | frozenset):
        return ()
    return tuple(word for word in found if isinstance(word, str))


def _whole(node: ast.expr | None, names: _Names) -> int | None:
    if isinstance(node, ast.Name):
        return names.numbers.get(node.id)
    found = node.value if isinstance(node, ast.Constant) else None
    return found if isinstance(found, int) else None


def _called(node: ast.expr, function: FunctionType) -> FunctionType | None:
    """Return the function that a call names, where it can be found without running it."""
    found: object = None
    if isinstance(node, ast.Name):
        found = function.__globals__.get(node.id)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = function.__globals__.get(node.value.id)
        found = getattr(module, node.attr, None) if isinstance(module, ModuleType) else None
    found = inspect.unwrap(found) if callable(found) else None
    return found if isinstance(found, FunctionType) else None


def _in_order(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield nodes as they come to be, loops of a comprehension before what uses them."""
    for child in ast.iter_child_nodes(tree):
        yield from getattr(child, "generators", [])
        yield child
        yield from _in_order(child)
