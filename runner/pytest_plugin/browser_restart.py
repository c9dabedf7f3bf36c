"""A browser that dies, or its driver, is no defect of the plugin: it is started again, and its test repeated once."""

from __future__ import annotations

import re
from typing import Any

import pytest

from checklist.verdicts import Check
from runner.configuration.context import run_of
from runner.pytest_plugin.compat import end_fixtures, run_unlogged

DIED = pytest.StashKey[bool]()
"""Whether the test's browser has died."""

ENDED_BY = pytest.StashKey[BaseException]()

CHECKS = pytest.StashKey[list[Check]]()

NOTE = "note"

GONE = re.compile(
    r"(?:context or browser|browser) has been closed|[Cc]onnection closed|Target (?:closed|crashed)"
    r"|invalid session id|tab crashed|Max retries exceeded"
)
"""What Playwright says of it, and Selenium; the plugin may have closed a page as well."""


class BrowserDied(Exception):
    """The rest of the test has no browser."""


def has_died(failure: BaseException, browser: Any) -> bool:
    """Whether a test failed because its browser is gone: one that is there opens another window."""
    if not GONE.search(str(failure)):
        return False
    try:
        browser.new_context().close()
    except Exception:
        return True
    return False


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    if run_of(item.config, None) is None or "browser" not in getattr(item, "fixturenames", ()):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = run_unlogged(item, nextitem)
    if item.stash.get(DIED, False):
        end_fixtures(item.session)
        item.stash[DIED] = False
        if ENDED_BY in item.stash:
            del item.stash[ENDED_BY]
        item.stash[CHECKS] = []
        item.user_properties[:] = [(NOTE, f"the browser died in {item.name}; it was started again, the test repeated")]
        reports = run_unlogged(item, nextitem)
        if item.stash.get(DIED, False):
            end_fixtures(item.session)  # the next test gets one that lives
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
