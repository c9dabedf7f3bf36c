"""What stands for Playwright's browser where WebDriver drives one: a session is a window in which nobody has been."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver

from pages.webdriver.tab import Tab

Session = Callable[[], AbstractContextManager[WebDriver]]


class BlankPage(Tab):
    """A tab of a session of its own."""

    def __init__(self, session: Session) -> None:
        self._opened = ExitStack()
        super().__init__(self._opened.enter_context(session()))

    def close(self) -> None:
        self._opened.close()


class DrivenBrowser:
    def __init__(self, session: Session, version_of: Callable[[WebDriver], str]) -> None:
        self.session = session
        self._version_of = version_of
        self._version = ""

    @property
    def version(self) -> str:
        """As the browser itself tells."""
        if not self._version:
            self.new_page().close()
        return self._version

    def new_page(self) -> BlankPage:
        page = BlankPage(self.session)
        self._version = self._version_of(page.driver)
        return page

    def new_context(self) -> BlankPage:
        """There is no other window in a browser whose session is gone: each session has a browser of its own."""
        raise WebDriverException("a session that is gone has taken its browser along")
