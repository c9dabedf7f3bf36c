from __future__ import annotations

from typing import Self

from playwright.sync_api import Locator

from clients.addresses import COMPONENT, SETTINGS
from pages.base import MoodlePage

VALUES = "fields => fields.map(field => [field.name, (field.defaultValue ?? field.value).trim()])"


class PluginSettings(MoodlePage):
    """The plugin's settings at `/admin/settings.php?section=assignsubmission_s3video`, secrets in clear.

    No message from here quotes a value.
    """

    path = SETTINGS

    def open(self, **parameters: object) -> Self:
        return super().open(section=COMPONENT, **parameters)

    def _field(self, name: str) -> Locator:
        return self.page.locator(f"#adminsettings [name=s_{COMPONENT}_{name}]")

    def change(self, name: str, value: str, how: str) -> None:
        """Enter a value for the setting of that short name, press "Save changes", and find it kept.

        `how` says what value that is, such as "as it was": the value itself is nobody's business.
        """
        self.open()
        field = self._field(name)
        if not field.is_visible():  # Moodle hides a secret behind a link until it is to be edited
            field.locator("xpath=ancestor::*[@data-passwordunmask='wrapper']").locator(
                "[data-passwordunmask=edit]"
            ).click()
        self.moodle.step(f"Enter {name} {how}, and press “Save changes”.")
        field.fill(value)
        self._expect_value(name, value, "typed in")
        with self.page.expect_navigation():
            self.page.locator("#adminsettings [type=submit]").click()
        self.ready().open()
        self._expect_value(name, value, "kept by the site")

    def values(self) -> dict[str, str]:
        """What the site has of every setting, by its full name: a field of one line may show less of it."""
        return dict(self.page.locator(f"#adminsettings [name^=s_{COMPONENT}_]").evaluate_all(VALUES))

    def expect_others_kept(self, changed: str, values: dict[str, str]) -> None:
        """But for the setting `changed` the site still has these values, as `values` gave them."""
        now, own = self.values(), f"s_{COMPONENT}_{changed}"
        if lost := [name for name, value in values.items() if name != own and now.get(name) != value]:
            told = ", ".join(name.removeprefix(f"s_{COMPONENT}_") for name in lost)
            raise AssertionError(f"expected the other settings to stay as they were, seen another value of {told}")

    def _expect_value(self, name: str, value: str, what: str) -> None:
        if self._field(name).input_value() != value:
            raise AssertionError(f"expected the new value of {name} to be {what}, seen another one in its field")
