"""The page: what stands on it, in which order. Made of a run's folder and nothing else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from checklist import reason, signing, words
from checklist.defects import MEANING, Defect, Severity, Symptom, View, advice, plain, told_once, where
from checklist.gallery import PICTURE, pictures
from checklist.history import Past
from checklist.lines import ALL_TARGETS, LETTERS, LINES, PHASES, STEPS, Kind, Line, Step, chapter
from checklist.report import tickets
from checklist.report.charts import charts
from checklist.report.pictures import Pictures, distinct
from checklist.results import Run, put
from checklist.verdicts import MEANWHILE, NAMES, PREPARED, WORST_FIRST, Check, Entry, TargetState, Verdict, judged_on

FILE = "report.html"

SIGNS = {"passed": "✓", "failed": "✗", "not reached": "·", "not run": "–", "not checkable": "?", "by hand": "✎"}
SIGNS |= {"advice": "i"}

ONCE = "once"

CELLS = {
    "✗2": ("failed", "2 lines failed"),
    "✗2 known": ("known", "they failed, and the team has agreed to live with that"),
    "✗2 beyond": ("known", "they failed, are beyond the checklist, and alone stop no release"),
    "?4": ("open", "4 lines were not judged"),
    "✓9": ("passed", "9 lines passed"),
    "–": ("none", "nothing to judge"),
    ONCE: ("none", "lines that are judged once a run"),
}
"""What a cell of the matrix means, with its colour; it has the colour of its worst lines."""

LEGEND = {
    "✓": ("passed", "passed"),
    "✗": ("failed", "failed"),
    "·": ("", "not reached: something before it failed"),
    "?": ("", "not checkable here"),
    "–": ("", "not run"),
    "✎": ("", "for people"),
    "grey": ("free", "need not be settled"),
}
"""What a line's box means, with its colour."""

SEEN = (
    "screenshots",
    "captions",
    "steps",
    PREPARED,
    NAMES,
    "console",
    MEANWHILE,
    "requests",
    "requests without a browser",
    "on S3",
    "people",
    "story",
    "file",
    PICTURE,
)
"""Evidence that has a form of its own in the report."""

REQUIRED_ALL_THE_SAME = "its waiver does not lift a target that the environment file requires"

UNJUDGED = (Verdict.NOT_CHECKABLE, Verdict.NOT_REACHED)

SLOWEST = 10


@dataclass(frozen=True)
class Box:
    """A line on a target. `elsewhere` when another target covers it, so that nothing is missing."""

    target: str
    entry: Entry
    elsewhere: bool


@dataclass(frozen=True)
class Cell:
    """What a step came to on a target: how many of its lines were judged, and how many failed or stayed open."""

    target: str
    failed: int
    open: int
    passed: int
    aside: str
    """Why its failures stop no release, in a word; nothing where one does."""

    @property
    def kind(self) -> str:
        if self.failed:
            return "known" if self.aside else "failed"
        return "open" if self.open else "passed" if self.passed else "none"

    @property
    def text(self) -> str:
        failed = f"✗{self.failed} {self.aside}".strip()
        told = zip(self._numbers, (failed, f"?{self.open}", f"✓{self.passed}"), strict=True)
        return " ".join(text for number, text in told if number) or "–"

    @property
    def words(self) -> str:
        if self.kind == "none":
            return f"{self.target}: nothing to judge"
        told = zip(self._numbers, ("failed", "not judged", "passed"), strict=True)
        return f"{self.target}: {', '.join(f'{number} {word}' for number, word in told if number)}"

    @property
    def _numbers(self) -> tuple[int, int, int]:
        return self.failed, self.open, self.passed


@dataclass(frozen=True)
class Open:
    """Lines that were not judged, for one reason; with the targets that they were not judged on."""

    verdict: str
    why: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Shot:
    caption: str
    line: str
    path: str


HERE = Path(__file__).parent

TEMPLATES = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
"""Compiled once a process, which takes as long as to fill one in."""


def write(run: Run, folder: Path, past: Sequence[Past] = ()) -> None:
    """Write `folder/report.html`; `past` are all runs that are known, the latest last. Raises OSError."""
    put(folder / FILE, render(run, folder, past))


