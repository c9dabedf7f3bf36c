"""Assignments and submissions, by Moodle's own forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from clients import steps
from clients.addresses import ASSIGNMENT, COMPONENT, MODULE_SETTINGS
from clients.errors import SiteError
from clients.moodle.client import MoodleClient
from clients.moodle.html import query, quote
from clients.moodle.model import Assignment, Course


def create_assignment(
    site: MoodleClient, course: Course, name: str, due: datetime, *, cut_off: bool = False, notify: bool = False
) -> Assignment:
    """An assignment that takes S3 Video and nothing else, due at `due` (the site's local time).

    Nothing is taken after that where it is the `cut_off` date, too. With `notify` graders are told of submissions.
    """
    where = site.submit(
        f"Creating the assignment {name}",
        MODULE_SETTINGS,
        {
            "name": name,
            f"{COMPONENT}_enabled": "1",
            **_date("duedate", due),
            **(_date("cutoffdate", due) if cut_off else {}),
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
            "sendnotifications": str(int(notify)),
            "sendlatenotifications": "0",
            "sendstudentnotifications": "0",
        },
        add="assign",
        course=course.id,
        section=0,
    )
    cmid = int(query(where)["id"])
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


def save_submission(site: MoodleClient, assignment: Assignment, key: str, size: int, mime: str) -> None:
    """Saves the submission form of whoever is logged in, as the widget fills it in after an upload."""
    site.submit(
        f"Saving a submission to {assignment.name}",
        ASSIGNMENT,
        {"s3video_s3_key": key},
        if_there={
            "s3video_file_size": str(size),
            "s3video_mime_type": mime,
            "s3video_status": "ready",
            "submissionstatement": True,
        },
        id=assignment.cmid,
        action="editsubmission",
    )


def assignments_of(site: MoodleClient, course: int) -> list[int]:
    """Course module ids of a course's assignments."""
    page = site.open("Listing a course's assignments", "/mod/assign/index.php", id=course)
    links = page.select(f"main a[href*='{ASSIGNMENT}?id='], [role=main] a[href*='{ASSIGNMENT}?id=']")
    return list(dict.fromkeys(int(query(str(link["href"]))["id"]) for link in links))


def delete_assignment(site: MoodleClient, assignment: Assignment, people: Sequence[int]) -> None:
    """Removes what these people have handed in, and deletes the assignment, as a teacher does who cleans up.

    Nobody is shown it any more, also where the site leaves the rest to a task.
    """
    steps.step(site.session.sender, "Remove what was handed in to the assignment, and delete the assignment.")
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
