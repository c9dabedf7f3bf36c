"""The border for results of runs: a file may have been written by another suite, torn, or forged.

What must be there comes from this suite's checklist, not from the file. What a run came to, `anew.py` tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from checklist.gallery import PICTURE
from checklist.lines import ALL_TARGETS, LINES
from checklist.verdicts import Entry, judge

if TYPE_CHECKING:
    from checklist.results import Run

VERDICTS = ("GO", "NO-GO", "INCOMPLETE", "PARTIAL", "OUTAGE", "MISCONFIGURED", "INTERRUPTED", "INTERNAL ERROR", "READY")

SHAPES = {"console": str, "on S3": str, "requests": dict}
"""Evidence that the report knows: lists of these."""

FIRST, LAST = 2025, 2125
"""Years in which there are runs of this suite."""

LONGEST = 10**7
"""Seconds of a run."""

NAME = re.compile(r"[A-Za-z0-9+_.-]{1,4000}")


def faults(run: Run) -> Iterator[str]:
    """What no run of this suite writes, each with its place."""
    if run.started.tzinfo is None:
        yield "started: has no time zone"
    if not FIRST <= run.started.year <= LAST or not 0 <= run.seconds <= LONGEST:
        yield "started, seconds: are of no run of these times"
    if not NAME.fullmatch(run.run_id):
        yield "run_id: is not made of letters, digits, + and -"
    if not run.environment.isprintable():
        yield "environment: holds a character that cannot be printed"
    if run.verdict not in VERDICTS or not 0 <= run.exit_code <= 7:
        yield f"verdict: {run.verdict[:40]!a} ({run.exit_code}) is none"
    names = [target.name for target in run.targets]
    if len(set(names)) < len(names) or ALL_TARGETS in names:
        yield "targets: two have the same name"
        return
    expected = [(entry.id, entry.browser) for entry in judge(run.targets, [])]
    found = [(entry.id, entry.browser) for entry in run.lines]
    if found != expected:
        yield _not_all(found, expected)
        return
    for place, entry in enumerate(run.lines):
        yield from (f"lines.{place} ({entry.id}): {told}" for told in _faults_of(entry, [*names, ALL_TARGETS]))


def _not_all(found: Iterable[tuple[str, str]], expected: Iterable[tuple[str, str]]) -> str:
    found, expected = list(found), list(expected)
    for kind, some in (
        ("no line of the checklist on a target of the run", [one for one in found if one not in expected]),
        ("missing", [one for one in expected if one not in found]),
    ):
        if some:
            id_, target = some[0]
            more = f", and {len(some) - 1} more" if len(some) > 1 else ""
            return f"lines: {id_[:20]!a} on {target[:40]!a}{more} is {kind}"
    return "lines: stand twice, or not in the order of the checklist"


def _faults_of(entry: Entry, targets: list[str]) -> Iterator[str]:
    for check in entry.checks:
        if check.line != entry.id or check.target not in targets or entry.browser not in (check.target, ALL_TARGETS):
            yield f"a check of {check.line[:20]!a} on {check.target[:40]!a} stands there"
    if entry.checks and not LINES[entry.id].judged:
        yield "no check settles that line"
    for known in entry.known:
        if not re.fullmatch(r"https?://\S+", known.get("link", "")):
            yield "known: link is no address of the web"
    for evidence in (entry.evidence, *(check.evidence for check in entry.checks)):
        for name, kind in SHAPES.items():
            value = evidence.get(name, [])
            if not isinstance(value, list) or not all(isinstance(one, kind) for one in value):
                yield f"evidence: {name} is not as the suite writes it"
        for path in _screenshots(evidence):
            if not is_picture_of_the_run(path):
                yield f"screenshots: {str(path)[:80]!a} is no picture below the run's folder"


def _screenshots(evidence: Mapping[str, Any]) -> Iterator[object]:
    for name, value in evidence.items():
        if name == "screenshots":
            yield from value if isinstance(value, list) else [value]
        elif name == PICTURE:
            yield value.get("path") if isinstance(value, dict) else value
        elif isinstance(value, dict):
            yield from _screenshots(value)


def is_picture_of_the_run(path: object) -> bool:
    """Whether it is a relative path that stays below the folder, of a picture."""
    if not isinstance(path, str) or not path.isprintable() or "\\" in path or ":" in path.partition("/")[0]:
        return False
    parts = PurePosixPath(path).parts
    return (
        path.endswith((".png", ".jpeg")) and "screenshots" in parts and ".." not in parts and not path.startswith("/")
    )


def finite(text: bytes) -> None:
    """Raises ValueError for JSON that holds what is no number, or is nested without end."""
    try:
        json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _finite(digits: str) -> float:
    if (number := float(digits)) in (float("inf"), float("-inf")):
        raise ValueError(f"{digits[:20]} is no number")
    return number
