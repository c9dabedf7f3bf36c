"""A site that is no test site and asks for the smoke test: what runs there, where, and what is left of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clients.errors import ConfigurationError
from clients.moodle.accounts import Accounts
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from runner.configuration.connect import new_bucket
from runner.configuration.environment import Environment
from runner.configuration.naming import DOMAIN, SMOKE, marked_category
from runner.pytest_plugin.preparation import _expect_smoke_alone
from selftest.runs.checkout import FAKE_BROWSER, GO, WRONG, Checkout, expect, merged, pieces_of, read_until

pytestmark = pytest.mark.usefixtures("state")

PASSWORD = "Given-7-password"
GIVEN = """
[accounts.given]
student = { username = "smoke-student", password = "S3V_GIVEN_PASSWORD" }
teacher = { username = "smoke-teacher", password = "S3V_GIVEN_PASSWORD" }
"""

TESTS = f"""{FAKE_BROWSER}
import media
from threading import Event
from runner.configuration.connect import new_site
from clients.plugin.api import tell_promises, upload

@pytest.mark.production
@pytest.mark.lines("2.7.1", "2.7.2")
def test_smoke(workspace, environment, line):
    with line("2.7.1", "an assignment"):
        assignment = workspace.new_assignment()
        student = workspace.student(assignment.course)
        assert student.username == "smoke-student"
    with line("2.7.2", "an upload"):
        site = tell_promises(new_site(environment), lambda key: workspace.promise(student, key))
        site.login(student.username, student.password)
        upload(site, assignment, media.MP4, environment.verify)
    workspace.release(student)

@pytest.mark.lines("2.7.3")
def test_that_changes_more(line):
    with line("2.7.3", "never"):
        raise AssertionError("expected not to run")
"""


@pytest.fixture(scope="module")
def production(checkout: Checkout, site: MoodleClient) -> str:
    """The option that names the replica as a production site."""
    accounts = Accounts(site, Courses(site))
    for part in ("student", "teacher"):
        accounts.create(f"smoke-{part}", f"smoke-{part}@{DOMAIN}", "Smoke", part, PASSWORD)
    checkout.secrets["S3V_GIVEN_PASSWORD"] = PASSWORD
    checkout.tests(test_it=TESTS)
    return checkout.file(GIVEN, test_site="false")


@pytest.fixture
def nothing_left_of_it(site: MoodleClient, environment: Environment) -> Iterator[None]:
    """Neither a course in the hidden category nor a video."""

    def seen() -> tuple[object, ...]:
        courses = Courses(site)
        return courses.within(marked_category(courses, mark=SMOKE)), new_bucket(environment).keys("videos/")

    before = seen()
    yield
    assert seen() == before


@pytest.mark.usefixtures("nothing_left_of_it")
def test_the_smoke_test_runs_and_nothing_else(checkout: Checkout, production: str) -> None:
    run = checkout.run(production)
    expect(run, GO, "GO", "2.7.2")
    assert "never" not in run.text


def test_pieces_of_it_make_one_verdict(checkout: Checkout, production: str) -> None:
    run = merged(checkout, *pieces_of(checkout, ("--browser=chromium",), ("-k", "smoke"), file=production))
    assert run.code == GO, run.text


def test_what_else_is_asked_for_is_refused(checkout: Checkout, production: str) -> None:
    run = checkout.run(production, "tests/test_it.py::test_that_changes_more")
    expect(run, WRONG, "MISCONFIGURED", "there only the smoke test may run, and what reads")


@pytest.mark.parametrize(("option", "words"), [("keep", "run without --keep"), ("numprocesses", "run without -n")])
def test_a_run_that_leaves_something_or_is_load_is_refused(option: str, words: str) -> None:
    config = SimpleNamespace(option=SimpleNamespace(**{"keep": False, option: 2}))
    with pytest.raises(ConfigurationError, match=words):
        _expect_smoke_alone(cast(Any, config))


@pytest.mark.usefixtures("nothing_left_of_it")
def test_what_a_killed_run_leaves_is_removed_by_restore(checkout: Checkout, production: str) -> None:
    checkout.tests(test_it=TESTS.replace("    workspace.release", "    Event().wait()\n    workspace.release"))
    with checkout.started(production) as process:
        read_until(process, "an upload")
        process.send_signal(signal.SIGKILL)
        process.wait()
    expect(checkout.run(production, "--restore"), GO, "READY", "What dead runs had left changed is put back")
    checkout.tests(test_it=TESTS)


def test_a_category_that_everybody_can_see_marks_nothing(site: MoodleClient, monkeypatch: pytest.MonkeyPatch) -> None:
    courses = Courses(site)
    with pytest.raises(ConfigurationError, match="no course category with the ID number"):
        marked_category(courses, mark="s3video-nothing")
    hidden = courses.category(SMOKE)
    monkeypatch.setattr(courses, "is_hidden", lambda _: False)
    with pytest.raises(ConfigurationError, match=r"not marked for the smoke test: everybody can see .* Hide it"):
        marked_category(courses, hidden, SMOKE)
