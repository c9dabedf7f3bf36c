"""What was told and what was not, in Markdown. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from selftest.mutants.judge import (
    ELSEWHERE,
    NO_EFFECT,
    NOT_TOLD,
    RIGHT,
    SURVIVED,
    TOLD,
    UNDECIDED,
    Verdict,
)


def mutants(verdicts: Iterable[Verdict]) -> str:
    """Figures by kind and by file, and each survivor with its lines."""
    found = [verdict for verdict in verdicts if verdict.about]
    judged = [verdict for verdict in found if verdict.verdict in (TOLD, SURVIVED)]
    survivors = [verdict for verdict in judged if verdict.verdict == SURVIVED]
    told = len(judged) - len(survivors)
    parts = [f"{len(judged)} mutants judged: {told} told, {len(survivors)} survived.\n"]
    for title, name in (("Kind", "kind"), ("File", "file")):
        parts.append(_table(found, title, lambda verdict, name=name: str(verdict.about[name])))  # type: ignore[misc]
    parts.append("## Survivors\n")
    for verdict in sorted(survivors, key=lambda verdict: verdict.id):
        about = verdict.about
        note = f", {verdict.note}" if verdict.note else ""
        parts.append(
            f"- `{about['file']}:{about['line']}` {about['kind']}; {len(verdict.ran)} tests ran{note}\n\n"
            f"  ```diff\n{_diff('-', about['old'])}{_diff('+', about['new'])}  ```\n"
        )
    return "\n".join(parts)


def _diff(sign: str, text: str) -> str:
    return "".join(f"  {sign}{line}\n" for line in text.splitlines())


def _table(verdicts: Sequence[Verdict], title: str, key: Callable[[Verdict], str]) -> str:
    columns = (TOLD, SURVIVED, NO_EFFECT, UNDECIDED)
    rows: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        rows.setdefault(key(verdict), Counter())[verdict.verdict] += 1
    lines = [f"| {title} | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    for name, row in sorted(rows.items()):
        lines.append(f"| {name} | {' | '.join(str(row[column]) for column in columns)} |")
    return "\n".join(lines) + "\n"


def edits(verdicts: Iterable[Verdict]) -> str:
    """A row for each, those that were not told first."""
    found = list(verdicts)
    counts = Counter(verdict.verdict for verdict in found)
    columns = (NOT_TOLD, UNDECIDED, ELSEWHERE, RIGHT)
    told = ", ".join(f"{counts[column]} {column}" for column in reversed(columns) if counts[column])
    lines = [
        f"{len(found)} edits: {told}.\n",
        "| Edit | Lines | What is wrong | Verdict | Told by |",
        "|---|---|---|---|---|",
    ]
    for verdict in sorted(found, key=lambda verdict: (columns.index(verdict.verdict), verdict.id)):
        by = "; ".join(f"{one.line or 'the test broke'} ({one.test})" for one in verdict.told_by) or verdict.note
        about = verdict.about
        cells = (verdict.id, ", ".join(about["lines"]), about["sentence"], verdict.verdict, by)
        lines.append(f"| {' | '.join(' '.join(cell.split()).replace('|', '/')[:300] for cell in cells)} |")
    return "\n".join(lines) + "\n"
