"""Enough of json-formula (JMESPath with functions and variables) to run the programme's rubrics as they are.

It shares nothing with ``provenance.credentials.rules``, so that the two can be held against each other.
A rubric's own functions (``_name(args)``) see the whole document and their arguments as ``$args``.
"""

import json
import operator
import re
from collections.abc import Callable
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<literal>`[^`]*`) | (?P<string>"(?:[^"\\]|\\.)*") | (?P<quoted>'[^']*') |
        (?P<number>\d+(?:\.\d+)?) | (?P<variable>\$\w+) | (?P<name>[A-Za-z_]\w*) |
        (?P<sign>\[\?|\[\]|&&|\|\||==|!=|<=|>=|[.\[\](){},:|!@<>*])
    )""",
    re.VERBOSE,
)
_BINDING = {"|": 1, "||": 2, "&&": 3, "==": 5, "!=": 5, "<": 5, ">": 5, "<=": 5, ">=": 5, "*": 7}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_NOT, _POSTFIX = 45, 40


class Each(list[Any]):
    """A projection: what follows applies to every element."""


Node = Callable[[Any], Any]


class Rubric:
    """A parsed rubric: its variables and functions, and :meth:`run` for one of its expressions."""

    def __init__(self, *, variables: dict[str, Any], expressions: dict[str, str]) -> None:
        self.variables = {name.lstrip("$"): value for name, value in variables.items()}
        self.functions = {name: _Parser(text, self).parse() for name, text in expressions.items()}
        self.arguments: list[list[Any]] = []
        self.document: Any = None

    def run(self, expression: str, document: Any, **variables: Any) -> Any:
        self.document = document
        self.variables.update(variables)
        return _plain(_Parser(expression, self).parse()(document))

    def call(self, name: str, arguments: list[Any]) -> Any:
        if name in self.functions:
            self.arguments.append(arguments)
            try:
                return self.functions[name](self.document)
            finally:
                self.arguments.pop()
        return _FUNCTIONS[name](*arguments)

    def variable(self, name: str) -> Any:
        return self.arguments[-1] if name == "args" else self.variables[name]


class _Parser:
    def __init__(self, text: str, rubric: Rubric) -> None:
        self.rubric = rubric
        self.tokens: list[tuple[str, str]] = []
        text, at = text.strip(), 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise SyntaxError(f"cannot read {text[at : at + 30]!r}")
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        self.at = 0

    def parse(self) -> Node:
        node = self._expression(0)
        if self.at != len(self.tokens):
            raise SyntaxError(f"left over: {self.tokens[self.at :]}")
        return node

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _next(self) -> tuple[str, str]:
        self.at += 1
        return self.tokens[self.at - 1]

    def _expect(self, sign: str) -> None:
        if self._next()[1] != sign:
            raise SyntaxError(f"expected {sign}")

    def _expression(self, binding: int) -> Node:
        left = self._prefix()
        while True:
            sign = self._peek()
            if sign in (".", "[", "[]", "[?") and self.tokens[self.at][0] == "sign" and binding < _POSTFIX + 15:
                left = self._postfix(left)
            elif self.at < len(self.tokens) and self.tokens[self.at][0] == "sign" and _BINDING.get(sign, 0) > binding:
                self._next()
                left = self._binary(sign, left, self._expression(_BINDING[sign]))
            else:
                return left

    def _prefix(self) -> Node:
        kind, text = self._next()
        if kind == "literal":
            value = json.loads(text[1:-1])
            return lambda _: value
        if kind == "string":
            words = json.loads(text)
            return lambda _: words
        if kind == "number":
            number = float(text) if "." in text else int(text)
            return lambda _: number
        if kind == "variable":
            return lambda _: self.rubric.variable(text[1:])
        if kind == "quoted":
            return lambda node: _field(node, text[1:-1])
        if kind == "name":
            if self._peek() == "(":
                return self._call(text)
            return {"true": lambda _: True, "false": lambda _: False, "null": lambda _: None}.get(
                text, lambda node: _field(node, text)
            )
        if text == "@":
            return lambda node: node
        if text == "!":
            inner = self._expression(_NOT)
            return lambda node: not _truth(inner(node))
        if text == "(":
            inner = self._expression(0)
            self._expect(")")
            return lambda node: _plain(inner(node))
        if text in ("[]", "[?"):
            self.at -= 1
            return self._postfix(lambda node: node)
        if text == "[" and self.tokens[self.at][0] == "number":  # an index into what stands before a pipe
            self.at -= 1
            return self._postfix(lambda node: node)
        if text == "[":
            items = self._until("]")
            return lambda node: [_plain(item(node)) for item in items]
        if text == "{":
            pairs = {}
            while self._peek() != "}":
                key = self._next()[1]
                self._expect(":")
                pairs[key] = self._expression(0)
                if self._peek() == ",":
                    self._next()
            self._expect("}")
            return lambda node: {key: _plain(value(node)) for key, value in pairs.items()}
        raise SyntaxError(f"unexpected {text}")

    def _until(self, end: str) -> list[Node]:
        found = []
        while self._peek() != end:
            found.append(self._expression(0))
            if self._peek() == ",":
                self._next()
        self._expect(end)
        return found

    def _call(self, name: str) -> Node:
        self._expect("(")
        arguments = self._until(")")
        if name == "if":
            test, yes, no = arguments
            return lambda node: yes(node) if _truth(test(node)) else no(node)
        return lambda node: self.rubric.call(name, [_plain(argument(node)) for argument in arguments])

    def _postfix(self, left: Node) -> Node:
        sign = self._next()[1]
        if sign == ".":
            right = self._prefix()
            return lambda node: _map(left(node), right)
        if sign == "[]":
            return lambda node: _flatten(left(node))
        if sign == "[?":
            test = self._expression(0)
            self._expect("]")
            return lambda node: _filter(left(node), test)
        index = int(self._next()[1])
        self._expect("]")
        return lambda node: _map(left(node), lambda it: it[index] if isinstance(it, list) and index < len(it) else None)

    def _binary(self, sign: str, left: Node, right: Node) -> Node:
        match sign:
            case "|":
                return lambda node: right(_plain(left(node)))
            case "||":
                return lambda node: first if _truth(first := _plain(left(node))) else right(node)
            case "&&":
                return lambda node: right(node) if _truth(first := _plain(left(node))) else first
            case "==":
                return lambda node: _equal(left(node), right(node))
            case "!=":
                return lambda node: not _equal(left(node), right(node))
            case "*":
                return lambda node: float(left(node) or 0) * float(right(node) or 0)
        return lambda node: _ordered(_COMPARE[sign], left(node), right(node))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, Each) else value


def _field(node: Any, name: str) -> Any:
    return node.get(name) if isinstance(node, dict) else None


def _map(value: Any, right: Node) -> Any:
    if isinstance(value, Each):
        return Each(found for item in value if (found := right(item)) is not None)
    return right(value)


def _flatten(value: Any) -> Any:
    if not isinstance(value, list):
        return None
    return Each(inner for item in value for inner in (item if isinstance(item, list) else [item]))


def _filter(value: Any, test: Node) -> Any:
    if not isinstance(value, list):
        return None
    return Each(item for item in value if _truth(test(item)))


def _truth(value: Any) -> bool:
    return value not in (None, False, "", 0) and not (isinstance(value, list | dict) and not value)


def _equal(a: Any, b: Any) -> bool:
    a, b = _plain(a), _plain(b)
    return type(a) is type(b) and a == b if isinstance(a, bool) or isinstance(b, bool) else bool(a == b)


def _ordered(compare: Callable[[Any, Any], bool], a: Any, b: Any) -> bool:
    numbers = isinstance(a, int | float) and isinstance(b, int | float)
    return compare(a, b) if numbers or (isinstance(a, str) and isinstance(b, str)) else False


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "keys": lambda value: list(value) if isinstance(value, dict) else [],
    "values": lambda value: list(value.values()) if isinstance(value, dict) else [],
    "length": lambda value: len(value) if value is not None else 0,
    "contains": lambda value, item: value is not None and item is not None and item in value,
    "startsWith": lambda value, start: isinstance(value, str) and value.startswith(start),
    "endsWith": lambda value, end: isinstance(value, str) and value.endswith(end),
    "split": lambda value, by: value.split(by) if isinstance(value, str) else [],
    "notNull": lambda *values: next((value for value in values if value is not None), None),
    "type": lambda value: {str: "string", bool: "boolean", dict: "object", list: "array"}.get(type(value), "number"),
}
