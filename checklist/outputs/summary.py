"""The run for a job on GitHub: a few lines of Markdown for its summary, and annotations."""

from __future__ import annotations

import re
from collections.abc import Iterable

from checklist.defects import Defect, where
from checklist.reason import called, how_far
from checklist.results import Run
from checklist.verdicts import OF_LINES, THE_RUN, TargetState, Verdict, counts
from checklist.words import short

SHOWN = 30
"""Defects; GitHub takes 1 MiB at most."""

ANNOTATED = 10
"""GitHub shows ten errors of a step, and no more."""

COLUMNS = [verdict for verdict in OF_LINES if verdict is not Verdict.BY_HAND]

LONGEST = 300
"""Characters of a message."""


def markdown(run: Run) -> str:
    """Verdict, reason, the defects, and how each target did."""
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    tested = [*(target for target in run.targets if not target.missing), THE_RUN]
    parts = [f"## {run.verdict}: {_text(run.environment)}", _text(run.reason)]
    if run.verdict != "GO" and (reach := how_far(run)):
        parts.append(_text(reach))
    if run.defects:
        rows = [_row(defect) for defect in run.defects[:SHOWN]]
        parts.append(_table(["", "Defect", "Expected", "Seen", "Lines", "Who must act"], rows))
    if (more := len(run.defects) - SHOWN) > 0:
        parts.append(f"{more} more defect{'' if more == 1 else 's'}.")
    parts.append(_table(["Target", "Build", *COLUMNS], [_target(run, one) for one in tested]))
    parts += [f"- {_text(note)}" for note in run.notes[:SHOWN]]
    parts.append(_text(f"Run {run.run_id}, {run.started:%Y-%m-%d %H:%M} UTC, {run.seconds:.0f} s; {versions}."))
    return "\n\n".join(parts) + "\n"


def annotated(run: Run) -> list[str]:
    """The workflow commands by which GitHub shows the defects beside a job.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    told = []
    for defect in run.defects[:ANNOTATED]:
        level = "error" if defect.stops else "warning"
        title = f"{defect.severity}: {defect.sentence}"
        said = f"expected {defect.expected}, seen {defect.seen} ({', '.join(defect.lines)} {where(defect)})"
        told.append(f"::{level} title={_escaped(title, more=True)}::{_escaped(said[: LONGEST * 2])}")
    return told


def _escaped(text: str, *, more: bool = False) -> str:
    for one, other in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), *(((":", "%3A"), (",", "%2C")) if more else ())):
        text = text.replace(one, other)
    return text


def _row(defect: Defect) -> list[str]:
    known = f" (known until {min(issue['expires'] for issue in defect.known)})" if defect.known else ""
    aside = " (beyond the checklist)" if defect.beyond else ""
    place = " ".join(part for part in (", ".join(defect.lines), where(defect)) if part)
    return [
        f"{defect.severity}{known}{aside}",
        defect.sentence,
        short(defect.expected, defect.seen)[:LONGEST],
        short(defect.seen, defect.expected)[:LONGEST],
        place,
        str(defect.acts),
    ]


def _target(run: Run, target: TargetState) -> list[str]:
    mine = [entry for entry in run.lines if entry.browser == target.name and (entry.checks or entry.blocks)]
    name = "once a run" if target is THE_RUN else called(target)
    return [name, target.build, *(str(counts(mine)[verdict]) for verdict in COLUMNS)]


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first, *others = [f"| {' | '.join(map(_text, cells))} |" for cells in (head, *rows)]
    return "\n".join([first, re.sub(r"[^|]+", "---", first), *others])


def _text(text: str) -> str:
    """Text that Markdown takes for nothing else."""
    return re.sub(r"([\\`*_{}\[\]<>|~#])", r"\\\1", " ".join(text.split()))
