"""The journey of step 2.13 at a browser that WebDriver drives, in the words of `pages.actor`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlencode

from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webdriver import WebDriver

from checks.video_store import StoredVideos
from clients.addresses import ASSIGNMENT, ENGLISH, LOGIN, OWN, VIDEO_PAGE
from clients.errors import NotCheckable
from clients.http import jar
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment, Person
from clients.plugin.api import promised_key
from clients.steps import the_assignment
from pages.actor import over_http
from pages.assignment import shown_video
from pages.base import SCRIPTS as BASE
from pages.base import Moodle
from pages.grader import FORM, VIDEO
from pages.versions import PASSWORD_TOGGLE
from pages.webdriver.browser import Session
from pages.webdriver.player import PlayerByWebDriver
from pages.webdriver.tab import Tab
from pages.webdriver.upload import WIDGET, WidgetByWebDriver

LINK = ".s3video-watch-link"


class PersonByWebDriver:
    """A person in a browser's session of their own, in which nobody is logged in at first."""

    def __init__(
        self,
        person: Person,
        moodle: Moodle,
        *,
        videos: StoredVideos,
        session: Session,
        new_site: Callable[[], MoodleClient],
        remember: Callable[[str], None],
        promise: Callable[[str], None],
        part: str = "person",
    ) -> None:
        """As for `Actor`; `session` gives a browser."""
        self.person = person
        self.moodle = replace(moodle, who=f"the {part}", untranslated={})
        self.part = part
        self.videos = videos
        self._session = session
        self._new_site = new_site
        self._remember = remember
        self._promise = promise
        self._opened = ExitStack()
        remember(person.password)

    @cached_property
    def tab(self) -> Tab:
        return Tab(self._opened.enter_context(self._session()), self.moodle.page)

    @property
    def is_at_browser(self) -> bool:
        return "tab" in vars(self)

    def _go(self, path: str, **parameters: object) -> None:
        query = f"?{urlencode(parameters)}" if parameters else ""
        self.tab.driver.get(f"{self.moodle.url}{path}{query}")

    def log_in_by_form(self) -> None:
        """Log in through the form, on the site's own address."""
        self.moodle.step("Log in through the form.")
        tab, path = self.tab, self.moodle.login_path
        self._go(path)
        self._forget()
        self._go(path)
        tab.ready()
        if not tab.url.startswith(self.moodle.url) or not tab.has("#password"):
            raise AssertionError(f"expected Moodle's own log-in form at {path}, seen {tab.url}")
        action = tab.evaluate("() => document.querySelector('#password').form?.action ?? location.href")
        if not action.startswith(f"{self.moodle.url}/"):
            raise AssertionError(f"expected the log-in form to post to {self.moodle.url}, seen it post to {action}")
        if PASSWORD_TOGGLE in tab.driver.page_source:
            # The field is rendered anew when its show-password toggle arrives, and what was typed before is lost.
            tab.expect_attached(".toggle-sensitive-btn", "the button that shows the password")
        self._fill({"#username": self.person.username, "#password": self.person.password})
        tab.find("#loginbtn", "the button to log in").press()
        self.arrive("a page of somebody who is logged in", lambda url: LOGIN not in url)
        tab.ready()
        if not tab.evaluate("() => document.documentElement.lang").startswith("en"):
            self._go(OWN, **ENGLISH)
            tab.ready()
        cookies = tab.driver.get_cookies()
        self._new_site().share(self.person.username, jar(cookies))
        for cookie in cookies:
            self._remember(str(cookie["value"]))
        self._remember(tab.evaluate("() => M.cfg.sesskey"))

    log_in_by_cookie = log_in_by_form
    """Not every driver takes a cookie."""

    def site(self) -> MoodleClient:
        """As `Actor.site`."""
        return over_http(self.person, self._new_site(), self.moodle, self._remember)

    def _forget(self) -> None:
        """Delete the browser's cookies, as a phone's may have been somebody's before, and wait until a session is gone.

        WebKitGTK answers before: a page that it loads meanwhile belongs to a session that ends, and its log-in form is
        refused. Raises NotCheckable where the driver deletes none.
        """
        driver = self.tab.driver

        def sessions() -> set[str]:
            return {cookie["value"] for cookie in driver.get_cookies() if cookie["name"].startswith("MoodleSession")}

        before = sessions()
        driver.delete_all_cookies()
        try:
            self.tab.until(lambda _: not before & sessions())
        except TimeoutException:
            raise NotCheckable("this driver keeps the browser's cookies; log out there, and try again") from None

    def _fill(self, fields: dict[str, str]) -> None:
        """Type until all fields hold what is typed: a script may draw one anew, and a busy browser lose a key."""

        def typed(_: WebDriver) -> bool:
            found = {selector: self.tab.find(selector, f"the field {selector}").element for selector in fields}
            for selector, text in fields.items():
                found[selector].clear()
                found[selector].send_keys(text)
            return all(found[selector].get_property("value") == text for selector, text in fields.items())

        try:
            self.tab.until(typed)
        except TimeoutException:
            told = " and ".join(fields)
            raise AssertionError(f"expected {told} to hold what is typed, seen something else in them") from None

    def arrive(self, where: str, at: Callable[[str], bool]) -> None:
        tab = self.tab
        try:
            tab.until(lambda driver: at(driver.current_url))
        except TimeoutException:
            told = tab.evaluate(BASE["notices"])
            says = f", which says: {'; '.join(told)}" if told else ""
            raise AssertionError(
                f"expected to arrive at {where} within {tab.seconds:g} s, seen {tab.url}{says}"
            ) from None

    def open(self, assignment: Assignment) -> AssignmentByWebDriver:
        self.moodle.step(f"Open {the_assignment(assignment.cmid)}.")
        self._go(ASSIGNMENT, id=assignment.cmid)
        self.tab.ready()
        return AssignmentByWebDriver(self)

    def grade(self, assignment: Assignment, student: int) -> GraderByWebDriver:
        """As `Actor.grade`."""
        self._go(ASSIGNMENT, id=assignment.cmid, action="grader", userid=student)
        self.tab.ready()
        self.tab.expect_attached(FORM, "the form to grade with")
        return GraderByWebDriver(self)

    def watch(self, submission: int, key: str) -> VideoByWebDriver:
        self.moodle.step(f"Open the video's own page by its address, {VIDEO_PAGE} with id SUBMISSION and s3key KEY.")
        self._go(VIDEO_PAGE, id=submission, s3key=key)
        self.tab.ready()
        return VideoByWebDriver(self)

    def note_promise(self, answer: str) -> None:
        if key := promised_key(answer):
            self._promise(key)

    def console(self) -> list[str]:
        """The errors that the browser's console shows since it was asked last; no driver but Chromium's tells them.

        https://source.chromium.org/chromium/chromium/src/+/main:chrome/test/chromedriver/server/http_handler.cc
        """
        driver = self.tab.driver
        commands = cast(RemoteConnection, driver.command_executor)
        commands.add_command("getLog", "POST", "/session/$sessionId/se/log")  # type: ignore[no-untyped-call]
        told: list[dict[str, Any]] = driver.execute("getLog", {"type": "browser"})["value"]
        return [str(one["message"]) for one in told if one.get("level") == "SEVERE"]

    def close(self) -> None:
        """Leave no session behind: the browser may be that of a phone."""
        with self._opened:
            if self.is_at_browser:
                with suppress(WebDriverException):  # it is gone already
                    self.tab.driver.delete_all_cookies()


