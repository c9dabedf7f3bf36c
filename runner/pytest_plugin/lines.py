"""The `line` fixture: each check of a test settles a line of the checklist.

`with line("2.7.15", "progress bar appears"):` records passed or failed, and the test goes on; a check that
`blocks=True` ends the test when it fails. Lines that a test declares with `@pytest.mark.lines(...)` and does not judge
are *not reached*. A test whose lines speak of targets runs on each of them, any other once a run and without a browser:
the checklist knows, the test does not say. Checks travel in the reports' `user_properties`, so that they cross xdist.
"""

from __future__ import annotations

import inspect
import re
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

import media
from checklist.figures import WAITED
from checklist.gallery import PICTURE, Picture, pictures
from checklist.lines import ALL_TARGETS, CONSOLES, LINES, all_beyond, all_of_no_target
from checklist.verdicts import MEANWHILE, NAMES, PREPARED, Check, Role, Verdict, judged_on
from checklist.visible import visible
from clients.errors import ConfigurationError, NotCheckable
from clients.http import exchanges
from clients.steps import forget, names, steps
from clients.waits import taken
from clients.words import cut, expectation, of_playwright, of_selenium
from redaction.secrets import redact
from runner.configuration.context import run_of
from runner.pytest_plugin.browser_restart import CHECKS, DIED, ENDED_BY, BrowserDied, has_died
from runner.pytest_plugin.compat import keep_artifacts, parameter
from runner.pytest_plugin.options import PRODUCTION

FAILURE_EVIDENCE = pytest.StashKey[Callable[[str], dict[str, Any]]]()
"""Tells what is to be seen when a line fails, as evidence: screenshots (relative to the run's folder) and more."""

QUIET = pytest.StashKey[Callable[[], None]]()
"""Raises AssertionError where somebody's console has shown an error since the test began."""

CONSOLE_ERRORS = pytest.StashKey[Callable[[], list[str]]]()
"""What QUIET would raise for: the errors since the test began, in their order."""

DISCONNECTIONS = pytest.StashKey[Callable[[], list[str]]]()
"""When somebody's browser had no connection to the environment since the test began."""
IN_THE_WAY = pytest.StashKey[Callable[[], str]]()
"""Tells what stands in a browser's way that is not the plugin, and what to do about it; empty where nothing does."""

PHOTOGRAPH = pytest.StashKey[Callable[[Picture], str]]()
"""Takes a picture of the page that was opened last; gives its path in the run's folder, or nothing."""

PROPERTY = "check"

BROWSER = "browser"

AFTER_UPGRADE = "after upgrade"
"""Says that a test looks at what waited for an upgrade."""

BLOCKED = "blocked"

REFUSED = "refused"
"""What the environment refuses to a test before it comes to a line, and what to do about it."""

