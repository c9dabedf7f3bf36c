"""Watching a video: ajax/get_playback_url.php, view_video.php, download_video.php, all behind one access check."""

import json
from urllib.parse import quote

from starlette.responses import PlainTextResponse, Response

from replica import bucket
from replica.moodle import access, answers
from replica.moodle.answers import WINDOW, Refusal
from replica.moodle.errors import MoodleError, no_permission
from replica.moodle.plugin import rush
from replica.moodle.plugin.uploads import AJAX
from replica.moodle.records import Course, Submission, User, Video
from replica.moodle.storage import URL_LIFETIME, StorageError
from replica.moodle.web import Web, page, redirect

SEPARATE, VISIBLE = 1, 2
"""Moodle's numbers for groups that are separate, and visible to each other."""

FOLDER = "/mod/assign/submission/s3video"


def may_watch(web: Web, user: User, submission: Submission, course: Course) -> bool:
    """The owner with an active enrolment, and whoever may grade in that course."""
    faults = web.site.faults
    active = access.may_submit(web.state, user, course) or faults.on("suspended-keep-access")
    mine = web.state.owns(submission, user.id) and not (submission.user != user.id and faults.on("group-member-denied"))
    classmate = bool(submission.group) and active and faults.on("group-video-for-classmates")
    own = (mine and active and not faults.on("owner-denied")) or classmate
    graded = web.state.courses.values() if faults.on("teacher-of-any-course") else [course]
    copies = [one for one in web.state.courses.values() if one.origin == course.id]
    if faults.on("copy-opens-the-first-course"):
        graded = [course, *copies]
    if faults.on("copy-opens-to-its-students") and any(access.may_submit(web.state, user, one) for one in copies):
        return True
    if faults.on("renamed-student-s-video-for-nobody-else") and submission.sender != web.state.sender(submission.user):
        return own
    guest = web.session.guest and faults.on("guests-may-watch")
    left = faults.on("suspended-teachers-keep-access") and access.has_taught(web.state, user, course)
    mode = web.state.assignments[submission.assignment].groupmode
    groups = mode == SEPARATE or (mode == VISIBLE and faults.on("visible-groups-kept-apart"))
    if groups and faults.on("teacher-of-a-group-denied") and not access.may_edit(web.state, user, course):
        return own
    if groups and not faults.on("groups-not-asked") and access.apart(web.state, user, course, submission.user):
        return own
    return own or guest or left or any(access.may_grade(web.state, user, one) for one in graded)


def find(web: Web, number: int, key: str, unchecked: str) -> tuple[User, Video] | None:
    """The logged in person and the video, when both exist, belong together and may meet.

    `unchecked` is the fault with which this way to a video forgets to ask whether they may.
    """
    user = web.require_login()
    submission = web.state.submissions.get(number)
    video = web.state.videos.get(key)
    if submission and " OR " in key and web.site.faults.on("key-injectable"):
        video = next(iter(web.state.videos_of(submission.id)), None)
    if submission is None or video is None:
        return None
    if not _belongs(web, video, submission):
        return None
    if web.state.outlived(video) and web.site.faults.on("upgrade-orphans-videos"):
        return None
    if video.submission != submission.id and web.site.faults.on("copied-videos-are-the-first-one"):
        video = next(one for one in web.state.videos.values() if one.assignment == video.assignment)
    course = web.state.courses[web.state.assignments[submission.assignment].course]
    everybody = web.site.faults.on("access-check-missing") or web.site.faults.on(unchecked)
    if not everybody and not may_watch(web, user, submission, course):
        return None
    return user, video


def _belongs(web: Web, video: Video, submission: Submission) -> bool:
    """Whether key and submission name the same video."""
    if web.site.faults.on("file-name-compared"):
        name = video.s3_key.rpartition("/")[2]
        return any(one.s3_key.endswith(f"/{name}") for one in web.state.videos_of(submission.id))
    if video.submission == submission.origin and web.site.faults.on("copied-videos-are-the-first-one"):
        return True
    return video.submission == submission.id or web.site.faults.on("key-not-compared")


