"""What people did in a test, in its order and in the imperative: how somebody else sees the same again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from string import ascii_uppercase

MARK = "\x00"

ASSIGNMENT = re.compile(f"{MARK}(\\d+){MARK}")

_taken: list[tuple[str, str]] = []
"""Who, and what, since the test began."""


def step(who: str, what: str) -> None:
    """`who` is about to do it, such as "the student"; `what` is a sentence, such as "Open the assignment.".

    What happens to everybody, such as a network that breaks, nobody does: then `who` is empty.
    """
    _taken.append((who, what))


@contextmanager
def aside() -> Iterator[None]:
    """What is done in here nobody needs who wants to see what comes after: its steps are told no more then."""
    before = len(_taken)
    try:
        yield
    finally:
        del _taken[before:]


def the_assignment(cmid: int) -> str:
    """What a step calls an assignment: "the assignment", or where the test's steps speak of several "assignment B"."""
    return f"{MARK}{cmid}{MARK}"


def forget() -> None:
    """Another test begins."""
    _taken.clear()


def steps() -> list[str]:
    """Each step, with who takes it where that is somebody else than before, and what is done twice in a row once."""
    told: list[str] = []
    before = ""
    for number, (who, what) in enumerate(_taken):
        if number and _taken[number - 1] == (who, what):
            continue
        told.append(what if who in ("", before) else f"As {who}: {what}")
        before = who or before
    return _with_assignments(told)


def _with_assignments(told: list[str]) -> list[str]:
    numbers = [*dict.fromkeys(number for what in told for number in ASSIGNMENT.findall(what))]
    names = {number: f"assignment {letter}" for number, letter in zip(numbers, ascii_uppercase, strict=False)}
    only = names if len(numbers) > 1 else {}
    return [ASSIGNMENT.sub(lambda found: only.get(found[1], "the assignment"), what) for what in told]