STUMBLES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What Python raises where something came that nobody thought of."""

FAILURES = (Exception, pytest.fail.Exception)


class Blocked(Exception):
    """A check failed without which the rest of the test has no meaning."""


class Unchecked(Blocked):
    """It could not be made; a test that has another way to go on catches this."""


class Lines:
    """Called with a line's id and a few words on what is checked.

    `declared` are the lines of the test that are judged on its target, in their order; `warnings` is where others put
    what they see and nothing fails for: the evidence of the check that is on, or comes next, gets it.
    """

    def __init__(
        self, item: pytest.Item, subtests: pytest.Subtests, target: str, warnings: list[str], browser: Any = None
    ) -> None:
        self.item = item
        self.subtests = subtests
        self.target = target
        self.warnings = warnings
        self.browser = browser
        self.declared = declared_lines(item)

    @contextmanager
    def __call__(
        self, line: str, title: str, *, blocks: bool = False, extra: bool = False, advice: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Judge `line` by the body; what is put into the yielded dict becomes evidence (JSON values only).

        The box's own words decide the line. An `extra` check goes beyond them: it counts only when it fails. An
        `advice` is what no box asks for: a body that fails is told in the report, and nothing turns red.
        """
        if line not in (*self.declared, CONSOLES):
            raise pytest.UsageError(f"{self.item.nodeid} judges {line} without declaring it in @pytest.mark.lines")
        evidence: dict[str, Any] = {}
        role = Role.ADVICE if advice else Role.EXTRA if extra else Role.DECIDES
        verdict, message = Verdict.NOT_REACHED, "the check was cut short"
        exchanges.clear()
        prepared = len(steps())
        disconnections = self.item.stash.get(DISCONNECTIONS, list)
        before = len(disconnections())
        heard = Counter(self.console_errors())
        died = False
        started = time.perf_counter()
        with self.subtests.test(msg=f"{line} {title}"):
            try:
                yield evidence
            except ConfigurationError as refusal:
                message = first_words(refusal)
                self._refused(str(refusal))
            except NotCheckable as reason:
                verdict, message = Verdict.NOT_CHECKABLE, str(reason)
            except FAILURES as failure:
                died = has_died(failure, self.browser)
                verdict, message = self._failed(failure, advice, disconnections()[before:])
                if verdict in (Verdict.FAILED, Verdict.ADVICE):
                    evidence |= self._failure_evidence(line, prepared)
                    if meanwhile := [*(Counter(self.console_errors()) - heard).elements()]:
                        evidence[MEANWHILE] = meanwhile
                if verdict is Verdict.FAILED:
                    raise
            else:
                verdict, message = Verdict.PASSED, ""
                ended = time.perf_counter()
                evidence |= self._pictured(line)
                started += time.perf_counter() - ended  # the picture is none of the check's time
            finally:
                seconds = round(time.perf_counter() - started, 3)
                evidence |= self._remarks()
                test = self.item.name
                number = len(self.item.stash[CHECKS]) + 1
                self._record(
                    Check(line, self.target, verdict, title, message, seconds, evidence, test, role, number, blocks)
                )
        if died:
            self.item.stash[DIED] = True
            raise BrowserDied(f"the browser died in {line} ({title})")
        if blocks and verdict is not Verdict.PASSED:
            kind = Unchecked if verdict is Verdict.NOT_CHECKABLE else Blocked
            raise kind(f"{line} ({title}) {verdict}, and the rest of this test builds on it")

    def console_errors(self) -> list[str]:
        """Of everybody at a browser, since the test began; none where no console is judged."""
        return self.item.stash[CONSOLE_ERRORS]() if CONSOLE_ERRORS in self.item.stash else []

    def _remarks(self) -> dict[str, Any]:
        """What others have to say of the check, and what was waited for in it."""
        told = {"warnings": [*self.warnings], WAITED: taken()}
        self.warnings.clear()
        return {name: value for name, value in told.items() if value}

    def _failed(self, failure: BaseException, advice: bool, disconnections: list[str]) -> tuple[Verdict, str]:
        """What a check came to whose body failed, and why: what keeps a browser from the plugin is no defect of it."""
        if has_died(failure, self.browser):
            return Verdict.NOT_REACHED, "the browser died"
        if in_the_way := self.item.stash.get(IN_THE_WAY, str)():
            self._refused(in_the_way)
            return Verdict.NOT_REACHED, in_the_way
        if disconnections:
            return Verdict.NOT_CHECKABLE, f"the network broke meanwhile: {disconnections[0]}. Run it again."
        return Verdict.ADVICE if advice else Verdict.FAILED, first_words(failure)

    def _refused(self, why: str) -> None:
        """The environment keeps the check from being made."""
        self.item.user_properties.append((REFUSED, visible(redact(why, run_of(self.item.config).secrets.values()))))

    def _pictured(self, line: str) -> dict[str, Any]:
        """What people saw when a check passed, for the lines of the gallery."""
        wanted, stash = pictures().get(line), self.item.stash
        if wanted is None or PHOTOGRAPH not in stash:
            return {}
        if not wanted.every and any(one.line == line and PICTURE in one.evidence for one in stash[CHECKS]):
            return {}
        path = stash[PHOTOGRAPH](wanted)
        return {PICTURE: {"path": path, "caption": wanted.caption}} if path else {}

    def _failure_evidence(self, line: str, prepared: int) -> dict[str, Any]:
        """What is to be seen when a check fails, and what somebody needs who wants to see it again.

        Of the steps, so many were taken before the check began.
        """
        taken = steps(whole=line == CONSOLES)
        story = inspect.getdoc(getattr(self.item, "function", None))
        told = {
            "story": story,
            "file": _file(self.item),
            "steps": taken,
            PREPARED: 0 if line == CONSOLES else min(prepared, len(taken)),
            NAMES: names(),
            "requests without a browser": [*exchanges],
        }
        seen = self.item.stash[FAILURE_EVIDENCE](line) if FAILURE_EVIDENCE in self.item.stash else {}
        return {name: value for name, value in told.items() if value} | seen

    def _record(self, check: Check) -> None:
        secrets = run_of(self.item.config).secrets.values()
        evidence = _redacted(check.evidence, secrets)
        check = replace(check, message=visible(redact(check.message, secrets)), evidence=evidence)
        self.item.stash[CHECKS].append(check)
        self.item.user_properties.append((PROPERTY, check.to_json()))


