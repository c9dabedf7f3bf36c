from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, expect

from clients.addresses import ASSIGNMENT
from clients.steps import came_to
from pages.base import MoodlePage, press
from pages.deleted import SUMMARY, expect_deleted, expect_still
from pages.grading import SubmissionsTable
from pages.texts import in_words, readable_size
from pages.upload import UploadWidget
from pages.versions import ALL_SUBMISSIONS
from pages.video import VideoPage


def shown_video(row: str, address: str, size: int) -> str:
    """The status table's row tells a video of `size` bytes; returns the object's key, which its link's address has."""
    told = " ".join(row.split())
    if not readable_size(size).search(told):
        raise AssertionError(f"expected the video's size to be told as {in_words(size)}, seen: {told}")
    return parse_qs(urlsplit(address).query)["s3key"][0]


class AssignmentPage(MoodlePage):
    """An assignment at `/mod/assign/view.php?id=CMID`, as its students and its teachers see it."""

    path = ASSIGNMENT

    def _form(self) -> SubmissionForm:
        action = "editsubmission"
        button = self.main.locator(f"form:has(input[name=action][value={action}])").get_by_role("button")
        expect(button, f"the button of {action}").to_be_visible()
        if called := " ".join(button.inner_text().split()):
            came_to(f"Press “{called}”.")
        press(button, f"the button of {action}")
        self.arrive(action, lambda url: f"action={action}" in url)
        return SubmissionForm(self.page, self.moodle).ready()

    def add_submission(self) -> SubmissionForm:
        """Press "Add submission"."""
        self.moodle.step("Press “Add submission”.")
        return self._form()

    def edit_submission(self) -> SubmissionForm:
        """Press "Edit submission"."""
        self.moodle.step("Press “Edit submission”.")
        return self._form()

    def view_all_submissions(self) -> SubmissionsTable:
        """Follow the teacher's link to the grading table."""
        links = self.page.locator(ALL_SUBMISSIONS).filter(visible=True)
        expect(links.first, "the link to all submissions").to_be_visible()
        self.moodle.step("Open the table of all submissions.")
        links.first.click()
        self.arrive("the grading table", lambda url: "action=grading" in url)
        return SubmissionsTable(self.page, self.moodle).ready()

    @property
    def summary(self) -> Locator:
        """The part of the status that the plugin writes."""
        return self.main.locator(SUMMARY)

    def expect_submitted(self) -> None:
        status = self.main.locator(".submissionstatussubmitted, .submissionstatusdraft")
        expect(status.first, "the status of a saved submission").to_be_visible()

    def expect_not_submitted(self) -> None:
        status = self.main.locator(".submissionstatussubmitted")
        if status.count():
            raise AssertionError(f"expected nothing to count as handed in, seen “{status.first.inner_text()}”")

    def expect_video(self, size: int, key: str = "") -> str:
        """The status table shows the video, that of this `key` if one is given, and its size in the unit Moodle uses.

        Returns the object's key.
        """
        link = self.main.locator(".s3video-watch-link")
        expect(link, "the link to the submitted video").to_be_visible()
        row = self.main.locator("tr:has(.s3video-watch-link)").inner_text()
        seen = shown_video(row, link.get_attribute("href") or "", size)
        if key and seen != key:
            raise AssertionError(f"expected the page to show {key}, seen {seen}")
        return seen

    def expect_still(self, key: str) -> None:
        """The page, as it is, shows the video with this `key`: the one that was handed in before."""
        expect_still(self.main, self.main.locator(SUMMARY), key)

    def expect_feedback(self, points: int, comment: str) -> str:
        """The student finds the points and, where the site's feedback has a field for it, the comment; returns all."""
        feedback = self.main.locator(".feedback")
        seen = " ".join(" ".join(feedback.all_inner_texts()).split()) or "no feedback"
        if not re.search(rf"\b{points}([.,]0+)?\s*[/%(]", seen):
            raise AssertionError(f"expected the student to find the grade {points}, seen {seen}")
        if comment not in seen:
            raise AssertionError(f'expected the student to find the comment "{comment}", seen {seen}')
        return seen

    def expect_no_video(self) -> None:
        expect(self.main.locator(".s3video-watch-link"), "no link to a video").to_have_count(0)

    def expect_deleted(self) -> str:
        """Where the video was, a word says that it was deleted; returns it."""
        return expect_deleted(self.main, self.main.locator(SUMMARY))

    def watch(self) -> VideoPage:
        """Follow the link to the video, which opens a tab of its own."""
        self.moodle.step("Press the link to the video, which opens a tab.")
        with self.page.expect_popup() as opened:
            press(self.main.locator(".s3video-watch-link"))
        return VideoPage(opened.value, self.moodle).ready()


class SubmissionForm(MoodlePage):
    """The student's form at `/mod/assign/view.php?id=CMID&action=editsubmission`."""

    path = ASSIGNMENT

    @property
    def widget(self) -> UploadWidget:
        return UploadWidget(self.page, self.moodle)

    def save(self) -> AssignmentPage:
        """Accept the site's statement if it has one, press "Save changes" and arrive at the submission's status."""
        self._press_save()
        self.arrive("the submission's status after Save changes", lambda url: "action=editsubmission" not in url)
        page = AssignmentPage(self.page, self.moodle).ready()
        # Refused, the form comes back at an address that does not say so.
        if self.page.locator("input[name=action][value=savesubmission]").count():
            raise AssertionError(
                f"expected the submission's status after Save changes, seen the form again{self._notices()}"
            )
        return page

    def send(self) -> None:
        """As `save`, wherever it leads to."""
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            self._press_save()
        self.ready()

    def cancel(self) -> None:
        """Press "Cancel", and arrive at the assignment."""
        self.moodle.step("Press “Cancel”.")
        press(self.page.locator("#id_cancel"), "Cancel")
        self.arrive("the assignment after Cancel", lambda url: "action=editsubmission" not in url)
        self.ready()

    def _press_save(self) -> None:
        statement = self.page.locator("[name=submissionstatement][type=checkbox]")
        if statement.count():
            self.moodle.step("Tick the site's statement on submissions.")
            statement.check()
        self.moodle.step("Press “Save changes”.")
        press(self.page.locator("#id_submitbutton"), "Save changes")
