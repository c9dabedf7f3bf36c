"""Step 2.9's table of who may what, and the people who try it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from checks.access import VideoAccess
from clients.errors import UnexpectedAnswer
from clients.http import told_if_it_fails
from clients.moodle.client import MoodleClient
from clients.plugin.api import DELETE, GRADE, WATCH, WAYS, WRITE, Video, confirmation
from clients.words import answered

OWNER = "owner"

SUSPENDED = "owner with a suspended enrolment"

SUSPENDED_TEACHER = "teacher with a suspended enrolment"

MAY: dict[str, tuple[str, ...]] = {
    "second student": ("upload URL",),
    "teacher": (*WATCH, *GRADE),
    "teacher of another course": (),
    "student of another course": (),
    "guest": (),
    "nobody logged in": (),
    SUSPENDED: (),
    SUSPENDED_TEACHER: (),
    "manager": (*WATCH, *GRADE),
    "administrator": (*WATCH, *GRADE),
    OWNER: (*WATCH, *WRITE),
}
"""Who may what; the rest is denied. An upload URL is one's own: never a place in somebody else's submission."""

SENTENCES = {
    "second student": "Another student gets a place for their own video, nothing of this one, and does it no harm",
    "teacher": "A teacher of the course can watch the video, and do it no harm",
    "teacher of another course": "A teacher of another course gets nothing of the video, and does it no harm",
    "student of another course": "A student of another course gets nothing of the video, and does it no harm",
    "guest": "A guest gets nothing of the video, and does it no harm",
    "nobody logged in": "Who has not logged in gets nothing of the video, and does it no harm",
    SUSPENDED: "A student whose enrolment is suspended no longer gets at their video, and hands in no other",
    SUSPENDED_TEACHER: "A teacher whose enrolment is suspended gets nothing of the video any more, and does it no harm",
    "manager": "A manager can watch the video, and do it no harm",
    "administrator": "An administrator can watch the video, and do it no harm",
    OWNER: "The owner can watch the video, and hand in another one",
}
"""The same in words."""

UNJUDGED = {("administrator", "upload URL"), ("administrator", "deletion"), ("manager", "deletion")}
"""Moodle lets an administrator hand in work anywhere, and the checklist does not say whether they should. Nobody tries
a deletion who may delete: an administrator does that in step 2.10, and a site may let its managers configure it."""


class Tried(TypedDict):
    """One pair of the table: whether it should be allowed, whether it was so, and what was seen."""

    may: bool
    right: bool
    seen: str


class AccessTable:
    """`everybody` tries every way to a video, each in a session of their own."""

    everybody = tuple(MAY)

    def __init__(
        self, judge: VideoAccess, video: Video, suspended: Video, enter: dict[str, Callable[[], MoodleClient]]
    ):
        self._judge = judge
        self._video = video
        self._suspended = suspended
        self._enter = enter
        self._owner = enter[OWNER]()

    def expect_on_own_page(self) -> None:
        """The owner finds the video where it was handed in."""
        self._judge.expect_on_own_page(self._owner, self._video)

    def try_everything(self, who: str) -> dict[str, Tried]:
        """By way; raises NotCheckable where this site has no such visitor."""
        with told_if_it_fails():
            site = self._owner if who == OWNER else self._enter[who]()
        video = self._suspended if who == SUSPENDED else self._video
        return {way: self._try(site, video, way, may=way in MAY[who]) for way in WAYS if (who, way) not in UNJUDGED}

    def _try(self, site: MoodleClient, video: Video, way: str, *, may: bool) -> Tried:
        tried_to_harm = False
        try:
            with told_if_it_fails():
                answer = WAYS[way](site, video)
                if may:
                    seen = self._judge.expect_allowed(way, answer, video, site.user_id)
                else:
                    seen = self._judge.expect_denied(answer, video)
                if video is self._video and (way in DELETE or (way in WRITE and site.user_id != video.person.id)):
                    tried_to_harm = True
                    how = "answered" if may else "refused"
                    told = f" after somebody else's {way} was {how} with {answered(answer.status)}: {answer.seen}"
                    self._judge.expect_unharmed(self._owner, video, told)
        except (AssertionError, UnexpectedAnswer) as wrong:
            mended = self._mended(video) if tried_to_harm else ""
            return Tried(may=may, right=False, seen=f"{wrong}{mended}")
        return Tried(may=may, right=True, seen=seen)

    def _mended(self, video: Video) -> str:
        """What the owner's own confirmation comes to: whoever comes next should try a video that is whole again."""
        with told_if_it_fails():
            confirmation(self._owner, video)
        try:
            self._judge.expect_on_own_page(self._owner, video)
        except (AssertionError, UnexpectedAnswer):
            return " (the owner's own confirmation does not mend it)"
        return " (the owner's own confirmation mends it)"

    def expect_rights(self, tried: dict[str, Tried]) -> None:
        """Every way was open or shut as it should be; the message names each that was not."""
        if wrong := [f"{way}: {pair['seen']}" for way, pair in tried.items() if not pair["right"]]:
            raise AssertionError("; ".join(wrong))