def _file(item: pytest.Item) -> str:
    """The video that the test uploads: name, size, and how long it plays."""
    for value in getattr(item, "funcargs", {}).values():
        clip = getattr(value, "clip", value)
        if isinstance(clip, media.Clip):
            return f"{clip.path.name}, {clip.bytes} bytes"
    return ""


def _redacted(value: Any, secrets: list[str]) -> Any:
    """A JSON value with every text in it redacted."""
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, dict):
        return {name: _redacted(inner, secrets) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(inner, secrets) for inner in value]
    return value


def declared_lines(item: pytest.Item) -> tuple[str, ...]:
    """The lines of the item's `lines` markers that are judged on its target, in their order.

    Raises UsageError for an id the checklist lacks.
    """
    lines = _ids(item.iter_markers())
    if unknown := [line for line in lines if line not in LINES]:
        raise pytest.UsageError(f"{item.nodeid} declares {', '.join(unknown)}, which the checklist does not have")
    run = run_of(item.config, None)
    if run is None:
        return lines
    target = _target(item)
    return tuple(line for line in lines if target in {state.name for state in judged_on(LINES[line], run.targets)})


def _ids(marks: Iterable[pytest.Mark]) -> tuple[str, ...]:
    return tuple(str(line) for mark in marks if mark.name == "lines" for line in mark.args)


