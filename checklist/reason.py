"""Why a verdict is what it is, in a sentence, and how far it reaches."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from checklist.decide import Conditions
from checklist.defects import Defect, Severity, blocking
from checklist.lines import ALL_TARGETS, LINES, Kind
from checklist.results import Run
from checklist.verdicts import PARTS, STANDS_IN, WORST_FIRST, Entry, TargetState, Verdict
from checklist.waivers import told
from checklist.words import listed, sentence

NAMED = 3
"""How many lines a sentence names; the others are counted."""

ENGINES = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "a WebKit build (not Safari)"}

CHANNELS = {"msedge": "Edge", "chrome": "Chrome", "safari": "Safari", "webkitgtk": "WebKitGTK"}

NOT_SAFARI = "webkitgtk"

BROWSERS = {
    "2.13.1": "Chrome or Chromium",
    "2.13.2": "Firefox",
    "2.13.3": "Safari",
    "2.13.4": "Edge",
    "2.13.6": "phones",
}
"""What the lines of 2.13 speak of."""


def reason(
    verdict: str,
    entries: Collection[Entry],
    targets: Collection[TargetState],
    conditions: Conditions,
    defects: Collection[Defect] = (),
    waived: Sequence[Mapping[str, str]] = (),
) -> str:
    """One sentence about a run that was decided so; of a GO, a second one that says how far it reaches."""
    open_ = [entry for entry in entries if entry.blocks]
    aside = "".join(f"; {told}" for told in asides(defects))
    match verdict:
        case "GO":
            ran = tried(targets, entries)
            reach = untested(ran, waived, entries)
            said = f"Every required line passed in {tested_in(ran)}{aside}. {reach}".strip()
        case "NO-GO":
            said = stops(defects)
        case "OUTAGE":
            said = conditions.outage
        case "MISCONFIGURED":
            wrong = conditions.misconfigured or "The command line or the environment is wrong"
            said = " ".join(map(sentence, wrong.splitlines()))
        case "INCOMPLETE":
            said = _incomplete(open_, targets, conditions)
        case "PARTIAL":
            judged = any(entry.checks for entry in entries)
            found = f"no defect that stops a release{aside}" if judged else "no line judged"
            said = f"Only a part of the suite was run, which can never be a GO: {found}"
            if blocking(defects):
                said = f"{sentence(stops(defects))} Do not release it. Only a part of the suite was run"
        case "READY":
            said = "Nothing stands in the way of a run"
        case "INTERRUPTED":
            said = "The run was told to stop before its end"
        case _:
            said = "The run itself broke; raw.html and the terminal's output say where"
    return sentence(said)


def stops(defects: Collection[Defect]) -> str:
    """How many defects stop a release, how bad they are, and how many stop nothing."""
    new = blocking(defects)
    tally = Counter(defect.severity for defect in new)
    kinds = ", ".join(f"{tally[kind]} {kind}" for kind in Severity if tally[kind])
    aside = "".join(f"; {told}" for told in asides(defects))
    return f"{_number(len(new), 'defect')} {_stop(new)} this release: {kinds}{aside}"


def because(failed: Collection[str], defects: Collection[Defect]) -> str:
    """How many defects the failed lines of the checklist come from; nothing where each has one of its own.

    With how many of these lines no test judges: they fail with the lines that they follow.
    """
    mine = {line for line in failed if not LINES[line].beyond}
    causes = [defect for defect in defects if mine.intersection((*defect.lines, *defect.follows))]
    if not causes or len(mine) == len(causes):
        return ""
    following = sum(LINES[line].kind is Kind.FOLLOWS for line in mine)
    sums_up = "1 sums up others, and fails" if following == 1 else f"{following} sum up others, and fail"
    aside = f"; {sums_up} with them" if following else ""
    return f" ({len(mine) - following} because of {_number(len(causes), 'defect')}{aside})"


def of_blocking(failed: Collection[str], defects: Collection[Defect]) -> str:
    """How many failed lines beyond the checklist come from defects that stop a release, and how many from others.

    Nothing where none does.
    """
    mine = {line for line in failed if LINES[line].beyond}
    stopping = mine.intersection(line for one in blocking(defects) for line in (*one.lines, *one.follows))
    others = [one for one in defects if not one.stops and mine.intersection((*one.lines, *one.follows))]
    spared = mine.intersection(line for one in others for line in (*one.lines, *one.follows))
    if not stopping:
        return ""
    both = stopping & spared
    parts = {
        "defects that stop this release": len(stopping - both),
        f"{_number(len(others), 'defect')} that {_stop(others)} nothing": len(spared - both),
        "both": len(both),
    }
    return f" ({', '.join(f'{number} because of {what}' for what, number in parts.items() if number)})"


def came_to(line: str, entries: Iterable[Entry]) -> str:
    """The worst verdict of a line, over all targets."""
    mine = [entry.verdict for entry in entries if entry.id == line and entry.verdict in WORST_FIRST]
    return str(min(mine, key=WORST_FIRST.index, default=Verdict.NOT_RUN))


def asides(defects: Collection[Defect]) -> Iterator[str]:
    """The defects that stop no release: those that the team has agreed to live with, and those beyond the checklist."""
    if known := [defect for defect in defects if defect.known]:
        until = min(issue["expires"] for defect in known for issue in defect.known)
        yield f"{_number(len(known), 'known defect')} {_stop(known)} nothing, agreed until {until}"
    if beyond := [defect for defect in defects if defect.beyond and not defect.known]:
        yield f"{_number(len(beyond), 'defect')} beyond the checklist {_stop(beyond)} nothing"


def called(target: TargetState) -> str:
    """A target in people's words, with its version: "Firefox 153", "an emulated Pixel 7", "a real iPhone 16"."""
    if target.real:
        return f"a real {target.real}"
    if target.device:
        return f"an emulated {target.device}"
    name = CHANNELS.get(target.channel) or ENGINES.get(target.engine, target.name)
    version = re.search(r"(\d+)[\d.]*$", target.build)
    if target.channel == NOT_SAFARI:
        return f"{name} {version[0] if version else ''}".strip() + " (not Safari)"
    return f"{name} {version[1]}" if version and (target.channel or target.engine != "webkit") else name


