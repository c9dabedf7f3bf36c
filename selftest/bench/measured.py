"""What `python -m selftest.bench` measures beside the suite's own tests: other ways to the same end."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

import media
from clients.moodle.model import Assignment, Person
from clients.plugin import api as plugin_api
from clients.plugin.video_list import listed
from fixtures.data import Submission
from network.proxy import ProxiedNetwork
from pages.actor import Actor
from runner.configuration.environment import Environment
from runner.configuration.environment_tables import Target
from runner.configuration.targets import launch_of
from runner.reservation.workspace import Workspace
from selftest.bench.bare import Bare
from selftest.bench.plugin import Clock
from selftest.bench.webdriver import Selenium, chrome

At = Callable[[Person], Any]


@pytest.fixture(params=["bare", "selenium"])
def at(
    request: pytest.FixtureRequest,
    browser: Browser,
    browser_context_args: dict[str, Any],
    environment: Environment,
    network: ProxiedNetwork,
    playwright: Playwright,
    target: Target,
) -> Callable[[Person], Any]:
    """Puts a person at a browser, in a context manager."""

    @contextmanager
    def bare(person: Person) -> Iterator[Bare]:
        with browser.new_context(**browser_context_args) as window:
            yield Bare(window, environment, person)

    @contextmanager
    def selenium(person: Person) -> Iterator[Selenium]:
        launch = launch_of(target, playwright).options
        driver = shutil.which("chromedriver")
        if target.engine != "chromium" or not driver:
            pytest.skip("chromedriver drives Chromium, where it is installed")
        with chrome(
            launch.get("executable_path", playwright.chromium.executable_path), driver, launch["args"], network.url
        ) as started:
            yield Selenium(started, environment, person)

    return {"bare": bare, "selenium": selenium}[request.param]


def test_other_upload(
    at: At,
    student: Actor,
    assignment: Assignment,
    text_file: Path,
    clip: media.Clip,
    network: ProxiedNetwork,
    environment: Environment,
    workspace: Workspace,
    request: pytest.FixtureRequest,
    clock: Clock,
) -> None:
    name = request.node.callspec.params["at"]
    try:
        with at(student.person) as first, clock(f"{name} 2.7"):
            first.log_in_by_form()
            first.open(assignment)
            first.upload(text_file, clip.path, network.slow(environment.budgets.upload_link_mbit))
            first.open(assignment)
            first.expect_link()
            with at(student.person) as again:
                again.log_in_by_form()
                again.open(assignment)
                again.expect_link()
    finally:
        # Their pages tell nobody what they were promised, and the plugin may leave it on S3.
        for key in listed(workspace.site, courseid=assignment.course.id):
            workspace.promise(student.person, key)


def test_other_playback(
    at: At, teacher: Actor, submission: Submission, request: pytest.FixtureRequest, clock: Clock
) -> None:
    name = request.node.callspec.params["at"]
    with at(teacher.person) as person, clock(f"{name} 2.8"):
        person.log_in_by_form()
        person.open(submission.assignment)
        person.grade(submission.person.id)
        person.watch()
        person.watch_on_its_page(submission)


def test_large_in_a_browser(student: Actor, assignment: Assignment, large_clip: media.Clip, clock: Clock) -> None:
    student.log_in_by_cookie()
    form = student.open(assignment).add_submission()
    with clock("large by the suite"):
        form.widget.choose(large_clip.path).expect_success()


def test_large_by_curl(
    student: Actor, assignment: Assignment, large_clip: media.Clip, environment: Environment, clock: Clock
) -> None:
    promised = plugin_api.begin_upload(student.site(), assignment, large_clip)
    form = [word for field in promised["fields"].items() for word in ("--form-string", "=".join(field))]
    trust = ["--cacert", environment.verify] if isinstance(environment.verify, str) else []
    file = ["--form", f"file=@{large_clip.path};type={large_clip.mime}"]
    with clock("large by curl"):
        subprocess.run(["curl", "-sS", "--fail", *trust, *form, *file, promised["url"]], check=True)
