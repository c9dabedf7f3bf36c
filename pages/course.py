from __future__ import annotations

from typing import Self

from playwright.sync_api import Page

from clients.addresses import COURSE
from pages.assignment_settings import AssignmentSettings
from pages.base import Moodle, MoodlePage
from pages.participants import ParticipantsPage


class CoursePage(MoodlePage):
    """The course with the id `course` at `/course/view.php?id=ID`."""

    path = COURSE

    def __init__(self, page: Page, moodle: Moodle, course: int) -> None:
        super().__init__(page, moodle)
        self.course = course

    def open(self, **parameters: object) -> Self:
        return super().open(id=self.course, **parameters)

    def new_assignment(self) -> AssignmentSettings:
        self.moodle.step("Open the form of a new assignment in the course.")
        return AssignmentSettings(self.page, self.moodle).open(add="assign", course=self.course, section=0)

    def participants(self) -> ParticipantsPage:
        self.moodle.step("Open the course's participants.")
        return ParticipantsPage(self.page, self.moodle).open(id=self.course)
