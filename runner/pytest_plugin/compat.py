"""What is private in pytest and its plugins and needed all the same, in one place to look at after an upgrade.

Held against pytest 9.2, pytest-xdist 3.8, pytest-html 4.2 and pytest-playwright 0.10.
"""

from __future__ import annotations

import logging
import re
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TextIO

import pytest
from _pytest.runner import runtestprotocol  # noqa: TID251
from _pytest.subtests import SubtestReport  # noqa: TID251


def is_subtest(report: pytest.TestReport) -> bool:
    """Whether a report is of a line, not of its test: pytest has subtests since 9.0, and exports no class for these."""
    return isinstance(report, SubtestReport)


def failed_by_its_subtests(report: pytest.TestReport) -> bool:
    """Whether nothing failed in a test but its lines. pytest fails it then in its `pytest_report_teststatus`, with this
    text; in a worker of xdist it has done so before the controller sees the report."""
    text = report.longrepr
    return isinstance(text, str) and re.fullmatch(r"contains \d+ failed subtests?", text) is not None


def end_fixtures(session: pytest.Session) -> None:
    """Ends the fixtures of an interrupted session, browsers among them, however they take it.

    pytest's own `pytest_sessionfinish` does the same by `_setupstate` (with this signature since 7.0), but what was
    torn out of its work cannot be closed in order, and pytest would take that for an error of its own.
    """
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    try:
        session._setupstate.teardown_exact(None)
    except BaseExceptionGroup as errors:  # of several fixtures
        if errors.subgroup(KeyboardInterrupt):
            raise KeyboardInterrupt from None
    except Exception:
        pass


def run_unlogged(item: pytest.Item, nextitem: pytest.Item | None) -> list[pytest.TestReport]:
    """Runs a test, whose reports nobody has seen yet; its lines' own are told at once."""
    return runtestprotocol(item, log=False, nextitem=nextitem)


def stop(config: pytest.Config, why: str) -> None:
    """Starts no further test: `shouldstop` of pytest's session, and of xdist's beside it.

    Neither is documented; pytest's can be set and not be taken back since 8.0, xdist's is looked at in its main loop.
    """
    for name in ("session", "dsession"):
        if session := config.pluginmanager.get_plugin(name):
            session.shouldstop = why


def keep_artifacts(item: pytest.Item) -> None:
    """pytest-playwright keeps a test's trace and video by the `rep_call` that it sets, and knows no failed lines."""
    setattr(item, "rep_call", SimpleNamespace(failed=True))  # noqa: B010


def leave_out_frames_without_a_line(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """A signal can arrive between two lines: such a frame has no line number since Python 3.11.

    pytest cannot show it, and takes it for an error of its own. Its traceback entries tell so by `_rawentry` only.
    """
    excinfo.traceback = excinfo.traceback.filter(lambda entry: entry._rawentry.tb_lineno is not None)


def parameter(item: pytest.Item, name: str) -> str:
    """What a test is parametrised with by that name, or nothing. A function's `callspec` is of a private class."""
    return str(item.callspec.params.get(name, "")) if hasattr(item, "callspec") else ""


def write_reports_to(option: Namespace, folder: Path) -> None:
    """pytest-html's page as the raw record goes into `folder`, or where the command line says.

    The plugin reads it when it is configured, and has no hook that gives it. The run's `junit.xml` is the suite's own.
    """
    option.htmlpath = option.htmlpath or str(folder / "raw.html")


def quiet(config: pytest.Config) -> None:
    """Keeps pytest from its own account of a run: files of tests, tracebacks, the list of FAILED, counts, its page.

    Who asks for them gets them: `-v`, `-r…`, `--tb=…` on the command line. `summary_stats` has no option.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    asked = any(argument.startswith(("-v", "-r", "--tb")) for argument in config.invocation_params.args)
    if reporter is None or asked:
        return
    for plugin in config.pluginmanager.get_plugins():
        if type(plugin).__module__.startswith("pytest_html") and hasattr(plugin, "pytest_terminal_summary"):
            config.hook.pytest_terminal_summary._remove_plugin(plugin)  # where its page is, the suite tells
    config.option.no_summary = True
    reporter.showfspath = False
    reporter.summary_stats = lambda: None


def stream_of(reporter: Any) -> TextIO:
    """Where pytest's terminal reporter writes: not into what pytest captures."""
    stream: TextIO = reporter._tw._file
    return stream


def workers_of(config: pytest.Config) -> int:
    """How many processes run the tests: xdist's `-n` is a number by the time a run is prepared."""
    asked = getattr(config.option, "numprocesses", None)
    if isinstance(asked, str):  # auto and logical, which xdist makes a number of only when it is its turn
        asked = config.option.numprocesses = config.hook.pytest_xdist_auto_num_workers(config=config)
    return int(asked or 1)


def has_workers(config: pytest.Config) -> bool:
    """Whether tests run in other processes than this one."""
    return bool(getattr(config.option, "numprocesses", None))


def worker_of(config: pytest.Config) -> dict[str, Any] | None:
    """What xdist's controller has told this process, or None in one that is no worker; `Config` does not declare it."""
    told: dict[str, Any] | None = getattr(config, "workerinput", None)
    return told