def _role(web: Web, user: User, video: Video) -> str:
    if user.admin:
        return "admin"
    return "student" if video.user == user.id else "teacher"


FOR_A_WEEK = {"download": "download-address-for-a-week", "page": "page-address-for-a-week"}
"""Faults of how long an address is good, by the way to it."""


def _address(web: Web, video: Video, download_as: str = "", way: str = "") -> str:
    for_grader = web.session.user is not web.state.users.get(video.user)
    if web.site.faults.on("source-unsigned") or (for_grader and web.site.faults.on("graders-get-unsigned-url")):
        return f"https://{web.state.settings['cloudfront_domain']}/{quote(video.s3_key, safe='/~')}"
    if web.site.faults.on("bucket-public-read"):
        bucket.publish(web.site.settings, video.s3_key)
    lifetime = 365 * URL_LIFETIME if web.site.faults.on("signed-for-a-year") else URL_LIFETIME
    if way and web.site.faults.on(FOR_A_WEEK[way]):
        lifetime = 7 * URL_LIFETIME
    if way == "page" and web.site.faults.on("page-address-for-minutes"):
        lifetime = 300
    if for_grader and web.site.faults.on("grader-plays-first-video"):
        video = next(one for one in web.state.videos.values() if one.assignment == video.assignment)
    if web.session.user is web.state.users.get(video.user) and web.site.faults.on("owner-gets-expired-url"):
        lifetime = -60
    if web.session.user and web.site.faults.on("expires-by-the-wall-clock"):
        lifetime += 60 * web.session.user.ahead
    if web.session.user and for_grader and web.site.faults.on("graders-url-by-their-wall-clock"):
        lifetime += 60 * web.session.user.ahead
    return web.site.storage.signed_url(video.s3_key, download_as, lifetime)


@page(f"{AJAX}/get_playback_url.php")
def get_playback_url(web: Web) -> Response:
    """GET submissionid, s3key, sesskey gives {signed_url, expires_in} (seconds)."""
    number, key = web.number("submissionid"), web.param("s3key")
    user = web.require_login()
    if not web.site.faults.on("sesskey-not-checked"):
        web.require_sesskey()
    try:
        limit = "1000000" if web.site.faults.on("playback-limit-missing") else web.state.settings["playback_rate_limit"]
        if web.site.faults.on("playback-limit-unread"):
            limit = "30"
        window = 3600 if web.site.faults.on("playback-limit-holds-for-an-hour") else WINDOW
        apart = number if web.site.faults.on("playback-limit-for-each-video") else 0
        session = web.session.id if web.site.faults.on("limits-of-each-log-in") else ""
        web.site.limits.count("playback", user, limit, apart, window=window, session=session)
        found = find(web, number, key, "json-unchecked")
        if found is None:
            raise answers.not_allowed()
        video = found[1]
        if user.id != video.user:
            rush.expect_patience(web, user.id, video.assignment)
        if video.status != "ready":
            raise Refusal(
                404,
                "not_available",
                "[[error_]]" if web.site.faults.on("deleted-video-refused-without-words") else gone_text(video),
                "If you need the video, please ask your teacher.",
                can_retry=False,
            )
        signed = _address(web, video)
        if web.site.faults.on("address-kept-in-the-session"):
            signed = web.session.kept_address = web.session.kept_address or signed
        if web.site.faults.on("playback-url-expired"):
            signed = web.site.storage.signed_url(video.s3_key, "", -60)
        if web.site.faults.on("playback-url-for-minutes"):
            signed = web.site.storage.signed_url(video.s3_key, "", 300)
    except StorageError:
        return Refusal(
            503, "cloudfront_error", "The video cannot be played at the moment.",
            "Try again later, and tell the site administrator if it stays like this.", can_retry=True,
        ).answer()  # fmt: skip
    except Refusal as refusal:
        return refusal.answer()
    web.state.record("playback_accessed", user.id, video.assignment, s3_key=key, role=_role(web, user, video))
    if web.site.faults.on("playback-url-without-tls"):
        signed = signed.replace("https:", "http:")
    return answers.success(signed_url=signed, expires_in=URL_LIFETIME)


