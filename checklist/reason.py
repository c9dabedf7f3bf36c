"""Why a verdict is what it is, in a sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from checklist.decide import Conditions
from checklist.lines import ALL_TARGETS
from checklist.verdicts import Entry, TargetState, Verdict, counts

NAMED = 3
"""How many lines a sentence names; the others are counted."""


def reason(verdict: str, entries: Collection[Entry], targets: Iterable[TargetState], conditions: Conditions) -> str:
    """One sentence about a run that was decided so."""
    blocking = [entry for entry in entries if entry.blocks]
    failed = [entry for entry in blocking if entry.verdict is Verdict.FAILED]
    match verdict:
        case "GO":
            known = len([entry for entry in entries if entry.known])
            aside = f", {_number(known, 'known failure')} aside" if known else ""
            said = f"Every required line passed on every required target{aside}"
        case "NO-GO":
            told = [f"{_number(len(failed), 'line')} failed: {_named(failed)}"] if failed else []
            said = "; ".join([*conditions.problems, *told])
        case "OUTAGE":
            said = conditions.outage
        case "MISCONFIGURED":
            said = conditions.misconfigured or "The command line or the environment is wrong"
        case "INCOMPLETE":
            said = _incomplete(blocking, targets, conditions)
        case "PARTIAL":
            tally = counts(entry for entry in entries if entry.checks)
            judged = ", ".join(f"{number} {name}" for name, number in tally.items() if number) or "no line judged"
            said = f"Only a part of the suite was run, which can never be a GO: {judged}"
        case "INTERRUPTED":
            said = "The run was told to stop before its end"
        case _:
            said = "The run itself broke; raw.html and the terminal's output say where"
    said = " ".join(said.split())
    return said if said.endswith(".") else f"{said}."


def _incomplete(blocking: list[Entry], targets: Iterable[TargetState], conditions: Conditions) -> str:
    absent = [target for target in targets if target.required and target.missing]
    names = {target.name for target in absent}
    others = [entry for entry in blocking if entry.browser not in names]
    told = [f"{target.name} is required and was not run ({target.missing})" for target in absent]
    for verdict in (Verdict.NOT_REACHED, Verdict.NOT_RUN, Verdict.NOT_CHECKABLE, Verdict.BY_HAND):
        if found := [entry for entry in others if entry.verdict is verdict]:
            told.append(f"{_number(len(found), 'required line')} {verdict}: {_named(found)}")
    told += [f"{test} broke outside its lines" for test in conditions.broken[:NAMED]]
    if conditions.absent:
        told.append(f"no run has {_some(conditions.absent)}")
    return "; ".join(told)


def named(entry: Entry) -> str:
    """A line and its target; of a line that is judged over targets, those that made its verdict."""
    targets = dict.fromkeys(check.target for check in entry.checks if check.verdict is entry.verdict)
    if entry.browser != ALL_TARGETS:
        targets = {entry.browser: None}
    return f"{entry.id} on {' and '.join(targets)}" if targets else entry.id


def _named(entries: Collection[Entry]) -> str:
    return _some([named(entry) for entry in entries])


def _some(names: Sequence[str]) -> str:
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return ", ".join([*names[:NAMED], *more])


def _number(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
