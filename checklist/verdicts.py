"""From checks to verdicts, and from verdicts to the run's decision. Pure: no pytest, no files, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from checklist.lines import LINES, Line

ALL_TARGETS = "all"
"""The target's name in the entries of lines that are judged once a run."""


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"
    NOT_RUN = "not run"
    NOT_CHECKABLE = "not checkable"


WORST_FIRST = (Verdict.FAILED, Verdict.NOT_REACHED, Verdict.NOT_RUN, Verdict.PASSED, Verdict.NOT_CHECKABLE)


@dataclass(frozen=True, slots=True)
class Check:
    """What one `with line(...)` of one test found out.

    `seconds` is its duration; `evidence` holds what JSON can hold: figures, keys, paths relative to the run's folder.
    """

    line: str
    target: str
    verdict: Verdict
    title: str
    message: str = ""
    seconds: float = 0.0
    evidence: dict[str, Any] = field(default_factory=dict)
    test: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """The verdict of one line on one target, or of one line over all targets; `blocks` when it keeps a run from GO."""

    id: str
    browser: str
    verdict: Verdict
    message: str
    seconds: float
    evidence: dict[str, Any]
    checks: list[dict[str, Any]]
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class TargetState:
    """A target of the run: `missing` says why it could not run, empty when it did; `build` is the browser it was."""

    name: str
    engine: str
    required: bool
    channel: str = ""
    device: str = ""
    missing: str = ""
    build: str = ""


PARTS: dict[str, Callable[[TargetState], bool]] = {
    "2.13.1": lambda target: target.engine == "chromium" and target.channel != "msedge" and not target.device,
    "2.13.2": lambda target: target.engine == "firefox" and not target.device,
    "2.13.3": lambda target: target.engine == "webkit" and not target.device,
    "2.13.4": lambda target: target.channel == "msedge",
    "2.13.5": lambda target: True,
    "2.13.6": lambda target: bool(target.device),
}
"""Which targets a line that is judged once a run speaks of."""

ALL_PARTS_COUNT = frozenset({"2.13.5", "2.13.6"})
"""Lines that say "all": a target that did not run leaves them open, even one that is not required."""


def judge(targets: Sequence[TargetState], checks: Iterable[Check]) -> list[Entry]:
    """One entry for every line of the checklist on every target; the lines judged once a run get a single one."""
    found: dict[tuple[str, str], list[Check]] = {}
    for check in checks:
        found.setdefault((check.line, check.target), []).append(check)
    entries = []
    for line in LINES.values():
        speaks_of = PARTS.get(line.id, lambda target: True)
        parts = [_entry(line, t, found.get((line.id, t.name), [])) for t in targets if speaks_of(t)]
        if line.per_run:
            entries.append(_over_targets(line, parts))
        else:
            entries += parts
    return entries


def _entry(line: Line, target: TargetState, checks: list[Check]) -> Entry:
    if not checks:
        covered_elsewhere = bool(target.device) and not line.per_run
        why = target.missing or (
            "not built yet"
            if not line.built
            else "devices are covered by step 2.13"
            if covered_elsewhere
            else "no test of this run judges it"
        )
        blocks = target.required and line.built and not covered_elsewhere
        return Entry(line.id, target.name, Verdict.NOT_RUN, why, 0.0, {}, [], blocks)
    verdict = min((check.verdict for check in checks), key=WORST_FIRST.index)
    deciding = [check for check in checks if check.verdict is verdict]
    evidence = {name: value for check in deciding for name, value in check.evidence.items()}
    message = "; ".join(dict.fromkeys(check.message for check in deciding if check.message))
    seconds = round(sum(check.seconds for check in checks), 3)
    blocks = verdict is Verdict.FAILED or (verdict is not Verdict.PASSED and target.required)
    return Entry(line.id, target.name, verdict, message, seconds, evidence, [asdict(c) for c in checks], blocks)


def _over_targets(line: Line, parts: list[Entry]) -> Entry:
    if not parts:
        why = "this environment has no such target"
        return Entry(line.id, ALL_TARGETS, Verdict.NOT_RUN, why, 0.0, {}, [])
    counted = parts
    if line.id not in ALL_PARTS_COUNT:
        counted = [part for part in parts if part.checks or part.blocks] or parts
    return Entry(
        line.id,
        ALL_TARGETS,
        min((part.verdict for part in counted), key=WORST_FIRST.index),
        "; ".join(f"{p.browser}: {p.verdict}{f' ({p.message})' if p.message else ''}" for p in parts),
        round(sum(part.seconds for part in parts), 3),
        {part.browser: part.evidence for part in parts if part.evidence},
        [check for part in parts for check in part.checks],
        any(part.blocks for part in parts),
    )


@dataclass(frozen=True, slots=True)
class Conditions:
    """What happened to the run besides its lines. `pytest_code` is pytest's own exit code."""

    pytest_code: int
    partial: bool = False
    outage: str = ""
    misconfigured: str = ""
    problems: tuple[str, ...] = ()
    """Clean-up that failed, secrets that leaked: sentences, each of which makes the run a NO-GO."""


def decide(entries: Iterable[Entry], conditions: Conditions) -> tuple[str, int]:
    """The run's verdict word and exit code; where several hold: 2 or 3, then 4, 6, 1, 7, 0 (contract)."""
    blocking = [entry for entry in entries if entry.blocks]
    if conditions.pytest_code in (2, 3):
        return ("INTERRUPTED" if conditions.pytest_code == 2 else "INTERNAL ERROR"), conditions.pytest_code
    if conditions.misconfigured or conditions.pytest_code == 4:
        return "MISCONFIGURED", 4
    if conditions.outage:
        return "OUTAGE", 6
    if conditions.problems:
        return "NO-GO", 1
    if conditions.partial:
        return "PARTIAL", conditions.pytest_code
    if any(entry.verdict is Verdict.FAILED for entry in blocking):
        return "NO-GO", 1
    if blocking:
        return "INCOMPLETE", 7
    # A test that broke outside its lines is no proof of anything, so it keeps the run from GO as well.
    return ("GO", 0) if conditions.pytest_code == 0 else ("INCOMPLETE", 7)


def counts(entries: Iterable[Entry]) -> Mapping[Verdict, int]:
    tally = dict.fromkeys(Verdict, 0)
    for entry in entries:
        tally[entry.verdict] += 1
    return tally
