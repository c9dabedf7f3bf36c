"""Step 4.4, security audit: what the plugin gives away, to whom, whatever it is asked and whatever a file is called."""

import shutil
from collections.abc import Callable
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest

import media
from checks import direct_access as direct
from checks.aws.access_logs import AccessLogs
from checks.confirmation import expect_owners_alone
from checks.credentials import Credentials
from checks.firewall import expect_name_seen, expect_seen
from checks.https import Addresses, Https
from checks.message_quality import expect_advice, expect_plain
from checks.rate_limits import RateLimit, expect_free, expect_lifted, expect_lowered
from checks.sql_injection import PAGES, PageParameters, expect_keys_literal
from checks.xss import NAME, ON_ITS_WAY, expect_page_shows_as_text
from clients.addresses import ASSIGNMENT, CONFIRMATION, DASHBOARD, MANAGE_VIDEOS, UPLOAD_URL, VIDEO_PAGE
from clients.errors import SiteError
from clients.http_result import HttpResult
from clients.moodle.assignments import save_submission
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment, Settings
from clients.plugin.api import (
    GRADE,
    PROMISE,
    Video,
    confirm_upload,
    download_address,
    playback_url,
    request_upload,
    upload,
    video_page,
)
from clients.steps import aside
from fixtures.data import Submission
from fixtures.people import People
from fixtures.visitors import SubmissionWithoutBrowser
from pages.actor import Actor
from runner.configuration.environment import Environment
from runner.configuration.environment_tables import Decided
from runner.pytest_plugin.lines import Lines
from runner.reservation.settings_guard import SettingsGuard
from runner.reservation.workspace import Workspace

FEW = 3
"""A limit that no plugin has by itself."""


@pytest.mark.lines("4.4.1", "4.4.2", "4.4.4", "4.4.5")
def test_what_is_given_away(
    submission: Submission,
    teacher: Actor,
    visitor: MoodleClient,
    credentials: Credentials,
    page_parameters: PageParameters,
    decided: Decided,
    people: People,
    workspace: Workspace,
    environment: Environment,
    line: Lines,
) -> None:
    """No credential, no page of the administrators, no row of the database comes to whoever asks for it."""
    student, grader = submission.owner.site(), teacher.site()
    with line("4.4.1", "No page, script or JSON that a student gets holds a credential of the plugin") as evidence:
        evidence["looked into"] = credentials.expect_untold(student, submission)
    with line("4.4.1", "No page, script or JSON that a teacher gets holds a credential of the plugin") as evidence:
        evidence["looked into"] = credentials.expect_untold_to_grader(grader, submission)
    files = direct.Folder.with_release(decided.release)
    with line("4.4.2", "The plugin's scripts tell nobody anything who asks for them directly"):
        direct.expect_silent(visitor, files.scripts)
    with line("4.4.2", "No report on the plugin's inside, and no key or copy, is served to anybody", extra=True):
        direct.expect_not_served(visitor, files.inside)
    with line("4.4.2", "The plugin's documents and sources are not served to anybody", advice=True):
        direct.expect_not_served(visitor, files.documents)
    for who, site in (("a student", student), ("a teacher", grader)):
        with line("4.4.2", f"The administrators' pages are closed to {who}") as evidence:
            evidence["messages"] = direct.expect_refused(site, who)
    owner = people.student(submission.assignment.course).site()
    others = {"another student": student, "a teacher": grader}
    with line(
        "4.4.2", "Another student and a teacher cannot confirm a student's upload, and do it no harm"
    ) as evidence:
        evidence["messages"] = expect_owners_alone(
            owner, others, workspace.site, submission.assignment, submission.clip, environment.verify
        )
    for path in PAGES:
        with line("4.4.4", f"No parameter of {path} bends a query of the database") as evidence:
            evidence["tried"] = page_parameters.expect_literal(path, submission.id)
        with line("4.4.5", f"No parameter of {path} becomes markup of the page") as evidence:
            evidence["tried"] = page_parameters.expect_text(path, submission.id)
    with line(
        "4.4.4", "Nothing that a student sends to the plugin's scripts bends a query of the database"
    ) as evidence:
        evidence["tried"] = expect_keys_literal(student, submission)


