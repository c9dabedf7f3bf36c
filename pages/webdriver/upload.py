"""The plugin's widget, and an upload in it, as `pages.upload` has them, where WebDriver drives the browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from playwright.sync_api import Page
from selenium.common.exceptions import (
    ElementNotInteractableException,
    InvalidArgumentException,
    InvalidElementStateException,
    StaleElementReferenceException,
    TimeoutException,
    UnknownMethodException,
    WebDriverException,
)
from selenium.webdriver.remote.file_detector import LocalFileDetector

from clients.addresses import PLUGIN, UPLOAD_URL
from clients.errors import NotCheckable
from clients.words import answered, of_selenium
from pages.base import PLACE, Moodle, expect_fits
from pages.script import scripts
from pages.upload.attempt import Upload
from pages.upload.recorder import RECORD
from pages.upload.requests import Receipt, Requests, receipt_of
from pages.upload.widget import CAPTURE, expect_any_source, named
from pages.webdriver import phone
from pages.webdriver.tab import COARSE, Element, Tab

SCRIPTS = scripts(__file__)

WIDGET = ".s3video-upload-interface"

ENDED = f"{WIDGET} .s3video-status-message:is(.alert-success, .alert-danger):not([data-earlier])"

NO_SUCH_COMMAND = ("unknown command", "could not be found", "not found", "not implemented", "not supported")
"""What drivers say for which the standard has no error that Selenium keeps apart."""

BY_HAND = (
    "hand in a video there by hand, as any student, watch it, and write [[waived]] with line, reason, owner and "
    "expires into the environment file"
)


class Answers:
    """What the plugin's scripts have answered to the widget, as its page saw it."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        tab.evaluate(SCRIPTS["listen"], f"{PLUGIN}/ajax/")

    def _seen(self) -> list[dict[str, str]]:
        return cast(list[dict[str, str]], self._tab.evaluate(SCRIPTS["answers"]))

    @property
    def any(self) -> bool:
        return bool(self._seen())

    @property
    def refusals(self) -> str:
        """As `Requests.refusals`; what storage answers no driver tells."""
        refused = [one for one in self._seen() if int(one["status"]) >= 400]
        return "".join(f"; {_script(one['url'])} answered with {answered(int(one['status']))}" for one in refused)

    def promises(self) -> list[str]:
        """The plugin's answers to requests for an upload URL."""
        return [one["text"] for one in self._seen() if UPLOAD_URL in one["url"]]

    def receipt(self) -> Receipt:
        if not (told := self.promises()):
            raise AssertionError(f"expected a request to {_script(UPLOAD_URL)}, seen none that was answered")
        try:
            return receipt_of(json.loads(told[-1]))
        except ValueError:
            raise AssertionError("expected an upload URL, seen what is no JSON") from None


class UploadByWebDriver(Upload):
    def __init__(self, tab: Tab, moodle: Moodle) -> None:
        self._tab = tab
        self.page = cast(Page, tab)
        self.started_by = "choosing the file"
        self._moodle = moodle
        self._answers = Answers(tab)
        self._requests = cast(Requests, self._answers)

    def _ends_within(self, seconds: float) -> bool:
        try:
            self._tab.until(lambda _: self._tab.has(ENDED), seconds)
        except TimeoutException:
            return False
        return True

    def promises(self) -> list[str]:
        return self._answers.promises()


class WidgetByWebDriver:
    """`promised` is told what the plugin answers to each request for an upload URL."""

    def __init__(self, tab: Tab, moodle: Moodle, promised: Callable[[str], None]) -> None:
        self._tab = tab
        self._moodle = moodle
        self._promised = promised
        self.root = tab.find(WIDGET, "the upload widget")
        self._field = self.root.inside("input[type=file]", "the widget's file input")

    def _button(self) -> Element:
        return self._tab.find(f"{WIDGET} .s3video-select-btn", "the button to choose a file")

    def expect_on_screen(self) -> None:
        expect_fits(self.root.evaluate(PLACE), "the upload widget")
        expect_fits(self._button().evaluate(PLACE), "the button to choose a file")

    def expect_any_source(self) -> None:
        """As `Widget.expect_any_source`."""
        expect_any_source(touch=bool(self._tab.evaluate(COARSE)), capture=self._field.evaluate(CAPTURE))

    def choose_in_dialogue(self, file: Path) -> UploadByWebDriver:
        """Press the button, see it ask for the dialogue for files, and choose the file as the driver can."""
        self._moodle.step("Press the button to choose a file.")
        self._field.evaluate(SCRIPTS["awaitDialogue"])
        self._button().press()
        start = self._moodle.start
        try:
            self._tab.until(lambda _: self._tab.evaluate(SCRIPTS["dialogue"]), start)
        except TimeoutException:
            raise AssertionError(
                f"expected the button to open the dialogue for files, seen none within {start:g} s: "
                "the widget's script does not work"
            ) from None
        return self.choose(file)

    def choose(self, file: Path) -> UploadByWebDriver:
        """Raises NotCheckable where the driver takes no file from this machine."""
        self._moodle.step(f"Choose {named(file)}.")
        upload = UploadByWebDriver(self._tab, self._moodle)
        self.root.evaluate(RECORD)
        with ExitStack() as given:
            self._give(file, given)
            try:
                upload.expect_ended()
            finally:
                for promise in upload.promises():
                    self._promised(promise)
        return upload

    def _give(self, file: Path, given: ExitStack) -> None:
        """A driver that seems to be on this machine gets the path; any other, or one that does not find it, a copy.

        Neither is the phone's that Appium drives: that gets the file in its own dialogue, until `given` ends.
        """
        driver, refusals = self._tab.driver, []
        if phone.system_of(driver):
            try:
                given.enter_context(phone.chosen(driver, file, self._button().press))
            except phone.NoWay as reason:
                raise NotCheckable(f"{reason}; {BY_HAND}") from None
            return
        for detector in dict.fromkeys((type(driver.file_detector), LocalFileDetector)):
            try:
                with driver.file_detector_context(detector):
                    self._field.element.send_keys(str(file))
            except StaleElementReferenceException:
                raise AssertionError("expected the widget's file input to take a file, seen it gone") from None
            except WebDriverException as error:
                if not _takes_none(error):
                    raise
                refusals.append(" ".join(of_selenium(str(error.msg)).split()))
            else:
                return
        if self._field.evaluate(SCRIPTS["disabled"]):
            raise AssertionError("expected the widget's file input to take a file, seen it disabled")
        raise NotCheckable(f"this driver takes no file from this machine (it says: {refusals[0]}); {BY_HAND}")


def _takes_none(error: WebDriverException) -> bool:
    """Whether the driver does not know how to, or does not find the file; and not what became of page or browser.

    Appium types into a field for files as into any other, and says that nobody sees it, or of its state.
    """
    if isinstance(error, InvalidArgumentException | UnknownMethodException):
        return True
    if isinstance(error, ElementNotInteractableException | InvalidElementStateException):
        return True
    return type(error) is WebDriverException and any(words in str(error.msg).casefold() for words in NO_SUCH_COMMAND)


def _script(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]
