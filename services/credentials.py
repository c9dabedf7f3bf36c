"""The plugin's own credentials, and whether a student is told any of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urljoin

from services.addresses import ASSIGNMENT, COMPONENT
from services.answer import Answer
from services.errors import NotCheckable
from services.moodle.site import Site
from services.plugin_api import WRITE, Video, playback_url, video_page
from services.secrecy import holds

NAMES = ("aws_secret_key", "cloudfront_private_key")

MODULE = re.compile(rf"\b{COMPONENT}/[\w-]+")


class Credentials:
    """`values` by the short names of the plugin's settings; the access key id is none, presigned forms name it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def expect_untold(self, owner: Site, video: Video) -> list[str]:
        """Nothing that the video's owner gets holds one, however it is spelled; returns the addresses looked into."""
        if not self._values:
            raise NotCheckable("the plugin's settings show no secret: the server itself has it")
        at = [owner.get(ASSIGNMENT, id=video.assignment.cmid, action=action) for action in ("view", "editsubmission")]
        pages = [*map(Answer.of, at), video_page(owner, video)]
        answers = [way(owner, video) for way in (playback_url, *WRITE.values())]
        scripts = [Answer.of(owner.session.get(url)) for url in dict.fromkeys(_scripts(owner, pages))]
        got = [*pages, *answers, *scripts]
        if told := [f"{name} in {_address(one)}" for one in got for name in self._told(one.text)]:
            raise AssertionError(f"expected no credential of the plugin in what a student gets, seen {', '.join(told)}")
        return [_address(one) for one in got]

    def _told(self, text: str) -> list[str]:
        return [name for name, value in self._values.items() if holds(text, value)]


def _scripts(site: Site, pages: Iterable[Answer]) -> Iterator[str]:
    """Addresses of the site's scripts that pages name: as they are, or as modules of the plugin, for RequireJS."""
    for page in pages:
        for script in page.page.select("script[src]"):
            if (url := urljoin(page.url, str(script["src"]))).startswith(site.base_url):
                yield url
        for module in MODULE.findall(page.text):
            yield site.url(f"/lib/requirejs.php/-1/{module}.js")


def _address(answer: Answer) -> str:
    return answer.url.partition("?")[0]