def gone_text(video: Video) -> str:
    """Why a video that is not ready cannot be watched."""
    if video.status == "deleted":
        return "This video is no longer available: it was removed by an administrator."
    return "This video is not ready yet."


def _required(web: Web, unchecked: str) -> tuple[User, Video]:
    found = find(web, web.number("id"), web.param("s3key"), unchecked)
    if found is None and web.site.faults.on("denied-with-identifier"):
        raise MoodleError("error/nopermission", "nopermission")
    if found is None:
        raise no_permission("User does not have permission to view this video")
    return found


@page(f"{FOLDER}/view_video.php")
def view_video(web: Web) -> Response:
    """A page with a plain player: ?id=SUBMISSION&s3key=KEY."""
    try:
        user, video = _required(web, "page-unchecked")
        if user.id == video.user and web.site.faults.on("owner-refused-on-the-page"):
            raise no_permission("User does not have permission to view this video")
    except MoodleError:
        if web.site.faults.on("video-page-500-on-denied"):
            return PlainTextResponse("500 Internal Server Error", 500)
        raise
    if not web.state.plugin_enabled and web.site.faults.on("video-page-breaks-when-disabled"):
        raise MoodleError("Can't find data record in database.", "invalidrecord")
    assignment = web.state.assignments[video.assignment]
    course = web.state.courses[assignment.course]
    signed = ""
    if video.status == "ready":
        try:
            signed = _address(web, video, way="page")
        except StorageError as error:
            raise MoodleError(
                "The video cannot be played at the moment. Please try again later.", "error_cloudfront"
            ) from error
        web.state.record("playback_accessed", user.id, assignment.id, s3_key=video.s3_key, role=_role(web, user, video))
    return web.render(
        "view_video.html",
        "Watch video",
        course=course,
        assignment=assignment,
        video=video,
        signed_url=signed,
        sender=web.state.users[video.user].fullname if web.site.faults.on("sender-on-the-video-page") else "",
        gone=gone_text(video),
        told_types=("video/mp4", "video/webm", ""),  # a browser refuses others by name, and plays some of them
        layout="embedded",
        scripts=["player.js"],
    )


@page(f"{FOLDER}/classes/logger.php")
def class_file(web: Web) -> Response:
    """What Moodle includes and nobody asks for: it says nothing, but for a fault."""
    said = f"Fatal error: Uncaught Error: Class not found in /var/www/moodle{FOLDER}/classes/logger.php"
    return PlainTextResponse(said if web.site.faults.on("class-file-tells-path") else "")


@page(f"{FOLDER}/security_audit_report.md")
def audit_report(web: Web) -> Response:
    """What nobody has, but for a fault."""
    if not web.site.faults.on("audit-report-served"):
        return PlainTextResponse("404 Not Found\n", 404)
    return PlainTextResponse("# Security audit\n\nThe rate limit can be reset by logging in again.\n")


@page(f"{FOLDER}/config.js.php")
def script_settings(web: Web) -> Response:
    """What the fault credentials-in-script gives to scripts; without it, nothing."""
    settings = web.state.settings if web.site.faults.on("credentials-in-script") else {}
    return Response(f"M.s3video = {json.dumps(settings)};", media_type="text/javascript")


@page(f"{FOLDER}/download_video.php")
def download_video(web: Web) -> Response:
    """Redirects to the CDN with the file's name: ?id=SUBMISSION&s3key=KEY."""
    _, video = _required(web, "download-unchecked")
    if video.status != "ready" and not web.site.faults.on("deleted-video-to-download"):
        raise MoodleError(gone_text(video), "videonotavailable")
    try:
        name = video.s3_key.rpartition("/")[2]
        if web.site.faults.on("download-named-after-its-student"):
            name = f"{web.state.users[video.user].fullname} - {name}"
        signed = _address(web, video, name, way="download")
        return redirect(signed.replace("https:", "http:") if web.site.faults.on("download-without-tls") else signed)
    except StorageError as error:
        raise MoodleError(
            "The video cannot be downloaded at the moment. Please try again later.", "error_cloudfront"
        ) from error
