"""What people did in a test, in its order and in the imperative: how somebody else sees the same again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
    return told
