"""The acceptance tests as the proof sees them: their lines, and whether they run with every fault."""

from __future__ import annotations

import ast
import inspect
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from checklist.lines import CONSOLES, all_beyond, all_of_no_target
from runner.configuration.replica import CHECKOUT


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """`lines` are those that the test settles, and it ends where one that `ends` it fails.

    A `happy_path` no fault may harm but at its lines.
    """

    name: str
    lines: tuple[str, ...]
    happy_path: bool = False
    ends: frozenset[str] = frozenset()


Suite = Mapping[str, SuiteTest]
"""Tests by name, in the checklist's order."""


@cache
def functions() -> Mapping[str, Any]:
    """The tests themselves by name, in the checklist's order."""
    files = sorted((CHECKOUT / "tests").glob("test_*.py"))
    return {
        name: function
        for file in files
        for name, function in runpy.run_path(str(file)).items()
        if name.startswith("test_")
    }


@cache
def suite() -> Suite:
    found = {}
    for name, function in functions().items():
        marks = function.pytestmark
        lines = tuple(line for mark in marks if mark.name == "lines" for line in mark.args)
        if not all_of_no_target(lines) and not all_beyond(lines):
            lines = (*lines, CONSOLES)
        happy_path = any(mark.name == "happy_path" for mark in marks)
        found[name] = SuiteTest(name, lines, happy_path, _ends(function, lines))
    return found


def _ends(test: Callable[..., Any], lines: tuple[str, ...]) -> frozenset[str]:
    """The lines of which a check says `blocks=True`: any of them, where the check does not name its line outright."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(test))) if isinstance(node, ast.Call)]
    checked = [call.args[0] for call in calls if any(option.arg == "blocks" for option in call.keywords)]
    outright = [str(line.value) for line in checked if isinstance(line, ast.Constant)]
    return frozenset(outright if len(outright) == len(checked) else lines)
