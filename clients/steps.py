"""What people did in a test, in its order and in the imperative: how somebody else sees the same again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from string import ascii_uppercase

from clients.addresses import asked

MARK = "\x00"

ASSIGNMENT = re.compile(f"{MARK}(\\d+){MARK}")

_taken: list[tuple[str, str]] = []
"""Who, and what, since the test began."""

_aside: list[tuple[str, str]] = []
"""The same with what was done aside."""

_names: dict[str, str] = {}
"""Whose each key or number is that requests may show, by the word for it and the value."""

LOG_IN = "Log in."
"""By a cookie: it leads to what this person does next."""


def step(who: str, what: str) -> None:
    """`who` is about to do it, such as "the student"; `what` is a sentence, such as "Open the assignment.".

    What happens to everybody, such as a network that breaks, nobody does: then `who` is empty.
    """
    _taken.append((who, what))
    _aside.append((who, what))


@contextmanager
def aside() -> Iterator[None]:
    """What is done in here nobody needs who wants to see what comes after: its steps are told no more then.

    What is judged of a test as a whole needs all of them, and so does a check that fails in here and is judged outside.
    """
    before = len(_taken)
    yield
    del _taken[before:]


def came_to(what: str) -> None:
    """The last step is told with what it came to: `what` takes the place of its sentence.

    It is told no more where it came to that before, and nobody has done anything since.
    """
    for taken in (_taken, _aside):
        last = [(who, what) for who, _ in taken[-1:]]
        done = [one for one in taken[:-1] if one[0]]
        taken[-1:] = [] if last == done[-1:] else last


def the_assignment(cmid: int) -> str:
    """What a step calls an assignment: "the assignment", or where the test's steps speak of several "assignment B"."""
    return f"{MARK}{cmid}{MARK}"


def hand_in(who: str, what: str, cmid: int) -> None:
    """`who` is about to hand in a file: in place of the video before, where what is told has them hand one in."""
    there = the_assignment(cmid)
    again = any(one == who and done.startswith("Hand in") and there in done for one, done in _taken)
    step(who, f"Hand in {what} to {there}{', in place of the video before' if again else ''}.")


def handed_in(who: str, name: str, submission: int, key: str) -> None:
    """Requests may show the submission's id and the video's key: then it is told whose they are."""
    _names[f"SUBMISSION {submission}"] = f"of {who}"
    _names[_called(key)] = f"of {who}'s {name}"


def made_up(key: str) -> None:
    """Requests may show a key that the plugin gave to nobody."""
    _names[_called(key)] = "that nobody was given"


def _called(key: str) -> str:
    return f"KEY {asked({'s3_key': key})['s3_key']}"


def names() -> dict[str, str]:
    """Whose is whose, of this test."""
    return dict(_names)


def forget() -> None:
    """Another test begins."""
    _taken.clear()
    _aside.clear()
    _names.clear()


def steps(*, whole: bool = False) -> list[str]:
    """Each step, with who takes it where that is somebody else than before, and what is done twice in a row once.

    A log-in is told with who logs in, and with what that person does next: who does no more needs none. The `whole` has
    what was done aside.
    """
    told: list[str] = []
    before = ""
    taken = [*_log_ins_where_they_lead(_aside if whole else _taken)]
    for number, (who, what) in enumerate(taken):
        if number and taken[number - 1] == (who, what):
            continue
        told.append(what if who in ("", before) and not what.startswith("Log in") else f"As {who}: {what}")
        before = who or before
    return _with_assignments(told)


def _log_ins_where_they_lead(taken: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    waiting = set()
    for who, what in taken:
        if what == LOG_IN:
            waiting.add(who)
            continue
        if who in waiting:
            waiting.discard(who)
            yield who, LOG_IN
        yield who, what


def _with_assignments(told: list[str]) -> list[str]:
    numbers = [*dict.fromkeys(number for what in told for number in ASSIGNMENT.findall(what))]
    names = {number: f"assignment {letter}" for number, letter in zip(numbers, ascii_uppercase, strict=False)}
    only = names if len(numbers) > 1 else {}
    return [ASSIGNMENT.sub(lambda found: only.get(found[1], "the assignment"), what) for what in told]
