"""Every line that a test judges has a check that decides it, where the line speaks of: on targets, or of the site.

Read from the tests' source: `with line("2.7.15", "…")` decides, with `extra` or `advice` it does not. The consoles of
everybody are judged at the end of each test, by the `line` fixture itself.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from checklist.lines import CONSOLES, LINES

TESTS = Path(__file__).parents[2] / "tests"
ID = re.compile(r"(?:\d\.\d+|R\.\d)\.\d+")
SENTENCE = re.compile(r"[A-Z].* .*[^.:;,]")

Found = tuple[str, str, str, bool]
"""A line, the fixture that judges it, the title as far as it is written there, and whether that decides it."""


def checks() -> Iterator[Found]:
    for path in sorted(TESTS.glob("test_*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(module):
            if isinstance(function, ast.FunctionDef):
                for block in ast.walk(function):
                    for item in block.items if isinstance(block, ast.With) else ():
                        yield from _of(item.context_expr, function, module)


def _of(call: ast.expr, function: ast.FunctionDef, module: ast.Module) -> Iterator[Found]:
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("line", "once")):
        return
    decides = not {keyword.arg for keyword in call.keywords} & {"extra", "advice"}
    written = call.args[1]
    title = written.value if isinstance(written, ast.Constant) else ""
    for id_ in _ids(call.args[0]) or _ids(function) | _ids_of_names(function, module):
        yield id_, call.func.id, str(title), decides


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


FOUND = list(checks())


@pytest.mark.parametrize("id_", [line.id for line in LINES.values() if line.judged and line.id != CONSOLES])
def test_each_judged_line_has_a_check_that_decides_it(id_: str) -> None:
    fixture = "once" if LINES[id_].of_no_target else "line"
    assert [one for one in FOUND if one[0] == id_ and one[1] == fixture and one[3]], (
        f"no check with {fixture}(…) decides {id_}: “{LINES[id_].text}”"
    )


OURS = ("1.", "2.3.", "2.4.", "2.5.", "2.6.", "2.10.", "3.", "4.", "R.")


@pytest.mark.parametrize(
    "found", [one for one in FOUND if one[2] and one[0].startswith(OURS)], ids=lambda one: f"{one[0]} {one[2]}"
)
def test_a_title_is_a_sentence_that_stands_alone(found: Found) -> None:
    assert SENTENCE.fullmatch(found[2]), f"not a whole sentence: “{found[2]}”"
