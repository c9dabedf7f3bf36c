from __future__ import annotations

from typing import Self

from playwright.sync_api import TimeoutError, expect

from clients.addresses import ENGLISH, LOGIN, OWN
from clients.errors import ConfigurationError
from pages.base import MoodlePage
from pages.script import scripts
from pages.versions import LOGIN_REFUSED, PASSWORD_TOGGLE

SCRIPTS = scripts(__file__)

OPENS = 2
"""Seconds that what folds the form up may take to open."""


class LoginPage(MoodlePage):
    """Moodle's own log-in form, at `/login/index.php` or where the environment says that it is."""

    path = LOGIN

    def open(self, **parameters: object) -> Self:
        self.go(self.moodle.login_path, parameters)
        return self.ready()

    def log_in(self, username: str, password: str) -> None:
        """Type name and password, submit, and land on a page of somebody who is logged in.

        Where that speaks another language, the rest of the session speaks English: some texts of the plugin are read.
        """
        self.moodle.step("Log in through the form.")
        field = self.page.locator("#password")
        if not self.page.url.startswith(self.moodle.url) or not field.count():
            raise AssertionError(f"expected Moodle's own log-in form at {self.moodle.login_path}, seen {self.page.url}")
        if PASSWORD_TOGGLE in self.page.content():
            # The field is rendered anew when its show-password toggle arrives: the old one loses its form and text.
            expect(self.page.locator(".toggle-sensitive-btn")).to_be_attached()
        action = field.evaluate(SCRIPTS["target"])
        if not action.startswith(f"post to {self.moodle.url}/"):
            raise AssertionError(f"expected the log-in form to post to {self.moodle.url}, seen it {action}")
        self._unfold()
        self.page.locator("#username").fill(username)
        field.fill(password)
        expect(field, "the password stays in its field").to_have_value(password)
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            self.page.locator("#loginbtn").click()
        if LOGIN in self.page.url:
            refused = self.page.locator(LOGIN_REFUSED).filter(visible=True)
            said = refused.first.inner_text().strip() if refused.count() else self.page.url
            raise AssertionError(f"expected {username} to be logged in, seen the log-in page again: {said}")
        self.ready()
        if not self.page.evaluate("document.documentElement.lang").startswith("en"):
            self.go(OWN, ENGLISH)
            self.ready()

    def _unfold(self) -> None:
        """Where the form is folded up, open it as a person does: by what says that it does that.

        Raises ConfigurationError where nothing on the page says so.
        """
        name = self.page.locator("#username")
        while not name.is_visible() and (control := name.evaluate_handle(SCRIPTS["opener"]).as_element()):
            control.click()
        try:
            name.wait_for(state="visible", timeout=OPENS * 1000)
        except TimeoutError as folded:
            raise ConfigurationError(
                f"The log-in form of {self.moodle.url} is folded up, and nothing on the page tells what opens it "
                "(a summary, or aria-controls). Set login_path in the environment file to where it is open, or have "
                "the control named."
            ) from folded
