"""What a terminal says at a run's end: the defects in words, the worst first, then the verdict. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from checklist.defects import Defect, where
from checklist.reason import how_far
from checklist.results import Run
from checklist.words import short

SHOWN = 15
"""Defects; the report has all."""

FEW = 4
"""Defects whose details fit into what a CI's page keeps of an output, its last 2,000 characters."""

LONGEST = 100
"""Columns of a defect in short."""

RED, YELLOW = "red", "yellow"


@dataclass(frozen=True)
class Said:
    """A line of output; `colour` may be none, `bold` stands out."""

    text: str
    colour: str = ""
    bold: bool = False


def told(run: Run, width: int = 100) -> Iterator[Said]:
    """The defects of a run, `SHOWN` at most, then its verdict and how far that reaches.

    What was expected, and what was seen, take two lines of `width` characters at most. More than FEW defects are told
    once more, a line each, just before the verdict.
    """
    shown = run.defects[:SHOWN]
    for defect in shown:
        yield from _defect(defect, width)
    if len(shown) > FEW:
        yield Said("")
        for defect in shown:
            yield _in_short(defect, min(width, LONGEST))
    if (more := len(run.defects) - SHOWN) > 0:
        yield Said(f"  {more} more defect{'' if more == 1 else 's'} in the report")
    if run.defects:
        yield Said("")
    colour = {"GO": "green", "NO-GO": RED}.get(run.verdict, YELLOW)
    yield Said(f"{run.verdict}: {run.reason}", colour, bold=True)
    if run.verdict != "GO" and (reach := how_far(run)):
        yield Said(f"  {reach}")


def _in_short(defect: Defect, width: int) -> Said:
    text = _head(defect)
    return Said(text if len(text) <= width else f"{text[: width - 1].rstrip()}…", _colour(defect))


def _head(defect: Defect) -> str:
    return f"✗ {defect.severity.upper():<8}  {defect.sentence}"


def _colour(defect: Defect) -> str:
    return RED if defect.stops else YELLOW


def _defect(defect: Defect, width: int) -> Iterator[Said]:
    place = " ".join(part for part in (", ".join(defect.lines), where(defect)) if part)
    known = f", known until {min(issue['expires'] for issue in defect.known)}" if defect.known else ""
    aside = ", beyond the checklist" if defect.beyond else ""
    yield Said(_head(defect), _colour(defect), bold=True)
    yield Said(f"    {place + ' · ' if place else ''}for {defect.acts}{known}{aside}")
    expected, seen = short(defect.expected, defect.seen), short(defect.seen, defect.expected)
    halves = (("expected", expected if defect.expected != defect.sentence else ""), ("seen", seen))
    for word, text in halves:
        if not text:
            continue
        yield Said(f"    {word:<8}  {textwrap.shorten(text, max(width, 60) * 2 - 14, placeholder=' …')}")