@pytest.mark.lines("4.4.3")
def test_rate_limits(
    impatient: Callable[[Assignment], SubmissionWithoutBrowser],
    submit_without_browser: Callable[..., SubmissionWithoutBrowser],
    workspace: Workspace,
    assignment: Assignment,
    settings: Settings,
    line: Lines,
) -> None:
    """As many upload and playback URLs a minute as the settings say, not one more, and more again a minute later."""
    video = impatient(assignment)
    site, clip, another = video.site, video.clip, workspace.new_assignment(assignment.course)
    # A limit is a person's: one that is counted for each video would not hold whoever has two.
    second = submit_without_browser(workspace.new_assignment(assignment.course), video.person)  # by another log-in
    videos = cycle((video, second))
    other = submit_without_browser(assignment, part="second student")

    def any_playback_url(student: MoodleClient) -> HttpResult:
        return playback_url(student, other if student is other.site else next(videos))

    def upload_url(student: MoodleClient) -> HttpResult:
        return request_upload(student, another.id, clip.path.name, clip.bytes, clip.mime)

    asked: dict[str, tuple[str, Callable[[MoodleClient], HttpResult]]] = {
        "playback URL": ("playback_rate_limit", any_playback_url),
        "upload URL": ("upload_rate_limit", upload_url),
    }
    reached: list[RateLimit] = []
    for what, (setting, ask) in asked.items():
        said = ""
        with line("4.4.3", f"One {what} more than the settings say is refused") as evidence:
            limit = RateLimit(what, setting, settings.get(setting, "").strip(), partial(ask, site))
            evidence["limit"], evidence["message"] = limit.limit, (said := limit.expect_reached())
            reached.append(limit)
        if said:
            with line("4.4.3", f"Another log-in of the same person brings no {what} more", extra=True):
                limit.expect_in_every_session(partial(ask, second.site))
            with line("4.4.3", f"Another student is given the {what} that one has to wait for", extra=True):
                limit.expect_personal(partial(ask, other.site))
            with line("4.4.3", f"The refusal of the {what} is in plain words", extra=True):
                expect_plain(said)
            with line("4.4.3", f"The refusal of the {what} says what to do", extra=True):
                expect_advice(said)
    with line("4.4.3", "Who has waited for a minute is given upload and playback URLs again"):
        expect_lifted(reached)


@pytest.mark.lines("4.4.3")
def test_limits_that_are_set(
    submit_without_browser: Callable[..., SubmissionWithoutBrowser],
    workspace: Workspace,
    assignment: Assignment,
    settings_guard: SettingsGuard,
    line: Lines,
) -> None:
    """For a while the administrator sets limits of another number than the plugin has by itself."""
    video = submit_without_browser(assignment)
    site, clip, another = video.site, video.clip, workspace.new_assignment(assignment.course)
    asked: dict[str, tuple[str, Callable[[], HttpResult]]] = {
        "playback URL": ("playback_rate_limit", lambda: playback_url(site, video)),
        "upload URL": (
            "upload_rate_limit",
            lambda: request_upload(site, another.id, clip.path.name, clip.bytes, clip.mime),
        ),
    }
    for what, (setting, ask) in asked.items():
        with line(
            "4.4.3", f"The {what} after {FEW} a minute is refused once the settings say {FEW}", extra=True
        ) as evidence:
            expect_free(what, ask)
            with settings_guard.number(setting, FEW):
                evidence["message"] = expect_lowered(what, FEW, ask)


