"""A run from its first probe to its verdict: options, preparation, results, clean-up, exit code.

The controller does all of it; xdist's workers are told what they need by `workerinput`.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from threading import Timer, main_thread
from typing import Any, cast
from zipfile import BadZipFile

import pytest
from _pytest.subtests import SubtestReport
from playwright.sync_api import sync_playwright

from checklist.known_issues import KnownIssue, read
from checklist.report import render
from checklist.results import Run, write
from checklist.verdicts import Check, Conditions, Entry, TargetState, Verdict, counts, decide, is_known, judge, unmet
from runner import replica
from runner.context import RUN, RunContext, run_of
from runner.doctor import examine, plan, print_report
from runner.environment import ENGINES, Environment, large_size, load
from runner.journal import folder as state_folder
from runner.lines import BLOCKED, BROWSER, PROPERTY
from runner.lock import Locked
from runner.outage import Probes
from runner.targets import survey
from runner.workspace import Workspace
from services.errors import ConfigurationError, SiteError, Unreachable
from services.moodle.plugin import plugin, release
from services.secrecy import Secrets, redact, redact_zip, scan

CHECKOUT = Path(__file__).resolve().parents[1]

REPORTS = CHECKOUT / "reports"

SIGNS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗", Verdict.NOT_REACHED: "·", Verdict.NOT_CHECKABLE: "?"}

NARROWING = (
    "keyword",
    "markexpr",
    "maxfail",
    "browser",
    "lf",
    "failedfirst",
    "deselect",
    "ignore",
    "ignore_glob",
    "stepwise",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("acceptance", "acceptance of the S3 Video plugin")
    group.addoption("--env", default=replica.NAME, metavar="NAME|FILE.toml", help="environment under test")
    group.addoption("--doctor", action="store_true", help="check the environment and print the plan; run nothing")
    group.addoption("--restore", action="store_true", help="put back what a dead run left changed; run nothing")
    group.addoption("--large", type=large_size, metavar="SIZE", help="size of the video of step 2.12, such as 1GiB")
    group.addoption("--keep", action="store_true", help="leave what the run creates on the site until the next run")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "lines(id, ...): the lines of the checklist that the test settles, in order")
    config.addinivalue_line("markers", "canary: a happy path, that the proof runs with every fault on")
    workerinput = getattr(config, "workerinput", {})
    if "acceptance" in workerinput:
        config.stash[RUN] = _context_from_json(workerinput["acceptance"])
        config.option.output = workerinput["output"]


def _is_acceptance(config: pytest.Config) -> bool:
    option = config.option
    if (
        hasattr(config, "workerinput")
        or option.help
        or option.version
        or option.showfixtures
        or option.markers
        or option.collectonly
    ):
        return False
    tests = CHECKOUT / "tests"
    paths = [(config.invocation_params.dir / arg.split("::")[0]).resolve() for arg in config.args]
    return any(path == CHECKOUT or path.is_relative_to(tests) for path in paths)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """An acceptance run: pytest's own session, between preparation and verdict."""
    if not _is_acceptance(config):
        return None
    controller = Controller(config)
    config.pluginmanager.register(controller)
    session = config.pluginmanager.subset_hook_caller("pytest_cmdline_main", [sys.modules[__name__]])
    with controller:
        try:
            controller.prepare()
            if controller.code is None:
                controller.run(partial(session, config=config))
            return controller.finish()
        except KeyboardInterrupt:
            print("INTERRUPTED while cleaning up; the next run goes on with that, and so does: pytest --restore")
            return 2


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """End the browsers of an interrupted run; what was torn out of its work cannot be closed in order."""
    if exitstatus == pytest.ExitCode.INTERRUPTED:
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        with suppress(Exception):
            session._setupstate.teardown_exact(None)


def pytest_configure_node(node: Any) -> None:
    """xdist: tell a worker about the run."""
    if run := run_of(node.config, None):
        node.workerinput |= {"acceptance": _context_to_json(run), "output": node.config.option.output}


