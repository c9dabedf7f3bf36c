from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, expect

from checks.message_quality import unfinished
from clients.addresses import COMPONENT, MODULE_SETTINGS
from pages.assignment import AssignmentPage
from pages.base import MoodlePage

LABELS = "field => [...field.labels].map(label => label.innerText)"


class AssignmentSettings(MoodlePage):
    """The settings of a new or an existing assignment at `/course/modedit.php`."""

    path = MODULE_SETTINGS

    def ready(self) -> AssignmentSettings:
        super().ready()
        expand = self.page.locator(".collapsible-actions a[aria-expanded=false]")
        if expand.count():
            self.moodle.step("Expand all sections of the form.")
            expand.click()
        return self

    @property
    def name(self) -> Locator:
        return self.page.locator("#id_name")

    def set_name(self, name: str) -> None:
        self.moodle.step("Enter a name.")
        self.name.fill(name)
        self.expect_name(name)

    def set_due_in(self, days: int) -> None:
        """Set the due date to `days` days from now."""
        self.moodle.step(f"Set the due date to {days} days from now.")
        self.page.locator("#id_duedate_enabled").check()
        due = datetime.now() + timedelta(days=days)
        for part in ("day", "month", "year"):
            self.page.locator(f"#id_duedate_{part}").select_option(str(getattr(due, part)))
        # By Moodle's own defaults, or a site's, others of its dates come before that, and it refuses them.
        for date in ("allowsubmissionsfromdate", "cutoffdate", "gradingduedate"):
            if (other := self.page.locator(f"#id_{date}_enabled")).count():
                other.uncheck()

    def enable_s3video(self) -> None:
        """Say yes to the submission type S3 Video, in a select (1.0.0) or a checkbox."""
        self.moodle.step("Enable the submission type S3 Video.")
        for field in self._enabled_fields():
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option("1")
            else:
                field.check()

    def _enabled_fields(self) -> list[Locator]:
        """Moodle's checkbox and the plugin's select: version 1.0.0 shows both, under one name; the last one counts."""
        fields = self.page.locator(f"[name={COMPONENT}_enabled]:not([type=hidden])")
        expect(fields.first, "the submission type S3 Video").to_be_attached()
        return fields.all()

    def expect_named(self) -> None:
        """What enables S3 Video has a label, and that is no name of a string.

        Version 1.0.0 gives its two fields one id, so that the browser takes both labels for those of the first.
        """
        labels = [text for field in self._enabled_fields() for text in field.evaluate(LABELS)]
        seen = ", ".join(" ".join(text.split()) for text in labels)
        if not seen or unfinished(seen):
            raise AssertionError(
                f"expected finished texts beside the submission type S3 Video, seen {seen or 'no label'}"
            )

    def save(self) -> AssignmentPage:
        """Press "Save and display"."""
        self.moodle.step("Press “Save and display”.")
        self.page.locator("#id_submitbutton").click()
        complaint = self.page.locator(".invalid-feedback:not(:empty)").filter(visible=True)
        arrived = self.page.locator("body#page-mod-assign-view")
        expect(arrived.or_(complaint).first, "the saved assignment, or what is wrong with it").to_be_visible()
        if complaint.count():
            raise AssertionError(f"expected the assignment to be saved, seen: {complaint.first.inner_text()}")
        return AssignmentPage(self.page, self.moodle).ready()

    def reopen(self) -> AssignmentSettings:
        """The same form again, after it was saved."""
        self.moodle.step("Open the assignment's settings again.")
        (cmid,) = parse_qs(urlsplit(self.page.url).query)["id"]
        return self.open(update=cmid)

    def expect_name(self, name: str) -> None:
        expect(self.name, "the assignment's name").to_have_value(name)

    def expect_s3video(self) -> None:
        """The submission type S3 Video is enabled."""
        last = self._enabled_fields()[-1]
        if not last.evaluate("field => field.type === 'checkbox' ? field.checked : field.value === '1'"):
            raise AssertionError("expected the submission type S3 Video to stay enabled, seen it disabled")

    def expect_due_in(self, days: int) -> None:
        """The due date is `days` days ahead, give or take two."""
        expect(self.page.locator("#id_duedate_enabled"), "a due date").to_be_checked()
        day, month, year = (
            int(self.page.locator(f"#id_duedate_{part}").input_value()) for part in ("day", "month", "year")
        )
        ahead = (datetime(year, month, day) - datetime.now()) / timedelta(days=1)
        if abs(ahead - days) > 2:
            raise AssertionError(f"expected a due date {days} days ahead, seen {year}-{month:02}-{day:02}")
