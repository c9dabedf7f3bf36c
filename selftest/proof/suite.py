"""The acceptance tests as the proof sees them: their lines, and whether they run with every fault."""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from runner.replica import CHECKOUT


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """`lines` are those that the test settles; a `canary` is a happy path, that no fault may harm but at its lines."""

    name: str
    lines: tuple[str, ...]
    canary: bool = False


Suite = Mapping[str, SuiteTest]
"""Tests by name, in the checklist's order."""


@cache
def suite() -> Suite:
    found = {}
    for file in sorted((CHECKOUT / "tests").glob("test_*.py")):
        for name, function in runpy.run_path(str(file)).items():
            if name.startswith("test_"):
                marks = function.pytestmark
                lines = tuple(line for mark in marks if mark.name == "lines" for line in mark.args)
                found[name] = SuiteTest(name, lines, any(mark.name == "canary" for mark in marks))
    return found
