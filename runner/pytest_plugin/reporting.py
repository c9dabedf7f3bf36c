"""What a run says: a tick list while it goes, then its results, its page, and its verdict in the terminal."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile

import pytest
from rich.console import Console
from rich.text import Text

from checklist import history, results, terminal
from checklist.defects import advice, defects
from checklist.figures import figures, waited
from checklist.lines import ALL_TARGETS
from checklist.outputs.summary import annotated, markdown
from checklist.publish import publish, tell_job, write
from checklist.reason import reason
from checklist.results import Run
from checklist.verdicts import Check, Verdict, counts, is_known, judge
from checklist.visible import visible
from checklist.waivers import open_waivers
from redaction.secrets import redact, redact_zip, scan
from runner.configuration.replica import CHECKOUT
from runner.pytest_plugin.browser_restart import NOTE
from runner.pytest_plugin.compat import failed_by_its_subtests, is_subtest, quiet
from runner.pytest_plugin.decision import decision
from runner.pytest_plugin.lines import AFTER_UPGRADE, BLOCKED, BROWSER, PROPERTY, REFUSED
from runner.pytest_plugin.options import unredacted
from runner.pytest_plugin.outage import Watch
from runner.pytest_plugin.progress import Progress
from runner.pytest_plugin.state import State

SIGNS = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✗",
    Verdict.NOT_REACHED: "·",
    Verdict.NOT_CHECKABLE: "?",
    Verdict.ADVICE: "i",
}


class Reporting:
    """A plugin of the run's pytest: takes the checks out of the reports, and stands in for pytest's dots."""

    def __init__(self, config: pytest.Config, state: State, watch: Watch) -> None:
        self._config = config
        self._state = state
        self._watch = watch
        self._shown: list[Check] = []
        self._progress: Progress | None = None
        self._outside: list[str] = []

    # -- while tests run --------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)  # the reporter is there, and has found out what it writes to
    def pytest_sessionstart(self) -> None:
        quiet(self._config)
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            state = self._state
            earlier = [one for one in history.read(state.folder.parent) if one.environment == state.environment_stem]
            self._progress = Progress(reporter, earlier, silent=self._config.option.verbose < 0)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if self._progress and session.items:
            self._progress.total = len(session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Each worker collects all tests."""
        if self._progress:
            self._progress.total = len(ids)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        if self._progress:
            self._progress.begin(nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        if self._progress:
            self._progress.end()

    @pytest.hookimpl(tryfirst=True)  # before pytest fails a test for the failed lines in it
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        state = self._state
        properties = cast(list[tuple[str, Any]], report.user_properties)
        found = [Check.from_json(data) for name, data in properties if name == PROPERTY]
        if state.secrets is not None:  # a subtest's output joins its report only after that was made
            values = state.secrets.values()
            report.sections = [(name, visible(redact(content, values))) for name, content in report.sections]
        if is_subtest(report):
            if found:
                self._show(found[-1])
            return
        state.misconfigured = state.misconfigured or dict(properties).get(REFUSED, "")
        state.upgrade_judged |= bool(dict(properties).get(AFTER_UPGRADE))
        if report.failed and not dict(properties).get(BLOCKED) and not failed_by_its_subtests(report):
            state.broken.append(report.nodeid)
            self._outside.append(f"{report.nodeid}\n{report.longreprtext}")
        if report.when == "teardown" or (report.when == "setup" and not report.passed):
            for check in found:
                if check.verdict in (Verdict.NOT_REACHED, Verdict.NOT_CHECKABLE) and check not in self._shown:
                    self._show(check)
            state.checks += self._watch.judged(found, broken=report.nodeid in state.broken)
            for name, data in properties:
                if name == NOTE:
                    state.notes.append(data)
                if name == BROWSER:
                    self._note_build(**data)
            self._watch.keep_lock()

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """The tick list stands for pytest's dots."""
        if is_subtest(report):
            return ("failed" if report.failed else ""), "", ""
        if report.passed:
            return ("passed" if report.when == "call" else ""), "", ""
        word = report.outcome.upper() if self._config.option.verbose > 0 else ""
        return ("failed" if report.failed else "skipped"), "", word

    def _note_build(self, target: str, version: str) -> None:
        self._state.targets = [
            replace(seen, build=f"{seen.build}, {version}")
            if seen.name == target and version not in seen.build
            else seen
            for seen in self._state.targets
        ]

    def _show(self, check: Check) -> None:
        self._shown.append(check)
        if self._progress is None:
            return
        colour = {Verdict.PASSED: "green", Verdict.FAILED: "red"}.get(check.verdict, "yellow")
        word = str(check.verdict)
        if is_known(check, self._state.known):
            word, colour = "known", "yellow"
        line = f"  {SIGNS[check.verdict]} {check.line:<7} {check.target:<9} {check.title} ({check.seconds:.1f} s)"
        self._progress.say(line, colour)
        if check.message:
            self._progress.say(f"      {word}: {check.message}", colour)
        self._progress.judged(check)

    # -- after the tests --------------------------------------------------------------------------

    def pytest_html_report_title(self, report: Any) -> None:
        report.title = f"Acceptance of the S3 Video plugin: {self._state.environment_stem}"

    def results(self) -> Run:
        """What the run has come to, judged by what is known of it now."""
        state = self._state
        required = state.environment.required_on(state.started.date()) if state.environment else set()
        entries = judge(state.targets, state.checks, state.known, required, state.tried)
        verdict, code = decision(
            entries,
            state.conditions,
            opened=state.reservation is not None,
            interrupted=state.interrupted,
            stopped=state.stopped,
        )
        found = defects(entries, state.known, state.problems)
        waived = open_waivers([one.note for one in state.waived], entries)
        run = Run(
            state.run_id,
            state.started,
            state.environment_stem,
            verdict,
            code,
            state.versions,
            state.targets,
            entries,
            [*state.problems, *state.notes, *waited(state.checks)],
            figures(state.checks),
            reason(verdict, entries, state.targets, state.conditions, found, waived),
            round((datetime.now(UTC) - state.started).total_seconds(), 1),
            state.tested,
            state.conditions,
            [{**issue.note, **issue.covered} for issue in state.known],
            state.tests,
            found,
            _budgets(state),
            sorted(required),
            waived,
        )
        return replace(run, defects=history.dated(found, history.past(run), history.read(state.folder.parent)))

    def write(self) -> None:
        """Writes what is said of the run, and points `latest` at it. A secret in its files is a problem of the run.

        Raises OSError.
        """
        folder = self._state.folder
        self._bring_artifacts()
        write(self.results(), folder)  # first: what comes after it may break
        if leaks := self._leaks():
            self._state.problems += leaks
            write(self.results(), folder)
        run = self.results()
        publish(run, folder)
        values = self._state.secrets.values() if self._state.secrets else []
        if told := tell_job(redact(markdown(run), values), [redact(one, values) for one in annotated(run)]):
            self._state.notes.append(told)

    def _bring_artifacts(self) -> None:
        """Traces and videos come into the reports redacted, or not at all. Raises OSError."""
        source, values = unredacted(self._state.folder), self._state.secrets.values() if self._state.secrets else []
        if not source.is_dir():
            return
        for trace in source.rglob("*.zip"):
            try:
                redact_zip(trace, values)
            except BadZipFile:
                trace.unlink()
                self._state.notes.append(f"the trace {trace.parent.name}/{trace.name} is torn, and is left out")
        if any(source.iterdir()):
            shutil.copytree(source, self._state.folder / "artifacts", dirs_exist_ok=True)
        shutil.rmtree(source)

    def write_the_least(self, broke: str) -> None:
        """Writes `results.json` alone, of a run whose reports could not be made. Raises OSError."""
        self._state.problems.append(broke)
        self._state.code = 3
        run, folder = self.results(), self._state.folder
        results.write(run, folder)
        publish(run, folder)

    def _leaks(self) -> list[str]:
        """Redacts the traces, then looks into every file."""
        if self._state.secrets is None:
            return []
        folder, values = self._state.folder, self._state.secrets.values()
        for trace in folder.rglob("*.zip"):
            with suppress(BadZipFile):  # the scan names it
                redact_zip(trace, values)
        return [f"a secret ({leak.kind}) stands in {folder.name}/{leak.path}" for leak in scan(folder, values)]

    def tell(self, run: Run) -> None:
        """Prints what there is to know about a run: what is wrong, its verdict and where its report is come last.

        A CI that keeps the end of its output keeps these.
        """
        state, console = self._state, Console(highlight=False, emoji=False, markup=False)
        quietly = self._config.option.verbose < 0

        def say(text: str = "", style: str = "") -> None:
            console.print(Text(visible(text), style), soft_wrap=True)

        for test in self._outside:
            say(f"\nBroke outside its lines: {test}")
        for line in [] if quietly else self._besides(run):
            say(line)
        say()
        for told in terminal.told(run, shutil.get_terminal_size((100, 24)).columns):
            say(told.text, f"{'bold ' if told.bold else ''}{told.colour}".strip())
        if state.reservation and not quietly:
            say(f"  report: {_shown(state.folder)}/report.html")

    def _besides(self, run: Run) -> Iterator[str]:
        """What there is to know besides the defects: the site, what broke, targets, known issues, advice and notes."""
        state = self._state
        where = state.environment.base_url if state.environment else state.environment_name
        yield ""
        yield f"  run {run.run_id} on {where}"
        told = " ".join([run.reason, *(defect.seen for defect in run.defects[: terminal.SHOWN])])
        for why in (state.broke, state.misconfigured, state.outage, *state.problems):
            if not all(" ".join(line.split()) in told for line in why.splitlines()):
                yield f"  {why}"
        for target in state.targets if state.reservation else []:
            mine = [entry for entry in run.lines if entry.browser == target.name]
            seen = ", ".join(f"{number} {verdict}" for verdict, number in counts(mine).items() if number)
            over = [] if any(entry.checks for entry in mine) else _over_targets(run, target.name)
            seen = f"judged in {', '.join(over)}" if over else seen
            became = f"not run: {target.missing}" if target.missing else f"{seen} ({target.build})"
            yield f"  {target.name:<10} {became}"
        if state.reservation and (once := counts([entry for entry in run.lines if entry.browser == ALL_TARGETS])):
            yield f"  {'once':<10} {', '.join(f'{number} {verdict}' for verdict, number in once.items() if number)}"
        for entry in run.lines:
            for known in entry.known:
                agreed = f"{known['link']}, {known['owner']}, until {known['expires']}"
                yield f"  known: {entry.id} on {entry.browser}: {agreed}"
        for one in advice(state.checks):
            yield f"  advice: {one.sentence}: expected {one.expected}, seen {one.seen}"
        for note in [*state.notes, *waited(state.checks)]:
            yield f"  note: {note}"


def _over_targets(run: Run, target: str) -> list[str]:
    """The lines that are judged once a run, and on that target among others."""
    return [entry.id for entry in run.lines if any(check.target == target for check in entry.checks)]


def _budgets(state: State) -> dict[str, float]:
    """What figures may come to, in their units."""
    if state.environment is None:
        return {}
    play = state.environment.budgets.play
    return {"first frame after seconds": play, "seek took seconds": play}


def _shown(folder: Path) -> Path:
    return folder.relative_to(CHECKOUT) if folder.is_relative_to(CHECKOUT) else folder
