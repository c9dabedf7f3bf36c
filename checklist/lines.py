"""The lines of the deployment checklist, read from `checklist.toml` beside this file, and those of `beyond.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

ALL_TARGETS = "all"
"""The target's name in the entries of lines that are judged once a run."""

BEYOND = "X"
"""The chapter beyond the checklist. Its lines keep a run from GO only where `required_lines` names them."""

PER_TARGET_STEPS = frozenset({"2.7", "2.8", "2.9", "2.10", "2.11", "2.12", "X.3", "X.5"})
"""Steps judged once per target."""

OVER_TARGETS_STEPS = frozenset({"2.13"})
"""Steps judged once a run, over its targets."""

PHASES = {
    "P": "Prerequisites",
    "1": "Phase 1: AWS account",
    "2": "Phase 2: staging",
    "3": "Phase 3: production",
    "4": "Phase 4: after deployment",
    "R": "Rollback",
    "T": "Troubleshooting",
    BEYOND: "Beyond the checklist",
}

LETTERS = {name: title for name, title in PHASES.items() if not name.isdigit()}
"""Chapters whose lines begin with a letter, which tells nobody anything."""

CONSOLES = "2.14.3"
"""Judged over the targets as well: by every test, at its end, of everybody who was at a browser in it."""

ON_ONE_TARGET = frozenset(
    {f"3.7.{box}" for box in range(1, 7)}
    | {"3.9.4", "3.10.2", "3.11.1", "3.11.2", "3.11.3"}
    | {f"4.4.{box}" for box in range(1, 6)}
)
"""Lines that take a browser, and are judged once a run, on one target. All others judged once a run speak of none."""

ON_ONE_TARGET_STEPS = frozenset({"X.2", "X.6"})
"""Steps all of whose lines are so."""


class Kind(StrEnum):
    """Who judges a line: a test, what became of other lines, or people."""

    JUDGED = "judged"
    FOLLOWS = "follows"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Line:
    """One box of the checklist: `id` is `phase.step.position`, such as `2.7.15`.

    `follows` are the lines, or steps, that settle it.
    """

    id: str
    step: str
    text: str
    kind: Kind = Kind.JUDGED
    follows: tuple[str, ...] = ()

    @property
    def judged(self) -> bool:
        """Whether a test settles it."""
        return self.kind is Kind.JUDGED

    @property
    def for_people(self) -> bool:
        return self.kind is Kind.BY_HAND

    @property
    def per_run(self) -> bool:
        return self.step not in PER_TARGET_STEPS or self.kind is Kind.FOLLOWS

    @property
    def of_no_target(self) -> bool:
        """Whether it speaks of the site or its AWS account, whatever the browser."""
        return self.per_run and not self.over_targets and not self.on_one_target

    @property
    def over_targets(self) -> bool:
        return self.step in OVER_TARGETS_STEPS or self.id == CONSOLES

    @property
    def on_one_target(self) -> bool:
        return self.id in ON_ONE_TARGET or self.step in ON_ONE_TARGET_STEPS

    @property
    def beyond(self) -> bool:
        """Whether it is no box of the checklist."""
        return self.step.partition(".")[0] == BEYOND

    def is_followed_by(self, other: Line) -> bool:
        return self.id in other.follows or (self.step in other.follows and self.judged)


@dataclass(frozen=True, slots=True)
class Step:
    id: str
    title: str
    lines: tuple[Line, ...]


def _line(step: str, position: int | str, box: str | dict[str, Any]) -> Line:
    id_ = f"{step}.{position}"
    match box:
        case {"follows": follows, "text": text}:
            return Line(id_, step, text, Kind.FOLLOWS, follows=tuple(follows))
        case {"by_hand": text}:
            return Line(id_, step, text, Kind.BY_HAND)
        case str(text):
            return Line(id_, step, text)
    raise ValueError(f"checklist.toml: {id_} is no box: {box}; write it as its head says")


def _table(name: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))["steps"]
    return steps


def _read() -> tuple[Step, ...]:
    document = tuple(
        Step(
            step["id"],
            step["title"],
            tuple(_line(step["id"], position, box) for position, box in enumerate(step["boxes"], start=1)),
        )
        for step in _table("checklist.toml")
    )
    beyond = tuple(
        Step(step["id"], step["title"], tuple(_line(step["id"], *one) for one in step["lines"].items()))
        for step in _table("beyond.toml")
        if step.get("lines")
    )
    return document + beyond


STEPS = _read()
LINES = {line.id: line for step in STEPS for line in step.lines}


def all_beyond(lines: Collection[str]) -> bool:
    """Whether what a test judges stands beyond the checklist, all of it."""
    return bool(lines) and all(line in LINES and LINES[line].beyond for line in lines)


def all_of_no_target(lines: Collection[str]) -> bool:
    """Whether what a test judges speaks of no target, all of it: it runs once, without a browser."""
    return bool(lines) and all(line in LINES and LINES[line].of_no_target for line in lines)


def chapter(line: str) -> str:
    """The chapter of a line whose id does not tell it, in brackets, to stand after the id."""
    return f" ({LETTERS[line[0]].lower()})" if line[0] in LETTERS else ""


def named(patterns: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The lines that each name means: one, or with `.*` all of a step or a phase; none where nothing is called so.

    Those for people that stand beyond the checklist are named one by one.
    """
    return {
        pattern: tuple(
            line.id
            for line in LINES.values()
            if line.id == pattern
            or (pattern.endswith(".*") and line.id.startswith(pattern[:-1]) and not (line.beyond and line.for_people))
        )
        for pattern in patterns
    }
