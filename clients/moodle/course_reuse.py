"""What a university does with a course from term to term: Moodle's copy of a course, and its reset.

Pages as of Moodle 4.1 to 5.0: backup/copy.php, backup/copyprogress.php, course/reset.php.
"""

from __future__ import annotations

from contextlib import suppress

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from clients.errors import NotCheckable, SiteError
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.moodle.html import quote
from clients.moodle.model import Course
from clients.moodle.tasks import CRON, run_adhoc
from clients.steps import step
from clients.waits import waiting

COPY, PROGRESS, RESET = "/backup/copy.php", "/backup/copyprogress.php", "/course/reset.php"
TASK = r"\core\task\asynchronous_copy_task"


def copy_course(courses: Courses, course: Course, category: int, name: str, short_name: str) -> Course:
    """Copies a course with its people and their work; Moodle's task does it, run from the browser or by cron.

    Raises NotCheckable where the site copies no course, or has not done it within 90 s, and SiteError where its task
    fails.
    """
    site = courses.site
    how = "“Copy course”, with all roles and “Include user data”"
    step(site.session.sender, f"Copy the course with its people and their work ({how}), and wait for that.")
    try:
        form = site.open("Copying a course", COPY, id=course.id)
        roles = {str(one["name"]): True for one in form.select("input[type=checkbox][name^=role_]")}
        where = {"fullname": name, "shortname": short_name, "category": str(category)}
        copied = {**where, "visible": "1", "userdata": "1", **roles}
        site.submit("Copying a course", COPY, copied, button="submitreturn", id=course.id)
    except SiteError as refused:
        raise NotCheckable(f"the site does not let the suite copy a course: {refused}") from refused
    _finish(site, course)
    for id_, there in courses.within(category).items():
        if there == name:
            return Course(id_, name, short_name)
    raise SiteError(f"Copying {course.name} failed at {site.base_url}: its task is over, and there is no copy.")


def _finish(site: MoodleClient, course: Course) -> None:
    with suppress(SiteError):  # cron was faster
        run_adhoc(site, TASK, lambda told: told.get("restoreid") in _under_way(site, course))
    retrying = Retrying(
        retry=retry_if_result(bool),
        stop=stop_after_delay(CRON),
        wait=wait_fixed(2),
        retry_error_callback=lambda state: state.outcome and state.outcome.result(),
    )
    with waiting("for Moodle's cron to copy a course", CRON):
        if retrying(_under_way, site, course):
            raise NotCheckable(
                f"the copy of a course waits: the site runs no tasks from the browser, and cron did not come within "
                f"{CRON} s. Run cron, and run this again"
            )


def _under_way(site: MoodleClient, course: Course) -> set[str]:
    """The numbers of the copies of this course that are not done."""
    page = site.open("Looking how far a copy is", PROGRESS, id=course.id)
    return {str(one["data-restoreid"]) for one in page.select("[data-restoreid]")}


def reset_course(site: MoodleClient, course: Course) -> None:
    """Takes out what was handed in to all assignments of a course; its people stay. Raises SiteError."""
    step(site.session.sender, "Reset the course: “Delete all submissions”.")
    asked = {"_qf__course_reset_form": 1, "reset_assign_submissions": 1, "submitbutton": "Reset course"}
    page = site.send("Resetting a course", RESET, {"id": course.id, **asked}, id=course.id)
    if page.select_one("form[action*='reset.php'] [name=reset_assign_submissions]") is not None:
        raise SiteError(f"Resetting {course.name} failed at {site.where}. {quote(page)}")
