"""An inner run of pytest with lines and targets, without browser and site, and what comes out of it."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet

from checklist.verdicts import Check, Verdict
from clients.waits import taken
from runner.pytest_plugin.lines import PROPERTY

SECRET = "hunter2-of-the-student"

WITHOUT = [option for name in ("playwright", "hypothesispytest", "anyio", "faker") for option in ("-p", f"no:{name}")]
"""Plugins that no inner run needs; it would import them anew each time."""

KEY = Fernet.generate_key().decode()

CONFTEST = f"""
from types import SimpleNamespace

import pytest
from checklist.verdicts import TargetState
from runner.configuration.context import RUN, RunContext

pytest_plugins = ["runner.pytest_plugin.lines", "fixtures.run"]


def pytest_configure(config):
    config.addinivalue_line("markers", "lines(id, ...): the lines that the test settles")
    here = config.rootpath
    targets = (
        TargetState("chromium", "chromium", required=True),
        TargetState("pixel-7", "chromium", required=False, device="Pixel 7"),
    )
    config.stash[RUN] = RunContext(
        run_id="1122",
        environment_name="none",
        folder=here,
        secrets_file=here / "secrets",
        secrets_key="{KEY}",
        targets=targets,
    )
    if not hasattr(config, "workerinput"):
        config.stash[RUN].secrets.add("{SECRET}")


def pytest_generate_tests(metafunc):
    if "browser_name" in metafunc.fixturenames:
        metafunc.parametrize("browser_name", ["chromium", "pixel-7"])


@pytest.fixture(scope="session")
def browser():
    return SimpleNamespace(version="1.2.3")


@pytest.fixture
def moodle():
    return SimpleNamespace(warnings=[])


@pytest.fixture
def _on_site():
    "There is no site."
"""


def checks_in(reports: list[pytest.TestReport]) -> list[Check]:
    properties: list[tuple[str, Any]] = [one for report in reports for one in report.user_properties]
    return [Check.from_json(data) for name, data in properties if name == PROPERTY]


class Inner:
    """An inner run: the checks that reached its controller, and every report."""

    def __init__(self) -> None:
        self.reports: list[pytest.TestReport] = []
        self.code: int | None = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.reports.append(report)

    @property
    def whole(self) -> list[pytest.TestReport]:
        """The reports that a run's controller takes checks from."""
        return [one for one in self.reports if one.when == "teardown" or (one.when == "setup" and not one.passed)]

    @property
    def checks(self) -> list[Check]:
        return checks_in(self.whole)

    @property
    def verdicts(self) -> list[tuple[str, Verdict]]:
        return [(check.line, check.verdict) for check in self.checks]

    @property
    def outcomes(self) -> Counter[str]:
        """Of whole tests: a test with a failed line in it has failed."""
        return Counter(one.outcome for one in self.reports if one.when == "call" and type(one) is pytest.TestReport)

    def message(self, line: str) -> str:
        (found,) = {check.message for check in self.checks if check.line == line}
        return found


Run = Callable[..., Inner]


def runs(pytester: pytest.Pytester) -> Run:
    """Runs `body` as the inner test's module."""

    def run(body: str, *arguments: str) -> Inner:
        inner = Inner()
        taken()  # what other tests of this process waited for
        pytester.makeconftest(CONFTEST)
        pytester.makepyfile(f"import pytest\nfrom clients.errors import NotCheckable\n{body}")
        inner.code = pytester.inline_run(*WITHOUT, *arguments, plugins=[inner], no_reraise_ctrlc=True).ret
        return inner

    return run
