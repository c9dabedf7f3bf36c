"""The teacher's side of an assignment: the table of all submissions and the single-page grader."""

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from replica.moodle import access, mail
from replica.moodle.errors import MoodleError, no_permission, not_permitted
from replica.moodle.plugin.management import STATUS_NAMES
from replica.moodle.plugin.playback import SEPARATE, VISIBLE, gone_text
from replica.moodle.records import Assignment, Course, Submission, User
from replica.moodle.state import now
from replica.moodle.web import Web, page, redirect, url

_FILTERS = ("", "notsubmitted", "draft", "submitted", "requiregrading")
_PAGE_SIZES = (10, 20, 50, 100)


def _require(web: Web, user: User, course: Course) -> None:
    if not access.may_grade(web.state, user, course) and not web.site.faults.on("grading-open-to-students"):
        raise not_permitted()


def _named(web: Web, assignment: Assignment, course: Course, marker: User, student: User) -> tuple[str, str]:
    """A student's name and e-mail address, as a marker may see them."""
    if not assignment.blindmarking or access.may_manage(web.state, marker, course):
        return student.fullname, student.email
    return f"Participant {7919 * student.id % 99991}", ""


def _apart(web: Web, assignment: Assignment, course: Course, user: User, student: User) -> bool:
    return assignment.groupmode == SEPARATE and access.apart(web.state, user, course, student.id)


def _hidden_by_groups(web: Web, assignment: Assignment, course: Course, user: User, student: User, fault: str) -> bool:
    """Whether a fault shows a teacher no video of another group, where groups are visible."""
    apart = assignment.groupmode == VISIBLE and access.apart(web.state, user, course, student.id)
    return apart and web.site.faults.on(fault)


def _fits(chosen: str, submission: Submission | None) -> bool:
    status = submission.status if submission else "new"
    if chosen == "notsubmitted":
        return status == "new"
    if chosen == "requiregrading":
        return submission is not None and status == "submitted" and submission.grade is None
    return not chosen or status == chosen


