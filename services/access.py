from __future__ import annotations

import html
import re
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import requests
from bs4 import BeautifulSoup

from services.addresses import ASSIGNMENT, PLUGIN
from services.bucket import Bucket
from services.cdn import CDN
from services.moodle.site import Site
from services.plugin_api import GRADE, WATCH, Video, confirmation, playback_url
from services.wording import UNTRANSLATED


class Answer:
    """What came back to one request, redirects included."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        kind = response.headers.get("Content-Type", "")
        self.text = response.text if "html" in kind or "json" in kind else ""
        self.data: Any = None
        if "json" in kind:
            try:
                self.data = response.json()
            except ValueError:
                raise AssertionError(f"expected JSON from {response.url.split('?')[0]}, seen {self.seen}") from None
        if isinstance(self.data, list):  # Moodle's own external functions answer a list of one
            self.data = self.data[0].get("exception") or self.data[0]["data"]

    @cached_property
    def page(self) -> BeautifulSoup:
        """The HTML that came, as a page or inside JSON."""
        inside = self.data.get("html", "") if isinstance(self.data, dict) else self.text
        return BeautifulSoup(inside, "lxml")

    @property
    def succeeded(self) -> bool:
        """The plugin's scripts say so in their JSON."""
        return isinstance(self.data, dict) and bool(self.data.get("success"))

    @property
    def source(self) -> str:
        """The address to play from, in the page or in the JSON; empty without one."""
        if self.succeeded:
            return str(self.data["data"].get("signed_url", ""))
        video = self.page.select_one("video[src], video source[src]")
        return str(video["src"]) if video else ""

    @property
    def message(self) -> str:
        """What a person reads who is told no; empty without words."""
        if isinstance(self.data, dict):
            return str(self.data.get("message") or self.data.get("error") or "")
        if self.page.select_one("#login"):
            return "You have to log in first (the log-in page)."
        box = self.page.select_one(REFUSALS)
        return box.get_text(" ", strip=True) if box else ""

    @property
    def seen(self) -> str:
        """The answer in a few words, for failure messages."""
        size = len(self.response.content)
        return self.message or f"status {self.response.status_code}, {size} bytes without a message"


class VideoAccess:
    """Says of an answer whether it let somebody through."""

    def __init__(self, cdn: CDN, bucket: Bucket) -> None:
        self.cdn = cdn
        self._stores = [f"//{cdn.domain}/videos/", f"{bucket.url.removeprefix('https:')}videos/"]

    def _given(self, answer: Answer, video: Video) -> list[str]:
        """What an answer gives away, in words."""
        hops = [*answer.response.history, answer.response]
        told = " ".join([*(value for hop in hops for value in hop.headers.values()), answer.text])
        plain = unquote(html.unescape(told.replace("\\/", "/")))
        with video.clip.path.open("rb") as file:
            start = file.read(32)
        signs = {
            "bytes of the video": start in answer.response.content,
            "a signed URL": SIGNED.search(told),
            "the video's address": any(store in plain for store in self._stores),
            "a player or a link to the video": answer.page.select(VIDEOS),
            "success": answer.succeeded,
        }
        return [words for words, there in signs.items() if there]

    def expect_denied(self, response: requests.Response, video: Video) -> str:
        """Nothing of `video` is given away, and a message says why; returns that."""
        answer = Answer(response)
        if given := self._given(answer, video):
            raise AssertionError(f"expected a refusal, seen {', '.join(given)}")
        if response.status_code >= 500:
            raise AssertionError(f"expected a refusal, seen status {response.status_code}: {answer.seen}")
        return expect_words(answer.message, response.url)

    def expect_allowed(self, way: str, response: requests.Response, video: Video, user: int) -> str:
        """`way` leads the user with that id to the video, or to a place of their own for one; returns how."""
        answer = Answer(response)
        if way == "download":
            return self._expect_file(answer, video)
        if way in WATCH:
            return self._expect_plays(answer, video)
        if way in GRADE:
            return self._expect_shown(answer, video)
        if not answer.succeeded:
            raise AssertionError(f"expected success, seen {answer.seen}")
        return self._expect_own_place(answer.data["data"], video, user) if way == "upload URL" else "confirmed"

    def signed_url(self, site: Site, video: Video) -> str:
        """The address at which the plugin lets `site`'s user play `video`; it has been seen to play."""
        answer = Answer(playback_url(site, video))
        self._expect_plays(answer, video)
        return answer.source

    def _expect_file(self, answer: Answer, video: Video) -> str:
        if answer.response.content != video.clip.path.read_bytes():
            raise AssertionError(f"expected the video's {video.clip.bytes} bytes, seen {answer.seen}")
        return "the whole file"

    def _expect_plays(self, answer: Answer, video: Video) -> str:
        if not answer.source:
            raise AssertionError(f"expected the video, seen {answer.seen}")
        self.cdn.expect_signed(answer.source, video.key)
        self.cdn.expect_ranges(answer.source, video.clip)
        return "a signed URL that plays"

    def _expect_shown(self, answer: Answer, video: Video) -> str:
        if not any(video.key in unquote(str(shown)) for shown in answer.page.select(VIDEOS)):
            raise AssertionError(f"expected the student's video, seen {answer.message or 'a page without it'}")
        return "the student's video"

    def _expect_own_place(self, place: dict[str, Any], video: Video, user: int) -> str:
        mine = (int(place["submission_id"]) == video.id) == (user == video.person.id)
        if not mine or not place["s3_key"].startswith(f"videos/{user}/"):
            raise AssertionError(f"expected a place of one's own, seen {place['s3_key']} for {place['submission_id']}")
        return "a place of one's own"

    def expect_on_own_page(self, owner: Site, video: Video) -> None:
        """The owner's page of the assignment shows the video."""
        self._expect_shown(Answer(owner.get(ASSIGNMENT, id=video.assignment.cmid)), video)

    def expect_unharmed(self, owner: Site, video: Video) -> None:
        """The owner's page still shows the video; if not, it is confirmed anew, for what follows."""
        try:
            self.expect_on_own_page(owner, video)
        except AssertionError as gone:
            confirmation(owner, video)
            raise AssertionError("expected no harm to the video, seen that its owner's page has lost it") from gone


REFUSALS = ".errormessage, #notice, #login"
"""Where Moodle says no: its error page, the page on how to enrol, the log-in form."""

VIDEOS = "video[src], video source[src], .s3video-player-container, .s3video-watch-link"
"""A video with something to play, the plugin's player, and its link to a video."""

PLAIN = re.compile(r"permission|log(ged)? ?in|access|allowed|enrol", re.I)

TECHNICAL = re.compile(rf"{UNTRANSLATED.pattern}|\berror/\w|exception|stack trace|database|\.php\b", re.I)


def expect_words(message: str, url: str) -> str:
    """`message`, with which the page at `url` says no, in one line.

    A person can tell from the plugin's words that something is not theirs to see; Moodle's own are not judged.
    """
    message = " ".join(message.split())[:300]
    if not message or (PLUGIN in url and (not PLAIN.search(message) or TECHNICAL.search(message))):
        raise AssertionError(f"expected a refusal that a person understands, seen {message!r}")
    return message


SIGNED = re.compile(r"(Key-Pair-Id|\WSignature)(=|%3D|\\?\"|&quot;)", re.I)
"""What only a signed address has in it: of CloudFront, of S3, and as a field of a presigned form."""