def first_words(failure: BaseException) -> str:
    """What a failure says, without what follows it: Playwright's call log, the quoted page, pytest's expression."""
    text = of_selenium(of_playwright(str(failure)))
    text = expectation(" ".join(re.split(r"\n(?:Call log:|Aria snapshot:|assert )", text)[0].split()))
    if isinstance(failure, STUMBLES):
        name = type(failure).__name__
        text = f"expected something that the suite understands, seen what it stumbles over ({name}: {cut(text, 850)})"
    return cut(text, 1000) or type(failure).__name__


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(obj: object) -> None:
    """A test whose lines speak of targets asks for a browser, and comes once for each target."""
    lines = _ids(getattr(obj, "pytestmark", ())) if inspect.isfunction(obj) else ()
    if lines and not all_of_no_target(lines):
        pytest.mark.usefixtures("browser_name", "browser")(obj)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test has nothing to do on a target on which none of its lines is judged, nor where it may not run; who has the
    site alone comes last.

    Raises UsageError where none of those that were asked for may.
    """
    left_out = [item for item in items if item.get_closest_marker("lines") and not declared_lines(item)]
    run = run_of(config, None)
    if run is not None and run.reads_only:
        barred = [item for item in items if not item.get_closest_marker(PRODUCTION)]
        if items and len(barred) == len(items):
            raise pytest.UsageError(
                f"{run.environment.name} is not marked as a test site: there only the smoke test may run, and what "
                f"reads. Ask for tests/test_3_production.py, or set test_site = true in {run.environment.file}."
            )
        left_out = [item for item in items if item in left_out or item in barred]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    items.sort(key=lambda item: "alone" in getattr(item, "fixturenames", ()))


def _target(item: pytest.Item) -> str:
    return parameter(item, "browser_name") or ALL_TARGETS


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    item.stash[CHECKS] = []
    forget()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """At the end of each test, whatever became of it, judge the consoles of everybody who was at a browser in it.

    Not of one that judges what stands beyond the checklist: that blocks nothing, and the consoles' line does.
    """
    try:
        return (yield)
    finally:
        line = pyfuncitem.funcargs.get("line")
        judges = isinstance(line, Lines) and line.browser is not None and not all_beyond(line.declared)
        if isinstance(line, Lines) and judges and QUIET in pyfuncitem.stash and CONSOLES in LINES:
            with line(CONSOLES, "Nobody's console shows an error") as evidence:
                if errors := line.console_errors():
                    evidence[MEANWHILE] = errors
                pyfuncitem.stash[QUIET]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Redact what a failure prints, and declare the lines that a test leaves unjudged as not reached.

    A test that needs what the environment does not have is no failure: its lines are not checkable.
    """
    report = yield
    run = run_of(item.config, None)
    if run is None:
        return report
    secrets = run.secrets.values()
    if report.longrepr is not None and not isinstance(report.longrepr, tuple):
        report.longrepr = visible(redact(str(report.longrepr), secrets))
    report.sections = [(name, visible(redact(content, secrets))) for name, content in report.sections]
    if call.when == "call" and any(check.verdict is Verdict.FAILED for check in item.stash[CHECKS]):
        keep_artifacts(item)
    if call.when == "teardown" or (call.when == "setup" and not report.passed):
        report.user_properties += [(PROPERTY, check.to_json()) for check in _unjudged(item, call)]
    if call.excinfo is not None:
        if has_died(call.excinfo.value, (getattr(item, "funcargs", None) or {}).get("browser")):
            item.stash[DIED] = True
        aside = call.when == "call" and all_beyond(declared_lines(item))  # its lines say so, and they alone may block
        if aside or isinstance(call.excinfo.value, (Blocked, BrowserDied)):
            report.user_properties.append((BLOCKED, True))
        if isinstance(call.excinfo.value, ConfigurationError):
            report.user_properties.append((REFUSED, visible(redact(str(call.excinfo.value), secrets))))
        if isinstance(call.excinfo.value, NotCheckable):
            report.outcome, report.longrepr = (
                "skipped",
                (str(item.path), item.location[1] or 0, visible(redact(first_words(call.excinfo.value), secrets))),
            )
        item.stash[ENDED_BY] = call.excinfo.value
    if call.when == "call":
        item.stash[TO_ITS_END] = call.excinfo is None  # each check comes by here, and the test itself after them
    return report


TO_ITS_END = pytest.StashKey[bool]()


def _unjudged(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Check]:
    ended_by = call.excinfo.value if call.excinfo else item.stash.get(ENDED_BY, None)
    # A test that came to its end has made all of its checks: of a line of which it has but extra ones, another decides.
    whole = item.stash.get(TO_ITS_END, False)
    judged = {check.line for check in item.stash[CHECKS] if check.counts or whole}
    why = first_words(ended_by) if ended_by else ""
    verdict = Verdict.NOT_CHECKABLE if isinstance(ended_by, NotCheckable) else Verdict.NOT_REACHED
    target = _target(item)
    secrets = run_of(item.config).secrets.values()
    for line in dict.fromkeys(declared_lines(item)):
        if line not in judged:
            message = visible(redact(why or "the test ended before", secrets))
            yield Check(line, target, verdict, LINES[line].text, message, test=item.name)
            item.stash[CHECKS].append(Check(line, target, verdict, LINES[line].text))
