"""The plugin's forms, and the assignment around them: the settings of both, and what a student fills in."""

from __future__ import annotations

from bs4 import BeautifulSoup

from clients.addresses import ASSIGNMENT, COMPONENT, MODULE_SETTINGS, SETTINGS
from clients.http_result import HttpResult
from clients.moodle.html import text
from selftest.fidelity.asked import ADMIN, GUEST, NOBODY, OTHER, OWNER, STRANGER, TEACHER, Asked
from selftest.fidelity.hooks import HOOKS

ROWS = ("Submission status", "Grading status", "S3 Video", "S3 Video Submissions")
"""Of the table in which students see what became of their work."""

ATTRIBUTES = {
    ".s3video-file-input": ("accept", "aria-label", "multiple", "type"),
    ".s3video-progress-bar": ("role", "aria-valuenow", "aria-valuemin", "aria-valuemax"),
    ".s3video-status-message": ("role", "aria-live"),
}


def settings(asked: Asked) -> None:
    book, what = asked.book, "settings"
    page = book.page(what, HttpResult.of(asked.admin.get(SETTINGS, section=COMPONENT)))
    book.hooks(what, page, HOOKS[what])
    book.texts(
        what,
        page,
        title="#adminsettings h2",
        headings="#adminsettings h3",
        introductions="#adminsettings .formsettingheading",
    )
    for row in page.select("#adminsettings .form-item"):
        field = row.select_one(f"[name^=s_{COMPONENT}_]")
        if field is None:
            continue
        one = f"{what} / {str(field['name']).removeprefix(f's_{COMPONENT}_')}"
        book.note(one, "kind", field.get("type", "text") if field.name == "input" else field.name)
        book.note(one, "label", text(row.select_one("label")))
        book.note(one, "description", text(row.select_one(".form-description, .form-text.mt-2")))
        book.note(one, "default", text(row.select_one(".form-defaultinfo")) or "none shown")


def assignment_settings(asked: Asked) -> None:
    book, what = asked.book, "assignment's settings"
    place = {"add": "assign", "course": asked.first.course.id, "section": 0}
    page = book.page(what, HttpResult.of(asked.admin.get(MODULE_SETTINGS, **place)))
    book.hooks(what, page, HOOKS[what])
    book.fields(what, page.select_one("form.mform"), only="s3video")
    for field in page.select(f"[name={COMPONENT}_enabled]:not([type=hidden])"):
        row = field.find_parent(class_="fitem")
        book.note(what, f"label of the {field.name}", text(row.select_one("label")) if row else "none")


def before(asked: Asked) -> None:
    """A student before anything is handed in, and who else may come."""
    for who in asked.as_(OWNER, TEACHER, STRANGER, NOBODY, GUEST):
        assignment(asked, "nothing handed in", who)
    submission_form(asked, "nothing handed in")
    for who, site in asked.as_(TEACHER, OTHER).items():
        what = f"submission form, {who}"
        page = asked.book.page(what, HttpResult.of(site.get(ASSIGNMENT, id=asked.first.cmid, action="editsubmission")))
        asked.book.hooks(what, page, [".s3video-upload-interface"])


def assignment(asked: Asked, when: str, who: str) -> None:
    book, what = asked.book, f"assignment, {when}, {who}"
    page = book.page(what, HttpResult.of(asked.sites[who].get(ASSIGNMENT, id=asked.first.cmid)))
    book.hooks(what, page, HOOKS["assignment"])
    for row in page.select(".submissionstatustable tr"):
        label, cells = text(row.select_one("th, td")), row.select("td")
        if label in ROWS:
            book.note(what, f"row {label}", text(cells[-1]))
            book.note(what, f"class of {label}", " ".join(map(str, cells[-1].get_attribute_list("class"))))
    book.texts(what, page, buttons="[role=main] form:has([name=action]) button")


def submission_form(asked: Asked, when: str) -> None:
    book, what = asked.book, f"submission form, {when}"
    page = book.page(what, HttpResult.of(asked.owner.get(ASSIGNMENT, id=asked.first.cmid, action="editsubmission")))
    book.hooks(what, page, HOOKS["submission form"])
    book.fields(what, page.select_one("form.mform"))
    _widget(asked, what, page)


def _widget(asked: Asked, what: str, page: BeautifulSoup) -> None:
    book, widget = asked.book, page.select_one(".s3video-upload-interface")
    if widget is None:
        return
    for name, value in widget.attrs.items():
        if name.startswith("data-"):
            book.note(what, f"widget's {name}", "a number" if name.endswith("-id") and value else value)
    row = widget.find_parent(class_="fitem")
    book.note(what, "widget's label", text(row.select_one(".col-form-label")) if row else "none")
    book.texts(
        what,
        page,
        state=".s3video-current-status",
        invitation=".s3video-dropzone-text",
        limit=".s3video-dropzone-hint",
        button=".s3video-select-btn",
        while_it_uploads=".s3video-progress-label",
        progress=".s3video-progress-percentage",
    )
    for selector, attributes in ATTRIBUTES.items():
        element = page.select_one(selector)
        for attribute in attributes:
            book.note(what, f"{attribute} of {selector}", element.get(attribute, "none") if element else "no element")


def after(asked: Asked) -> None:
    """The same pages when the owner has handed in a video."""
    for who in asked.as_(OWNER, TEACHER, ADMIN):
        assignment(asked, "handed in", who)
    submission_form(asked, "handed in")
