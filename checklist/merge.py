"""One run made of several: of shards, browsers, machines. It is judged as if one machine had done it all."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from checklist.decide import Conditions, decide
from checklist.defects import defects
from checklist.figures import figures
from checklist.gallery import PICTURE
from checklist.known_issues import KnownIssue, from_results
from checklist.lines import LINES
from checklist.reason import reason
from checklist.results import NoResults, Run
from checklist.verdicts import THE_RUN, UNTRIED, Check, TargetState, Verdict, judge, judged_on, unmet

ENDS = (2, 3, 4)
"""pytest's codes that say more than that tests failed."""


def merge(runs: Sequence[Run]) -> Run:
    """The run that the pieces make. Raises NoResults when they are not of one environment in one version.

    A piece that is missing leaves lines, targets or tests that no piece has: that is INCOMPLETE.
    """
    runs = sorted({run.run_id: run for run in runs}.values(), key=lambda run: run.started)
    _expect_alike(runs)
    targets = [_target(states) for states in _by_name(runs)]
    checks = [check for run in runs for entry in run.lines for check in entry.checks]
    known = _known(runs)
    tests = {name: lines for run in runs for name, lines in run.tests.items()}
    conditions = _conditions(runs, [*_absent(tests, targets, checks)], [one.not_met for one in unmet(checks, known)])
    tried = {entry.id for run in runs for entry in run.lines if entry.message != UNTRIED}
    entries = judge(targets, checks, known, _required(runs), tried)
    verdict, code = decide(entries, conditions)
    found = defects(entries, known, conditions.problems)
    first, end = runs[0], max(run.started + timedelta(seconds=run.seconds) for run in runs)
    return replace(
        first,
        run_id="+".join(run.run_id for run in runs),
        verdict=verdict,
        exit_code=code,
        versions={name: version for run in runs for name, version in run.versions.items()},
        targets=targets,
        lines=entries,
        notes=[
            f"made of {len(runs)} runs",
            *conditions.problems,
            *_distinct(note for run in runs for note in run.notes),
        ],
        figures=figures(checks),
        reason=reason(verdict, entries, targets, conditions, found),
        defects=found,
        seconds=round((end - first.started).total_seconds(), 1),
        tested={name: ", ".join(_distinct(run.tested.get(name, "") for run in runs)) for name in first.tested},
        conditions=conditions,
        known_issues=_distinct_tables(run.known_issues for run in runs),
        tests=tests,
    )


def bring(run: Run, piece: Path, folder: Path, name: str) -> Run:
    """Copies a piece's pictures and artifacts into `folder/name`; the run with their paths there. Raises OSError."""
    for kept in ("screenshots", "artifacts"):
        if (piece / kept).is_dir():
            shutil.copytree(piece / kept, folder / name / kept)

    def moved(check: Check) -> Check:
        evidence = dict(check.evidence)
        if shots := evidence.get("screenshots"):
            evidence["screenshots"] = [f"{name}/{path}" for path in shots]
        if picture := evidence.get(PICTURE):
            evidence[PICTURE] = {**picture, "path": f"{name}/{picture['path']}"}
        return replace(check, evidence=evidence)

    return replace(run, lines=[replace(one, checks=[moved(check) for check in one.checks]) for one in run.lines])


def _expect_alike(runs: Sequence[Run]) -> None:
    first = runs[0]
    for run in runs[1:]:
        told = {"environment": (first.environment, run.environment)}
        told |= {
            name: (first.versions[name], run.versions[name]) for name in first.versions.keys() & run.versions.keys()
        }
        for what, (one, other) in sorted(told.items()):
            if one != other:
                why = f"{what} is {one} in run {first.run_id} and {other} in run {run.run_id}"
                raise NoResults(f"{why}; merge runs of one environment in one version")


def _by_name(runs: Iterable[Run]) -> Iterator[list[TargetState]]:
    states = [target for run in runs for target in run.targets]
    for name in dict.fromkeys(target.name for target in states):
        yield [target for target in states if target.name == name]


def _target(states: Sequence[TargetState]) -> TargetState:
    """A target has run when it did in one piece; else it is missing for all the reasons that pieces give."""
    ran = [state for state in states if not state.missing]
    return replace(
        (ran or states)[0],
        required=any(state.required for state in states),
        build=", ".join(_distinct(state.build for state in ran)),
        missing="" if ran else "; ".join(_distinct(state.missing for state in states)),
    )


def _required(runs: Iterable[Run]) -> set[str]:
    """Lines that stayed open in a piece and kept it from GO."""
    may_stay_open = (Verdict.BY_HAND, Verdict.NOT_CHECKABLE)
    entries = [entry for run in runs for entry in run.lines if entry.blocks]
    return {entry.id for entry in entries if entry.verdict in may_stay_open or entry.message == UNTRIED}


def _known(runs: Iterable[Run]) -> list[KnownIssue]:
    """As they held on the day of the run."""
    found: dict[str, KnownIssue] = {}
    for run in runs:
        day: date = run.started.date()
        found |= {str(issue): issue for issue in from_results(run.known_issues, day)}
    return list(found.values())


def _absent(tests: dict[str, Sequence[str]], targets: Sequence[TargetState], checks: Iterable[Check]) -> Iterator[str]:
    """Tests that no piece has, on targets that some piece has."""
    ran = {(check.test.partition("[")[0], check.target) for check in checks}
    for target in (*targets, THE_RUN):
        for test, lines in tests.items():
            judged = any(target in judged_on(LINES[line], targets) for line in lines)
            if judged and not target.missing and (test, target.name) not in ran:
                yield f"{test} on {target.name}"


def _conditions(runs: Sequence[Run], absent: Sequence[str], problems: Sequence[str]) -> Conditions:
    all_ = [run.conditions for run in runs]
    codes = [condition.pytest_code for condition in all_]
    ended = [code for code in ENDS if code in codes]
    return Conditions(
        ended[0] if ended else int(1 in codes),
        outage="; ".join(_distinct(one.outage for one in all_)),
        misconfigured="; ".join(_distinct(one.misconfigured for one in all_)),
        problems=tuple(_distinct([*(problem for one in all_ for problem in one.problems), *problems])),
        broken=tuple(_distinct(test for one in all_ for test in one.broken)),
        absent=tuple(absent),
    )


def _distinct(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]


def _distinct_tables(tables: Iterable[Sequence[Any]]) -> list[Any]:
    return list({str(one): one for some in tables for one in some}.values())
