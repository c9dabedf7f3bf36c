"""`junit.xml`: a testcase for each line on each target, as Jenkins, GitLab and GitHub's readers show it.

Held against `junit-10.xsd` of github.com/jenkinsci/xunit-plugin at 8c515de, and read back by junitparser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from checklist.defects import expected_and_seen, plain
from checklist.lines import LINES, STEPS, Step
from checklist.reason import called
from checklist.results import Run, put
from checklist.verdicts import Entry, Verdict

FILE = "junit.xml"

NO_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in XML 1.0 (https://www.w3.org/TR/xml/#charsets)."""


def write(run: Run, folder: Path) -> None:
    """Write `folder/junit.xml`. Raises OSError."""
    put(folder / FILE, text_of(run))


def text_of(run: Run) -> str:
    """A suite for each step; lines that another target covers, or that are for people, are left out unless a GO waits
    for them."""
    targets = {f"target {target.name}": called(target) for target in run.targets if not target.missing}
    document = JUnitXml("s3video-acceptance")
    for step in STEPS:
        if cases := list(_cases(run, step)):
            suite = TestSuite(f"{step.id} {step.title}")
            suite.timestamp = run.started.strftime("%Y-%m-%dT%H:%M:%S")
            for name, value in {"verdict": run.verdict, "run": run.run_id, **run.versions, **targets}.items():
                suite.add_property(name, value)
            suite.add_testcases(cases)
            document.add_testsuite(suite)
    suites = list(document)  # its own update_statistics counts what is skipped as well, and the schema lets no one
    document.tests = sum(suite.tests for suite in suites)
    document.failures = sum(suite.failures for suite in suites)
    document.errors = 0
    document.time = round(sum(suite.time for suite in suites), 3)
    return str(document.tostring().decode())  # type: ignore[no-untyped-call]


def _cases(run: Run, step: Step) -> Iterator[TestCase]:
    classname = f"{step.id} {step.title}"
    for entry in run.lines:
        line = LINES[entry.id]
        if line.step == step.id and (entry.checks or entry.blocks):
            name = f"{entry.id} {plain(line.text)} [{entry.browser}]"
            case = TestCase(name, classname, entry.seconds)
            if result := _result(entry):
                case.result = [result]
            yield case


def _result(entry: Entry) -> Failure | Skipped | None:
    why = NO_XML.sub("", f"{entry.verdict}: {entry.message}" if entry.message else str(entry.verdict))
    if entry.verdict is Verdict.PASSED:
        return None
    if entry.verdict is not Verdict.FAILED:
        return Skipped(why)
    if entry.known:
        return Skipped(f"known ({entry.known[0]['link']}, until {entry.known[0]['expires']}); {why}")
    if not entry.blocks:
        return Skipped(f"beyond the checklist; {why}")
    failure = Failure(why, "failed")
    failure.text = NO_XML.sub("", "\n\n".join(_told(entry)))
    return failure


def _told(entry: Entry) -> Iterator[str]:
    for check in entry.checks:
        if check.verdict is Verdict.FAILED:
            halves = expected_and_seen(check.message)
            told = f"expected: {halves[0]}\nseen:     {halves[1]}" if halves else check.message
            yield "\n".join(
                [check.title, told, *(f"picture:  {path}" for path in check.evidence.get("screenshots", ()))]
            )
