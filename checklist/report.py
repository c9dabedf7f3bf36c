"""The sign-off table: every line of the checklist against every target, as a fragment of HTML for the report."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from checklist.lines import ALL_TARGETS, STEPS
from checklist.results import Run

SIGNS = {"passed": "✓", "failed": "✗", "not reached": "·", "not run": "–", "not checkable": "?", "by hand": "✎"}


def render(run: Run) -> str:
    """The table, with message and screenshots below each line that did not pass; paths relative to the run's folder."""
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)
    entries = {(entry.id, entry.browser): entry for entry in run.lines}
    return templates.get_template("report.html").render(
        run=run, steps=STEPS, entries=entries, signs=SIGNS, all_targets=ALL_TARGETS
    )
