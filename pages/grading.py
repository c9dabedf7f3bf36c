from __future__ import annotations

from playwright.sync_api import Locator, expect

from clients.addresses import ASSIGNMENT
from pages.base import MoodlePage
from pages.deleted import SUMMARY, expect_deleted, expect_still
from pages.grader import Grader
from pages.versions import MENU_TOGGLE


class SubmissionsTable(MoodlePage):
    """The grading table at `/mod/assign/view.php?id=CMID&action=grading`: a row a student, ten rows a page."""

    path = ASSIGNMENT

    def row(self, user: int) -> Locator:
        """The student's row, on whichever page of the table it stands."""
        row = self.page.locator(f"tr.user{user}")
        while not row.count():
            following = self.page.locator(".pagination .page-item.active + .page-item a.page-link")
            if not following.count():
                raise AssertionError(
                    f"expected a row for the student with id {user}, seen none on any page of the table"
                )
            self.moodle.step("Go to the next page of the table.")
            with self.page.expect_navigation():
                following.first.click()
            self.ready()
        return row

    def grade(self, user: int) -> Grader:
        """Open the student's submission from their row."""
        self.moodle.step("Open the student's submission from their row, to grade it.")
        row = self.row(user)
        link = row.locator("a[href*='action=grader']")
        expect(link.first, "the link to the student's submission").to_be_attached()
        if not link.first.is_visible():
            row.locator("td:has(a[href*='action=grader'])").locator(MENU_TOGGLE).click()
        link.first.click()
        self.arrive("the grader", lambda url: "action=grader" in url)
        return Grader(self.page, self.moodle).ready()

    def expect_video(self, user: int) -> None:
        expect(self.row(user).locator(".s3video-watch-link"), "the link to the student's video").to_be_visible()

    def expect_still(self, user: int, key: str) -> None:
        """The student's row, as it is, leads to the video with this `key`: the one that was handed in before."""
        row = self.row(user)
        words = row.locator(SUMMARY)
        expect_still(row, words if words.count() else row, key)

    def expect_no_video(self, user: int) -> None:
        expect(self.row(user).locator(".s3video-watch-link"), "no link to the student's video").to_have_count(0)

    def expect_deleted(self, user: int) -> str:
        """The student's row has a word that the video was deleted; returns what it says."""
        return expect_deleted(self.row(user), self.row(user))
