"""The checks of the acceptance tests as their source has them, and those that no fault has turned red.

`with line("2.7.15", "…")` decides, with `extra` or `advice` it does not. The consoles of everybody are judged at the
end of each test by the `line` fixture itself, and are not among them.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from checklist.verdicts import Role
from runner.configuration.replica import CHECKOUT

ID = re.compile(r"(?:\d\.\d+|[PRTX]\.\d)\.\d+")

REASONS = Path(__file__).with_name("unproven.toml")
"""Why a check may stand that no fault turns red, by its title."""


@dataclass(frozen=True, slots=True)
class Written:
    """A check of `line`; its title has `{}` where a value comes."""

    line: str
    title: str
    role: Role

    def is_title(self, title: str) -> bool:
        """Whether a check that was made has this title."""
        return re.fullmatch(".*".join(map(re.escape, self.title.split("{}"))), title, re.S) is not None


@cache
def written() -> tuple[Written, ...]:
    """Every check, once for each line that it may settle, in the order of files and lines."""
    found: list[Written] = []
    for path in sorted((CHECKOUT / "tests").glob("test_*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(module):
            if isinstance(function, ast.FunctionDef):
                for block in ast.walk(function):
                    for item in block.items if isinstance(block, ast.With) else ():
                        found += _of(item.context_expr, function, module)
    return tuple(found)


def unproven(red: Collection[tuple[str, str]]) -> list[Written]:
    """The checks of which none was ever red: `red` are lines and titles of those that were. An advice never is."""
    return [
        one
        for one in dict.fromkeys(written())
        if one.role is not Role.ADVICE and not any(one.is_title(title) for _, title in red)
    ]


def reasons() -> dict[str, str]:
    found: dict[str, str] = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    return found


def _of(call: ast.expr, function: ast.FunctionDef, module: ast.Module) -> Iterator[Written]:
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "line"):
        return
    given = {keyword.arg for keyword in call.keywords}
    role = Role.ADVICE if "advice" in given else Role.EXTRA if "extra" in given else Role.DECIDES
    for line in _ids(call.args[0]) or _ids(function) | _ids_of_names(function, module):
        yield Written(line, _text(call.args[1]), role)


def _text(title: ast.expr) -> str:
    parts = title.values if isinstance(title, ast.JoinedStr) else [title]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)


def _ids(within: ast.AST) -> set[str]:
    constants = {str(node.value) for node in ast.walk(within) if isinstance(node, ast.Constant)}
    return {text for text in constants if ID.fullmatch(text)}


def _ids_of_names(function: ast.FunctionDef, module: ast.Module) -> set[str]:
    """The lines that the module's constants hold which the function, or a decorator of it, names."""
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    held = [
        one
        for one in module.body
        if isinstance(one, ast.Assign) and {getattr(to, "id", "") for to in one.targets} & names
    ]
    return {id_ for one in held for id_ in _ids(one)}
