"""The journey of steps 2.7 and 2.8 as a plain Playwright script: the same clicks, and nothing kept or verified."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator

from clients.addresses import ASSIGNMENT, LOGIN, VIDEO_PAGE
from clients.moodle.model import Assignment, Person
from clients.plugin.api import Video
from pages.base import clear_the_way
from pages.versions import MENU_TOGGLE
from runner.configuration.environment import Environment

WATCHED = 1.5
"""Seconds of playback, as the suite watches."""

PAUSED = 1.0
"""Seconds that a pause is looked at."""


class Bare:
    """A person at a window of their own, which opens as they log in, as the suite's do."""

    def __init__(self, window: BrowserContext, environment: Environment, person: Person) -> None:
        self.window = window
        self.environment = environment
        self.person = person

    def log_in_by_form(self) -> None:
        self.page = self.window.new_page()
        clear_the_way(self.page)
        self.page.goto(self.environment.url(self.environment.login_path))
        if "core/togglesensitive" in self.page.content():
            self.page.locator(".toggle-sensitive-btn").wait_for(state="attached")
        self.page.fill("#username", self.person.username)
        self.page.fill("#password", self.person.password)
        self.page.click("#loginbtn")
        self.page.wait_for_url(lambda url: LOGIN not in url)

    def open(self, assignment: Assignment) -> None:
        self.page.goto(self.environment.url(f"{ASSIGNMENT}?id={assignment.cmid}"))

    def upload(self, text: Path, clip: Path, slow: AbstractContextManager[None]) -> None:
        self.page.click(
            "form:has(input[value=editsubmission]) button, form:has(input[value=editsubmission]) [type=submit]"
        )
        self.page.wait_for_function("() => window.M && M.util.pending_js.length === 0")
        field = self.page.locator(".s3video-upload-interface input[type=file]")
        field.set_input_files(text)
        self.page.locator(".s3video-status-message.alert-danger").wait_for()
        with slow:
            field.set_input_files(clip)
            self.page.locator(".s3video-status-message.alert-success").wait_for(timeout=120_000)
        self.page.click("#id_submitbutton")
        self.expect_link()

    def expect_link(self) -> None:
        self.page.locator(".s3video-watch-link").wait_for()

    def grade(self, user: int) -> None:
        self.page.locator("a[href*='action=grading']").filter(visible=True).first.click()
        row = self.page.locator(f"tr.user{user}")
        row.wait_for()
        link = row.locator("a[href*='action=grader']").first
        if not link.is_visible():
            row.locator("td:has(a[href*='action=grader'])").locator(MENU_TOGGLE).click()
        link.click()

    def watch(self) -> None:
        video = self.page.locator(".s3video-player-container video").first
        self.play(video)
        video.click()
        video.evaluate("(video, seconds) => new Promise((done) => setTimeout(done, seconds * 1000))", PAUSED)
        for seconds in (15, 4):
            video.evaluate(
                "(video, to) => new Promise((done) => { video.onseeked = () => done(); video.currentTime = to; })",
                seconds,
            )
        self.play(video)
        video.evaluate("(video) => { video.volume = 0.3; video.muted = true; video.muted = false; }")

    def watch_on_its_page(self, video: Video) -> None:
        self.page.goto(self.environment.url(f"{VIDEO_PAGE}?id={video.id}&s3key={video.key}"))
        self.play(self.page.locator("video").first)

    def play(self, video: Locator) -> None:
        video.wait_for()
        video.evaluate(
            "(video) => video.readyState || new Promise((done) => { video.onloadedmetadata = () => done(); })"
        )
        before = video.evaluate("(video) => video.currentTime")
        video.click()
        self.page.wait_for_function(
            "([video, to]) => video.currentTime >= to", arg=[video.element_handle(), before + WATCHED]
        )
