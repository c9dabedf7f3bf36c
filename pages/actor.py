from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property

from playwright.sync_api import BrowserContext, Page, Response

from checklist.words import lasting
from checks.video_store import StoredVideos
from clients.addresses import COMPONENT, DASHBOARD, LOGOUT, MANAGE_VIDEOS, OWN, UPLOAD_URL, VIDEO_PAGE, asked
from clients.http import jar
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment, Person
from clients.plugin.api import promised_key
from clients.steps import LOG_IN, the_assignment
from clients.words import answered, counted
from clients.words import parameters as in_words
from pages.assignment import AssignmentPage, SubmissionForm
from pages.base import Moodle, MoodlePage, clear_the_way
from pages.console import Console
from pages.course import CoursePage
from pages.course_settings import CourseSettings
from pages.dashboard import EVERYTHING, Dashboard
from pages.grader import Grader
from pages.login import LoginPage
from pages.manage_videos import ManageVideos
from pages.plugin_settings import PluginSettings
from pages.site_administration import SiteAdministration
from pages.traffic import Traffic
from pages.video import VideoPage
from pages.visit import visit

NewContext = Callable[..., BrowserContext]


class Actor:
    """A person at a browser. `page` is their tab; it opens with a fresh session, nobody logged in."""

    def __init__(
        self,
        person: Person,
        moodle: Moodle,
        *,
        videos: StoredVideos,
        open_window: NewContext,
        new_site: Callable[[], MoodleClient],
        new_console: Callable[[BrowserContext], Console],
        remember: Callable[[str], None],
        promise: Callable[[str], None],
        part: str = "person",
    ) -> None:
        """`videos` is where S3 has what this person uploads; `new_site` gives a session over HTTP; `part` is what they
        are in the test, such as "student".

        `new_console` listens to a window; `remember` is told each secret, `promise` each key for which the plugin gives
        this person a form.
        """
        self.person = person
        self.moodle = replace(moodle, who=f"the {part}", untranslated={})
        self.part = part
        self.videos = videos
        self._open_window = open_window
        self._new_site = new_site
        self._new_console = new_console
        self._remember = remember
        self._promise = promise
        self.consoles: list[Console] = []
        """Of every window that this person has had."""
        remember(person.password)

    @cached_property
    def context(self) -> BrowserContext:
        context = self._open_window()
        context.set_default_timeout(self.moodle.page * 1000)
        self.console = self._new_console(context)
        self.consoles.append(self.console)
        self.traffic = Traffic(context)
        context.on("response", self._note_promise)
        return context

    @cached_property
    def page(self) -> Page:
        page = self.context.new_page()
        clear_the_way(page)
        return page

    def _note_promise(self, response: Response) -> None:
        if UPLOAD_URL in response.url and (key := promised_key(response.text())):
            self._promise(key)

    def log_in_by_form(self) -> None:
        """Log in through the form, as the checklist says."""
        LoginPage(self.page, self.moodle).open().log_in(self.person.username, self.person.password)
        self._new_site().share(self.person.username, jar(self.context.cookies(self.moodle.url)))
        self._remember_session()

    def log_in_by_cookie(self) -> None:
        """Be logged in without the form: a session begun over HTTP is handed to the browser."""
        self.moodle.step(LOG_IN)
        site = self.site()
        for cookie in site.session.cookies:
            self.context.add_cookies(
                [{"name": cookie.name, "value": cookie.value or "", "url": self.moodle.url, "secure": True}]
            )
        self._remember_session()

    def site(self) -> MoodleClient:
        """This person over HTTP, for what needs no page: in another session of theirs, where the site allows that."""
        return over_http(self.person, self._new_site(), self.moodle, self._remember)

    def _remember_session(self) -> None:
        for cookie in self.context.cookies():
            self._remember(cookie.get("value", ""))
        if self.page.url != "about:blank":
            self._remember(self.page.evaluate("() => M.cfg.sesskey"))

    def set_clock(self) -> None:
        """From the next page on, the tab's clock can be put forward."""
        self.page.clock.install()

    def open(self, assignment: Assignment, **more: object) -> AssignmentPage:
        """Go to the assignment, with `more` parameters in its address."""
        self.moodle.step(f"Open {the_assignment(assignment.cmid)}{in_words(asked(more))}.")
        return AssignmentPage(self.page, self.moodle).open(id=assignment.cmid, **more)

    def open_form(self, assignment: Assignment, **more: object) -> SubmissionForm:
        """Go to the form of one's submission by its address."""
        self.moodle.step(f"Open the form of the submission by its address{in_words(asked(more))}.")
        return SubmissionForm(self.page, self.moodle).open(id=assignment.cmid, action="editsubmission", **more)

    def grade(self, assignment: Assignment, student: int) -> Grader:
        """Go to the student's submission by its address: on a small screen the ways to it are folded away."""
        return Grader(self.page, self.moodle).open(id=assignment.cmid, action="grader", userid=student)

    def create_course(self, category: int, name: str, short_name: str) -> CoursePage:
        """Create a course in a category through its form."""
        return CourseSettings(self.page, self.moodle).open(category=category).create(name, short_name)

    def watch(self, submission: int, key: str, **more: object) -> VideoPage:
        """Open the plugin's page for a video by its address, with `more` parameters in it."""
        given = {"id": submission, "s3key": key, **more}
        told = in_words(lasting(asked(given), VIDEO_PAGE))
        self.moodle.step(f"Open the video's own page by its address, {VIDEO_PAGE}{told}.")
        return VideoPage(self.page, self.moodle).open(**given)

    def visit(self, path: str, **parameters: object) -> HttpResult:
        """Go to an address that may not be for this person; what comes must not be a server error."""
        self.moodle.step(f"Go to {path}{in_words(lasting(asked(parameters), path))}.")
        return visit(MoodlePage(self.page, self.moodle), path, parameters)

    def plugin_settings(self) -> PluginSettings:
        """Open the plugin's settings. They show secrets: for somebody `recorded=False`."""
        self.moodle.step(f"Open the plugin's settings, {PluginSettings.path} with section {COMPONENT}.")
        return PluginSettings(self.page, self.moodle).open()

    def lose_session(self) -> None:
        """The site ends this person's session, as it does after a while; their browser still shows the page."""
        self.moodle.step("While the video is on its way, end the session: log out in another tab.")
        held = jar(self.context.cookies(self.moodle.url))
        site = self._new_site()
        site.session.cookies.update(held)
        site.get(LOGOUT, sesskey=self.page.evaluate("() => M.cfg.sesskey"))
        site.session.cookies.clear()
        if not (answer := site.session.get(site.url(OWN), cookies=held, allow_redirects=False)).is_redirect:
            raise AssertionError(f"expected the session to be over, seen {answered(answer.status_code)} for its cookie")

    def administration(self) -> SiteAdministration:
        """Go to Site administration, by the link at the top."""
        return SiteAdministration(self.page, self.moodle).reach()

    def dashboard(self) -> Dashboard:
        """Open the plugin's dashboard by its address, with the figures of all time."""
        self.moodle.step(f"Open the plugin's dashboard, {DASHBOARD}{in_words(EVERYTHING)}.")
        return Dashboard(self.page, self.moodle).open(**EVERYTHING)

    def manage_videos(self, **filters: object) -> ManageVideos:
        """Open the plugin's list of videos by its address; `filters` as in its form: search, perpage."""
        self.moodle.step(f"Open the list of videos, {MANAGE_VIDEOS}{in_words(lasting(asked(filters), MANAGE_VIDEOS))}.")
        return ManageVideos(self.page, self.moodle).open(**filters)

    def expect_translated(self, below: str = "") -> None:
        """No page so far whose address has `below` in it has shown an untranslated `[[string]]` or a placeholder."""
        places: dict[str, list[str]] = {}
        for address, texts in self.moodle.untranslated.items():
            for text in texts if below in address else ():
                places.setdefault(text, []).append(address)
        if places:
            told = "; ".join(f"“{text}” on {' and '.join(_first(places[text]))}" for text in sorted(places))
            raise AssertionError(f"expected finished texts on every page, seen {told}")

    def close_tab(self) -> None:
        """Close the tab, whatever is under way in it; the next page opens in a new one, in the same session."""
        self.moodle.step("Close the tab.")
        self.page.close()
        del self.page

    @contextmanager
    def another_tab(self) -> Iterator[None]:
        """What the first tab shows stays there; after this, whoever has its page goes on in it."""
        self.moodle.step("Open another tab, and leave the first one as it is.")
        del self.page
        yield
        self.moodle.step("Go back to the first tab.")

    def reload(self) -> None:
        """Load the page anew, whatever is under way in it, and say yes to a question before that."""
        self.moodle.step("Reload the page.")
        self.page.reload(wait_until="domcontentloaded")

    def go_back(self) -> None:
        """Press the browser's button back, whatever is under way, and say yes to a question before that."""
        self.moodle.step("Press the browser's button back.")
        self.page.go_back(wait_until="domcontentloaded")

    def log_in_anew(self) -> None:
        """Close the browser window, and log in through the form in a new one."""
        self.moodle.step("Close the browser window, and open a new one.")
        self.context.close()
        del self.context, self.page
        self.log_in_by_form()


def over_http(person: Person, site: MoodleClient, moodle: Moodle, remember: Callable[[str], None]) -> MoodleClient:
    """The person logged in there; returns `site`."""
    site.session.sender = moodle.who
    site.login(person.username, person.password)
    site.user_id = person.id
    for cookie in site.session.cookies:
        remember(cookie.value or "")
    remember(site.sesskey)
    return site


def _first(addresses: list[str]) -> Iterator[str]:
    """The first one, and how many others there are."""
    yield addresses[0]
    if others := len(addresses) - 1:
        yield counted(others, "other page")
