from __future__ import annotations

from typing import Any, Self

from playwright.sync_api import Locator, TimeoutError, expect

from clients.addresses import ASSIGNMENT
from clients.errors import NotCheckable
from clients.moodle.html import query
from clients.words import answered
from pages.base import MoodlePage, press
from pages.deleted import SUMMARY, expect_deleted
from pages.player import Player
from pages.script import scripts

SCRIPTS = scripts(__file__)

SAVED = "mod_assign_submit_grading_form"
"""Moodle's function that saves a grade; its name stands in the address (`info`)."""

FORM = ".gradeform"

VIDEO = ".s3video-player-container video"


class Grader(MoodlePage):
    """One student's submission at `…&action=grader&userid=UID`: a page without navigation, the player at its left."""

    path = ASSIGNMENT

    def ready(self) -> Self:
        """The form to grade with has come: it is fetched, like all of this page, once the page is there."""
        super().ready()
        expect(self.page.locator(FORM).first, "the form to grade with").to_be_attached()
        self.note_texts()
        return self

    @property
    def player(self) -> Player:
        return Player(self.page.locator(VIDEO).first, self.moodle)

    def go_on(self) -> int:
        """Press the arrow to the next student, whose work Moodle fetches into this page; returns that one's id."""
        before = self._whose
        self.moodle.step("Press the arrow to the next student.")
        press(self.page.locator("[data-action=next-user]"), "the arrow to the next student")
        self.arrive("the next student's work", lambda url: query(url).get("userid") != before)
        self.ready()
        return int(self._whose)

    @property
    def _whose(self) -> str:
        """The id of the student whose work is shown, as the address has it."""
        return query(self.page.url).get("userid", "")

    def expect_nobody_elses_video(self, user: int) -> None:
        """No player on the page has a video of another student than this one."""
        others = f"[src*='/videos/']:not([src*='/videos/{user}/'])"
        players = self.page.locator(f"video{others}, video:has(source{others})").filter(visible=True)
        expect(players, "no video of another student beside this one's form").to_have_count(0)

    def grade(self, points: int, comment: str) -> None:
        """Give points and a comment beside the player, save, and be told that it was saved.

        Raises NotCheckable where the assignment is not graded in points.
        """
        field = self._form.locator("input[name=grade]")
        if not field.count():
            raise NotCheckable("this site does not grade assignments in points")
        self.moodle.step(f"Enter the grade {points} and a comment, and press “Save changes”.")
        field.fill(str(points))
        self._write(comment)
        button = self.page.locator("[data-region=grading-actions-form] [name=savechanges]")
        try:
            with self.page.expect_response(lambda answer: SAVED in answer.url) as saved:
                press(button, "the button that saves the grade")
            answer = saved.value
        except TimeoutError:
            raise AssertionError("expected Save changes to send the grade to Moodle, seen nothing sent") from None
        if answer.status >= 400:
            raise AssertionError(f"expected the grade to be saved, seen {answered(answer.status)}")
        for told in answer.json():
            if told["error"] or told.get("data"):
                raise AssertionError(f"expected the grade to be saved, seen {_refusal(told)}")
        self.idle()

    @property
    def _form(self) -> Locator:
        return self.page.locator(FORM).first

    def _write(self, comment: str) -> None:
        """Into the field for feedback, whichever editor the site has; where it has none there is no comment."""
        field = self._form.locator("[name='assignfeedbackcomments_editor[text]']")
        if not field.count():
            return
        frame = self._form.locator("iframe[id^=id_assignfeedbackcomments_editor]")
        inside = frame.content_frame.locator("body[contenteditable=true]")
        beside = self._form.locator("[contenteditable=true][id^=id_assignfeedbackcomments_editor]")
        if not frame.count() and not beside.count():
            field.fill(comment)
            return
        editor = inside if frame.count() else beside
        expect(editor, "the field for feedback").to_be_editable()
        # Over WebDriver BiDi Playwright does not fill a frame that a script has made.
        editor.click()
        editor.evaluate(SCRIPTS["typed"], comment)

    def expect_deleted(self) -> str:
        """Where the video was, a word says that it was deleted; returns it."""
        return expect_deleted(self.page.locator("body"), self.page.locator(SUMMARY))


def _refusal(told: dict[str, Any]) -> str:
    """What Moodle says when it saves no grade: an exception, or what is wrong with the form."""
    said = told["exception"]["message"] if told["error"] else told["data"][0]["message"]
    return f'the refusal "{said}"'
