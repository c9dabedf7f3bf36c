from __future__ import annotations

from typing import Self

from playwright.sync_api import Locator

from clients.addresses import COMPONENT, SETTINGS
from pages.base import MoodlePage


class PluginSettings(MoodlePage):
    """The plugin's settings at `/admin/settings.php?section=assignsubmission_s3video`, secrets in clear.

    No message from here quotes a value.
    """

    path = SETTINGS

    def open(self, **parameters: object) -> Self:
        return super().open(section=COMPONENT, **parameters)

    def _field(self, name: str) -> Locator:
        return self.page.locator(f"#adminsettings [name=s_{COMPONENT}_{name}]")

    def change(self, name: str, value: str) -> None:
        """Enter a value for the setting of that short name, press "Save changes", and find it kept."""
        self.open()
        field = self._field(name)
        if not field.is_visible():  # Moodle hides a secret behind a link until it is to be edited
            field.locator("xpath=ancestor::*[@data-passwordunmask='wrapper']").locator(
                "[data-passwordunmask=edit]"
            ).click()
        field.fill(value)
        self._expect_value(name, value, "typed in")
        with self.page.expect_navigation():
            self.page.locator("#adminsettings [type=submit]").click()
        self.ready().open()
        self._expect_value(name, value, "kept by the site")

    def _expect_value(self, name: str, value: str, what: str) -> None:
        if self._field(name).input_value() != value:
            raise AssertionError(f"expected the new value of {name} to be {what}, seen another one in its field")
