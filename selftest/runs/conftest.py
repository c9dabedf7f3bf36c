"""Holds on the replica, and a tab of Chromium that is shown static pages, with short time limits."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

import media
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from runner.configuration.environment import Environment
from runner.configuration.environment_tables import Target
from runner.configuration.naming import CATEGORY
from runner.configuration.targets import launch_of
from runner.reservation.reservation import SiteReservation
from runner.reservation.workspace import Workspace
from selftest.runs.listening import Binary
from selftest.runs.static_pages import LOADING, MOODLE, SITE, Show
from selftest.runs.students import Open

NUMBERS = count(1)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journals of the test's runs are its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def category(environment: Environment, site: MoodleClient) -> int:
    found = Courses(site).category(CATEGORY)
    assert found is not None
    return found


@pytest.fixture
def open_reservation(environment: Environment, state: None) -> Iterator[Open]:
    """A hold with its workers' workspaces; given back even when the test fails."""
    holds: list[SiteReservation] = []

    def open_reservation(
        environment: Environment = environment, workers: int = 1
    ) -> tuple[SiteReservation, list[Workspace]]:
        reservation, held = SiteReservation.open(environment, f"run{next(NUMBERS)}", workers)
        holds.append(reservation)
        return reservation, [Workspace(environment, held, f"gw{number}") for number in range(workers)]

    yield open_reservation
    for reservation in holds:
        if reservation._lock is not None:
            reservation.close()


@pytest.fixture(scope="module")
def tab(playwright: Playwright) -> Iterator[Page]:
    launch = launch_of(Target(name="chromium", engine="chromium"), playwright)
    browser = playwright.chromium.launch(**launch.options)
    page = browser.new_page()
    page.set_default_timeout(LOADING)
    yield page
    browser.close()


@pytest.fixture
def show(tab: Page) -> Iterator[Show]:
    """Serves a page's HTML at the site, and answers everything else with a few words."""
    expect.set_options(timeout=MOODLE.page * 1000)

    def show(html: str, path: str = "/", status: int = 200) -> Page:
        def answer(route: Route) -> None:
            if route.request.url == SITE + path:
                body = f"<!doctype html><title>A page</title>{html}"
                route.fulfill(status=status, content_type="text/html", body=body)
            elif route.request.url.endswith(".webm"):
                route.fulfill(path=media.WEBM.path, content_type="video/webm")
            else:
                route.fulfill(json={"success": False, "error": "no"}, headers={"Access-Control-Allow-Origin": "*"})

        tab.unroute_all()
        tab.route("**/*", answer)
        tab.goto(SITE + path, timeout=LOADING)
        return tab

    yield show
    expect.set_options(timeout=5000)


@pytest.fixture
def impatient(tab: Page) -> Iterator[None]:
    """For tests of what never comes."""
    tab.set_default_timeout(MOODLE.page * 1000)
    yield
    tab.set_default_timeout(LOADING)


@pytest.fixture
def binary(playwright: Playwright) -> Binary:
    """One that has a page which tells its version."""
    launch = launch_of(Target(name="chromium", engine="chromium"), playwright, headed=True)
    path = launch.options.get("executable_path") or playwright.chromium.executable_path
    return path, [*launch.options["args"], "--headless"]
