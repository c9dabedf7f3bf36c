"""A run's verdict and exit code. Pure: no pytest, no files, no network."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from checklist.decide import Conditions, decide
from checklist.verdicts import Entry

BEFORE_TESTS = {0: ("READY", 0), 3: ("INTERNAL ERROR", 3), 7: ("INCOMPLETE", 7)}
"""What a run says that was not meant to come to its tests, or found no browser for them."""

NO_TESTS = 5
"""Of pytest; a narrowed run whose targets have no browser comes to no test."""


def decision(
    entries: Collection[Entry], conditions: Conditions, *, opened: bool, interrupted: bool, stopped: bool
) -> tuple[str, int]:
    """The verdict's word and the exit code of a run that ended under these conditions.

    `opened` when it had a workspace on the site, `interrupted` when a signal told it to stop, `stopped` when it starts
    no more tests, for a signal or for a reason of its own.
    """
    code = conditions.pytest_code
    if not (opened or conditions.misconfigured or conditions.outage or conditions.problems or code == NO_TESTS):
        return BEFORE_TESTS.get(code, ("INTERRUPTED", code))
    if interrupted:
        code = 2
    elif stopped and code == 2:
        code = 1  # pytest says "interrupted" of a session that we ended ourselves
    return decide(entries, replace(conditions, pytest_code=code))