def _context_to_json(run: RunContext) -> str:
    return json.dumps(asdict(run), default=str)


def _context_from_json(text: str) -> RunContext:
    data = json.loads(text)
    data["targets"] = tuple(TargetState(**target) for target in data["targets"])
    data |= {name: Path(data[name]) for name in ("folder", "secrets_file")}
    return RunContext(**data)


def _interrupt_again(otherwise: Callable[[Any], None], unraisable: Any) -> None:
    """A hook for what Python drops because it was raised in a destructor; that may be the wish to stop."""
    if unraisable.exc_type is KeyboardInterrupt:
        # A real signal, because nothing else ends the system call that the main thread may be in.
        Timer(0.1, signal.pthread_kill, [main_thread().ident, signal.SIGINT]).start()
    else:
        otherwise(unraisable)


class Controller:
    """One acceptance run, as a context: leaving it gives back what it started. `code` is None until it is decided."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.started = datetime.now(UTC)
        self.environment_name: str = config.option.env
        self.run_id = f"{self.started:%m%d%H%M}{secrets.token_hex(2)}"
        self.folder = REPORTS / f"{self.started:%Y%m%dT%H%M%SZ}-{Path(self.environment_name).stem}"
        self.partial = any(getattr(config.option, name, None) for name in NARROWING) or _narrowed_by_path(config)
        self.code: int | None = None
        self.environment: Environment | None = None
        self.workspace: Workspace | None = None
        self.secrets: Secrets | None = None
        self.targets: list[TargetState] = []
        self.checks: list[Check] = []
        self.known: list[KnownIssue] = []
        self.broken: list[str] = []
        self.versions = {name: version(name) for name in ("pytest", "playwright", "pytest-playwright")}
        self.outage = ""
        self.misconfigured = ""
        self.notes: list[str] = []
        self.problems: list[str] = []
        self._clean = False
        self._stopped = False
        self._interrupted = False
        self._stack = ExitStack()
        self._place_reports()

    def _place_reports(self) -> None:
        option = self.config.option
        if "output" in option and Path(option.output) != Path("test-results"):
            output = (self.config.invocation_params.dir / option.output).resolve()
            if REPORTS.is_relative_to(output):
                raise pytest.UsageError(f"--output {option.output} would empty {REPORTS}; name another folder")
        else:
            option.output = str(self.folder / "artifacts")
        try:
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise pytest.UsageError(
                f"{self.folder} cannot be made ({error.strerror}); free or unlock reports/"
            ) from None
        option.htmlpath = option.htmlpath or str(self.folder / "report.html")
        option.xmlpath = option.xmlpath or str(self.folder / "junit.xml")

    # -- before the tests -------------------------------------------------------------------------

    def __enter__(self) -> None:
        self._outputs = [(name, stream := getattr(sys, name), os.dup(stream.fileno())) for name in ("stdout", "stderr")]
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupt)

    @pytest.hookimpl(trylast=True)  # pytest sets a hook of its own
    def pytest_configure(self) -> None:
        sys.unraisablehook = partial(_interrupt_again, sys.unraisablehook)

    def _interrupt(self, *_: object) -> None:
        self._interrupted = True
        self._stop("told to stop")
        raise KeyboardInterrupt

    def _end_capture(self) -> None:
        """A signal can arrive where pytest begins to capture a subtest; that then ends after its session, too late."""
        gc.collect()
        for name, stream, descriptor in self._outputs:
            os.dup2(descriptor, stream.fileno())
            setattr(sys, name, stream)

    def prepare(self) -> None:
        """Make everything ready that the tests need, or decide the run's code."""
        try:
            self._prepare()
        except (ConfigurationError, Locked, pytest.UsageError) as reason:
            self.misconfigured, self.code = str(reason), 4
        except Unreachable as reason:
            self.outage, self.code = str(reason), 6
        except SiteError as reason:
            self.problems.append(str(reason))
            self.code = 1
        except OSError as error:
            self._cannot_write(error)
            self.code = 4
        except KeyboardInterrupt:
            self.code = 2

    def _prepare(self) -> None:
        option = self.config.option
        if self.environment_name == replica.NAME:
            self.environment_name = str(self._stack.enter_context(replica.running_replica()))
        self.environment = environment = load(self.environment_name)
        environment.check_files()
        self.secrets = Secrets(state_folder(environment.base_url) / f"{self.run_id}.secrets")
        for secret in environment.secrets():
            self.secrets.add(secret)
        known = [*environment.targets]
        known += [environment.target(engine) for engine in ENGINES if engine not in {t.name for t in known}]
        with sync_playwright() as playwright:
            environment.check_devices(playwright.devices)
            self.targets = survey(known, option.browser, playwright, option.headed)
        self._read_known_issues(environment)
        if option.restore:
            self.problems += Workspace.restore(environment).problems
            if not self.problems:
                self.notes.append("What dead runs had left changed is put back.")
            self.code = 0
            return
        findings = examine(environment, self.targets)
        if option.doctor:
            print_report(findings, plan(environment, self.targets))
        self.notes += [f"{finding.name}: {finding.sentence}" for finding in findings if finding.level == "warn"]
        if outages := [finding.sentence for finding in findings if finding.level == "outage"]:
            raise Unreachable(" ".join(outages))
        if bad := [f"{finding.sentence} {finding.remedy}" for finding in findings if finding.level == "bad"]:
            raise ConfigurationError("\n".join(bad))
        if option.doctor:
            self.code = 0
            return
        able = [target.name for target in self.targets if not target.missing]
        if not able:
            self.notes += [f"{target.name}: {target.missing}" for target in self.targets]
            self.code = 7
            return
        option.browser = able
        self.workspace = Workspace.open(environment, self.run_id)
        self.problems += [f"clean-up of an earlier run: {problem}" for problem in self.workspace.dead_runs.problems]
        self.versions["moodle"] = release(self.workspace.site)
        found = plugin(self.workspace.site)
        self.versions["assignsubmission_s3video"] = found.version if found else "absent"
        self.config.stash[RUN] = RunContext(
            self.run_id,
            self.environment_name,
            self.folder,
            state_folder(environment.base_url) / f"{self.run_id}.secrets",
            tuple(self.targets),
            self.workspace.state,
            option.large or environment.large.size,
        )

    def _read_known_issues(self, environment: Environment) -> None:
        file = environment.known_issues_file
        if file.is_file():
            names = {target.name for target in self.targets}
            self.known, problems = read(file.read_text(encoding="utf-8"), names, self.started.date())
            self._tell_of_known_issues(f"{file}: {problem}" for problem in problems)

    def _tell_of_known_issues(self, sentences: Iterable[str]) -> None:
        """A list of known issues that is out of date stops a release; a narrowed run is none."""
        (self.notes if self.partial else self.problems).extend(sentences)

    # -- while tests run --------------------------------------------------------------------------

    def run(self, session: Callable[[], int]) -> None:
        """Run the tests; what keeps pytest from running them, or from writing its reports, decides the run's code."""
        try:
            self.code = int(session())
        except pytest.UsageError as error:
            self.misconfigured = "; ".join(map(str, error.args))
        except OSError as error:
            self._cannot_write(error)

    def _cannot_write(self, error: OSError) -> None:
        where = error.filename or self.folder
        self.misconfigured = f"{where} cannot be written ({error.strerror}). Free or unlock it, and run again."

    @pytest.hookimpl(tryfirst=True)  # before pytest fails a test for the failed lines in it
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = cast(list[tuple[str, Any]], report.user_properties)
        found = [Check.from_json(data) for name, data in properties if name == PROPERTY]
        if self.secrets is not None:  # a subtest's output joins its report only after that was made
            values = self.secrets.values()
            report.sections = [(name, redact(content, values)) for name, content in report.sections]
        if isinstance(report, SubtestReport):
            if found:
                self._show(found[-1])
            return
        if report.failed and not dict(report.user_properties).get(BLOCKED):
            self.broken.append(report.nodeid)
        if report.when == "teardown" or (report.when == "setup" and not report.passed):
            for check in found:
                if check.verdict is Verdict.NOT_REACHED:
                    self._show(check)
            self.checks += self._unless_outage(found)
            for name, data in properties:
                if name == BROWSER:
                    self._note_build(**data)
            self._keep_lock()

    def _keep_lock(self) -> None:
        if self.workspace is None or self.outage:
            return
        try:
            self.workspace.refresh()
        except (SiteError, Unreachable, ConfigurationError) as reason:
            self._look_for_outage()
            if not self.outage:
                self.problems.append(f"the site's lock was lost: {reason}")
                self._stop("the site's lock was lost")

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # A signal can arrive between two lines; pytest cannot show such a frame, and takes it for an error of its own.
        excinfo.traceback = excinfo.traceback.filter(lambda entry: entry._rawentry.tb_lineno is not None)

    def _still_silent(self) -> bool:
        assert self.environment is not None
        return bool(Probes(self.environment).outage())

    def _look_for_outage(self) -> None:
        assert self.environment is not None
        self.outage = Probes(self.environment).outage()
        if self.outage:
            self._stop(f"OUTAGE: {self.outage}")

    def _stop(self, why: str) -> None:
        self._stopped = True
        for name in ("session", "dsession"):  # pytest's own, and xdist's
            if session := self.config.pluginmanager.get_plugin(name):
                session.shouldstop = why

    def _unless_outage(self, found: list[Check]) -> list[Check]:
        """Checks that failed because the environment does not answer are not reached, and the run stops there."""
        bad = (Verdict.FAILED, Verdict.NOT_REACHED)
        if not (self.outage or self._interrupted) and any(check.verdict in bad for check in found):
            self._look_for_outage()
        if not (self.outage or self._interrupted):
            return found
        why = f"outage: {self.outage}" if self.outage else "the run was told to stop"
        return [
            replace(check, verdict=Verdict.NOT_REACHED, message=why) if check.verdict in bad else check
            for check in found
        ]

    def _note_build(self, target: str, version: str) -> None:
        self.targets = [
            replace(state, build=f"{state.build}, {version}")
            if state.name == target and version not in state.build
            else state
            for state in self.targets
        ]

    def _show(self, check: Check) -> None:
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None:
            return
        colour = {Verdict.PASSED: {"green": True}, Verdict.FAILED: {"red": True}}.get(check.verdict, {"yellow": True})
        word = str(check.verdict)
        if is_known(check, self.known):
            word, colour = "known", {"yellow": True}
        line = f"  {SIGNS[check.verdict]} {check.line:<7} {check.target:<9} {check.title} ({check.seconds:.1f} s)"
        reporter.write_line(line, **colour)
        if check.message:
            reporter.write_line(f"      {word}: {check.message}", **colour)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """The tick list stands for pytest's dots."""
        if isinstance(report, SubtestReport):
            return ("failed" if report.failed else ""), "", ""
        if report.passed:
            return ("passed" if report.when == "call" else ""), "", ""
        return None

    # -- after the tests --------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Clean up once browsers and workers have ended, and before pytest-html writes its report with the verdict."""
        self.code = int(exitstatus)
        self._clean_up()

    def pytest_html_report_title(self, report: Any) -> None:
        report.title = f"Acceptance of the S3 Video plugin: {Path(self.environment_name).stem}"

    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        prefix.append(render(self._results()))

    def finish(self) -> int:
        """Clean up, judge, write the results, print the verdict; returns the exit code."""
        self._end_capture()
        self._clean_up()
        if not (self.config.option.doctor or self.config.option.restore):
            try:
                self._write_results()
            except OSError as error:
                self._cannot_write(error)
        results = self._results()
        self._print(results)
        return results.exit_code

    def _write_results(self) -> None:
        if self.secrets is not None:
            self.problems += self._leaks()
        write(self._results(), self.folder, REPORTS / "results.json")
        latest = REPORTS / "latest"
        latest.unlink(missing_ok=True)
        latest.symlink_to(self.folder.name, target_is_directory=True)

    def _clean_up(self) -> None:
        if self.workspace is None or self._clean:
            return
        self._clean = True
        if not self.partial:
            self.problems += [
                f"known issue {issue} was not met: take it out" for issue in unmet(self.checks, self.known)
            ]
        # Wrong credentials are worth a try even so: it may be the storage or the CDN that is silent.
        if self.outage and not self.workspace.journal.entries("setting") and self._still_silent():
            self.problems.append("clean-up: put off; the next run does it, and so does: pytest --restore")
            return
        report = self.workspace.close(keep=self.config.option.keep)
        self.problems += [f"clean-up: {problem}" for problem in report.problems]
        if report.left_by_plugin:
            keys = ", ".join(stored.key for stored in report.left_by_plugin)
            self.notes.append(f"the plugin left {len(report.left_by_plugin)} objects on S3, removed now: {keys}")
        if self.config.option.keep:
            self.notes.append("what the run created stays on the site until the next run (--keep)")

    def _decision(self, entries: list[Entry]) -> tuple[str, int]:
        if not (self.workspace or self.misconfigured or self.outage or self.problems):
            return {0: ("READY", 0), 7: ("INCOMPLETE", 7)}.get(self.code or 0, ("INTERRUPTED", self.code or 0))
        stopped_by_us = self._stopped and self.code == 2
        code = 2 if self._interrupted else 1 if stopped_by_us else self.code or 0
        return decide(
            entries,
            Conditions(
                code,
                self.partial,
                self.outage,
                self.misconfigured,
                tuple(self.problems),
                tuple(self.broken),
            ),
        )

    def _results(self) -> Run:
        entries = judge(self.targets, self.checks, self.known)
        verdict, code = self._decision(entries)
        return Run(
            self.run_id,
            self.started,
            Path(self.environment_name).stem,
            verdict,
            code,
            self.versions,
            self.targets,
            entries,
            [*self.problems, *self.notes],
        )

    def _leaks(self) -> list[str]:
        assert self.secrets is not None
        values = self.secrets.values()
        for trace in self.folder.rglob("*.zip"):
            with suppress(BadZipFile):  # the scan names it
                redact_zip(trace, values)
        (self.folder / "results.json").write_text(
            json.dumps([asdict(check) for check in self.checks]), encoding="utf-8"
        )
        return [
            f"a secret ({leak.kind}) stands in {self.folder.name}/{leak.path}" for leak in scan(self.folder, values)
        ]

    def _print(self, results: Run) -> None:
        say = partial(print, flush=True)
        say()
        where = self.environment.base_url if self.environment else self.environment_name
        say(f"{results.verdict}: acceptance of {where}, run {self.run_id}")
        for reason in (self.misconfigured, self.outage, *self.problems):
            if reason:
                say(f"  {reason}")
        for target in self.targets if self.workspace else []:
            tally = counts([entry for entry in results.lines if entry.browser == target.name])
            seen = ", ".join(f"{number} {verdict}" for verdict, number in tally.items() if number)
            say(f"  {target.name:<10} {f'not run: {target.missing}' if target.missing else f'{seen} ({target.build})'}")
        for entry in results.lines:
            for known in entry.known:
                told = f"{known['link']}, {known['owner']}, until {known['expires']}"
                say(f"  known: {entry.id} on {entry.browser}: {told}")
        for note in self.notes:
            say(f"  note: {note}")
        if self.workspace:
            say(f"  report: {self.folder.relative_to(CHECKOUT)}/report.html")

    def __exit__(self, *_: object) -> None:
        self._clean_up()
        self._stack.close()
        if self.secrets is not None:
            self.secrets.remove()
        if not any(self.folder.iterdir()):
            self.folder.rmdir()


def _narrowed_by_path(config: pytest.Config) -> bool:
    whole = {CHECKOUT, CHECKOUT / "tests"}
    return not any((config.invocation_params.dir / arg).resolve() in whole for arg in config.args)
