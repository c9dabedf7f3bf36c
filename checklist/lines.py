"""The lines of the deployment checklist, read from `checklist.toml` beside this file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

PER_RUN_STEPS = frozenset({"2.13"})
"""Steps judged once a run, over its targets, instead of once per target."""

UNBUILT_STEPS = frozenset({"2.14"})
"""Steps the suite does not judge yet; they are listed as `not run` and never required."""


@dataclass(frozen=True, slots=True)
class Line:
    """One box of the checklist: `id` is `phase.step.position`, such as `2.7.15`."""

    id: str
    step: str
    text: str

    @property
    def per_run(self) -> bool:
        return self.step in PER_RUN_STEPS

    @property
    def built(self) -> bool:
        return self.step not in UNBUILT_STEPS


@dataclass(frozen=True, slots=True)
class Step:
    id: str
    title: str
    lines: tuple[Line, ...]


def _read() -> tuple[Step, ...]:
    data = tomllib.loads(Path(__file__).with_name("checklist.toml").read_text(encoding="utf-8"))
    return tuple(
        Step(
            step["id"],
            step["title"],
            tuple(Line(f"{step['id']}.{n}", step["id"], text) for n, text in enumerate(step["boxes"], start=1)),
        )
        for step in data["steps"]
    )


STEPS = _read()
LINES = {line.id: line for step in STEPS for line in step.lines}
