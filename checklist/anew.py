"""A run judged anew: from its checks and this suite's checklist, whatever the run itself says it came to.

A check that was changed no judgement tells; that is what signatures are for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from checklist.decide import decide
from checklist.defects import defects
from checklist.known_issues import KnownIssue, from_results
from checklist.lines import all_beyond
from checklist.reason import reason
from checklist.results import NoResults, Run
from checklist.tables import Mistakes
from checklist.verdicts import REQUIRED_OF_SITES, UNTRIED, Check, Entry, Verdict, judge


@dataclass(frozen=True)
class Judgement:
    """What a run comes to by its checks."""

    entries: list[Entry]
    verdict: str
    code: int


def judged_anew(run: Run) -> Judgement:
    """From its checks, on its targets. Raises NoResults for known issues that cannot be used."""
    entries = judge(run.targets, checks_of(run), known_of(run), required_of(run), tried_of(run))
    return Judgement(entries, *decide(entries, run.conditions))


def checks_of(run: Run) -> list[Check]:
    return [check for entry in run.lines for check in entry.checks]


def known_of(run: Run) -> list[KnownIssue]:
    """As they held on the day of the run. Raises NoResults."""
    try:
        return from_results(run.known_issues, run.started.date())
    except (Mistakes, KeyError, ValueError) as wrong:
        raise NoResults(f"run {run.run_id} names a known issue that cannot hold: {wrong}.") from None


def required_of(run: Run) -> set[str]:
    """Lines that stayed open and kept the run from GO, those of step 2.13 and those beyond the checklist that it had
    to settle."""
    may_stay_open = (Verdict.BY_HAND, Verdict.NOT_CHECKABLE)
    entries = [entry for entry in run.lines if entry.blocks]
    stayed = {entry.id for entry in entries if entry.verdict in may_stay_open or entry.message == UNTRIED}
    return stayed | {line for line in run.required if line in REQUIRED_OF_SITES or all_beyond([line])}


def tried_of(run: Run) -> set[str]:
    """The lines that the environment let the run try."""
    return {entry.id for entry in run.lines if entry.message != UNTRIED or entry.checks}


def differences(run: Run) -> list[str]:
    """Where the run says other things than its checks come to, in sentences. Raises NoResults."""
    anew = judged_anew(run)
    told = [
        f"{mine.id} on {mine.browser} is {_said(mine)} in it, and {_said(its)} by its checks"
        for mine, its in zip(run.lines, anew.entries, strict=True)
        if (mine.verdict, mine.blocks, mine.known) != (its.verdict, its.blocks, its.known)
    ]
    if (run.verdict, run.exit_code) not in set(_ends(run, anew)):
        told.append(f"its verdict is {run.verdict} ({run.exit_code}), and {anew.verdict} ({anew.code}) by its checks")
    return told


def as_judged(run: Run) -> Run:
    """The run as its checks have it. Raises NoResults for known issues that cannot be used."""
    if not differences(run):
        return run
    anew, since = judged_anew(run), {defect.key: defect.since for defect in run.defects}
    found = [
        replace(defect, since=since.get(defect.key, ""))
        for defect in defects(anew.entries, known_of(run), run.conditions.problems)
    ]
    why = reason(anew.verdict, anew.entries, run.targets, run.conditions, found, run.waived)
    return replace(run, lines=anew.entries, verdict=anew.verdict, exit_code=anew.code, reason=why, defects=found)


def expect_own(run: Run) -> None:
    """Raises NoResults for a run that says other things than its checks come to."""
    if told := differences(run):
        raise NoResults(f"run {run.run_id} was changed after it was judged: {told[0]}")


def _said(entry: Entry) -> str:
    return f"{entry.verdict}{', which blocks' if entry.blocks else ''}{', known' if entry.known else ''}"


def _ends(run: Run, anew: Judgement) -> Iterator[tuple[str, int]]:
    """A run that was told to stop, or ended itself, is decided by another code than pytest's."""
    yield anew.verdict, anew.code
    yield from (decide(anew.entries, replace(run.conditions, pytest_code=code)) for code in (2, 3, 4))
    if run.conditions.pytest_code == 2:
        yield decide(anew.entries, replace(run.conditions, pytest_code=1))
    if not checks_of(run) and run.verdict != "GO":
        yield run.verdict, run.exit_code