def table(web: Web, assignment: Assignment, course: Course, user: User) -> Response:
    """All students, ten a page; page size and filter are remembered per person."""
    _require(web, user, course)
    memory = _memory(user)
    if web.site.moodle.table_in_address:
        _choose(web, memory, "status")
        if web.has("suspendedparticipantsfilter"):
            memory["suspended"] = web.param("suspendedparticipantsfilter") == "1"
    search = web.param("search", "").casefold()
    rows = []
    for student in web.state.students(course.id, suspended=memory["suspended"]):
        if _apart(web, assignment, course, user, student):
            continue
        submission = web.state.submission_of(assignment.id, student.id)
        if submission and submission.attempt and web.site.faults.on("table-shows-first-attempt"):
            submission = next(
                s
                for s in web.state.submissions.values()
                if (s.assignment, s.user, s.attempt) == (assignment.id, student.id, 0)
            )
        if (
            submission
            and not submission.sender.startswith(student.fullname)
            and web.site.faults.on("row-known-by-name")
        ):
            submission = None
        if _fits(memory["status"], submission) and search in f"{student.fullname} {student.email}".casefold():
            hidden = web.site.faults.on("table-without-videos") or _hidden_by_groups(
                web, assignment, course, user, student, "table-hides-other-groups"
            )
            cell = None if hidden else summary_of(web, submission)
            rows.append((student, submission, cell))
    if web.site.faults.on("student-not-listed"):
        rows = [row for row in rows if not (row[1] and row[1].video)]
    number = max(web.number("page", 0), 0)
    size = memory["perpage"]
    return web.render(
        "grading.html",
        f"{assignment.name}: Submissions",
        course=course,
        assignment=assignment,
        layout="report",
        heading=assignment.name,
        named=lambda student: _named(web, assignment, course, user, student),
        rows=rows[number * size : (number + 1) * size],
        number=number,
        pages=-(-len(rows) // size),
        memory=memory,
        page_sizes=_PAGE_SIZES,
        filters=_FILTERS,
        search=web.param("search", ""),
        now=now(),
        tour="assign_grading",
    )


def save_options(web: Web, assignment: Assignment, course: Course, user: User) -> Response:
    """What the table shows, as its form of up to Moodle 4.4 sets it."""
    _require(web, user, course)
    web.require_sesskey()
    memory = _memory(user)
    _choose(web, memory, "filter")
    memory["suspended"] = not web.has("showonlyactiveenrol")
    return table(web, assignment, course, user)


def _memory(user: User) -> dict[str, Any]:
    memory: dict[str, Any] = user.preferences.setdefault("grading", {"perpage": 10, "status": "", "suspended": False})
    return memory


def _choose(web: Web, memory: dict[str, Any], filter_name: str) -> None:
    if web.number("perpage", 0) in _PAGE_SIZES:
        memory["perpage"] = web.number("perpage")
    if web.has(filter_name) and web.param(filter_name) in _FILTERS:
        memory["status"] = web.param(filter_name)


def summary_of(web: Web, submission: Submission | None) -> dict[str, Any] | None:
    """The saved video as the tables show it: link, status, size; None without one."""
    video = web.state.videos.get(submission.video) if submission else None
    if submission is None or video is None:
        return None
    if web.state.outlived(video) and web.site.faults.on("upgrade-hides-videos"):
        return None
    key = f"{video.s3_key}.mp4" if web.site.faults.on("saved-under-other-key") else video.s3_key
    told = {"status": STATUS_NAMES[video.status], "gone": gone_text(video)}
    if web.site.faults.on("deleted-without-words"):
        told = {"status": str(list(STATUS_NAMES).index(video.status)), "gone": ""}
    if video.status == "deleted" and web.site.faults.on("deleted-untranslated"):
        told["gone"] = "[[error_deleted]]"
    base = web.site.base_url.replace("https:", "http:") if web.site.faults.on("link-without-tls") else ""
    return told | {
        "video": video,
        "watch": f"{base}/mod/assign/submission/s3video/view_video.php?"
        + urlencode({"id": submission.id, "s3key": key}),
    }


def grader(web: Web, assignment: Assignment, course: Course, user: User) -> Response:
    """The grader's frame; its content comes by the core_get_fragment service."""
    _require(web, user, course)
    students = web.state.students(course.id, suspended=True)
    chosen = next((s for s in students if s.id == web.number("userid", 0)), students[0] if students else None)
    return web.render(
        "grader.html",
        f"{assignment.name}: Grading",
        course=course,
        assignment=assignment,
        layout="embedded",
        students=students,
        named=lambda student: _named(web, assignment, course, user, student),
        chosen=chosen,
        scripts=["player.js", "grader.js"],
    )


def panel(web: Web, context: int, student_id: int) -> str:
    """HTML of one student's grading panel, for core_get_fragment."""
    assignment = next((a for a in web.state.assignments.values() if a.context == context), None)
    student = web.state.users.get(student_id)
    if assignment is None or student is None:
        raise no_permission("Grade assignment")
    course = web.course(assignment.course)
    user = web.require_login(course)
    _require(web, user, course)
    submission = web.state.submission_of(assignment.id, student.id)
    hidden = _hidden_by_groups(web, assignment, course, user, student, "grader-hides-other-groups")
    return web.template("grading_panel.html").render(
        student=student,
        named=lambda one: _named(web, assignment, course, user, one),
        submission=submission,
        cell=None if hidden else summary_of(web, submission),
        assignment=assignment,
        faults=web.site.faults,
        secret=web.state.settings["aws_secret_key"],
    )


def save_grade(web: Web, assignment_id: int, student_id: int, text: str, comment: str) -> str:
    """Stores a comment and a grade of 0 to 100, or none for an empty text; returns what is wrong, or nothing."""
    assignment = web.state.assignments[assignment_id]
    course = web.course(assignment.course)
    grader = web.require_login(course)
    _require(web, grader, course)
    try:
        grade = float(text) if text.strip() else None
    except ValueError:
        return "The grade must be a number."
    if grade is not None and not 0 <= grade <= 100:
        return "The grade must be between 0 and 100."
    if web.site.faults.on("grade-needs-another-video"):
        return "Form data not valid: s3video_s3_key is required"
    if web.site.faults.on("grade-not-kept"):
        return ""
    submission = web.state.open_submission(assignment.id, student_id)
    submission.grade = grade
    if not web.site.faults.on("comment-not-kept"):
        submission.comment = comment
    mail.graded(web.site, assignment, grader, web.state.users[student_id])
    return ""


@page("/mod/assign/index.php")
def index(web: Web) -> Response:
    """The assignments of a course, or the way to where they are listed."""
    course = web.course(web.number("id"))
    web.require_login(course)
    if web.site.moodle.overview:
        return redirect(url("/course/overview.php", **{"id": course.id, "expand[]": "assign"}))
    items = _listed(web, course)
    return web.render("course.html", "Assignments", course=course, items=items, editor=False, layout="incourse")


@page("/course/overview.php")
def overview(web: Web) -> Response:
    """The activities of a course, by kind; a kind that ?expand[]= does not name is left to a script."""
    course = web.course(web.number("id"))
    web.require_login(course)
    if not web.site.moodle.overview:
        raise MoodleError("This version of Moodle has no overview of a course.", "invalidaccess")
    items = _listed(web, course) if web.param("expand[]", "") == "assign" else []
    return web.render("overview.html", "Activities", course=course, items=items, layout="incourse")


def _listed(web: Web, course: Course) -> list[Assignment]:
    return [a for a in web.state.assignments_of(course.id) if a.visible]
