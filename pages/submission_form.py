from __future__ import annotations

from typing import TYPE_CHECKING

from pages.base import MoodlePage, press
from pages.upload_widget import UploadWidget

if TYPE_CHECKING:
    from pages.assignment import AssignmentPage


class SubmissionForm(MoodlePage):
    """The student's form at `/mod/assign/view.php?id=CMID&action=editsubmission`."""

    path = "/mod/assign/view.php"

    @property
    def widget(self) -> UploadWidget:
        return UploadWidget(self.page, self.moodle)

    def save(self) -> AssignmentPage:
        """Press "Save changes" and arrive at the submission's status."""
        from pages.assignment import AssignmentPage

        press(self.page.locator("#id_submitbutton"))
        self.arrive("the submission's status after Save changes", lambda url: "action=editsubmission" not in url)
        return AssignmentPage(self.page, self.moodle).ready()

    def cancel(self) -> AssignmentPage:
        from pages.assignment import AssignmentPage

        self.page.locator("#id_cancel").click()
        return AssignmentPage(self.page, self.moodle).ready()
