"""Who gets through to a video: whatever an answer gives away, and whether a refusal is one."""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from checks.delivery import Delivery
from checks.message_quality import UNTRANSLATED, unfinished
from clients.addresses import ASSIGNMENT, COMPONENT, PLUGIN, endpoint
from clients.errors import UnexpectedAnswer
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.plugin.api import GRADE, PROMISE, WATCH, Promise, Video, playback_url
from clients.s3 import Bucket
from clients.words import answered

VIDEOS = "video[src], video source[src], .s3video-player-container, .s3video-watch-link"
"""A video with something to play, the plugin's player, and its link to a video."""

SUMMARY = f"[class*=summary_{COMPONENT}]"
"""Where Moodle shows a student what the plugin has to say of their submission."""

SIGNED = re.compile(r"(Key-Pair-Id|\WSignature)(=|%3D|\\?\"|&quot;)", re.I)
"""What only a signed address has in it: of CloudFront, of S3, and as a field of a presigned form."""

PLAIN = re.compile(r"permission|log(ged)? ?in|access|allowed|enrol", re.I)

TECHNICAL = re.compile(rf"{UNTRANSLATED.pattern}|\berror/\w|exception|stack trace|database|\.php\b", re.I)


class VideoAccess:
    """Says of an answer, over HTTP or in a browser, whether it let somebody through."""

    def __init__(self, delivery: Delivery, bucket: Bucket) -> None:
        self._delivery = delivery
        self._stores = [f"//{delivery.cdn.domain}/videos/", f"{bucket.url.removeprefix('https:')}videos/"]

    def _given(self, answer: HttpResult, video: Video) -> list[str]:
        """What an answer gives away, in words."""
        headers = [value for hop in answer.headers for value in hop.values()]
        told = " ".join([*answer.hops, *headers, answer.text, answer.rendered])
        plain = unquote(html.unescape(told.replace("\\/", "/")))
        with video.clip.path.open("rb") as file:
            start = file.read(32)
        signs = {
            "bytes of the video": start in answer.body,
            "a signed URL": SIGNED.search(told),
            "the video's address": any(store in plain for store in self._stores),
            "a player or a link to the video": answer.page.select(VIDEOS),
            "a success": answer.succeeded,
        }
        return [words for words, there in signs.items() if there]

    def expect_nothing_given(self, answer: HttpResult, video: Video) -> None:
        """Nothing of `video` is given away, whatever is said."""
        if given := self._given(answer, video):
            raise AssertionError(f"expected a refusal, seen {', '.join(given)}")
        if answer.status >= 500:
            raise AssertionError(f"expected a refusal, seen {answered(answer.status)}: {answer.seen}")

    def expect_denied(self, answer: HttpResult, video: Video) -> str:
        """Nothing of `video` is given away, and a message says why; returns that, in one line.

        A person can tell from the plugin's words that something is not theirs to see; Moodle's own are not judged.
        """
        self.expect_nothing_given(answer, video)
        message = " ".join(answer.message.split())[:300]
        if not message or (PLUGIN in answer.url and (not PLAIN.search(message) or TECHNICAL.search(message))):
            raise AssertionError(
                f"expected a refusal that a person understands, seen {f'“{message}”' if message else 'no message'}"
            )
        return message

    def expect_gone(self, answer: HttpResult, video: Video) -> str:
        """Nothing of `video`, which was deleted, is given away, and a finished text says no; returns that."""
        self.expect_nothing_given(answer, video)
        guidance = str(answer.data.get("guidance") or "") if isinstance(answer.data, dict) else ""
        message = " ".join(f"{answer.message} {guidance}".split())[:300]
        if not message or unfinished(message):
            raise AssertionError(
                f"expected finished texts that say no, seen {f'“{message}”' if message else 'no message'}"
            )
        return message

    def expect_allowed(self, way: str, answer: HttpResult, video: Video, user: int) -> str:
        """`way` leads the user with that id to the video, or to a place of their own for one; returns how."""
        if way == "download":
            return self._expect_file(answer, video)
        if way in WATCH:
            return self._expect_plays(answer, video)
        if way in GRADE:
            return self._expect_shown(answer, video)
        if not answer.succeeded:
            raise AssertionError(f"expected success, seen {answer.seen}")
        return self._expect_own_place(answer.given(PROMISE), video, user) if way == "upload URL" else "confirmed"

    def signed_url(self, site: MoodleClient, video: Video, *, unlike: str = "") -> str:
        """The address at which the plugin lets `site`'s user play `video`; it has been seen to play.

        Within a second it signs the same one for everybody: one `unlike` another is waited for, a little while.
        """
        another = Retrying(
            retry=retry_if_result(lambda answer: answer.source == unlike),
            wait=wait_fixed(0.5),
            stop=stop_after_delay(2),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        answer = another(playback_url, site, video)
        self._expect_plays(answer, video)
        return answer.source

    def address(self, answer: HttpResult) -> str:
        """The address of the CDN that an answer gives, or led to. Raises AssertionError where it has none."""
        for url in (answer.source, *answer.hops):
            if endpoint(url) == endpoint(self._delivery.cdn.domain):
                return url
        raise AssertionError(f"expected an address of the CDN, seen {answer.seen}")

    def _expect_file(self, answer: HttpResult, video: Video) -> str:
        if answer.body != video.clip.path.read_bytes():
            raise AssertionError(f"expected the video's {video.clip.bytes} bytes, seen {answer.seen}")
        return "the whole file"

    def _expect_plays(self, answer: HttpResult, video: Video) -> str:
        if not answer.source:
            raise AssertionError(f"expected the video, seen {answer.seen}")
        self._delivery.expect_signed(answer.source, video.key)
        self._delivery.expect_ranges(answer.source, video.clip)
        return "a signed URL that plays"

    def _expect_shown(self, answer: HttpResult, video: Video) -> str:
        if not any(video.key in unquote(str(shown)) for shown in answer.page.select(VIDEOS)):
            raise AssertionError(f"expected the student's video, seen {answer.message or 'a page without it'}")
        return "the student's video"

    def _expect_own_place(self, place: Promise, video: Video, user: int) -> str:
        mine = (int(place["submission_id"]) == video.id) == (user == video.person.id)
        if not mine or not place["s3_key"].startswith(f"videos/{user}/"):
            raise AssertionError(
                f"expected a place of one's own, seen {place['s3_key']} in submission {place['submission_id']}"
            )
        return "a place of one's own"

    def expect_on_own_page(self, owner: MoodleClient, video: Video) -> None:
        """The owner's page of the assignment shows the video."""
        self._expect_shown(HttpResult.of(owner.get(ASSIGNMENT, id=video.assignment.cmid)), video)

    def expect_unharmed(self, owner: MoodleClient, video: Video, after: str = "") -> None:
        """The owner's page still shows the video; `after` says what was done to it, for the message of a failure."""
        says = ""
        try:
            page = HttpResult.of(owner.get(ASSIGNMENT, id=video.assignment.cmid))
            words = page.page.select_one(SUMMARY)
            says = f" (their page says “{words.get_text(' ', strip=True)}” instead)" if words else ""
            self._expect_shown(page, video)
        except (AssertionError, UnexpectedAnswer) as gone:
            raise AssertionError(
                f"expected no harm to the video, seen that its owner has lost it{says}{after}"
            ) from gone
