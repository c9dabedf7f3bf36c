"""What a fault was expected to do, what it did, and what that proves. Pure: no pytest, no replica, no network."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from checklist.lines import LINES
from checklist.verdicts import Check, Verdict

NO_FAULT = ("none before", "none after")
"""Names of the two rounds without a fault, that must be all green."""

ENGINES = ("chromium", "firefox", "webkit")
GREEN = (Verdict.PASSED, Verdict.NOT_CHECKABLE)


class ExpectationError(Exception):
    """`expected.toml` cannot be used; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """At least one of `lines` fails with a message that `symptom` matches; lines in `also` may fail with them.

    `test` is the one that has to notice, or empty for all that judge `lines`; `engines` are those whose proof includes
    the fault.
    """

    fault: str
    lines: tuple[str, ...]
    symptom: re.Pattern[str]
    test: str = ""
    also: tuple[str, ...] = ()
    engines: tuple[str, ...] = ("chromium",)


@dataclass
class Round:
    """What ran while one fault was on. `broken` are tests that failed outside their lines, with the reason."""

    checks: list[Check] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def failed(self) -> list[Check]:
        return [check for check in self.checks if check.verdict is Verdict.FAILED]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`caught_by` are failures that name the symptom, `off_target` those of expected lines that do not."""

    fault: str
    caught_by: tuple[Check, ...]
    off_target: tuple[Check, ...]
    collateral: tuple[Check, ...]
    not_run: tuple[str, ...]
    broken: tuple[str, ...]
    seconds: float


def read(text: str, catalogue: Collection[str]) -> dict[str, Expectation]:
    """Expectations by fault from TOML. Raises ExpectationError unless there is one for each fault of `catalogue`."""
    tables: Mapping[str, Mapping[str, Any]] = tomllib.loads(text)
    problems = [f"{name} is no fault of the replica" for name in sorted(tables.keys() - set(catalogue))]
    problems += [f"{name} has no table here" for name in sorted(set(catalogue) - tables.keys())]
    expected = {}
    for name, table in tables.items():
        if wrong := sorted(_problems(table)):
            problems += [f"{name}: {problem}" for problem in wrong]
            continue
        lists = {key: tuple(table[key]) for key in ("lines", "also", "engines") if key in table}
        symptom = re.compile(table["symptom"], re.I)
        expected[name] = Expectation(name, symptom=symptom, test=table.get("test", ""), **lists)
    if problems:
        raise ExpectationError("expected.toml:\n  " + "\n  ".join(problems))
    return expected


def _problems(table: Mapping[str, Any]) -> Iterable[str]:
    for key in table.keys() - {"lines", "symptom", "test", "also", "engines"}:
        yield f"{key} is not a key here"
    for line in [*table.get("lines", ()), *table.get("also", ())]:
        if line not in LINES:
            yield f"{line} is no line of the checklist"
    for engine in table.get("engines", ()):
        if engine not in ENGINES:
            yield f"{engine} is no engine"
    if not table.get("lines"):
        yield "lines is missing: which of them must fail?"
    try:
        if re.search(table.get("symptom", ""), ""):
            yield "symptom is missing or matches every message"
    except re.error as error:
        yield f"symptom is no regular expression: {error}"


def judge(expectation: Expectation, round_: Round) -> Outcome:
    """Compare what failed with what had to."""
    named = [check for check in round_.failed() if check.line in expectation.lines]
    allowed = {*expectation.lines, *expectation.also}
    ran = {check.line for check in round_.checks if check.verdict in (*GREEN, Verdict.FAILED)}
    return Outcome(
        expectation.fault,
        tuple(check for check in named if expectation.symptom.search(check.message)),
        tuple(check for check in named if not expectation.symptom.search(check.message)),
        tuple(check for check in round_.failed() if check.line not in allowed),
        tuple(line.id for line in LINES.values() if line.built and line.id not in ran),
        tuple(round_.broken),
        round_.seconds,
    )


def void_because(rounds: Mapping[str, Round]) -> list[str]:
    """Why the proof proves nothing: what was not green, or did not run, in the rounds without a fault."""
    reasons = []
    for name in NO_FAULT:
        clean = rounds.get(name, Round())
        if not clean.checks:
            reasons.append(f"{name}: nothing ran")
        reasons += [
            f"{name}: {check.line} ({check.title}) {check.verdict}: {check.message}"
            for check in clean.checks
            if check.verdict not in GREEN
        ]
        reasons += [f"{name}: {broken}" for broken in clean.broken]
    return reasons


def share(faults: Mapping[str, float], workers: int) -> list[list[str]]:
    """Divide faults, given with their seconds, among `workers`, so that all end at about the same time."""
    shares: list[list[str]] = [[] for _ in range(workers)]
    loads = [0.0] * workers
    for fault in sorted(faults, key=lambda name: (-faults[name], name)):
        least = loads.index(min(loads))
        shares[least].append(fault)
        loads[least] += faults[fault]
    return [one for one in shares if one]
