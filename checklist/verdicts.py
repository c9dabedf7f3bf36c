"""From checks to verdicts, and from verdicts to the run's decision. Pure: no pytest, no files, no network."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from checklist.known_issues import KnownIssue
from checklist.lines import ALL_TARGETS, CONSOLES, LINES, Kind, Line


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"
    NOT_RUN = "not run"
    NOT_CHECKABLE = "not checkable"
    BY_HAND = "by hand"
    """A line that people settle; no check comes to this."""
    ADVICE = "advice"
    """What would be good, and no box asks for; only a check comes to this, never a line."""


WORST_FIRST = (Verdict.FAILED, Verdict.NOT_REACHED, Verdict.NOT_RUN, Verdict.NOT_CHECKABLE, Verdict.PASSED)

OF_LINES = (*(one for one in Verdict if one is not Verdict.ADVICE),)
"""What a line can come to."""


class Role(StrEnum):
    """What a check means for its line: the box's own words, depth beyond them, or a recommendation.

    A check that decides must pass. An extra one counts only when it fails, an advice never.
    """

    DECIDES = "decides"
    EXTRA = "extra"
    ADVICE = "advice"


NAMES = "names"
"""Of a check's evidence: whose a key or a number in its requests is, by its word, as in "KEY videos/7/1_a/…"."""

PREPARED = "steps before"
"""The name of the evidence: how many of the steps were taken before the check that failed began, and not in it."""

MEANWHILE = "console errors"
"""The name of the evidence: what consoles showed while a check was on that failed, and of 2.14.3 in its whole test."""


