"""The run in a few lines of Markdown, for the summary of a job on GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterable

from checklist.reason import named
from checklist.results import Run
from checklist.verdicts import OF_LINES, THE_RUN, TargetState, Verdict, counts

SHOWN = 30
"""Failed lines; GitHub takes 1 MiB at most."""

COLUMNS = [verdict for verdict in OF_LINES if verdict is not Verdict.BY_HAND]

LONGEST = 300
"""Characters of a message."""


def markdown(run: Run) -> str:
    """Verdict, reason, how each target did, and what failed."""
    failed = [entry for entry in run.lines if entry.verdict is Verdict.FAILED and entry.checks]
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    tested = [*(target for target in run.targets if not target.missing), THE_RUN]
    parts = [
        f"## {run.verdict}: {_text(run.environment)}",
        _text(run.reason),
        _table(["Target", "Build", *COLUMNS], [_target(run, one) for one in tested]),
    ]
    if failed:
        rows = [[named(entry), "known" if entry.known else "", entry.message[:LONGEST]] for entry in failed[:SHOWN]]
        parts.append(_table(["Failed", "", "What was seen"], rows))
    if len(failed) > SHOWN:
        parts.append(f"{len(failed) - SHOWN} more failed.")
    parts += [f"- {_text(note)}" for note in run.notes[:SHOWN]]
    parts.append(_text(f"Run {run.run_id}, {run.started:%Y-%m-%d %H:%M} UTC, {run.seconds:.0f} s; {versions}."))
    return "\n\n".join(parts) + "\n"


def _target(run: Run, target: TargetState) -> list[str]:
    mine = [entry for entry in run.lines if entry.browser == target.name and (entry.checks or entry.blocks)]
    return [target.name, target.build, *(str(counts(mine)[verdict]) for verdict in COLUMNS)]


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first, *others = [f"| {' | '.join(map(_text, cells))} |" for cells in (head, *rows)]
    return "\n".join([first, re.sub(r"[^|]+", "---", first), *others])


def _text(text: str) -> str:
    """Text that Markdown takes for nothing else."""
    return re.sub(r"([\\`*_{}\[\]<>|~#])", r"\\\1", " ".join(text.split()))
