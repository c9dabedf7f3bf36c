"""The journey of steps 2.7 and 2.8 in Selenium: the same clicks as `bare.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from selenium.common.exceptions import ElementClickInterceptedException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from clients.addresses import ASSIGNMENT, LOGIN, VIDEO_PAGE
from clients.moodle.model import Assignment, Person
from clients.plugin.api import Video
from pages.base import TOUR
from pages.versions import MENU_TOGGLE
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
        self.environment = environment
        self.person = person

    def until(self, condition: Callable[[WebDriver], Any], seconds: float = 15) -> Any:
        return WebDriverWait(self.browser, seconds, poll_frequency=0.1).until(condition)

    def find(self, selector: str, seconds: float = 15) -> WebElement:
        """The first such element that can be seen."""
        found: WebElement = self.until(
            lambda browser: next(
                (one for one in browser.find_elements(By.CSS_SELECTOR, selector) if one.is_displayed()), None
            ),
            seconds,
        )
        return found

    def press(self, element: WebElement) -> None:
        """Click in the middle of the screen, where no footer lies over it, as soon as no tour lies over all."""
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)

        def clicked(browser: WebDriver) -> bool:
            try:
                element.click()
            except ElementClickInterceptedException:
                for end in browser.find_elements(By.CSS_SELECTOR, TOUR):
                    browser.execute_script("arguments[0].click()", end)
                return False
            return True

        self.until(clicked)

    def log_in_by_form(self) -> None:
        self.browser.get(self.environment.url(self.environment.login_path))
        if "core/togglesensitive" in self.browser.page_source:
            self.until(lambda browser: browser.find_elements(By.CSS_SELECTOR, ".toggle-sensitive-btn"))
        self.find("#username").send_keys(self.person.username)
        self.find("#password").send_keys(self.person.password)
        self.find("#loginbtn").click()
        self.until(lambda browser: LOGIN not in browser.current_url)

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
        self.press(self.find("form:has(input[value=editsubmission]) :is(button, [type=submit])"))
        self.find(".s3video-upload-interface")
        self.until(lambda browser: browser.execute_script("return M.util.pending_js.length === 0"))
        return self.browser.find_element(By.CSS_SELECTOR, ".s3video-upload-interface input[type=file]")

    def save(self) -> None:
        self.press(self.find("#id_submitbutton"))
        self.expect_link()

    def expect_link(self) -> None:
        self.find(".s3video-watch-link")

    def grade(self, user: int) -> None:
        self.press(self.find("a[href*='action=grading']"))
        self.find(f"tr.user{user}")
        link = self.browser.find_element(By.CSS_SELECTOR, f"tr.user{user} a[href*='action=grader']")
        if not link.is_displayed():
            cell = f"tr.user{user} td:has(a[href*='action=grader'])"
            self.press(self.find(f"{cell} :is({MENU_TOGGLE})"))
        self.press(link)

    def watch(self) -> None:
        video = self.find(".s3video-player-container video")
        self.play(video)
        self.press(video)
        self.browser.execute_async_script("setTimeout(arguments[1], arguments[0] * 1000)", PAUSED)
        for seconds in (15, 4):
            self.browser.execute_async_script(
                "const [video, to, done] = arguments; video.onseeked = done; video.currentTime = to", video, seconds
            )
        self.play(video)
        self.browser.execute_script(
            "const [video] = arguments; video.volume = 0.3; video.muted = true; video.muted = false", video
        )

    def watch_on_its_page(self, video: Video) -> None:
        self.browser.get(self.environment.url(f"{VIDEO_PAGE}?id={video.id}&s3key={video.key}"))
        self.play(self.find("video"))

    def play(self, video: WebElement) -> None:
        self.until(lambda browser: browser.execute_script("return arguments[0].readyState", video))
        before = self.browser.execute_script("return arguments[0].currentTime", video)
        self.press(video)
        self.until(lambda browser: browser.execute_script("return arguments[0].currentTime", video) >= before + WATCHED)
