"""The journey of steps 2.7 and 2.8 in Selenium: the same clicks as `bare.py`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

from clients.addresses import ASSIGNMENT, LOGIN, VIDEO_PAGE
from clients.moodle.model import Assignment, Person
from clients.plugin.api import Video
from pages.versions import MENU_TOGGLE
from pages.webdriver.tab import Element, Tab
from runner.configuration.environment import Environment
from selftest.bench.bare import PAUSED, WATCHED


@contextmanager
def chrome(binary: str, driver: str, arguments: list[str], proxy: str) -> Iterator[Chrome]:
    """The browser that Playwright drives as well, through the same proxy; `driver` is the path of chromedriver."""
    options = ChromeOptions()
    options.binary_location = binary
    options.accept_insecure_certs = True
    for argument in (*arguments, "--headless", f"--proxy-server={proxy}", "--proxy-bypass-list=<-loopback>"):
        options.add_argument(argument)
    with Chrome(options, ChromeService(driver)) as browser:
        browser.set_script_timeout(120)
        yield browser


class Selenium:
    """A person at a browser that has just been started."""

    def __init__(self, browser: WebDriver, environment: Environment, person: Person) -> None:
        self.browser = browser
        self.tab = Tab(browser)
        self.environment = environment
        self.person = person

    def find(self, selector: str, seconds: float | None = None) -> Element:
        return self.tab.find(selector, seconds=seconds)

    def log_in_by_form(self) -> None:
        self.browser.get(self.environment.url(self.environment.login_path))
        if "core/togglesensitive" in self.browser.page_source:
            self.tab.until(lambda browser: browser.find_elements(By.CSS_SELECTOR, ".toggle-sensitive-btn"))
        self.find("#username").element.send_keys(self.person.username)
        self.find("#password").element.send_keys(self.person.password)
        self.find("#loginbtn").press()
        self.tab.until(lambda browser: LOGIN not in browser.current_url)

    def open(self, assignment: Assignment) -> None:
        self.browser.get(self.environment.url(f"{ASSIGNMENT}?id={assignment.cmid}"))

    def upload(self, text: Path, clip: Path, slow: AbstractContextManager[None]) -> None:
        field = self.edit()
        field.send_keys(str(text))
        self.find(".s3video-status-message.alert-danger")
        with slow:
            field.send_keys(str(clip))
            self.find(".s3video-status-message.alert-success", 120)
        self.save()

    def edit(self) -> WebElement:
        """Open the form; returns the widget's field for a file."""
        self.find("form:has(input[value=editsubmission]) :is(button, [type=submit])").press()
        self.find(".s3video-upload-interface")
        self.tab.until(lambda browser: browser.execute_script("return M.util.pending_js.length === 0"))
        return self.browser.find_element(By.CSS_SELECTOR, ".s3video-upload-interface input[type=file]")

    def save(self) -> None:
        self.find("#id_submitbutton").press()
        self.expect_link()

    def expect_link(self) -> None:
        self.find(".s3video-watch-link")

    def grade(self, user: int) -> None:
        self.find("a[href*='action=grading']").press()
        self.find(f"tr.user{user}")
        link = self.browser.find_element(By.CSS_SELECTOR, f"tr.user{user} a[href*='action=grader']")
        if not link.is_displayed():
            cell = f"tr.user{user} td:has(a[href*='action=grader'])"
            self.find(f"{cell} :is({MENU_TOGGLE})").press()
        Element(self.tab, link).press()

    def watch(self) -> None:
        video = self.find(".s3video-player-container video")
        self.play(video)
        video.press()
        self.browser.execute_async_script("setTimeout(arguments[1], arguments[0] * 1000)", PAUSED)
        for seconds in (15, 4):
            self.browser.execute_async_script(
                "const [video, to, done] = arguments; video.onseeked = done; video.currentTime = to",
                video.element,
                seconds,
            )
        self.play(video)
        self.browser.execute_script(
            "const [video] = arguments; video.volume = 0.3; video.muted = true; video.muted = false", video.element
        )

    def watch_on_its_page(self, video: Video) -> None:
        self.browser.get(self.environment.url(f"{VIDEO_PAGE}?id={video.id}&s3key={video.key}"))
        self.play(self.find("video"))

    def play(self, video: Element) -> None:
        self.tab.until(lambda browser: browser.execute_script("return arguments[0].readyState", video.element))
        before = self.browser.execute_script("return arguments[0].currentTime", video.element)
        video.press()
        now = "return arguments[0].currentTime"
        self.tab.until(lambda browser: browser.execute_script(now, video.element) >= before + WATCHED)