def render(run: Run, folder: Path, past: Sequence[Past] = ()) -> str:
    tested = [target for target in run.targets if not target.missing]
    entries = {(entry.id, entry.browser): entry for entry in run.lines}
    checks = [check for entry in run.lines for check in entry.checks]
    defects, failed = run.defects, {entry.id for entry in run.lines if entry.verdict is Verdict.FAILED}
    told = {line for defect in defects for line in (*defect.lines, *defect.follows)}
    advised = advice(checks)
    open_, spare = [*_open(run)], sorted(_unjudged(run), key=lambda one: -len(one.lines))
    return TEMPLATES.get_template("page.html").render(
        run=run,
        site=urlsplit(run.tested.get("site", "")).netloc or run.environment,
        plugin=run.versions.get("assignsubmission_s3video", ""),
        minutes=_minutes(run.seconds),
        phases=_phases(),
        boxes=lambda line: _boxes(line, run.targets, tested, entries),
        columns=[*(target.name for target in tested), ONCE],
        called={target.name: reason.called(target) for target in run.targets},
        instead=lambda line: reason.instead(line, run.lines, run.targets),
        matrix=list(_matrix(run, tested)),
        tested=tested,
        how_far=reason.how_far(run),
        untried=_untried(run),
        untested=[target for target in run.targets if target.missing],
        waived=reason.waived_and_failed(run.targets, run.waived, run.lines),
        tally=_tally(run, [line for line in LINES.values() if not line.beyond]),
        beyond=_tally(run, [line for line in LINES.values() if line.beyond]),
        for_people=[(step, lines) for step in STEPS if (lines := [line for line in step.lines if line.for_people])],
        titles={line.id: line.text for line in LINES.values()},
        step_titles={step.id: step.title for step in STEPS},
        failed=failed,
        defects=defects,
        severities=[(one, MEANING[one]) for one in Severity if any(defect.severity is one for defect in defects)],
        meaning=MEANING,
        acting=Counter(str(defect.acts) for defect in defects if defect.stops),
        age=lambda defect: _age(defect, run),
        ticket=lambda defect: tickets.markdown(defect, run),
        explained=tickets.explained,
        recipes=tickets.recipes,
        coded=_coded,
        where=where,
        became=lambda line: reason.came_to(line, run.lines),
        kept=lambda defect: [line for line in defect.follows if reason.came_to(line, run.lines) in UNJUDGED],
        because=reason.because(failed, defects),
        of_blocking=reason.of_blocking(failed, defects),
        example=next((line for defect in defects for line in defect.lines), ""),
        letters={name: title for name, title in LETTERS.items() if any(line.startswith(f"{name}.") for line in told)},
        chapter=chapter,
        following={line.id for line in LINES.values() if line.kind is Kind.FOLLOWS},
        of_lines={line: defect.key for defect in reversed(defects) for line in (*defect.lines, *defect.follows)},
        advice=[one for one in advised if not _home(one, defects)],
        beside=lambda defect: [one for one in advised if _home(one, defects) is defect],
        told_once=told_once,
        open=open_,
        unjudged=spare,
        needed=len(_lines_of(open_)),
        asked_for=sum(not LINES[line].beyond for line in _lines_of(open_)),
        twice=sum(len(one.lines) for one in open_) > len(_lines_of(open_)),
        spared=len(_lines_of(spare)),
        notes=[note for note in run.notes if note not in run.conditions.problems and not _is_told(note, defects)],
        gallery=list(_gallery(run, folder)),
        charts=list(charts(run, past)),
        slowest=sorted((entry for entry in run.lines if entry.seconds), key=lambda entry: -entry.seconds)[:SLOWEST],
        signs=SIGNS,
        legend=LEGEND,
        cells={
            told: cell
            for told, cell in CELLS.items()
            if ("known" not in told or any(defect.known for defect in defects))
            and ("beyond" not in told or any(defect.beyond for defect in defects))
        },
        plain=plain,
        words=words,
        rest=lambda check: {name: words.in_words(value) for name, value in check.evidence.items() if name not in SEEN},
        artifacts=lambda check: _artifacts(folder, check),
        picture=Pictures(folder),
        views=lambda defect: _views(defect, folder),
        style=Markup((HERE / "style.css").read_text(encoding="utf-8")),
        script=Markup((HERE / "script.js").read_text(encoding="utf-8")),
        signatures=[
            replace(one.signature, sha256="changed") if one.broken else one.signature for one in signing.verify(folder)
        ],
        digest=signing.digest(folder) if (folder / signing.FILE).is_file() else "",
    )


def _coded(text: str) -> Markup:
    """What stands between backticks is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _is_told(note: str, defects: Iterable[Defect]) -> bool:
    """Whether a defect tells what a note says of a setting's value."""
    setting = re.match(r"plugin settings: (\w+) is ", note)
    symptoms = [symptom for defect in defects for symptom in defect.symptoms]
    return setting is not None and any(one.expected.startswith(f"{setting[1]} to be ") for one in symptoms)


