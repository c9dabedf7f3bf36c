"""E-mails as Moodle 4.5 decides on them; here they are recorded, not sent. Graders are told in Moodle, too.

Sources: enrol_plugin::send_course_welcome_message_to_user (lib/enrollib.php), assign::notify_graders and
notify_student_submission_receipt (mod/assign/locallib.php), email_to_user (lib/moodlelib.php), message_send
(lib/messagelib.php): who has stopped mail (emailstop) is told in no other way either.
"""

from replica.moodle import access
from replica.moodle.records import EDITING_TEACHER, Assignment, Course, Mail, User
from replica.moodle.site import Site
from replica.moodle.state import State, now

NOBODY, COURSE_CONTACT, KEY_HOLDER, NO_REPLY = range(4)
"""Who sends the welcome message of an enrolment method (customint1); nobody holds the key here."""


def send(site: Site, to: User, subject: str, why: str) -> None:
    """Record a message, as email_to_user sends it: not to those deleted, suspended or without log-in."""
    if not (to.deleted or to.suspended or to.auth == "nologin" or to.preferences.get("emailstop")):
        site.mail.append(Mail(to.email, subject, why, dropped=to.email.endswith(".invalid")))


def welcome(site: Site, course: Course, user: User) -> None:
    """To somebody newly enrolled by hand, unless the course's enrolment method says no or nobody could send it."""
    if course.welcome == NOBODY:
        return
    senders = (EDITING_TEACHER,) if course.welcome == COURSE_CONTACT else ()
    contacts = [e for e in site.state.enrolments_of(course.id) if e.roles & set(senders)]
    if contacts or course.welcome == NO_REPLY:
        send(site, user, f"Welcome to {course.fullname}", "enrolment: customint1")


def submitted(site: Site, assignment: Assignment, course: Course, student: User) -> None:
    """The student's receipt (site setting submissionreceipts), and what graders get if the assignment says so."""
    receipt = f"You have submitted your assignment submission for {assignment.name}"
    send(site, student, receipt, "submission: submissionreceipts")
    late = bool(assignment.duedate) and assignment.duedate < now()
    if assignment.sendnotifications or (late and assignment.sendlatenotifications):
        why = "submission: sendnotifications" if assignment.sendnotifications else "submission: sendlatenotifications"
        text = f"{student.fullname} has updated their submission for assignment {assignment.name}."
        for grader in _graders(site.state, course, student):
            ways = [] if grader.preferences.get("emailstop") else told_by(grader)
            if "email" in ways:
                send(site, grader, text, why)
            if "popup" in ways and not site.faults.on("graders-untold"):
                shown = "A submission was updated." if site.faults.on("notification-of-anything") else text
                site.popups.append((grader.id, shown))


def told_by(grader: User) -> list[str]:
    """In which ways somebody wants to be told of submissions."""
    wanted = grader.preferences.get("message_provider_mod_assign_assign_notification_enabled", "popup,email")
    return str(wanted).split(",")


def graded(site: Site, assignment: Assignment, grader: User, student: User) -> None:
    """What cron sends to the student of a new grade, unless the assignment says no."""
    if assignment.sendstudentnotifications:
        text = f"{grader.fullname} has given feedback for assignment {assignment.name}"
        send(site, student, text, "grade: sendstudentnotifications")


def _graders(state: State, course: Course, student: User) -> list[User]:
    """Those actively enrolled with mod/assign:receivegradernotifications, the student not among them."""
    people = [state.users[e.user] for e in state.enrolments_of(course.id) if not e.status]
    return [one for one in people if one is not student and access.grades_by_role(state, one, course)]