@pytest.mark.lines("4.4.5")
def test_file_names(
    student: Actor,
    teacher: Actor,
    admin_in_private: Actor,
    environment: Environment,
    assignment: Assignment,
    small_clip: media.Clip,
    tmp_path: Path,
    line: Lines,
) -> None:
    """A video whose name is markup is shown as text wherever a name is shown, or is not taken."""
    for person in (student, teacher, admin_in_private):
        person.log_in_by_cookie()
    clip = media.Clip(Path(shutil.copy(small_clip.path, tmp_path / f"{NAME}{small_clip.path.suffix}")))
    site = student.site()
    expect_name_seen(site, assignment, clip)
    with aside(), line("4.4.5", "The upload form shows a name that is markup as text, if at all"):
        chosen = student.open(assignment).add_submission().widget.choose(clip.path)
        chosen.expect_ended()
        chosen.expect_name_not_run("when it was uploaded")

    with line(
        "4.4.5", "The server renames a file whose name is markup, keeps it, or refuses it", blocks=True
    ) as evidence:
        asked = request_upload(site, assignment.id, clip.path.name, clip.bytes, clip.mime)
        evidence["answer"] = asked.given(PROMISE)["s3_key"] if asked.succeeded else asked.seen
    if not asked.succeeded:
        return
    student.moodle.step(f"Choose {clip.path.name} ({clip.bytes} bytes), and send it past the form by requests:")
    for request in (
        f"POST {UPLOAD_URL} with sesskey, assignmentid, submissionid 0, that name as filename, its size as filesize, "
        f"mimetype {clip.mime}",
        "POST the file to the url of the answer, after all that the answer has as fields",
        f"POST {CONFIRMATION} with sesskey, and with s3_key and submissionid from the answer",
        f"GET {ASSIGNMENT} with action editsubmission, and POST its form with that key as s3video_s3_key",
    ):
        student.moodle.step(f"{request}.")
    number, key = upload(site, assignment, clip, environment.verify)
    save_submission(site, assignment, key, clip.bytes, clip.mime)
    of_video, of_assignment = {"id": number, "s3key": key}, {"id": assignment.cmid}
    listed = {"search": key, "perpage": 100}
    places: dict[str, Callable[[], HttpResult]] = {
        "the student's page": lambda: student.visit(ASSIGNMENT, **of_assignment),
        "the form with a video in it": lambda: student.visit(ASSIGNMENT, **of_assignment, action="editsubmission"),
        "the video's page": lambda: student.visit(VIDEO_PAGE, **of_video),
        "the teacher's table": lambda: teacher.visit(ASSIGNMENT, **of_assignment, action="grading"),
        "the grader": lambda: teacher.visit(ASSIGNMENT, **of_assignment, action="grader", userid=student.person.id),
        "the dashboard": lambda: admin_in_private.visit(DASHBOARD),
        "the list of videos": lambda: admin_in_private.visit(MANAGE_VIDEOS, **listed),
        "the question before deletion": lambda: admin_in_private.visit(MANAGE_VIDEOS, action="delete", s3key=key),
    }
    for where, go in places.items():
        with aside(), line("4.4.5", f"{where[0].upper()}{where[1:]} shows a name that is markup as text"):
            expect_page_shows_as_text(go(), where)


@pytest.mark.provokes
@pytest.mark.lines("4.4.5")
def test_markup_by_hand(
    submission: Submission, teacher: Actor, admin_in_private: Actor, assignment: Assignment, line: Lines
) -> None:
    """A student sends by hand what the upload form never would: markup for a type, a name or a key."""
    student, clip, key = submission.owner, submission.clip, submission.key
    site, of_assignment = student.site(), {"id": assignment.cmid}
    for person in (student, teacher, admin_in_private):
        person.log_in_by_cookie()
    with line("4.4.5", "The dashboard shows as text what was refused, whatever that was", extra=True):
        for asked in ({"mimetype": NAME}, {"mimetype": "text/plain", "filename": f"{NAME}.txt"}, {"s3_key": NAME}):
            expect_seen(site, refuse(site, submission, **asked), asked)
        expect_page_shows_as_text(admin_in_private.visit(DASHBOARD), "the dashboard", "what was refused")
    with line("4.4.5", "Every page shows as text a key that was put into the form by hand", extra=True) as evidence:
        folder = key.rpartition("/")[0]
        try:
            save_submission(site, assignment, f"{folder}/{ON_ITS_WAY}", clip.bytes, clip.mime)
        except SiteError as reason:
            evidence["refused"] = str(reason)
        pages = {
            "the student's page": student.visit(ASSIGNMENT, **of_assignment),
            "the form with a video in it": student.visit(ASSIGNMENT, **of_assignment, action="editsubmission"),
            "the teacher's table": teacher.visit(ASSIGNMENT, **of_assignment, action="grading"),
            "the grader": teacher.visit(ASSIGNMENT, **of_assignment, action="grader", userid=student.person.id),
            "the list of videos": admin_in_private.visit(MANAGE_VIDEOS, search=folder),
            "the dashboard": admin_in_private.visit(DASHBOARD),
        }
        for where, page in pages.items():
            expect_page_shows_as_text(page, where, "the form's key")


