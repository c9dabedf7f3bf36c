"""`report.html`: what a run came to, in one file for whoever signs. Made of a run's folder and nothing else."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from checklist import signing
from checklist.figures import FIGURES
from checklist.history import Past
from checklist.lines import ALL_TARGETS, STEPS, Line
from checklist.reason import named
from checklist.results import Run, put
from checklist.sound import is_picture_of_the_run
from checklist.verdicts import Check, Entry, TargetState, Verdict, counts, judged_on

FILE = "report.html"

SIGNS = {"passed": "✓", "failed": "✗", "not reached": "·", "not run": "–", "not checkable": "?", "by hand": "✎"}

SEEN = ("screenshots", "console", "requests", "on S3")
"""Evidence that has a form of its own in the report."""

EMBEDDED = 8 * 1024**2
"""Bytes of screenshots that stand in the file itself, so that it can be sent; the others are links beside it."""

PNG = b"\x89PNG\r\n\x1a\n"

SLOWEST = 10

PAST = 5
"""Runs that a time is compared with."""


@dataclass(frozen=True)
class Box:
    """A line on a target. `elsewhere` when another target covers it, so that nothing is missing."""

    target: str
    entry: Entry
    elsewhere: bool


@dataclass(frozen=True)
class Bar:
    """A measure of this run beside those of runs before it."""

    name: str
    value: float
    past: Sequence[float] = ()
    link: str = ""


@dataclass(frozen=True)
class Chart:
    title: str
    bars: Sequence[Bar]

    @property
    def most(self) -> float:
        return max((value for bar in self.bars for value in (bar.value, *bar.past)), default=0) or 1


@dataclass
class Pictures:
    """Screenshots of a run's folder, as addresses; at first the picture itself, then a link."""

    folder: Path
    left: int = field(default=EMBEDDED)

    def __call__(self, path: str) -> str:
        """Empty for what is no picture below the folder: whoever wrote the results may have meant any file."""
        file = self.folder / path
        if not is_picture_of_the_run(path) or not file.resolve().is_relative_to(self.folder.resolve()):
            return ""
        if not file.is_file() or (size := file.stat().st_size) > self.left:
            return quote(path)
        content = file.read_bytes()
        if not content.startswith(PNG):
            return ""
        self.left -= size
        return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def write(run: Run, folder: Path, past: Sequence[Past] = ()) -> None:
    """Write `folder/report.html`; `past` are all runs that are known, the latest last. Raises OSError."""
    put(folder / FILE, render(run, folder, past))


def render(run: Run, folder: Path, past: Sequence[Past] = ()) -> str:
    here = Path(__file__).parent
    verified = signing.verify(folder)
    templates = Environment(loader=FileSystemLoader(here), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    tested = [target for target in run.targets if not target.missing]
    entries = {(entry.id, entry.browser): entry for entry in run.lines}
    past = [one for one in past if one.environment == run.environment and one.started < run.started][-PAST:]
    return templates.get_template("report.html").render(
        run=run,
        steps=STEPS,
        boxes=lambda line: _boxes(line, run.targets, tested, entries),
        tested=tested,
        untested=[target for target in run.targets if target.missing],
        tally={target.name: _tally(target, run) for target in tested},
        failed=[entry for entry in run.lines if entry.verdict is Verdict.FAILED and entry.checks],
        charts=[*_measures(run, past), _slowest(run, past)],
        compared=len(past),
        duration=timedelta(seconds=round(run.seconds)),
        signs=SIGNS,
        named=named,
        expected_and_seen=expected_and_seen,
        rest=lambda check: {name: _plain(value) for name, value in check.evidence.items() if name not in SEEN},
        artifacts=lambda check: _artifacts(folder, check),
        picture=Pictures(folder),
        style=Markup((here / "report.css").read_text(encoding="utf-8")),
        signatures=[replace(one.signature, sha256="changed") if one.broken else one.signature for one in verified],
        digest=signing.digest(folder) if (folder / signing.FILE).is_file() else "",
        script=Markup((here / "report.js").read_text(encoding="utf-8")),
    )


def expected_and_seen(message: str) -> tuple[str, str] | None:
    """The two halves of "expected …, seen …", as the suite says what is wrong, or of Playwright's own way to say it."""
    for form in (r"(?:.*?\b)?expected (.+?),? seen:? (.+)", r"(.+?) Actual value: (.+)"):
        if found := re.fullmatch(form, message, re.S):
            return found[1], found[2]
    return None


def _boxes(
    line: Line,
    targets: Sequence[TargetState],
    tested: Sequence[TargetState],
    entries: dict[tuple[str, str], Entry],
) -> list[Box]:
    """Of the targets that were tested; of all where none was."""
    if entry := entries.get((line.id, ALL_TARGETS)):
        return [Box(ALL_TARGETS, entry, False)]
    judged = judged_on(line, targets)
    shown = tested or targets
    return [
        Box(target.name, entry, target not in judged)
        for target in shown
        if (entry := entries.get((line.id, target.name)))
    ]


def _tally(target: TargetState, run: Run) -> str:
    mine = [entry for entry in run.lines if entry.browser == target.name and (entry.checks or entry.blocks)]
    return ", ".join(f"{number} {verdict}" for verdict, number in counts(mine).items() if number) or "nothing judged"


def _measures(run: Run, past: Sequence[Past]) -> Iterator[Chart]:
    for name, title in FIGURES.items():
        before = [one.figures.get(name, {}) for one in past]
        mine = run.figures.get(name, {})
        yield Chart(title, [Bar(on, value, [one[on] for one in before if on in one]) for on, value in mine.items()])


def _slowest(run: Run, past: Sequence[Past]) -> Chart:
    slow = sorted((entry for entry in run.lines if entry.seconds), key=lambda entry: -entry.seconds)[:SLOWEST]
    bars = []
    for entry in slow:
        name = f"{entry.id} {entry.browser}"
        before = [round(one.lines[name].seconds, 1) for one in past if name in one.lines]
        bars.append(Bar(name, round(entry.seconds, 1), before, entry.id))
    return Chart("Slowest lines, s", bars)


def _artifacts(folder: Path, check: Check) -> dict[str, str]:
    """What pytest-playwright kept of the check's test: traces and videos, by name, as links."""
    slug = re.sub(r"[^a-z0-9]+", "-", check.test.lower()).strip("-")
    found = [path for path in folder.glob(f"**/artifacts/*{slug}/*") if path.suffix in (".zip", ".webm")]
    return {path.name: quote(str(path.relative_to(folder))) for path in sorted(found)} if slug else {}


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