class AssignmentByWebDriver:
    def __init__(self, owner: PersonByWebDriver) -> None:
        self._owner = owner
        self._tab = owner.tab

    def add_submission(self) -> FormByWebDriver:
        """Press "Add submission"."""
        self._owner.moodle.step("Press “Add submission”.")
        button = "form:has(input[value=editsubmission]) :is(button, [type=submit])"
        self._tab.find(button, "the button of editsubmission").press()
        self._tab.find(WIDGET, "the upload widget")
        self._tab.ready()
        return FormByWebDriver(self._owner)

    def expect_video(self, size: int) -> str:
        """As `AssignmentPage.expect_video`."""
        link = self._tab.find(LINK, "the link to the submitted video")
        row = link.evaluate("(link) => link.closest('tr').innerText")
        return shown_video(row, link.attribute("href"), size)

    def watch(self) -> VideoByWebDriver:
        """Follow the link to the video, which opens a tab of its own."""
        self._owner.moodle.step("Press the link to the video, which opens a tab.")
        driver, before = self._tab.driver, set(self._tab.driver.window_handles)
        self._tab.find(LINK, "the link to the submitted video").press()

        def opened(driver: WebDriver) -> list[str]:
            return [one for one in driver.window_handles if one not in before]

        try:
            driver.switch_to.window(self._tab.until(opened)[0])
        except TimeoutException:
            raise AssertionError(f"expected the link to open a tab within {self._tab.seconds:g} s, seen none") from None
        self._owner.arrive("the video's page", lambda url: VIDEO_PAGE in url)
        self._tab.ready()
        return VideoByWebDriver(self._owner)


class FormByWebDriver:
    def __init__(self, owner: PersonByWebDriver) -> None:
        self._owner = owner
        self._tab = owner.tab

    @property
    def widget(self) -> WidgetByWebDriver:
        return WidgetByWebDriver(self._tab, self._owner.moodle, self._owner.note_promise)

    def save(self) -> AssignmentByWebDriver:
        """Accept the site's statement if it has one, press "Save changes" and arrive at the submission's status."""
        if self._tab.has("[name=submissionstatement][type=checkbox]:not(:checked)"):
            self._owner.moodle.step("Tick the site's statement on submissions.")
            self._tab.find("[name=submissionstatement][type=checkbox]").press()
        self._owner.moodle.step("Press “Save changes”.")
        self._tab.find("#id_submitbutton", "Save changes").press()
        self._owner.arrive(
            "the submission's status after Save changes",
            lambda url: (
                "action=editsubmission" not in url and not self._tab.has("input[name=action][value=savesubmission]")
            ),
        )
        self._tab.ready()
        return AssignmentByWebDriver(self._owner)


class GraderByWebDriver:
    def __init__(self, owner: PersonByWebDriver) -> None:
        self._owner = owner

    @property
    def player(self) -> PlayerByWebDriver:
        return PlayerByWebDriver(self._owner.tab, VIDEO, self._owner.moodle)


class VideoByWebDriver:
    def __init__(self, owner: PersonByWebDriver) -> None:
        self._owner = owner

    @property
    def player(self) -> PlayerByWebDriver:
        return PlayerByWebDriver(self._owner.tab, "video", self._owner.moodle)
