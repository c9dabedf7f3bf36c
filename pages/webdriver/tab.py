"""A tab that WebDriver drives, and an element in it, with `evaluate` as Playwright's have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    JavascriptException,
    NoSuchElementException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from clients.ignored_errors import is_others_notice
from clients.moodle.html import EXCEPTION, NOTICE
from pages.base import REFUSED, STILL, TOUR, MoodleBroke
from pages.base import SCRIPTS as BASE

COARSE = "() => matchMedia('(pointer: coarse)').matches"

POLL = 0.1
"""Seconds between two looks."""

CALL = """const done = [...arguments].at(-1), given = [...arguments].slice(0, -1);
const called = (async () => (%s)(...given))();
called.then((value) => done({value}), (error) => done({thrown: String(error)}))"""

BOXES = f"""(selector) => ({BASE["said"]})(
    [...document.querySelectorAll(selector)].filter((box) => box.getClientRects().length), {EXCEPTION!r})"""

PATIENCE = 15
"""Seconds that a page may take, unless somebody says otherwise."""


class Tab:
    """The tab in front; `seconds` is what a page may take."""

    def __init__(self, driver: WebDriver, seconds: float = PATIENCE) -> None:
        self.driver = driver
        self.seconds = seconds

    @property
    def url(self) -> str:
        return self.driver.current_url

    def evaluate(self, script: str, *arguments: object) -> Any:
        """What a function in the page gives, or its promise does. Raises AssertionError with what it throws."""
        given = [one.element if isinstance(one, Element) else one for one in arguments]
        told = self.driver.execute_async_script(CALL % script, *given)
        if "thrown" in told:
            raise AssertionError(f"expected a page in which scripts run, seen {told['thrown']}")
        return told.get("value")

    def until(self, condition: Callable[[WebDriver], Any], seconds: float | None = None) -> Any:
        """What the condition gives, once that is something; pages may go meanwhile. Raises TimeoutException."""
        wait = WebDriverWait(
            self.driver,
            self.seconds if seconds is None else seconds,
            POLL,
            (JavascriptException, StaleElementReferenceException),
        )
        return wait.until(condition)

    def find(self, selector: str, what: str = "", seconds: float | None = None) -> Element:
        """The first such element that can be seen; `what` is what people call it."""

        def seen(driver: WebDriver) -> WebElement | None:
            return next((one for one in driver.find_elements(By.CSS_SELECTOR, selector) if one.is_displayed()), None)

        within = self.seconds if seconds is None else seconds
        try:
            return Element(self, self.until(seen, within))
        except TimeoutException:
            raise AssertionError(f"expected {what or selector} within {within:g} s, seen none at {self.url}") from None

    def expect_attached(self, selector: str, what: str) -> None:
        """Such an element is on the page, seen or not."""
        try:
            self.until(lambda _: self.has(selector))
        except TimeoutException:
            raise AssertionError(f"expected {what} within {self.seconds:g} s, seen none at {self.url}") from None

    def has(self, selector: str) -> bool:
        return bool(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def ready(self) -> None:
        """As `MoodlePage.ready`: give Moodle's scripts time to become idle, and fail on what Moodle prints."""
        try:
            ended = self.until(lambda _: self.evaluate(BASE["rest"], [STILL, []]))
        except TimeoutException:
            ended = self.evaluate(BASE["busy"], [])
        if ended is None or ended == REFUSED:
            _, text = self.evaluate(BASE["answered"])
            raise AssertionError(f"expected a page of Moodle at {self.url}, seen {text or 'an empty page'}")
        exceptions, notices = self.evaluate(BOXES, f"{EXCEPTION}, {NOTICE}")
        if broken := [*exceptions, *(said for said in notices if not is_others_notice(said))]:
            raise MoodleBroke(f"expected a working page, seen Moodle's own error on {self.url}: {broken[0][:500]}")


class Element:
    def __init__(self, tab: Tab, element: WebElement) -> None:
        self.tab = tab
        self.element = element

    def evaluate(self, script: str, argument: object = None) -> Any:
        return self.tab.evaluate(script, self, argument)

    @property
    def text(self) -> str:
        return self.element.text

    def attribute(self, name: str) -> str:
        return self.element.get_dom_attribute(name) or ""

    def inside(self, selector: str, what: str) -> Element:
        """An element within this one, seen or not."""
        try:
            return Element(self.tab, self.element.find_element(By.CSS_SELECTOR, selector))
        except NoSuchElementException:
            raise AssertionError(f"expected {what}, seen none at {self.tab.url}") from None

    def press(self) -> None:
        """Click, or tap, in the middle of the screen, where no footer lies over it; end a tour that lies over all."""
        self.evaluate("(element) => element.scrollIntoView({block: 'center'})")

        def pressed(driver: WebDriver) -> bool:
            try:
                self.element.click()
            except ElementClickInterceptedException:
                for end in driver.find_elements(By.CSS_SELECTOR, TOUR):
                    driver.execute_script("arguments[0].click()", end)
                return False
            except ElementNotInteractableException:
                return False  # it has not come to its place yet
            return True

        try:
            self.tab.until(pressed)
        except TimeoutException:
            raise AssertionError(f"expected something that can be pressed at {self.tab.url}, seen it covered") from None
