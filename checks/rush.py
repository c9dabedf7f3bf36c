"""What a deadline rush must not do to anybody: to those who hand in, to their videos, and to whoever else is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from checks.access import VideoAccess
from checks.video_store import VideoStore
from clients.moodle.client import MoodleClient
from clients.moodle.model import Course
from clients.plugin.api import Video
from clients.plugin.object_key import belongs_to
from clients.plugin.video_list import MOST, listed
from clients.rush.load import MINUTE, Crowd, Outcome, Rush
from clients.words import answered

STEPS = {"upload URL": "an upload URL", "video": "their video to S3", "confirmation": "their video confirmed"}


def told(rush: Rush) -> dict[str, Any]:
    """How long it took, and each step of it, in seconds."""
    slow = {f"{step} in a rush after seconds": seconds["95 %"] for step, seconds in rush.seconds.items()}
    return {"students": len(rush.outcomes), "lasted seconds": round(rush.lasted, 1), "seconds": rush.seconds, **slow}


def expect_everybody_through(rush: Rush, students: int) -> None:
    """Each of so many students got all that they asked for, within the minute."""
    if refused := [outcome for outcome in rush.outcomes if not outcome.done]:
        seen = "; ".join(f"{number} {why}" for why, number in Counter(map(_why, refused)).most_common(3))
        raise AssertionError(f"expected all {students} students to hand in, seen {students - len(refused)}: {seen}")
    if len(rush.outcomes) < students:
        raise AssertionError(
            f"expected all {students} students to hand in, seen {students - len(rush.outcomes)} still at it when the "
            f"rush ended after {rush.lasted:.0f} s"
        )
    if rush.lasted > MINUTE:
        raise AssertionError(
            f"expected all {students} students to hand in within {MINUTE} s, seen it take {rush.lasted:.0f} s"
        )


def _why(outcome: Outcome) -> str:
    """Where a student who did not hand in came to a halt, and by which words."""
    for step, wanted in STEPS.items():
        answer = outcome.answers.get(step)
        if answer is None or not answer.good:
            said = f"“{answer.refused}”" if answer and answer.refused else ""
            status = answered(answer.status) if answer and answer.status else "no answer"
            return f"did not get {wanted}: {said or status}"
    return "did not come to an end"


def expect_keys_apart(outcomes: Sequence[Outcome], since: float) -> int:
    """No key was given to two students, and each lies in its student's own folder; returns how many there were.

    `since` is when the rush began (Unix, s).
    """
    keys = Counter(outcome.key for outcome in outcomes if outcome.key)
    if twice := [key for key, times in keys.items() if times > 1]:
        raise AssertionError(
            f"expected each student to get a key of their own, seen {keys[twice[0]]} students get {twice[0]}"
        )
    for outcome in outcomes:
        if outcome.key and not belongs_to(outcome.key, outcome.student, since=since):
            raise AssertionError(
                f"expected a key in the folder of student {outcome.student}, seen them get {outcome.key}"
            )
    return len(keys)


def handed_in(crowd: Crowd, rush: Rush) -> list[Video]:
    """The videos of those who came to the end."""
    students = {student.person.id: student for student in crowd.students}
    return [
        Video(
            person=students[outcome.student].person,
            assignment=crowd.assignment,
            clip=students[outcome.student].clip,
            id=outcome.submission,
            key=outcome.key,
        )
        for outcome in rush.outcomes
        if outcome.done
    ]


def expect_whole(videos: Sequence[Video], video_store: VideoStore) -> int:
    """S3 holds each video byte for byte as its own student sent it; returns how many."""
    for video in videos:
        video_store.expect_stored(video.key, video.clip.bytes, video.clip.mime, video.clip.sha256)
    return len(videos)


def expect_counted(admin: MoodleClient, course: Course, keys: Collection[str]) -> int:
    """The plugin's list has each of the course's confirmed videos as ready; returns how many."""
    ready: set[str] = set()
    for page in range(len(keys) // MOST + 1):
        ready |= listed(admin, courseid=course.id, status="ready", page=page).keys()
    if lost := [key for key in keys if key not in ready]:
        raise AssertionError(
            f"expected the plugin's list to have all {len(keys)} confirmed videos as ready, seen {len(lost)} that are "
            f"not, such as {lost[0]}"
        )
    return len(keys)


def expect_watched(teacher: MoodleClient, videos: Sequence[Video], access: VideoAccess) -> int:
    """A teacher, of whom that is a session, opens one video after another, and each plays; returns how many."""
    for number, video in enumerate(videos, start=1):
        try:
            access.signed_url(teacher, video)
        except AssertionError as refused:
            raise AssertionError(
                f"expected a teacher to watch {len(videos)} videos in a row, seen {number - 1} play, then: {refused}"
            ) from refused
    return len(videos)
