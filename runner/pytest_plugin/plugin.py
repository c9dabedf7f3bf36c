"""Where a run takes hold of pytest. The controller does all of it; xdist's workers are told what they need."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

from checklist.standard_streams import make_safe
from runner.configuration.context import RUN, RunContext, run_of
from runner.pytest_plugin.compat import end_fixtures, worker_of
from runner.pytest_plugin.lifecycle import Lifecycle
from runner.pytest_plugin.options import (
    PRODUCTION,
    PROVOKES,
    expect_one_mode,
    expect_usable,
    is_acceptance,
)
from runner.pytest_plugin.preparation import expect_readable
from runner.pytest_plugin.redacted_output import Redaction

CONTEXT = "acceptance"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "lines(id, ...): the lines of the checklist that the test settles, in order")
    config.addinivalue_line("markers", f"{PRODUCTION}: also where test_site = false: it reads, or is the smoke test")
    config.addinivalue_line("markers", f"{PROVOKES}: makes requests fail on purpose; consoles may tell of that")
    config.addinivalue_line("markers", "happy_path: the proof runs it with every fault on")
    told = worker_of(config) or {}
    if CONTEXT in told:
        config.stash[RUN] = RunContext.model_validate_json(told[CONTEXT])
        config.option.output, config.option.browser = told["output"], told["browser"]
        redaction = Redaction(config.stash[RUN].secrets.values)
        config.pluginmanager.register(redaction)
        kept = ExitStack()
        kept.enter_context(redaction.of_logs())
        config.add_cleanup(kept.close)


def pytest_configure_node(node: Any) -> None:
    """xdist: tell a worker about the run."""
    if run := run_of(node.config, None):
        option = node.config.option  # what is decided after xdist has read the command line, it does not pass on
        node.workerinput |= {CONTEXT: run.model_dump_json(), "output": option.output, "browser": option.browser}


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """An acceptance run: pytest's own session, between preparation and verdict."""
    expect_one_mode(config)
    if not is_acceptance(config):
        expect_readable(config)
        return None
    expect_usable(config)
    make_safe()
    session = config.pluginmanager.subset_hook_caller("pytest_cmdline_main", [sys.modules[__name__]])
    run = Lifecycle(config)
    with run:
        try:
            if run.prepare():
                run.run(partial(session, config=config))
            return run.finish()
        except KeyboardInterrupt:
            print("INTERRUPTED while cleaning up; the next run goes on with that, and so does: pytest --restore")
            return 2


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """End the browsers of an interrupted run."""
    if exitstatus == pytest.ExitCode.INTERRUPTED:
        end_fixtures(session)