def tried(targets: Iterable[TargetState], entries: Iterable[Entry]) -> list[TargetState]:
    """The targets on which a check was made; others may have been there."""
    judged = {check.target for entry in entries for check in entry.checks}
    return [target for target in targets if target.name in judged]


def tested_in(targets: Iterable[TargetState]) -> str:
    """The browsers and devices that a run covered, in people's words."""
    return listed(list(dict.fromkeys(map(called, targets)))) or "no browser"


def how_far(run: Run) -> str:
    """What a run was tested in and what not, in sentences; nothing where no check was made."""
    if not any(entry.checks for entry in run.lines):
        return ""
    ran = tried(run.targets, run.lines)
    return f"Tested in {tested_in(ran)}. {untested(ran, run.waived, run.lines)}".strip()


def untested(
    targets: Collection[TargetState], waived: Sequence[Mapping[str, str]] = (), entries: Iterable[Entry] = ()
) -> str:
    """Which of the browsers and devices that the checklist names no target of the run is, and what is waived.

    What passed in another browser that stands in for it was not tested. Of a waived line that failed all the same it
    says so. A waiver of a line whose target is required, and did not run, lifts nothing: it is not told.
    """
    there = [target for target in targets if not target.missing]
    names = [
        f"{name}{_in_its_place(line, there)}"
        for line, name in BROWSERS.items()
        if not any(_is_named(line, target) for target in there)
    ]
    said = f"Not tested: {', '.join(names)}." if names else ""
    failed = waived_and_failed(targets, waived, entries)
    open_ = {entry.id for entry in entries if entry.blocks}
    lifted = [one for one in waived if one["line"] not in open_]
    return " ".join(part for part in (said, told(lifted, BROWSERS), *failed.values()) if part)


