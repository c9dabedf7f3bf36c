from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from clients.addresses import PARTICIPANTS, PROFILE
from pages.base import MoodlePage


class ParticipantsPage(MoodlePage):
    """A course's people at `/user/index.php?id=COURSE`."""

    path = PARTICIPANTS

    def enrol(self, user: int, email: str) -> None:
        """Enrol somebody with the dialogue's default role, which is student."""
        self.moodle.step("Press “Enrol users”, choose a person, and enrol them.")
        self.page.locator(".enrolusersbutton").get_by_role("button").or_(
            self.page.locator(".enrolusersbutton input[type=submit]")
        ).first.click()
        dialogue = self.page.locator(".modal.show")
        search = dialogue.locator("[id^=form_autocomplete_input]").first
        search.fill(email)
        dialogue.locator(f".form-autocomplete-suggestions [data-value='{user}']").click()
        expect(dialogue.locator(f".form-autocomplete-selection [data-value='{user}']"), "the choice").to_be_visible()
        # The list of suggestions closes a moment later; without that, Moodle waits for it for ever.
        self.ready()
        dialogue.locator("[data-action=save]").click()
        expect(dialogue, "the dialogue closes").to_have_count(0)
        self.ready()

    def expect_student(self, user: int) -> None:
        # Twenty a page otherwise, and Moodle takes this number for "all".
        course = parse_qs(urlsplit(self.page.url).query)["id"][0]
        self.open(id=course, perpage=5000)
        row = self.page.locator("#participants tr", has=self.page.locator(f"a[href*='{PROFILE}?id={user}&']"))
        expect(row, "the enrolled student's row").to_be_visible()
