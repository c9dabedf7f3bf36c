"""A log-in form that WebDriver opens belongs to a new session, though WebKitGTK answers before its cookies are gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from selenium.common.exceptions import TimeoutException

from clients.errors import NotCheckable
from pages.webdriver.person import PersonByWebDriver

Cookies = list[Mapping[str, str]]


class LateBrowser:
    """Its cookies are deleted when they have been asked for so many times since."""

    def __init__(self, late: int, then: Cookies) -> None:
        self.late = late
        self.then = then
        self.cookies: Cookies = [{"name": "MoodleSession", "value": "of before"}]
        self.deleting = False

    def delete_all_cookies(self) -> None:
        self.deleting = True

    def get_cookies(self) -> Cookies:
        if self.deleting and self.late == 0:
            return self.then
        self.late -= self.deleting
        return self.cookies


def forget(browser: LateBrowser, patience: int = 10) -> None:
    def until(condition: Callable[[Any], bool]) -> None:
        if not any(condition(browser) for _ in range(patience)):
            raise TimeoutException

    person = SimpleNamespace(tab=SimpleNamespace(driver=browser, until=until))
    PersonByWebDriver._forget(person)  # type: ignore[arg-type]


@pytest.mark.parametrize("late", [0, 1, 5])
@pytest.mark.parametrize("then", [[], [{"name": "consent", "value": "new"}]])
def test_cookies_are_gone_before_the_form_is_opened(late: int, then: Cookies) -> None:
    browser = LateBrowser(late, then)
    forget(browser)
    assert browser.get_cookies() == then


def test_a_driver_that_deletes_no_cookies_is_told() -> None:
    with pytest.raises(NotCheckable, match="keeps the browser's cookies"):
        forget(LateBrowser(100, []))
