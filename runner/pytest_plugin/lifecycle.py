"""A run from its first probe to its exit code: prepare, run, finish, and what a signal does to it meanwhile."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from threading import Timer, main_thread
from typing import Any

import pytest

from checklist.verdicts import unmet
from clients.errors import ConfigurationError, SiteError, Unreachable
from clients.words import counted
from runner.pytest_plugin.compat import leave_out_frames_without_a_line
from runner.pytest_plugin.lines import first_words
from runner.pytest_plugin.outage import Watch
from runner.pytest_plugin.plan import declared
from runner.pytest_plugin.preparation import prepare
from runner.pytest_plugin.redacted_output import Redaction
from runner.pytest_plugin.reporting import Reporting
from runner.pytest_plugin.state import State
from runner.reservation.clean_up import SETTING
from runner.reservation.lock import Locked

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals that tell a run to stop: it cleans up and reports, whichever it is."""

AGAIN = "the next run goes on with that, and so does: pytest --restore"


class Lifecycle:
    """One acceptance run, as a context: leaving it gives back what it started. A plugin of the run's pytest."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._state = State.begin(config)
        self._watch = Watch(config, self._state)
        self._reporting = Reporting(config, self._state, self._watch)
        self._started = ExitStack()
        self._clean = False
        self._redaction = Redaction(lambda: self._state.secrets.values() if self._state.secrets else [])
        for plugin in (self, self._reporting, self._redaction):
            config.pluginmanager.register(plugin)

    def __enter__(self) -> None:
        gc.freeze()  # pytest collects garbage a dozen times a run, and what was imported is none
        self._outputs = [(name, stream := getattr(sys, name), os.dup(stream.fileno())) for name in ("stdout", "stderr")]
        self._started.enter_context(self._redaction.of_logs())
        for number in STOPS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup leaves SIGHUP
                signal.signal(number, self._interrupt)

    def __exit__(self, *_: object) -> None:
        self._clean_up()
        self._started.close()
        if self._state.secrets is not None:
            self._state.secrets.remove()
        if not any(self._state.folder.iterdir()):
            self._state.folder.rmdir()

    # -- prepare, run, finish ---------------------------------------------------------------------

    def prepare(self) -> bool:
        """Makes everything ready that the tests need; False where the run has come to its end with that."""
        state = self._state
        try:
            prepare(self._config, state, self._started)
            if self._config.option.restore and state.problems:
                self._watch.look()
        except (ConfigurationError, Locked, pytest.UsageError) as reason:
            state.misconfigured, state.code = str(reason), 4
        except SiteError as reason:
            self._watch.look()  # what stands before a site that has gone answers in its place
            state.misconfigured, state.code = ("", 6) if state.outage else (str(reason), 4)
        except Unreachable as reason:
            state.outage, state.code = str(reason), 6
        except OSError as error:
            state.cannot_write(error)
            state.code = 4
        except KeyboardInterrupt:
            state.code = 2
        except Exception as error:
            state.broke, state.code = where_it_broke(error), 3
        return state.code is None

    def run(self, session: Callable[[], int]) -> None:
        """Runs the tests; what keeps pytest from running them, or from writing its reports, decides the run's code."""
        try:
            self._state.code = int(session())
        except pytest.UsageError as error:
            self._state.misconfigured = "; ".join(map(str, error.args))
        except OSError as error:
            self._state.cannot_write(error)

    def finish(self) -> int:
        """Cleans up, judges, writes the results, prints the verdict; returns the exit code."""
        self._end_capture()
        self._clean_up()
        if self._state.diagnosed and self._state.code is not None:
            return self._state.code
        if self._state.partial and self._state.reservation and not self._state.interrupted:
            # What a merge with other runs must not lack.
            self._state.tests = declared(reads_only=self._state.tried is not None)
        option = self._config.option
        if option.after_upgrade and self._state.code in (0, 5) and not self._state.upgrade_judged:
            self._state.misconfigured = self._state.misconfigured or (
                f"--after-upgrade={option.after_upgrade} asks what became of a video, and this run left out the test "
                "of that (X.4.1). Run it whole, or with -k test_upgraded_plugin; the file is as good as before."
            )
        if not (option.doctor or option.restore or option.before_upgrade or option.diagnose is not None):
            try:
                self._reporting.write()
            except OSError as error:
                self._state.cannot_write(error)
            except Exception as error:
                self._write_the_least(error)
        results = self._reporting.results()
        self._reporting.tell(results)
        return results.exit_code

    def _write_the_least(self, error: Exception) -> None:
        try:
            self._reporting.write_the_least(f"the reports could not be made: {where_it_broke(error)}")
        except OSError as full:
            self._state.cannot_write(full)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Cleans up once browsers and workers have ended, while pytest still shows what that says."""
        self._state.code = int(exitstatus)
        self._clean_up()

    def _clean_up(self) -> None:
        state = self._state
        if state.reservation is None or self._clean:
            return
        self._clean = True
        try:
            self._remove_what_was_made()
        except Exception as error:
            state.problems.append(f"clean-up broke: {where_it_broke(error)}; {AGAIN}")
            self._watch.look()

    def _remove_what_was_made(self) -> None:
        state = self._state
        assert state.reservation is not None
        if not state.partial:
            state.problems += [issue.not_met for issue in unmet(state.checks, state.known)]
        # Wrong credentials are worth a try even so: it may be the storage or the CDN that is silent.
        if state.outage and not state.reservation.journal.entries(SETTING) and self._watch.still_silent():
            state.problems.append(f"clean-up: put off; {AGAIN}")
            return
        report = state.reservation.close(keep=self._config.option.keep)
        state.problems += [f"clean-up: {problem}" for problem in dict.fromkeys(report.problems)]
        if report.problems:
            self._watch.look()
            state.problems += [f"clean-up: cut short; {AGAIN}"] if state.outage else []
        if report.left_by_plugin:
            keys = ", ".join(stored.key for stored in report.left_by_plugin)
            left = counted(len(report.left_by_plugin), "object")
            state.notes.append(f"the plugin left {left} on S3, removed now: {keys}")
        if report.not_promised:
            state.notes.append(
                f"S3 has {counted(len(report.not_promised), 'file')} in the folders of this run's people that belong "
                f"to none of its uploads. They stay: {', '.join(report.not_promised)}. Delete them if no other site "
                "has this bucket; until then runs leave these people out."
            )
        if report.rows_left:
            state.notes.append(
                f"the plugin goes on counting {counted(report.rows_left, 'video')} of courses that are gone"
            )
        if self._config.option.keep:
            state.notes.append("what the run created stays on the site until the next run (--keep)")

    # -- told to stop -----------------------------------------------------------------------------

    def _interrupt(self, number: int, *_: object) -> None:
        if number == signal.SIGHUP:
            _let_go_of_the_terminal()
        if self._state.interrupted:
            # Told twice: clean-up ends here. Told again, there is nothing left to end.
            for stop in STOPS:
                signal.signal(stop, signal.SIG_IGN)
        self._state.interrupted = True
        self._watch.stop("told to stop")
        raise KeyboardInterrupt

    @pytest.hookimpl(trylast=True)  # pytest sets a hook of its own
    def pytest_configure(self) -> None:
        sys.unraisablehook = partial(_interrupt_again, sys.unraisablehook)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        leave_out_frames_without_a_line(excinfo)

    def _end_capture(self) -> None:
        """A signal can arrive where pytest begins to capture a subtest; that then ends after its session, too late."""
        gc.collect()
        for name, stream, descriptor in self._outputs:
            os.dup2(descriptor, stream.fileno())
            setattr(sys, name, stream)


def where_it_broke(error: Exception) -> str:
    """An error that nobody foresaw, in words that its mending can begin with."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" in {last[0].filename.rpartition('/')[2]}, line {last[0].lineno}" if last else ""
    return f"{type(error).__name__}{where}: {first_words(error)}"


def _let_go_of_the_terminal() -> None:
    """Whoever hung up took the terminal along; to write to it would be an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    # pytest's capture and this run hold copies of the terminal's descriptors.
    for descriptor in range(nowhere):
        if os.isatty(descriptor):
            os.dup2(nowhere, descriptor)


def _interrupt_again(otherwise: Callable[[Any], None], unraisable: Any) -> None:
    """A hook for what Python drops because it was raised in a destructor; that may be the wish to stop."""
    if unraisable.exc_type is KeyboardInterrupt:
        # A real signal, because nothing else ends the system call that the main thread may be in.
        Timer(0.1, signal.pthread_kill, [main_thread().ident, signal.SIGINT]).start()
    else:
        otherwise(unraisable)