def _is_named(line: str, target: TargetState) -> bool:
    """Whether a target is the browser that a line of 2.13 speaks of, and no other one in its place."""
    return PARTS[line](target) and not stands_in(line, target).endswith(f"not {BROWSERS[line]}")


def _in_its_place(line: str, targets: Iterable[TargetState]) -> str:
    """What was tested instead of the browser that a line of 2.13 speaks of; empty where nothing was."""
    told = dict.fromkeys(stands_in(line, target).partition(", not ")[0] for target in targets if PARTS[line](target))
    return f" (only {' and '.join(one.removeprefix('in ') for one in told if one)} in its place)" if any(told) else ""


def stands_in(line: str, target: TargetState) -> str:
    """What a target is instead of that which a line names: "in WebKitGTK, not Safari"; empty where it is that."""
    return STANDS_IN[line](target) if line in STANDS_IN else ""


def instead(line: str, entries: Iterable[Entry], targets: Iterable[TargetState]) -> str:
    """In what alone a line was judged, where that only stands in for what it names; empty where it is no stand-in."""
    judged = {check.target for entry in entries if entry.id == line for check in entry.checks}
    told = [stands_in(line, target) for target in targets if target.name in judged]
    return listed(list(dict.fromkeys(told))) if all(told) else ""


def waived_and_failed(
    targets: Collection[TargetState], waived: Sequence[Mapping[str, str]], entries: Iterable[Entry]
) -> dict[str, str]:
    """Of each waived line that failed all the same a sentence: a waiver lifts what is not tested."""
    names = {target.name: called(target) for target in targets}
    lifted = {one["line"] for one in waived}
    return {
        entry.id: f"{entry.id} ({BROWSERS.get(entry.id, 'waived')}) was tested in "
        f"{listed([names.get(target, target) for target in _failed_on(entry)])} and failed, "
        "so its waiver does not count."
        for entry in entries
        if entry.id in lifted and entry.verdict is Verdict.FAILED
    }


def _failed_on(entry: Entry) -> list[str]:
    """The targets on which a line failed."""
    return list(dict.fromkeys(check.target for check in entry.checks if check.verdict is Verdict.FAILED))


def _incomplete(blocking: list[Entry], targets: Iterable[TargetState], conditions: Conditions) -> str:
    absent = [target for target in targets if target.required and target.missing]
    names = {target.name for target in absent}
    others = [entry for entry in blocking if entry.browser not in names]
    told = [f"{target.name} is required and was not run ({target.missing})" for target in absent]
    for verdict in (Verdict.NOT_REACHED, Verdict.NOT_RUN, Verdict.NOT_CHECKABLE, Verdict.BY_HAND):
        if found := [entry for entry in others if entry.verdict is verdict]:
            told.append(f"{_number(len({entry.id for entry in found}), 'required line')} {verdict}: {_named(found)}")
    told += [f"{test} broke outside its lines" for test in conditions.broken[:NAMED]]
    if conditions.absent:
        told.append(f"no run has {_some(conditions.absent)}")
    return "; ".join(told)


def named(entry: Entry) -> str:
    """A line and its target; of a line that is judged over targets, those that made its verdict."""
    targets = dict.fromkeys(check.target for check in entry.checks if check.verdict is entry.verdict)
    if entry.browser != ALL_TARGETS:
        targets = {entry.browser: None}
    names = [target for target in targets if target != ALL_TARGETS]
    return f"{entry.id} on {' and '.join(names)}" if names else entry.id


def _named(entries: Collection[Entry]) -> str:
    return _some([named(entry) for entry in entries])


def _some(names: Sequence[str]) -> str:
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return ", ".join([*names[:NAMED], *more])


def _number(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _stop(defects: Collection[Defect]) -> str:
    return "stops" if len(defects) == 1 else "stop"
