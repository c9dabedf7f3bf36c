"""`reports/history.jsonl`: what every run came to, a line a run; which verdicts changed, and which lines are flaky."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise, takewhile
from pathlib import Path

from pydantic import TypeAdapter

from checklist import foreign_files, sound
from checklist.defects import Defect
from checklist.lines import ALL_TARGETS
from checklist.results import Run
from checklist.verdicts import Verdict

FILE = "history.jsonl"


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict
    seconds: float


@dataclass(frozen=True, slots=True)
class Past:
    """A run in short: `lines` by id and target, such as "2.7.1 chromium"; `setting` is all that may make a difference:
    versions, and the build of each browser."""

    run_id: str
    started: datetime
    environment: str
    verdict: str
    exit_code: int
    setting: Mapping[str, str]
    figures: Mapping[str, Mapping[str, float]]
    lines: Mapping[str, Judged]
    seconds: float = 0.0
    defects: Sequence[str] | None = None
    """Their keys; None in what an earlier suite wrote."""


PAST = TypeAdapter(Past)

DECIDED = (Verdict.PASSED, Verdict.FAILED)


@dataclass(frozen=True, slots=True)
class Change:
    """A line with another verdict in the later of two runs that follow each other."""

    line: str
    before: Past
    after: Past


def past(run: Run) -> Past:
    return Past(
        run.run_id,
        run.started,
        run.environment,
        run.verdict,
        run.exit_code,
        {**run.versions, **{target.name: target.build for target in run.targets if not target.missing}},
        run.figures,
        {
            f"{entry.id} {entry.browser}": Judged(entry.verdict, entry.seconds)
            for entry in run.lines
            if any(check.verdict is not Verdict.NOT_REACHED for check in entry.checks)
        },
        run.seconds,
        [defect.key for defect in run.defects],
    )


def append(run: Run, reports: Path) -> None:
    """Add the run to the history in the folder of all reports. Raises OSError."""
    with foreign_files.appended(reports / FILE) as file:
        file.write(PAST.dump_json(past(run)) + b"\n")


def read(reports: Path) -> list[Past]:
    """The runs of the history, the earliest first; a line that was torn by a full disk, or is no run's, is left out."""
    found = [one for _, one in _rows(reports) if one is not None]
    return sorted(found, key=lambda one: one.started)


def left_out(reports: Path) -> list[int]:
    """The lines of the history, counted from 1, that are no run's. Raises OSError."""
    return [number for number, one in _rows(reports) if one is None]


def _rows(reports: Path) -> Iterator[tuple[int, Past | None]]:
    file = reports / FILE
    lines = file.read_bytes().splitlines() if file.is_file() else []
    return ((number, _past(line)) for number, line in enumerate(lines, 1) if line.strip())


def _past(line: bytes) -> Past | None:
    try:
        sound.finite(line)
        one = PAST.validate_json(line, strict=True)
    except ValueError:  # pydantic's is one
        return None
    texts = [one.environment, *one.setting.keys(), *one.setting.values(), *one.lines]
    fits = one.started.tzinfo is not None and sound.NAME.fullmatch(one.run_id) and one.verdict in sound.VERDICTS
    return one if fits and all(map(str.isprintable, texts)) else None


def dated(defects: Iterable[Defect], run: Past, earlier: Sequence[Past]) -> list[Defect]:
    """The defects of a run, each with the start of the first run in a row that showed it.

    A run that judged none of the defect's lines on its targets says nothing about it.
    """
    before = [one for one in earlier if one.environment == run.environment and one.started < run.started]
    return [replace(defect, since=_since(defect, run, before)) for defect in defects]


def _since(defect: Defect, run: Past, before: Sequence[Past]) -> str:
    places = {f"{line} {target}" for line in defect.lines for target in (*defect.targets, ALL_TARGETS)}
    told = [one for one in before if one.defects is not None and (not places or places & one.lines.keys())]
    row = list(takewhile(lambda one: defect.key in (one.defects or ()), reversed(told)))
    return (row[-1] if row else run).started.isoformat(timespec="seconds") if told else ""


def changes(runs: Sequence[Past], among: Collection[Verdict] = tuple(Verdict)) -> list[Change]:
    """Between two runs of an environment that follow each other, when those are left out that judged otherwise."""
    found = []
    for name in dict.fromkeys(run.environment for run in runs):
        mine = [run for run in runs if run.environment == name]
        for line in dict.fromkeys(line for run in mine for line in run.lines):
            seen = [run for run in mine if line in run.lines and run.lines[line].verdict in among]
            found += [
                Change(line, before, after)
                for before, after in pairwise(seen)
                if before.lines[line].verdict != after.lines[line].verdict
            ]
    return found


def flips(runs: Sequence[Past]) -> list[Change]:
    """Lines that are flaky: between two runs of an environment in the same setting they passed and failed."""
    return [one for one in changes(runs, DECIDED) if _alike(one.before, one.after)]


def _alike(before: Past, after: Past) -> bool:
    """Nothing is known to be different: runs may have had other browsers; of a suite with changes nobody knows."""
    both = before.setting.keys() & after.setting.keys()
    return not after.setting.get("suite", "").endswith("+") and all(
        before.setting[name] == after.setting[name] for name in both
    )