def _home(advised: Symptom, defects: Iterable[Defect]) -> Defect | None:
    """The defect with which advice is told: found by one test in one line, the first that asks for the same."""
    mine = [
        (symptom.expected != advised.expected, number, defect)
        for number, defect in enumerate(defects)
        for symptom in defect.symptoms
        if symptom.test == advised.test and {*symptom.lines} & {*advised.lines}
    ]
    return min(mine, key=lambda one: one[:2])[2] if mine else None


def _minutes(seconds: float) -> str:
    return f"{round(seconds / 60)} min" if seconds >= 90 else f"{round(seconds)} s"


def _phases() -> list[tuple[str, str, list[Step]]]:
    mine = [
        (name, title, [step for step in STEPS if step.id.partition(".")[0] == name]) for name, title in PHASES.items()
    ]
    others = [step for step in STEPS if step.id.partition(".")[0] not in PHASES]
    return [one for one in (*mine, ("other", "Others", others)) if one[2]]


def _age(defect: Defect, run: Run) -> str:
    if defect.known:
        return f"known until {min(issue['expires'] for issue in defect.known)}"
    if not defect.since:
        return ""
    return "new" if defect.since == run.started.isoformat(timespec="seconds") else f"since {defect.since[:10]}"


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


def _matrix(run: Run, tested: Sequence[TargetState]) -> Iterator[tuple[Step, list[Cell]]]:
    """Steps of which a program judged something, by target; lines judged over targets count on each of them."""
    found: dict[tuple[str, str], list[tuple[Verdict, str]]] = {}
    for entry in run.lines:
        line = LINES[entry.id]
        if line.for_people:
            continue
        if line.over_targets:
            parts = {target: [one for one in entry.checks if one.target == target] for target in _targets(entry)}
            for target, checks in parts.items():
                worst = min((one.verdict for one in checks if one.counts), key=WORST_FIRST.index, default=None)
                if worst:
                    found.setdefault((line.step, target), []).append((worst, _aside(entry, run)))
        elif _has_a_cell(entry):
            found.setdefault((line.step, entry.browser), []).append((entry.verdict, _aside(entry, run)))
    for step in STEPS:
        cells = [_cell(name, found.get((step.id, key), [])) for name, key in _columns(tested)]
        if any(cell.kind != "none" for cell in cells):
            yield step, cells


def _has_a_cell(entry: Entry) -> bool:
    """Whether the matrix counts an entry: something was tried, or a GO asks for it."""
    follows = LINES[entry.id].kind is Kind.FOLLOWS and entry.verdict is not Verdict.NOT_RUN
    return bool(entry.checks) or entry.blocks or follows


def _untried(run: Run) -> list[str]:
    """The lines of the checklist that a program was to judge, and that the matrix counts in no column."""
    there = {entry.id for entry in run.lines if _has_a_cell(entry)}
    return [line.id for line in LINES.values() if not line.beyond and not line.for_people and line.id not in there]


def _tally(run: Run, lines: Sequence[Line]) -> Counter[str]:
    """What became of each of these lines, over all targets; the matrix counts the same lines by target."""
    found: dict[str, list[Entry]] = {}
    for entry in run.lines:
        if _counts(entry):
            found.setdefault(entry.id, []).append(entry)
    return Counter(_became(line, found.get(line.id, ()), run) for line in lines)


def _counts(entry: Entry) -> bool:
    """Whether an entry has a say in what became of its line."""
    return bool(entry.checks) or entry.blocks or LINES[entry.id].kind is Kind.FOLLOWS


def _became(line: Line, entries: Sequence[Entry], run: Run) -> str:
    if line.for_people:
        return "by hand"
    failed = [entry for entry in entries if entry.verdict is Verdict.FAILED]
    if failed:
        return "known" if all(_is_known(entry, run) for entry in failed) else "failed"
    worst = min((entry.verdict for entry in entries), key=WORST_FIRST.index, default=Verdict.NOT_RUN)
    return "passed" if worst is Verdict.PASSED else "open"


def _aside(entry: Entry, run: Run) -> str:
    """Why a failure stops no release, in a word; nothing where it does."""
    if _is_known(entry, run):
        return "known"
    return "beyond" if LINES[entry.id].beyond and not entry.blocks else ""


def _is_known(entry: Entry, run: Run) -> bool:
    """Whether the team has agreed to live with a failure; that of a line that follows others is as known as theirs."""
    line = LINES[entry.id]
    if line.kind is not Kind.FOLLOWS:
        return bool(entry.known)
    followed = [one for one in run.lines if one.verdict is Verdict.FAILED and LINES[one.id].is_followed_by(line)]
    return all(one.known for one in followed)


