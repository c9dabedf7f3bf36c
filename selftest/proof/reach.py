"""Which access a line takes: the tables of an environment file without which its check is not checkable."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from checklist.lines import CONSOLES, LINES, Kind, Line
from runner.configuration.environment_tables import Decided
from runner.configuration.replica import CHECKOUT
from selftest.proof.suite import functions

WAYS = {
    "new_host": "`[server]`",
    "_host_of": "`[server]`",
    "new_access": "`[audit]`",
    "monitoring_of": "`[monitoring]`",
    "new_source": "`[local]`",
}
"""What a fixture takes its access by: functions of `runner/configuration/connect.py`."""

KEYS = {"local": "`[local]`", "smoke": "`smoke = true`", "test_site": "`test_site = false`"}
"""The same: keys of the environment."""


@cache
def accesses() -> Mapping[str, frozenset[str]]:
    """The tables and keys that each line takes besides what every run has; lines for people are not in it."""
    judged: dict[str, frozenset[str]] = {CONSOLES: frozenset()}
    for test in functions().values():
        tree = _with_helpers(test)
        marks = {mark.name: mark.args for mark in test.pytestmark}
        for line in marks["lines"]:
            if blocks := _deciding(tree, line):
                asked = {name for block in blocks for name in _names(block)} & {*inspect.signature(test).parameters}
                taken = _of_fixtures({*asked, *marks.get("usefixtures", ())}).union(*map(_outright, blocks))
                judged[line] = judged.get(line, taken) & taken  # whichever of two tests can tell
    return judged | {line.id: _of_followed(line, judged) for line in LINES.values() if line.kind is Kind.FOLLOWS}


def _of_followed(line: Line, judged: Mapping[str, frozenset[str]]) -> frozenset[str]:
    followed = [judged.get(other.id, frozenset()) for other in LINES.values() if other.is_followed_by(line)]
    return frozenset[str]().union(*followed)


def _with_helpers(test: Callable[..., Any]) -> ast.Module:
    """The test, and the functions of its file that are none; these call fixtures as the test does."""
    file = ast.parse(Path(inspect.getfile(test)).read_text(encoding="utf-8"))
    functions = [one for one in file.body if isinstance(one, ast.FunctionDef)]
    return ast.Module([one for one in functions if one.name == test.__name__ or not one.name.startswith("test_")], [])


def _deciding(test: ast.AST, line: str) -> list[ast.AST]:
    """The checks of that line that are no extras; all of the test where none names it."""
    names = {repr(line)}
    for loop in (one for one in ast.walk(test) if isinstance(one, ast.For)):
        if any(isinstance(one, ast.Constant) and one.value == line for one in ast.walk(loop.iter)):
            names |= {one.id for one in ast.walk(loop.target) if isinstance(one, ast.Name)}
            test = loop
    calls = [
        (block, item.context_expr)
        for block in ast.walk(test)
        if isinstance(block, ast.With)
        for item in block.items
        if isinstance(item.context_expr, ast.Call) and {*map(ast.unparse, item.context_expr.args[:1])} & names
    ]
    deciding = [
        block for block, call in calls if not any(option.arg in ("extra", "advice") for option in call.keywords)
    ]
    return [*deciding] if calls else [test]


def _parameters(function: ast.AST) -> list[str]:
    return [one.arg for one in ast.walk(function) if isinstance(one, ast.arg)]


def _names(block: ast.AST) -> list[str]:
    return [one.id for one in ast.walk(block) if isinstance(one, ast.Name)]


def _of_fixtures(names: Iterable[str]) -> frozenset[str]:
    """What the fixtures of these names take, and those that they ask for."""
    found, left = frozenset[str](), {*names}
    while asked := [fixtures()[name] for name in left if name in fixtures()]:
        found = found.union(*map(_outright, asked))
        left = {name for one in asked for name in _parameters(one)}
    return found


def _outright(block: ast.AST) -> Iterator[str]:
    for one in ast.walk(block):
        match one:
            case ast.Name(id=name) if name in WAYS:
                yield WAYS[name]
            case ast.Attribute(value=ast.Name(id="environment"), attr=key) if key in KEYS:
                yield KEYS[key]
            case ast.Attribute(value=ast.Name(id="decided") | ast.Attribute(attr="decided"), attr=key):
                if key in Decided.model_fields and Decided.model_fields[key].default is None:
                    yield f"`[decided] {key}`"


@cache
def fixtures() -> Mapping[str, ast.FunctionDef]:
    """Every fixture by its name."""
    found = {}
    for file in sorted((CHECKOUT / "fixtures").glob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and any("fixture" in ast.unparse(one) for one in node.decorator_list):
                found[node.name] = node
    return found
