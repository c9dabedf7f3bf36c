"""From the lines' entries, and what else happened, to the run's verdict and exit code. Pure, as the entries are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from checklist.verdicts import Entry, Verdict


@dataclass(frozen=True, slots=True)
class Conditions:
    """What happened to the run besides its lines. `pytest_code` is pytest's own exit code."""

    pytest_code: int
    partial: bool = False
    outage: str = ""
    misconfigured: str = ""
    problems: tuple[str, ...] = ()
    """Clean-up that failed, secrets that leaked, known issues out of date: each sentence makes the run a NO-GO."""
    broken: tuple[str, ...] = ()
    """Tests that broke outside their lines."""
    absent: tuple[str, ...] = ()
    """Tests that none of the runs has of which this one is made."""
    strict: bool = False
    """A run that is not whole must not end with 0."""


def decide(entries: Collection[Entry], conditions: Conditions) -> tuple[str, int]:
    """The run's verdict word and exit code; where several hold: 2 or 3, then 4, 6, 1, 7, 0 (docs/contract.md)."""
    code = conditions.pytest_code
    blocking = [entry for entry in entries if entry.blocks]
    aside = any(  # known, or beyond the checklist
        entry.checks and entry.verdict in (Verdict.FAILED, Verdict.NOT_REACHED) and not entry.blocks
        for entry in entries
    )
    only_such_failures = code == 1 and not conditions.broken and aside
    outcomes = (
        (code == 2, "INTERRUPTED", 2),
        (code == 3, "INTERNAL ERROR", 3),
        (conditions.misconfigured or code == 4, "MISCONFIGURED", 4),
        (conditions.outage, "OUTAGE", 6),
        (conditions.problems, "NO-GO", 1),
        (conditions.partial, "PARTIAL", 7 if conditions.strict and code in (0, 5) else code),
        (any(entry.verdict is Verdict.FAILED and not entry.known for entry in blocking), "NO-GO", 1),
        (blocking or conditions.absent, "INCOMPLETE", 7),
        # A test that broke outside its lines is no proof of anything, so it keeps the run from GO as well.
        (code != 0 and not only_such_failures, "INCOMPLETE", 7),
        (True, "GO", 0),
    )
    return next((word, number) for holds, word, number in outcomes if holds)