def _targets(entry: Entry) -> list[str]:
    return list(dict.fromkeys(check.target for check in entry.checks))


def _columns(tested: Sequence[TargetState]) -> list[tuple[str, str]]:
    return [*((target.name, target.name) for target in tested), (ONCE, ALL_TARGETS)]


def _cell(target: str, verdicts: Sequence[tuple[Verdict, str]]) -> Cell:
    failed = [aside for verdict, aside in verdicts if verdict is Verdict.FAILED]
    passed = sum(verdict is Verdict.PASSED for verdict, _ in verdicts)
    aside = min(failed, default="") if all(failed) else ""
    return Cell(target, len(failed), len(verdicts) - len(failed) - passed, passed, aside)


def _lines_of(groups: Iterable[Open]) -> set[str]:
    return {line.partition(" ")[0] for one in groups for line in one.lines}


def _open(run: Run) -> Iterator[Open]:
    """Lines that a GO asks for, and that failed on no target."""
    waived = {one["line"] for one in run.waived}
    mine = [
        replace(entry, message=f"{entry.message}; {REQUIRED_ALL_THE_SAME}") if entry.id in waived else entry
        for entries in _not_judged(run).values()
        for entry in entries
    ]
    yield from _together(entry for entry in mine if entry.blocks and entry.verdict is not Verdict.FAILED)


def _unjudged(run: Run) -> Iterator[Open]:
    """Lines of the checklist that a GO does not ask for."""
    mine = _not_judged(run)
    spare = [entries for entries in mine.values() if not any(entry.blocks for entry in entries)]
    judged = {Verdict.PASSED, Verdict.FAILED}
    yield from _together(entry for entries in spare for entry in entries if entry.verdict not in judged)


def _not_judged(run: Run) -> dict[str, list[Entry]]:
    """The lines that a program was to judge, and did not: the checklist's, and those beyond it that a GO asks for."""
    found: dict[str, list[Entry]] = {}
    for entry in run.lines:
        if not LINES[entry.id].beyond or entry.blocks:
            found.setdefault(entry.id, []).append(entry)
    tried = {line: [entry for entry in entries if _counts(entry)] for line, entries in found.items()}
    return {
        line: tried[line] or entries
        for line, entries in found.items()
        if _became(LINES[line], tried[line], run) == "open"
    }


def _together(entries: Iterable[Entry]) -> Iterator[Open]:
    groups: dict[tuple[str, str], dict[str, list[str]]] = {}
    for entry in entries:
        targets = groups.setdefault((str(entry.verdict), entry.message), {}).setdefault(entry.id, [])
        targets += [entry.browser] if entry.browser != ALL_TARGETS else []
    for (verdict, why), lines in groups.items():
        yield Open(verdict, why, [f"{line} on {words.listed(on)}" if on else line for line, on in lines.items()])


def _gallery(run: Run, folder: Path) -> Iterator[tuple[str, str, list[Shot]]]:
    """A strip for each step and target: its step, target and pictures, in the checklist's order."""
    strips: dict[tuple[str, str], dict[str, tuple[tuple[int, str, int], Shot]]] = {}
    order = list(LINES)
    for entry in run.lines:
        for check in entry.checks:
            if shot := check.evidence.get(PICTURE):
                every = check.line in pictures() and pictures()[check.line].every and "S3" not in check.title
                told = Shot(check.title if every else shot["caption"], check.line, shot["path"])
                mine = strips.setdefault((LINES[entry.id].step, check.target), {})
                mine[shot["path"]] = ((order.index(check.line), check.test, check.number), told)
    for (step, target), shots in strips.items():
        in_order = {path: shot for path, (_, shot) in sorted(shots.items(), key=lambda one: one[1][0])}
        yield step, target, [in_order[path] for path in distinct(folder, in_order)]


def _views(defect: Defect, folder: Path) -> list[View]:
    """Those whose pictures differ."""
    by_path = {view.path: view for view in defect.views}
    return [by_path[path] for path in distinct(folder, by_path)]


def _artifacts(folder: Path, check: Check) -> dict[str, str]:
    """What pytest-playwright kept of the check's test: traces and videos, by name, as links."""
    slug = re.sub(r"[^a-z0-9]+", "-", check.test.lower()).strip("-")
    found = [path for path in folder.glob(f"**/artifacts/*{slug}/*") if path.suffix in (".zip", ".webm")]
    return {path.name: quote(str(path.relative_to(folder))) for path in sorted(found)} if slug else {}