@dataclass(frozen=True, slots=True)
class Check:
    """What one `with line(...)` of one test found out.

    `seconds` is its duration; `evidence` holds what JSON can hold: figures, keys, paths relative to the run's folder.
    `number` is its place among the checks of its test, from 1; `needed` when the rest of the test builds on it.
    """

    line: str
    target: str
    verdict: Verdict
    title: str
    message: str = ""
    seconds: float = 0.0
    evidence: dict[str, Any] = field(default_factory=dict)
    test: str = ""
    role: Role = Role.DECIDES
    number: int = 0
    needed: bool = False

    @property
    def counts(self) -> bool:
        """Whether the line's verdict takes it into account."""
        return self.role is Role.DECIDES or (self.role is Role.EXTRA and self.verdict is Verdict.FAILED)

    def to_json(self) -> dict[str, Any]:
        """The check in JSON types, which cross processes."""
        return {**asdict(self), "verdict": self.verdict.value, "role": self.role.value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Check:
        role = Role(data.get("role", Role.DECIDES))
        return cls(**{**data, "verdict": Verdict(data["verdict"]), "role": role})


@dataclass(frozen=True, slots=True)
class Entry:
    """The verdict of one line on one target, or of one line over all targets; `blocks` when it keeps a run from GO.

    `known` tells, for a failure that the team has agreed to live with, of each issue: link, owner, expires (ISO date).
    """

    id: str
    browser: str
    verdict: Verdict
    message: str
    seconds: float
    evidence: dict[str, Any]
    checks: list[Check]
    blocks: bool = False
    known: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TargetState:
    """A target of the run: `missing` says why it could not run, empty when it did; `build` is the browser it was.

    `device` is emulated, `real` a phone or tablet that is none. What is driven `by_webdriver` judges step 2.13 alone.
    """

    name: str
    engine: str
    required: bool
    channel: str = ""
    device: str = ""
    missing: str = ""
    build: str = ""
    real: str = ""
    by_webdriver: bool = False

    @property
    def is_handheld(self) -> bool:
        return bool(self.device or self.real)

    @property
    def tells_console(self) -> bool:
        """Of drivers of WebDriver but Chromium's own tell what the console says."""
        return not self.by_webdriver or self.engine == "chromium"

    @property
    def judges_desks(self) -> bool:
        """Whether it judges what people do at a desk: all steps but 2.13."""
        return not self.device and not self.by_webdriver


UNTRIED = "not tried where test_site = false"

UNDECIDED = "no test of this run makes the check that decides it"

TOLD = 5
"""How many others a line names that follows them."""

THE_RUN = TargetState(ALL_TARGETS, "", required=True)
"""Stands for a target where a line speaks of none."""

PARTS: dict[str, Callable[[TargetState], bool]] = {
    "2.13.1": lambda target: target.engine == "chromium" and target.channel != "msedge" and not target.is_handheld,
    "2.13.2": lambda target: target.engine == "firefox" and not target.is_handheld,
    "2.13.3": lambda target: target.engine == "webkit" and not target.is_handheld,
    "2.13.4": lambda target: target.channel == "msedge" and not target.is_handheld,
    "2.13.5": lambda target: True,
    "2.13.6": lambda target: target.is_handheld,
    CONSOLES: lambda target: target.tells_console,
}
"""Which targets a line that is judged once a run speaks of."""

REQUIRED_OF_SITES = frozenset(f"2.13.{number}" for number in range(1, 7))
"""Lines that a test site has to settle for a GO, unless its environment file waives one."""

STANDS_IN: dict[str, Callable[[TargetState], str]] = {
    "2.13.1": lambda target: "" if target.channel == "chrome" else "in Chromium, not Chrome",
    "2.13.3": lambda target: {
        "safari": "",
        "webkitgtk": "in WebKitGTK, not Safari",
    }.get(target.channel, "in a WebKit build, not Safari"),
    "2.13.6": lambda target: "" if target.real else "emulated",
}
"""What a target is instead of that which the line names; nothing where it is that."""

ALL_PARTS_COUNT = frozenset({"2.13.5", "2.13.6"})
"""Lines that say "all": a target that did not run leaves them open, even one that is not required."""


PER_ENGINE_STEPS = frozenset({"2.12", "X.3", "X.5"})
"""Steps that take long and differ only between engines: one target of each is enough."""


def judged_on(line: Line, targets: Sequence[TargetState]) -> list[TargetState]:
    """The targets whose checks settle `line`: people grade and administer at a desk, so devices are for 2.13 alone."""
    if line.of_no_target:
        return [THE_RUN] if line.judged else []
    if line.over_targets:
        return [target for target in targets if PARTS[line.id](target)]
    desks = [target for target in targets if target.judges_desks]
    if line.on_one_target:
        return sorted(desks, key=lambda target: (bool(target.missing), not target.required))[:1]
    best_last = sorted(desks, key=lambda target: (not target.missing, target.required))
    if line.step in PER_ENGINE_STEPS:
        return list({target.engine: target for target in best_last}.values())
    return desks


def judge(
    targets: Sequence[TargetState],
    checks: Iterable[Check],
    known: Collection[KnownIssue] = (),
    required: Collection[str] = (),
    tried: Collection[str] | None = None,
) -> list[Entry]:
    """One entry for every line of the checklist on every target; the lines judged once a run get a single one.

    `required` are lines that have to be settled where others of their kind may stay open: by hand, or not checkable
    for want of a key. `tried` are those that this environment lets a run try, where it does not let all.
    """
    found = _by_line_and_target(checks)
    judged = [line for line in LINES.values() if line.judged]
    settled = {line.id: _of_line(line, targets, found, known, required) for line in judged}
    for line in judged:
        if tried is not None and line.id not in tried:
            settled[line.id] = [
                one if one.checks else replace(one, message=UNTRIED, blocks=line.id in required)
                for one in settled[line.id]
            ]
    for line in LINES.values():
        if line.kind is Kind.FOLLOWS:
            others = [one for other in judged if other.is_followed_by(line) for one in settled[other.id]]
            settled[line.id] = [_following(line, others)]
        elif line.for_people:
            settled[line.id] = [_of_people(line, line.id in required)]
    return [
        _aside(entry) if LINES[id_].beyond and id_ not in required else entry for id_ in LINES for entry in settled[id_]
    ]


def _aside(entry: Entry) -> Entry:
    """What stands beyond the checklist keeps no run from GO by itself."""
    return replace(entry, blocks=False)


def _of_line(
    line: Line,
    targets: Sequence[TargetState],
    found: Mapping[tuple[str, str], list[Check]],
    known: Collection[KnownIssue],
    required: Collection[str],
) -> list[Entry]:
    judged = judged_on(line, targets)
    if line.of_no_target or line.on_one_target:
        # Runs of one browser each, merged, have each judged a line on a target of their own.
        checks = [check for target in (*targets, THE_RUN) for check in found.get((line.id, target.name), [])]
        entry = _entry(line, next(iter(judged), THE_RUN), checks, known)
        may_stay_open = entry.verdict is Verdict.NOT_CHECKABLE and line.id not in required
        return [replace(entry, browser=ALL_TARGETS, blocks=entry.blocks and not may_stay_open)]
    if line.over_targets:
        parts = [_entry(line, target, found.get((line.id, target.name), []), known) for target in judged]
        return [_over_targets(line, judged, parts, line.id in required)]
    return [
        _entry(line, target, found.get((line.id, target.name), []), known)
        if target in judged
        else _covered_elsewhere(line, target)
        for target in targets
    ]


def _of_people(line: Line, required: bool) -> Entry:
    return Entry(line.id, ALL_TARGETS, Verdict.BY_HAND, "", 0.0, {}, [], required)


def _following(line: Line, others: list[Entry]) -> Entry:
    """What became of others: only what was judged, or had to be, counts. It is they who block.

    Where they all are not checkable for one reason, such as for want of a key, that is told too.
    """
    counted = [other for other in others if other.checks or other.blocks] or others
    worst = min((other.verdict for other in counted), key=WORST_FIRST.index, default=Verdict.NOT_RUN)
    told = [f"{other.id} on {other.browser}: {other.verdict}" for other in counted if other.verdict is worst]
    more = len(told) - TOLD
    reasons = {other.message for other in counted if other.verdict is worst is Verdict.NOT_CHECKABLE}
    why = [reasons.pop()] if len(reasons) == 1 else []
    return Entry(
        line.id,
        ALL_TARGETS,
        worst,
        ""
        if worst is Verdict.PASSED
        else "; ".join([*told[:TOLD], *([f"{more} more"] if more > 0 else []), *filter(None, why)]),
        0.0,
        {"follows": list(line.follows)},
        [],
    )


def unmet(checks: Iterable[Check], known: Iterable[KnownIssue]) -> list[KnownIssue]:
    """The known issues that a whole run did not meet, though it judged their line on their target."""
    found = _by_line_and_target(checks)
    return [
        issue
        for issue in known
        if (judged := found.get((issue.line, issue.target)))
        and not any(check.verdict is Verdict.NOT_REACHED or is_known(check, [issue]) for check in judged)
    ]


def _by_line_and_target(checks: Iterable[Check]) -> dict[tuple[str, str], list[Check]]:
    found: dict[tuple[str, str], list[Check]] = {}
    for check in checks:
        found.setdefault((check.line, check.target), []).append(check)
    return found


def is_known(check: Check, known: Iterable[KnownIssue]) -> bool:
    """Whether the check failed in a way that one of the known issues covers."""
    return check.verdict is Verdict.FAILED and any(
        issue.covers(check.line, check.target, check.message) for issue in known
    )


def _covered_elsewhere(line: Line, target: TargetState) -> Entry:
    if target.is_handheld:
        why = "devices are covered by step 2.13"
    elif target.by_webdriver:
        why = "browsers that WebDriver drives are covered by step 2.13"
    else:
        why = f"one target an engine is enough for step {line.step}"
    return Entry(line.id, target.name, Verdict.NOT_RUN, target.missing or why, 0.0, {}, [])


def _entry(line: Line, target: TargetState, checks: list[Check], known: Collection[KnownIssue]) -> Entry:
    if not checks:
        why = target.missing or "no test of this run judges it"
        return Entry(line.id, target.name, Verdict.NOT_RUN, why, 0.0, {}, [], target.required)
    counted = [check for check in checks if check.counts]
    if not counted:  # depth that held says nothing about the box's own words
        return Entry(line.id, target.name, Verdict.NOT_RUN, UNDECIDED, 0.0, {}, checks, target.required)
    verdict = min((check.verdict for check in counted), key=WORST_FIRST.index)
    deciding = [check for check in counted if check.verdict is verdict]
    evidence = {name: value for check in deciding for name, value in check.evidence.items()}
    message = "; ".join(dict.fromkeys(check.message for check in deciding if check.message))
    seconds = round(sum(check.seconds for check in checks), 3)
    blocks = verdict is Verdict.FAILED or (verdict is not Verdict.PASSED and target.required)
    met = []
    if all(check.verdict in (Verdict.PASSED, Verdict.NOT_CHECKABLE) or is_known(check, known) for check in counted):
        met = [issue.note for issue in known if any(is_known(check, [issue]) for check in checks)]
    return Entry(line.id, target.name, verdict, message, seconds, evidence, checks, blocks and not met, met)


def _over_targets(line: Line, targets: Sequence[TargetState], parts: list[Entry], required: bool) -> Entry:
    if not parts:
        why = "this environment has no such target"
        if required:
            why += ": add one under [[targets]], or waive the line under [[waived]]"
        return Entry(line.id, ALL_TARGETS, Verdict.NOT_RUN, why, 0.0, {}, [], required)
    counted = parts
    if line.id not in ALL_PARTS_COUNT:
        counted = [part for part in parts if part.checks or part.blocks] or parts
    verdict = min((part.verdict for part in counted), key=WORST_FIRST.index)
    return Entry(
        line.id,
        ALL_TARGETS,
        verdict,
        "; ".join(_part(part, target) for target, part in zip(targets, parts, strict=True)),
        round(sum(part.seconds for part in parts), 3),
        {part.browser: part.evidence for part in parts if part.evidence},
        [check for part in parts for check in part.checks],
        any(part.blocks for part in parts) or (required and verdict not in (Verdict.PASSED, Verdict.FAILED)),
        []
        if any(part.verdict is Verdict.FAILED and not part.known for part in parts)
        else [note for part in parts for note in part.known],
    )


def _part(part: Entry, target: TargetState) -> str:
    """What became of a line on one target, and what that is where it only stands in for another."""
    instead = STANDS_IN[part.id](target) if part.id in STANDS_IN and part.checks else ""
    what = f", {instead}" if instead else ""
    return f"{part.browser}: {part.verdict}{what}{f' ({part.message})' if part.message else ''}"


def counts(entries: Iterable[Entry]) -> Mapping[Verdict, int]:
    tally: dict[Verdict, int] = dict.fromkeys(OF_LINES, 0)
    for entry in entries:
        tally[entry.verdict] += 1
    return tally
