"""What only shows when many students of an assignment hand in at the same time."""

from replica.moodle.answers import Refusal
from replica.moodle.records import Video
from replica.moodle.state import now
from replica.moodle.web import Web

LATELY = 20
"""Seconds."""


def students(web: Web, assignment: int, lately: int = LATELY) -> int:
    """How many have asked for an upload in the assignment lately."""
    videos = [*web.state.videos.values()]
    return len({one.user for one in videos if one.assignment == assignment and now() - one.requested < lately})


def is_on(web: Web, lately: int = LATELY) -> bool:
    """Whether any assignment has some students at a time."""
    return any(students(web, assignment, lately) > 1 for assignment in [*web.state.assignments])


def turn_away(web: Web, assignment: int) -> None:
    """Raises Refusal where a limit for one student is counted over all of them."""
    if web.site.faults.on("rush-turned-away") and students(web, assignment) > 4:
        raise Refusal(429, "rate_limit", "Upload rate limit exceeded. Please try again later.", "", can_retry=True)


def key(web: Web, assignment: int, own: str) -> str:
    """The key of an upload: `own`, or where keys are made of the time, another student's."""
    if web.site.faults.on("rush-key-twice") and students(web, assignment) > 4:
        return next(one.s3_key for one in reversed([*web.state.videos.values()]) if one.assignment == assignment)
    return own


def confirmed(web: Web, video: Video) -> None:
    """What becomes of a video that has just been confirmed."""
    if students(web, video.assignment) < 4:
        return
    if web.site.faults.on("rush-video-cut"):
        web.site.storage.shorten(video.s3_key, video.mime_type)
    if web.site.faults.on("rush-confirmation-lost"):
        video.status = "pending"


def expect_patience(web: Web, user: int, assignment: int) -> None:
    """Raises Refusal where a grader may open eight videos of an assignment a minute."""
    if web.site.faults.on("rush-of-a-grader-limited"):
        grader = web.state.users[user]
        web.site.limits.count("grading", grader, "8", assignment)