def refuse(site: MoodleClient, video: Video, **asked: str) -> HttpResult:
    """The answer to what nobody should be given: a confirmation of `s3_key`, or an upload URL for such a file."""
    if "s3_key" in asked:
        return confirm_upload(site, asked["s3_key"], video.id)
    name = asked.get("filename", video.clip.path.name)
    return request_upload(site, video.assignment.id, name, video.clip.bytes, asked["mimetype"])


@pytest.mark.production
@pytest.mark.lines("4.4.6")
def test_access_logs(access_logs: AccessLogs, line: Lines) -> None:
    """Somebody reads what CloudFront has written down of yesterday and today."""
    with line(
        "4.4.6", "The CDN's logs show no video without a signature, and nobody who tries again and again"
    ) as evidence:
        evidence["requests"] = access_logs.expect_nothing_suspicious()


@pytest.mark.production
@pytest.mark.lines("4.4.7")
def test_https(https: Https, line: Lines) -> None:
    """Nobody comes to the site, or is known to it, without TLS."""
    with line("4.4.7", "The site gives no page without TLS") as evidence:
        evidence["without TLS"] = https.expect_enforced()
    with line("4.4.7", "Browsers are told to come by HTTPS only", advice=True) as evidence:
        evidence["seconds"] = https.expect_strict()
    with line("4.4.7", "No cookie goes over a line without TLS", extra=True) as evidence:
        evidence["cookies"] = https.expect_secure_cookies()
    with line("4.4.7", "No script can read the session's cookie", advice=True):
        https.expect_hidden_session()


@pytest.mark.lines("4.4.7")
def test_addresses(
    submit_without_browser: Callable[..., SubmissionWithoutBrowser],
    visit: Callable[..., MoodleClient],
    workspace: Workspace,
    assignment: Assignment,
    addresses: Addresses,
    line: Lines,
) -> None:
    """What the plugin gives for a video leads by HTTPS. Browsers mend some of it in silence, so nobody would see."""
    unenrolled_user, clip = visit(workspace.student(assignment.course)), media.MP4
    with line("4.4.7", "The presigned form leads to storage by HTTPS", extra=True):
        asked = request_upload(unenrolled_user, assignment.id, clip.path.name, clip.bytes, clip.mime)
        addresses.expect_https({"the presigned form": asked})
    video, of_assignment = submit_without_browser(assignment), {"id": assignment.cmid}
    teacher = visit(workspace.teacher(assignment.course), "teacher")
    for who, site in {"the student": video.site, "the teacher": teacher}.items():
        with line("4.4.7", f"The video's page, its playback URL and its download lead {who} by HTTPS", extra=True):
            ways = {"the video's page": video_page, "the playback URL": playback_url, "the download": download_address}
            addresses.expect_https({what: ask(site, video) for what, ask in ways.items()})
    with line("4.4.7", "The student's pages of the assignment name no address without TLS", extra=True):
        pages = {
            f"the page with action={one}": HttpResult.of(video.site.get(ASSIGNMENT, **of_assignment, action=one))
            for one in ("view", "editsubmission")
        }
        addresses.expect_https(pages)
    with line("4.4.7", "Grading table and grader name no address without TLS", extra=True):
        addresses.expect_https({what: ask(teacher, video) for what, ask in GRADE.items()})
