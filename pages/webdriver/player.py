from __future__ import annotations

from typing import cast

from playwright.sync_api import Locator
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from pages.base import Moodle
from pages.player import FULL_SCREEN, Player
from pages.webdriver.tab import COARSE, Element, Tab


class PlayerByWebDriver(Player):
    """A `<video>` as `Player` judges it, found and pressed by WebDriver."""

    def __init__(self, tab: Tab, selector: str, moodle: Moodle) -> None:
        self._tab = tab
        self._selector = selector
        self._element: Element | None = None
        super().__init__(cast(Locator, self), moodle)

    def evaluate(self, script: str, argument: object = None) -> object:
        self._expect_there()
        assert self._element is not None
        return self._element.evaluate(script, argument)

    def get_attribute(self, name: str) -> str | None:
        self._expect_there()
        assert self._element is not None
        return self._element.element.get_dom_attribute(name)

    def _expect_there(self) -> None:
        if self._element is None:
            self._element = self._tab.find(self._selector, "the video player", self.moodle.play)

    def _said(self) -> str:
        alerts = [one.text for one in self._tab.driver.find_elements(By.CSS_SELECTOR, "[role=alert]") if one.text]
        told = " ".join(" ".join(alerts).split())
        return f'the message "{told}"' if told else "no message"

    def _toggle(self) -> None:
        """Press on the picture; where a finger only brings out the controls, press again: a button may be there then.

        Where there is none, as on a phone that is emulated, or where a page may not fill the screen, and Chromium takes
        no press on the picture, press the key of their play button.
        """
        self._expect_there()
        assert self._element is not None
        paused = self.evaluate("(video) => video.paused")
        self._element.press()
        finger = self._tab.evaluate(COARSE)
        if not finger and self._tab.evaluate(FULL_SCREEN):
            return
        if finger and self._run("pausedSoon") == paused:
            self._element.press()
        if self._run("pausedSoon") == paused:
            self._element.element.send_keys(Keys.SPACE)
