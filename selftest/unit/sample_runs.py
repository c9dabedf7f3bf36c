"""Runs as the report shows them, made of checks as a real run makes them: GO, NO-GO, OUTAGE, INCOMPLETE."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from checklist.decide import Conditions, decide
from checklist.defects import defects
from checklist.figures import figures
from checklist.known_issues import KnownIssue, read
from checklist.lines import LINES
from checklist.reason import reason
from checklist.results import Run
from checklist.verdicts import Check, TargetState, Verdict, judge, judged_on

CHROMIUM = TargetState("chromium", "chromium", required=True, build="Playwright's build, 156.0.1")
FIREFOX = TargetState("firefox", "firefox", required=True, build="the system's /usr/bin/firefox-esr, 153.7")
WEBKIT = TargetState("webkit", "webkit", required=False, missing="no webkit on this machine")
EDGE = TargetState("msedge", "chromium", required=False, channel="msedge", missing="no msedge on this machine")
PIXEL = TargetState("pixel-7", "chromium", required=False, device="Pixel 7", build="Pixel 7 emulated in it, 156.0.1")
TARGETS = [CHROMIUM, FIREFOX, WEBKIT, EDGE, PIXEL]

VERSIONS = {
    "suite": "4b2a9fa",
    "pytest": "9.2.0",
    "playwright": "1.64.1",
    "moodle": "4.5.6",
    "assignsubmission_s3video": "2025102600",
    "theme": "boost",
}

SHOT = "screenshots/test_playback[chromium]-2.8.6-1.png"

SEEN = {
    "screenshots": [SHOT],
    "captions": ["What the teacher saw: Grading (https://moodle.example.edu/mod/assign/view.php?id=7)"],
    "steps": ["As the teacher: Log in through the form.", "Open the assignment.", "Press play on the video."],
    "console": ["error: NotAllowedError: play() failed", "log: player ready"],
    "requests": [
        {"sender": "the teacher", "method": "GET", "address": "https://moodle.example.edu/mod/assign/view.php?id=7",
         "status": 200, "bytes": 48211, "seconds": 0.312},
        {"sender": "the teacher", "method": "GET",
         "address": "https://d1.cloudfront.example/videos/12/…?Expires=1764000000&Signature=…",
         "status": 403, "bytes": 146, "seconds": 0.041},
        {"sender": "the teacher", "method": "POST", "address": "https://moodle.example.edu/lib/ajax/service.php",
         "status": "no answer"},
    ],
    "on S3": ["videos/12/1764_clip.mp4: 24117248 bytes, video/mp4"],
}  # fmt: skip
"""What a failed check brings."""

PLAYBACK = "test_playback[chromium]"

PLAYS = "A click on the player plays the video"

NO_PLAY = "expected playback to go on after a click, seen it paused half a second later"

KNOWN = """
[[known]]
line = "2.7.5"
target = "chromium"
message = "limit of 5 GB"
link = "https://tracker.example/1"
owner = "Ada"
expires = 2026-12-31
"""


def passing(targets: Iterable[TargetState]) -> list[Check]:
    """A check of every line that the suite judges, on every target that it is judged on."""
    targets = [target for target in targets if not target.missing]
    return [
        Check(line.id, target.name, Verdict.PASSED, line.text, "", 0.4 + number % 7, {}, f"test_it[{target.name}]")
        for number, line in enumerate(LINES.values())
        if line.judged
        for target in judged_on(line, targets)
    ]


def changed(checks: list[Check], line: str, target: str, **changes: object) -> list[Check]:
    """The checks, of which those of a line on a target are different."""
    return [replace(one, **changes) if (one.line, one.target) == (line, target) else one for one in checks]  # type: ignore[arg-type]


def run_of(
    checks: list[Check],
    targets: Iterable[TargetState] = TARGETS,
    conditions: Conditions | None = None,
    known: list[KnownIssue] | None = None,
    notes: Iterable[str] = (),
    required: Collection[str] = (),
) -> Run:
    """The run that these checks come to."""
    targets, known = list(targets), known or []
    conditions = conditions or Conditions(int(any(check.verdict is Verdict.FAILED for check in checks)))
    entries = judge(targets, checks, known, required)
    verdict, code = decide(entries, conditions)
    found = defects(entries, known, conditions.problems)
    return Run(
        "11221815ab12",
        datetime(2026, 11, 22, 18, 15, 1, tzinfo=UTC),
        "staging",
        verdict,
        code,
        VERSIONS,
        targets,
        entries,
        [*conditions.problems, *notes],
        figures(checks),
        reason(verdict, entries, targets, conditions, found),
        754.2,
        {"site": "https://moodle.example.edu", "bucket": "s3video-staging", "region": "eu-central-1"},
        conditions,
        [{**issue.note, **issue.covered} for issue in known],
        defects=found,
    )


def go() -> Run:
    """Every line passed but one, whose failure is known."""
    checks = changed(passing(TARGETS), "2.8.7", "chromium", evidence={"first frame after seconds": 0.31})
    checks = changed(checks, "2.8.7", "firefox", evidence={"first frame after seconds": 0.52})
    checks = changed(checks, "2.12.3", "chromium", evidence={"upload Mbit/s": 44.7}, seconds=31.0)
    checks = changed(checks, "2.12.3", "firefox", evidence={"upload Mbit/s": 41.2}, seconds=33.0)
    checks = changed(checks, "2.8.8", "chromium", evidence={"seek took seconds": [0.05, 0.12, 0.08]})
    limit = "expected the student to be told the limit of 5 GB, seen on the form: “Maximum size: 5000”"
    told = "The limit in force is 5 GB, and the form says so"
    checks = changed(checks, "2.7.5", "chromium", verdict=Verdict.FAILED, title=told, message=limit)
    known, problems = read(KNOWN, [target.name for target in TARGETS], date(2026, 11, 22))
    assert not problems
    return run_of(checks, known=known, notes=["site: the certificate is trusted by ca_file only"])


def no_go() -> Run:
    """A click does not play, and what comes after it is not reached; on a phone the form is too wide."""
    failed = {"verdict": Verdict.FAILED, "title": PLAYS, "message": NO_PLAY, "evidence": SEEN, "test": PLAYBACK}
    checks = changed(passing(TARGETS), "2.8.6", "chromium", **failed)
    why = "2.8.6 (a click plays it) failed, and the rest of this test builds on it"
    for line in ("2.8.7", "2.8.8", "2.8.9"):
        after = {"verdict": Verdict.NOT_REACHED, "message": why, "seconds": 0.0, "test": "test_playback[chromium]"}
        checks = changed(checks, line, "chromium", **after)
    fits, wide = "The upload form fits on the screen", "expected the form on the screen, seen it wider than the screen"
    checks = changed(checks, "2.13.6", "pixel-7", verdict=Verdict.FAILED, title=fits, message=wide)
    return run_of(checks)


def outage() -> Run:
    """S3 stopped answering in step 2.8."""
    silence = "S3 does not answer at https://s3.eu-central-1.amazonaws.com/s3video-staging/: Connection refused."
    checks = [
        one
        if one.line.startswith("2.7")
        else replace(one, verdict=Verdict.NOT_REACHED, message=f"outage: {silence}", seconds=0.0)
        for one in passing([CHROMIUM])
        if one.line.startswith(("2.7", "2.8"))
    ]
    return run_of(checks, conditions=Conditions(1, outage=silence))


def incomplete() -> Run:
    """A required browser is not on this machine, and one line cannot be told."""
    absent = replace(FIREFOX, missing="no firefox on this machine; get it with: playwright install firefox", build="")
    targets = [CHROMIUM, absent, WEBKIT, EDGE, PIXEL]
    rough = "12 GB is too rough a number to show 24117248 bytes more"
    checks = changed(passing(targets), "2.10.5", "chromium", verdict=Verdict.NOT_CHECKABLE, message=rough)
    return run_of(checks, targets)


def partial() -> Run:
    """One step in one browser was asked for, and a line of it failed."""
    mine = [one for one in passing([CHROMIUM]) if one.line.startswith("2.8")]
    failed = {"verdict": Verdict.FAILED, "title": PLAYS, "message": NO_PLAY, "evidence": SEEN, "test": PLAYBACK}
    return run_of(changed(mine, "2.8.6", "chromium", **failed), [CHROMIUM], Conditions(1, partial=True))


SAMPLES: dict[str, Callable[[], Run]] = {
    "go": go,
    "no-go": no_go,
    "outage": outage,
    "incomplete": incomplete,
    "partial": partial,
}


def picture(folder: Path) -> None:
    """Puts the screenshot of the NO-GO into a run's folder: a grey picture (https://www.w3.org/TR/png-3/)."""
    width, height = 640, 360

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress((b"\0" + b"\xbb" * width) * height))
    (folder / SHOT).parent.mkdir(parents=True, exist_ok=True)
    (folder / SHOT).write_bytes(b"\x89PNG\r\n\x1a\n" + head + rows + chunk(b"IEND", b""))
