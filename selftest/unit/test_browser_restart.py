"""A browser that dies is started again and its test repeated once; it is never a defect of the plugin."""

import pytest

from checklist.verdicts import Verdict
from runner.pytest_plugin.browser_restart import NOTE
from selftest.unit.inner_run import Inner, Run, runs

pytest_plugins = ["pytester"]

DIES = """
started = []

class Browser:
    version = "1.2.3"

    def __init__(self):
        started.append(self)
        self.alive = True

    def new_context(self):
        if not self.alive:
            raise RuntimeError("Target page, context or browser has been closed")
        return self

    def close(self):
        pass

@pytest.fixture(scope="session")
def browser():
    return Browser()

def die(browser, deaths):
    if len(started) <= deaths:
        browser.alive = False
        raise RuntimeError("{words}")

@pytest.mark.lines("2.7.1", "2.7.2")
def test_it(line, browser):
    with line("2.7.1", "first"):
        {in_line}
    {between}
    with line("2.7.2", "second"):
        pass

@pytest.mark.lines("2.7.3")
def test_next(line, browser):
    with line("2.7.3", "third"):
        assert browser.alive
"""

CLOSED = "Page.click: Target page, context or browser has been closed"
SESSION = "Message: invalid session id: the browser has disconnected"
DRIVER = "Page.click: Connection closed while reading from the driver"


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    return runs(pytester)


def dying(run: Run, *, in_line: str = "pass", between: str = "pass", words: str = CLOSED) -> Inner:
    body = DIES.replace("{words}", words).replace("{in_line}", in_line).replace("{between}", between)
    return run(body, "-p", "runner.pytest_plugin.browser_restart", "-k", "chromium")


def notes(inner: Inner) -> list[object]:
    return [told for report in inner.whole for name, told in report.user_properties if name == NOTE]


@pytest.mark.parametrize("words", [CLOSED, DRIVER, SESSION])
@pytest.mark.parametrize("place", ["in_line", "between"])
def test_its_test_is_repeated_with_another_and_told(run: Run, words: str, place: str) -> None:
    inner = dying(run, words=words, **{place: "die(browser, 1)"})
    assert inner.verdicts == [("2.7.1", Verdict.PASSED), ("2.7.2", Verdict.PASSED), ("2.7.3", Verdict.PASSED)]
    assert notes(inner) == ["the browser died in test_it[chromium]; it was started again, the test repeated"]
    assert inner.code == 0


def test_one_that_dies_twice_leaves_its_lines_not_reached_and_the_next_test_a_living_one(run: Run) -> None:
    inner = dying(run, in_line="die(browser, 2)")
    assert inner.verdicts == [("2.7.1", Verdict.NOT_REACHED), ("2.7.2", Verdict.NOT_REACHED), ("2.7.3", Verdict.PASSED)]
    assert inner.message("2.7.1") == "the browser died"


def test_a_page_that_was_closed_is_no_dead_browser(run: Run) -> None:
    inner = dying(run, in_line=f"raise RuntimeError({CLOSED!r})")
    assert ("2.7.1", Verdict.FAILED) in inner.verdicts
    assert notes(inner) == []
