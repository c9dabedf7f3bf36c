"""One run made of several: of shards, browsers, machines. It is judged as if one machine had done it all."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

from checklist.anew import checks_of, known_of, required_of, tried_of
from checklist.decide import Conditions, decide
from checklist.defects import defects
from checklist.figures import figures
from checklist.gallery import PICTURE
from checklist.lines import LINES
from checklist.reason import reason
from checklist.results import NoResults, Run
from checklist.verdicts import THE_RUN, Check, TargetState, judge, judged_on, unmet
from checklist.waivers import open_waivers

MAX_AGE = timedelta(days=7)
"""Between the first and the last run that make one."""

KEPT = ("screenshots", "artifacts")

NEEDED = ("suite", "moodle", "assignsubmission_s3video")
"""Versions that every piece tells which judged something."""

ENDS = (2, 3, 4)
"""pytest's codes that say more than that tests failed."""


def merge(runs: Sequence[Run], max_age: timedelta = MAX_AGE) -> Run:
    """The run that the pieces make. Raises NoResults when they are not of one environment in one version, or were
    begun further apart than `max_age`.

    A piece that is missing leaves lines, targets or tests that no piece has: that is INCOMPLETE.
    """
    runs = sorted(_different(runs), key=lambda run: run.started)
    expect_alike(runs, max_age)
    targets = [_target(states) for states in _by_name(runs)]
    checks = [check for run in runs for entry in run.lines for check in entry.checks]
    known = list({str(issue): issue for run in runs for issue in known_of(run)}.values())
    tests = {name: lines for run in runs for name, lines in run.tests.items()}
    conditions = _conditions(runs, [*_absent(tests, targets, checks)], [one.not_met for one in unmet(checks, known)])
    tried = {line for run in runs for line in tried_of(run)}
    required = {line for run in runs for line in required_of(run)}
    entries = judge(targets, checks, known, required, tried)
    verdict, code = decide(entries, conditions)
    found = defects(entries, known, conditions.problems)
    waived = open_waivers(_distinct_tables(run.waived for run in runs), entries)
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
        reason=reason(verdict, entries, targets, conditions, found, waived),
        required=sorted({line for run in runs for line in run.required}),
        waived=waived,
        defects=found,
        seconds=round((end - first.started).total_seconds(), 1),
        tested={name: ", ".join(_distinct(run.tested.get(name, "") for run in runs)) for name in first.tested},
        conditions=conditions,
        known_issues=_distinct_tables(run.known_issues for run in runs),
        tests=tests,
    )


def bring(run: Run, piece: Path, folder: Path, name: str) -> Run:
    """Copies a piece's pictures and artifacts into `folder/name`; the run with their paths there.

    Raises OSError, and NoResults for a link, which may lead to any file of this machine.
    """
    for kept in KEPT:
        for path in ((piece / kept), *(piece / kept).rglob("*")):
            if path.is_symlink() or not (path.is_dir() or path.is_file() or path == piece / kept):
                raise NoResults(f"{path} is a link, or no file; a piece holds files only. Leave that piece out.")
    for kept in KEPT:
        if (piece / kept).is_dir():
            shutil.copytree(piece / kept, folder / name / kept, symlinks=True)

    def moved(check: Check) -> Check:
        evidence = dict(check.evidence)
        if shots := evidence.get("screenshots"):
            evidence["screenshots"] = [f"{name}/{path}" for path in shots]
        if picture := evidence.get(PICTURE):
            evidence[PICTURE] = {**picture, "path": f"{name}/{picture['path']}"}
        return replace(check, evidence=evidence)

    return replace(run, lines=[replace(one, checks=[moved(check) for check in one.checks]) for one in run.lines])


def _different(runs: Iterable[Run]) -> list[Run]:
    """A run that is given twice counts once. Raises NoResults for two of the same name."""
    found: dict[str, Run] = {}
    for run in runs:
        if found.setdefault(run.run_id, run) != run:
            raise NoResults(f"two pieces say that they are run {run.run_id}, and are different; one was changed")
    return list(found.values())


def expect_alike(runs: Sequence[Run], max_age: timedelta = MAX_AGE) -> None:
    """Raises NoResults, whatever the order of the pieces, where they are not parts of one whole."""
    for run in runs:
        if told := _unfit(run):
            raise NoResults(f"run {run.run_id} {told}")
    by_age = sorted(runs, key=lambda run: run.started)
    if by_age[-1].started - by_age[0].started > max_age:
        raise NoResults(
            f"run {by_age[0].run_id} is of {by_age[0].started:%Y-%m-%d} and run {by_age[-1].run_id} of "
            f"{by_age[-1].started:%Y-%m-%d}; merge runs of one time, or say how far apart they may be: --max-age DAYS"
        )
    changed = [run for run in runs if run.versions.get("suite", "").endswith("+")]
    if len(runs) > 1 and len(changed) > 1:
        raise NoResults(
            f"runs {changed[0].run_id} and {changed[1].run_id} are both of a suite with changes that nobody knows "
            f"({changed[0].versions['suite']}); commit them, and run again"
        )
    for one, other in combinations(runs, 2):
        for what, mine, its in _told(one, other):
            if mine != its:
                why = f"{what} is {mine} in run {one.run_id} and {its} in run {other.run_id}"
                raise NoResults(f"{why}; merge runs of one environment in one version")


def _unfit(run: Run) -> str:
    """Why the run cannot be a part; empty if it can. One that judged nothing says less."""
    if not checks_of(run):
        return ""
    for where, names, needed in (("versions", run.versions, NEEDED), ("tested", run.tested, ("site", "bucket"))):
        if absent := [name for name in needed if not names.get(name)]:
            return f"does not say in {where}: {', '.join(absent)}; it is whole no longer"
    if run.conditions.partial and not run.tests:
        return "is narrowed, and does not say which tests there are; it is whole no longer"
    return ""


def _told(one: Run, other: Run) -> Iterator[tuple[str, object, object]]:
    yield "environment", one.environment, other.environment
    for mine, its in ((one.versions, other.versions), (one.tested, other.tested)):
        for what in sorted(mine.keys() & its.keys()):
            yield what, mine[what], its[what]
    if checks_of(one) and checks_of(other):
        yield "the list of known issues", _listed(one), _listed(other)
        yield "what the environment lets a run try", _tried(one), _tried(other)
        yield "the list of tests", *_tests(one, other)


def _listed(run: Run) -> str:
    return "; ".join(sorted(f"{known.line} on {known.target}" for known in known_of(run))) or "empty"


def _tried(run: Run) -> str:
    return f"{len(tried_of(run))} lines"


def _tests(one: Run, other: Run) -> tuple[str, str]:
    """What is different in them; a whole run names none."""
    if not (one.tests and other.tests) or one.tests == other.tests:
        return "", ""
    odd = sorted(name for name in one.tests.keys() | other.tests.keys() if one.tests.get(name) != other.tests.get(name))
    mine, its = (
        f"{odd[0]} for {', '.join(run.tests[odd[0]])}" if odd[0] in run.tests else f"without {odd[0]}"
        for run in (one, other)
    )
    return mine, its


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
