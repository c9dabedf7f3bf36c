"""A tab of Chromium that is shown static pages, with short time limits."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

import media
from runner.environment_tables import Target
from runner.targets import launch_of
from selftest.runs.static_pages import LOADING, MOODLE, SITE, Show


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

    def show(html: str, path: str = "/") -> Page:
        def answer(route: Route) -> None:
            if route.request.url == SITE + path:
                route.fulfill(content_type="text/html", body=f"<!doctype html><title>A page</title>{html}")
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
