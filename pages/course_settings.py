from __future__ import annotations

import re

from pages.base import MoodlePage
from pages.course import CoursePage


class CourseSettings(MoodlePage):
    """The form of a new course at `/course/edit.php?category=ID`."""

    path = "/course/edit.php"

    def create(self, name: str, short_name: str) -> CoursePage:
        """Fill in the form, press "Save and display", and arrive in the course."""
        self.page.locator("#id_fullname").fill(name)
        self.page.locator("#id_shortname").fill(short_name)
        self.page.locator("#id_saveanddisplay").click()
        self.page.wait_for_url(re.compile(r"/course/view\.php\?id=\d+|/user/index\.php\?id=\d+|/enrol/"))
        found = re.search(r"[?&]id=(\d+)", self.page.url)
        if found is None:
            raise AssertionError(f"expected the new course, seen {self.page.url}")
        return CoursePage(self.page, self.moodle, int(found[1])).open()
