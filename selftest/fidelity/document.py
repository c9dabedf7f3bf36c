"""docs/fidelity.md, made of what was compared; and the same as a table in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from selftest.fidelity.compare import Judged

HEAD = """# Where the replica differs from the plugin

`make fidelity ENV=NAME` writes this: it asks a real site and the replica of that version of Moodle the same things over
HTTP, and tells each answer in which they differ. A difference is mended in the replica, or it stands here with its
reason (`selftest/fidelity/accepted.toml`): mostly a defect of the plugin that the replica, which is right by
definition, must not have. Anything else, and a reason that no longer holds, ends with exit code 1.

What is unique is left out of the comparison: ids, names, times, keys, secrets. Not asked is what scripts do in a
browser, how the plugin answers while storage or CDN fail, nor what Moodle's own pages say beyond the hooks of the page
objects. A site is asked for some minutes, in a course of its own; it is locked meanwhile, as by a run. A limit over 60
is 60 while it is come to.
"""

LONGEST = 160


def table(judged: Judged) -> Table:
    """The differences, those that nobody has explained first."""
    shown = Table("asked", "real site", "replica", "reason", show_lines=True)
    for one in judged.unexplained:
        shown.add_row(one.fact, one.site, one.replica, "[red]none[/red]")
    for stale in judged.out_of_date:
        shown.add_row(stale.fact, stale.site, stale.replica, f"[red]out of date[/red]: {stale.reason}")
    for one, known in judged.accepted:
        shown.add_row(one.fact, one.site, one.replica, known.reason)
    return shown


def told(judged: Judged, *, moodle: str, plugin: str, at: str) -> dict[str, Any]:
    """A comparison as it is kept between runs."""
    return {
        "moodle": moodle,
        "plugin": plugin,
        "at": at,
        "facts": judged.facts,
        "unexplained": [[one.fact, one.site, one.replica] for one in judged.unexplained],
        "accepted": [[one.fact, one.site, one.replica, known.reason] for one, known in judged.accepted],
        "out of date": [stale.fact for stale in judged.out_of_date],
    }


def write(known: Mapping[str, Mapping[str, Any]]) -> str:
    """The document: `known` has a comparison by the version of the replica."""
    parts = [
        HEAD,
        "| replica as | Moodle | plugin | compared | facts | accepted | unexplained |\n|---|---|---|---|---|---|---|",
    ]
    for name, one in sorted(known.items()):
        counts = f"{one['facts']} | {len(one['accepted'])} | {len(one['unexplained'])}"
        parts.append(f"| {name} | {one['moodle']} | {one['plugin']} | {one['at']} | {counts} |")
    where: dict[tuple[str, str, str, str], list[str]] = {}
    for name, one in sorted(known.items()):
        for fact, site, replica in one["unexplained"]:
            where.setdefault(("", fact, site, replica), []).append(name)
        for fact, site, replica, reason in one["accepted"]:
            where.setdefault((reason, fact, site, replica), []).append(name)
    reasons: dict[str, list[str]] = {}
    for (reason, *cells), names in where.items():
        row = [*map(_cell, cells), "all" if len(names) == len(known) else ", ".join(names)]
        reasons.setdefault(reason, []).append(f"| {' | '.join(row)} |")
    for reason in sorted(reasons, key=lambda one: (one != "", one)):
        parts.append(f"\n## {reason or 'Unexplained'}\n\n| asked | real site | replica | Moodle |\n|---|---|---|---|")
        parts += reasons[reason]
    return "\n".join(parts) + "\n"


def _cell(said: str) -> str:
    short = said if len(said) <= LONGEST else f"{said[:LONGEST]}…"
    return short.replace("|", "\\|").replace("<", "&lt;")
