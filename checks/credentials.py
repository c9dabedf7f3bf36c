"""The plugin's own credentials, and whether a student is told any of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urljoin

from clients.addresses import ASSIGNMENT, COMPONENT, COURSE, HOME, UPLOAD_URL
from clients.errors import NotCheckable
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.plugin.api import GRADE, WRITE, Video, playback_url, video_page
from redaction.secrets import holds

NAMES = ("aws_secret_key", "cloudfront_private_key")

KEY_ID = "aws_access_key"

PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
"""RFC 7468."""

MODULE = re.compile(rf"\b{COMPONENT}/[\w-]+")


class Credentials:
    """`values` by the short names of the plugin's settings.

    `key_id` is the access key's, empty where it is not known: presigned forms name it, and nothing else has to.
    """

    def __init__(self, values: Mapping[str, str], key_id: str = "") -> None:
        self._values = values
        self._key_id = key_id

    def expect_untold(self, owner: MoodleClient, video: Video) -> list[str]:
        """Nothing that the video's owner gets holds one, however it is spelled; returns the addresses looked into."""
        at = [owner.get(ASSIGNMENT, id=video.assignment.cmid, action=action) for action in ("view", "editsubmission")]
        pages = [*map(HttpResult.of, at), video_page(owner, video)]
        answers = [way(owner, video) for way in (playback_url, *WRITE.values())]
        return self._expect_untold(owner, "a student", pages, answers)

    def expect_untold_to_grader(self, grader: MoodleClient, video: Video) -> list[str]:
        """As `expect_untold`, for who grades the video."""
        places: list[tuple[str, dict[str, object]]] = [
            (HOME, {}),
            (COURSE, {"id": video.assignment.course.id}),
            (ASSIGNMENT, {"id": video.assignment.cmid}),
            (ASSIGNMENT, {"id": video.assignment.cmid, "action": "grader", "userid": video.person.id}),
        ]
        pages = [*(HttpResult.of(grader.get(path, **asked)) for path, asked in places), video_page(grader, video)]
        answers = [way(grader, video) for way in (playback_url, *GRADE.values())]
        return self._expect_untold(grader, "a teacher", pages, answers)

    def _expect_untold(
        self, site: MoodleClient, who: str, pages: list[HttpResult], answers: list[HttpResult]
    ) -> list[str]:
        if not self._values:
            raise NotCheckable("the plugin's settings show no secret: the server itself has it")
        scripts = [HttpResult.of(site.session.get(url)) for url in dict.fromkeys(_scripts(site, pages))]
        got = [*pages, *answers, *scripts]
        if told := [f"{name} in {_address(one)}" for one in got for name in self._told(one)]:
            raise AssertionError(f"expected no credential of the plugin in what {who} gets, seen {', '.join(told)}")
        return [_address(one) for one in got]

    def _told(self, answer: HttpResult) -> list[str]:
        told = [name for name, value in self._values.items() if holds(answer.text, value)]
        if not told and PEM.search(answer.text):
            told.append("a private key")
        if self._key_id and UPLOAD_URL not in answer.url and holds(answer.text, self._key_id):
            told.append(KEY_ID)
        return told


def _scripts(site: MoodleClient, pages: Iterable[HttpResult]) -> Iterator[str]:
    """Addresses of the site's scripts that pages name: as they are, or as modules of the plugin, for RequireJS."""
    for page in pages:
        for script in page.page.select("script[src]"):
            if (url := urljoin(page.url, str(script["src"]))).startswith(site.base_url):
                yield url
        for module in MODULE.findall(page.text):
            yield site.url(f"/lib/requirejs.php/-1/{module}.js")


def _address(answer: HttpResult) -> str:
    return answer.url.partition("?")[0]
