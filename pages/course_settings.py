from __future__ import annotations

import re

from clients.addresses import COURSE_SETTINGS
from pages.base import MoodlePage
from pages.course import CoursePage

CREATED = re.compile(r"/(course/view|user/index|enrol/[\w/]+)\.php\?.*\bid=\d+")
"""Where Moodle goes after a course was created: into it, or first to its participants or enrolment methods."""


class CourseSettings(MoodlePage):
    """The form of a new course at `/course/edit.php?category=ID`."""

    path = COURSE_SETTINGS

    def create(self, name: str, short_name: str) -> CoursePage:
        """Fill in the form, press "Save and display", and arrive in the course."""
        self.moodle.step("Open the form of a new course, fill it in, and press “Save and display”.")
        self.page.locator("#id_fullname").fill(name)
        self.page.locator("#id_shortname").fill(short_name)
        self.page.locator("#id_saveanddisplay").click()
        self.arrive("the new course", lambda url: bool(CREATED.search(url)))
        found = re.search(r"[?&]id=(\d+)", self.page.url)
        assert found
        return CoursePage(self.page, self.moodle, int(found[1])).open()
