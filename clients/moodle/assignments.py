"""Assignments and submissions, by Moodle's own forms."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from urllib.parse import urlencode

import requests
from bs4 import BeautifulSoup, Tag

from clients import steps
from clients.addresses import ASSIGNMENT, COMPONENT, MODULE_SETTINGS
from clients.errors import SiteError
from clients.moodle.ajax import ajax
from clients.moodle.client import MoodleClient
from clients.moodle.html import query, quote
from clients.moodle.model import Account, Assignment, Course


def create_assignment(
    site: MoodleClient,
    course: Course,
    name: str,
    due: datetime,
    *,
    cut_off: bool = False,
    s3video: bool = True,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Assignment:
    """An assignment that takes S3 Video and nothing else, due at `due` (the site's local time).

    Nothing is taken after that where it is the `cut_off` date, too. `settings` are more fields of its form. Without
    `s3video` the form says nothing of S3 Video, as where it is not there.
    """
    where = site.submit(
        f"Creating the assignment {name}",
        MODULE_SETTINGS,
        {
            "name": name,
            **({f"{COMPONENT}_enabled": "1"} if s3video else {}),
            **_date("duedate", due),
            **(_date("cutoffdate", due) if cut_off else {}),
            **settings,
        },
        if_there={
            "introeditor[text]": "Hand in a video.",
            "visible": "1",
            "assignsubmission_onlinetext_enabled": False,
            "assignsubmission_file_enabled": False,
            "allowsubmissionsfromdate[enabled]": False,
            **({} if cut_off else {"cutoffdate[enabled]": False}),
            "gradingduedate[enabled]": False,
            "submissiondrafts": "0",
            "teamsubmission": "0",
            "preventsubmissionnotingroup": "0",
            "requiresubmissionstatement": "0",
            "sendnotifications": "0",
            "sendlatenotifications": "0",
            "sendstudentnotifications": "0",
            **settings,
        },
        add="assign",
        course=course.id,
        section=0,
    )
    return assignment_at(site, int(query(where)["id"]), name, course)


def assignment_at(site: MoodleClient, cmid: int, name: str, course: Course) -> Assignment:
    """The assignment with this id of a course module. Raises SiteError where no page shows its own id."""
    page = site.open("Reading the assignment's id", ASSIGNMENT, id=cmid, action="grader")
    shown = page.select_one("[data-assignmentid][data-contextid]")
    if shown is None:
        raise SiteError(f"The assignment's id is not shown at {site.where}. {quote(page)}")
    id_, context = int(str(shown["data-assignmentid"])), int(str(shown["data-contextid"]))
    return Assignment(cmid, id_, name, course, context)


def _date(field: str, at: datetime) -> dict[str, str | bool]:
    """How Moodle's form says a date: its minutes go in fives."""
    parts = {"day": at.day, "month": at.month, "year": at.year, "hour": at.hour, "minute": at.minute // 5 * 5}
    return {f"{field}[enabled]": True, **{f"{field}[{part}]": str(value) for part, value in parts.items()}}


def opened(site: MoodleClient, assignment: Assignment) -> str:
    """Opens the submission form of whoever is logged in; returns when it says that the submission was changed last."""
    page = site.open("Opening the submission form", ASSIGNMENT, id=assignment.cmid, action="editsubmission")
    field = page.select_one("input[name=lastmodified]")
    return str(field.get("value", "")) if field else ""


def save_submission(
    site: MoodleClient, assignment: Assignment, key: str, size: int, mime: str, before: str = ""
) -> None:
    """Saves the submission form of whoever is logged in, as the widget fills it in after an upload.

    `before` is what the form said of the last change, where it was opened before the upload.
    """
    site.submit(
        f"Saving a submission to {assignment.name}",
        ASSIGNMENT,
        {"s3video_s3_key": key},
        if_there={
            "s3video_file_size": str(size),
            "s3video_mime_type": mime,
            "s3video_status": "ready",
            "submissionstatement": True,
            **({"lastmodified": before} if before else {}),
        },
        id=assignment.cmid,
        action="editsubmission",
    )


def save_as_it_stands(site: MoodleClient, assignment: Assignment) -> None:
    """Opens the submission form of whoever is logged in, and saves it with nothing changed."""
    steps.step(site.session.sender, "Press “Edit submission”, and “Save changes”.")
    doing = f"Saving the submission to {assignment.name} again"
    agreed = {"submissionstatement": True}
    site.submit(doing, ASSIGNMENT, {}, if_there=agreed, id=assignment.cmid, action="editsubmission")


def end_submissions(site: MoodleClient, assignment: Assignment, at: datetime) -> None:
    """Moves due date and cut-off date to `at` (the site's local time)."""
    dated = steps.the_assignment(assignment.cmid)
    steps.step(site.session.sender, f"Move due date and cut-off date of {dated} into the past.")
    dates = {**_date("duedate", at), **_date("cutoffdate", at)}
    site.submit(f"Ending {assignment.name}", MODULE_SETTINGS, dates, update=assignment.cmid)


def grant_extension(site: MoodleClient, assignment: Assignment, person: Account, until: datetime) -> None:
    steps.step(site.session.sender, "Grant the student an extension.")
    dates = _date("extensionduedate", until)
    step = "Granting an extension"
    site.submit(step, ASSIGNMENT, dates, id=assignment.cmid, action="grantextension", userid=person.id)


def allow_attempt(site: MoodleClient, assignment: Assignment, person: Account) -> None:
    """Lets somebody try once more, as the menu in their row of the table does."""
    steps.step(site.session.sender, "Allow the student another attempt.")
    where = {"id": assignment.cmid, "action": "addattempt", "userid": person.id, "sesskey": site.sesskey}
    site.open("Allowing another attempt", ASSIGNMENT, **where)


def give_grade(site: MoodleClient, assignment: Assignment, person: Account, panel: BeautifulSoup, points: int) -> None:
    """Saves the grader's `panel` on somebody with a grade in it, as its script does. Raises SiteError."""
    steps.step(site.session.sender, f"Grade the student with {points} points.")
    form = panel.select_one("form:has([name=grade])")
    if form is None:
        raise SiteError(f"Grading failed at {site.base_url}: the grader's panel has no field for a grade.")
    fields = {str(one["name"]): _held(one) for one in form.select("input[name], select[name], textarea[name]")}
    said = ajax(
        site,
        "mod_assign_submit_grading_form",
        assignmentid=assignment.id,
        userid=person.id,
        jsonformdata=json.dumps(urlencode({**fields, "grade": points, "sesskey": site.sesskey})),
    )
    if said:
        raise SiteError(f"Grading failed at {site.base_url}: {said}")


def _held(field: Tag) -> str:
    """What a field of a form is sent with."""
    if field.name == "select":
        chosen = field.select_one("option[selected]") or field.select_one("option")
        return str(chosen.get("value", "")) if chosen else ""
    return field.get_text() if field.name == "textarea" else str(field.get("value", ""))


def grading_worksheet(site: MoodleClient, assignment: Assignment) -> requests.Response:
    """The answer to “Download grading worksheet”, of an assignment with offline grading."""
    steps.step(site.session.sender, "Download the grading worksheet.")
    page = {"action": "viewpluginpage", "pluginsubtype": "assignfeedback", "plugin": "offline"}
    return site.get(ASSIGNMENT, id=assignment.cmid, **page, pluginaction="downloadgrades")


def submit_for_grading(site: MoodleClient, assignment: Assignment) -> None:
    """Hands in the draft of whoever is logged in."""
    steps.step(site.session.sender, "Press “Submit assignment”, and continue.")
    form = {"submitbutton": "Continue", "_qf__mod_assign_confirm_submission_form": "1"}
    where = {"id": assignment.cmid, "action": "confirmsubmit"}
    site.send("Submitting for grading", ASSIGNMENT, {**where, **form})


def duplicate(site: MoodleClient, assignment: Assignment) -> Assignment:
    """Makes another assignment of an assignment, as “Duplicate” in its menu does."""
    steps.step(site.session.sender, f"Duplicate {steps.the_assignment(assignment.cmid)}.")
    there = assignments_of(site, assignment.course.id)
    site.open("Duplicating an assignment", "/course/mod.php", duplicate=assignment.cmid, sesskey=site.sesskey)
    new = [cmid for cmid in assignments_of(site, assignment.course.id) if cmid not in there]
    if len(new) != 1:
        raise SiteError(f"Duplicating {assignment.name} failed at {site.where}: there are {len(new)} new assignments.")
    return assignment_at(site, new[0], f"{assignment.name} (copy)", assignment.course)


def assignments_of(site: MoodleClient, course: int) -> list[int]:
    """Course module ids of a course's assignments."""
    page = site.open("Listing a course's assignments", "/mod/assign/index.php", id=course)
    links = page.select(f"main a[href*='{ASSIGNMENT}?id='], [role=main] a[href*='{ASSIGNMENT}?id=']")
    return list(dict.fromkeys(int(query(str(link["href"]))["id"]) for link in links))


def delete_assignment(site: MoodleClient, assignment: Assignment, people: Sequence[int]) -> None:
    """Removes what these people have handed in, and deletes the assignment, as a teacher does who cleans up.

    Nobody is shown it any more, also where the site leaves the rest to a task.
    """
    gone = steps.the_assignment(assignment.cmid)
    how = "“Remove submission” in the table of all submissions"
    steps.step(site.session.sender, f"Remove what was handed in to {gone} ({how}), and delete {gone}.")
    remove_submissions(site, assignment.cmid, people)
    step, script = f"Deleting the assignment {assignment.name}", "/course/mod.php"
    page = site.open(step, script, delete=assignment.cmid, sesskey=site.sesskey)
    if page.select_one("form input[name=confirm]") is None:
        raise SiteError(f"{step} failed at {site.where}. {quote(page)}")
    site.send(step, script, {"delete": assignment.cmid, "confirm": 1})


def remove_submissions(site: MoodleClient, cmid: int, people: Sequence[int]) -> None:
    """Removes what these people have handed in to an assignment, as a teacher does with the rows of the table."""
    site.send(
        f"Removing the submissions of assignment {cmid}",
        ASSIGNMENT,
        {
            "id": cmid,
            "action": "gradingbatchoperation",
            "operation": "removesubmission",
            "selectedusers": ",".join(map(str, people)),
            "_qf__mod_assign_grading_batch_operations_form": "1",  # what Moodle's own form says up to 4.4
        },
    )
