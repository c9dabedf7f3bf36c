"""The plugin's pages, asked with what would break out of a query of the database, or out of the page's text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from checks.firewall import expect_seen
from checks.xss import NAME, expect_shown_as_text
from clients.addresses import DASHBOARD, MANAGE_VIDEOS, PLAYBACK_URL, VIDEO_PAGE
from clients.errors import NotCheckable
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.plugin.api import Video, confirm_upload, download_address, request_upload
from clients.words import counted

NOBODY = "2147483646"
"""A number that no row has."""

NOTHING = "nosuchthing"

NUMBER = ("{} OR 1=1", "{} OR 1=2", "{}'")
TEXT = ("{}' OR '1'='1", "{}' OR '1'='2", "{}'", "{}\\")

PARAMETERS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    (MANAGE_VIDEOS, "courseid", NOBODY, {}),
    (MANAGE_VIDEOS, "status", NOTHING, {}),
    (MANAGE_VIDEOS, "search", NOTHING, {}),
    (MANAGE_VIDEOS, "perpage", "1", {}),
    (MANAGE_VIDEOS, "page", NOBODY, {}),
    (MANAGE_VIDEOS, "s3key", NOTHING, {"action": "delete", "courseid": NOBODY}),
    (DASHBOARD, "range", "1", {}),
    (VIDEO_PAGE, "id", NOBODY, {"s3key": NOTHING}),
    (VIDEO_PAGE, "s3key", NOTHING, {"id": "{id}"}),
    (PLAYBACK_URL, "submissionid", NOBODY, {"s3key": NOTHING}),
    (PLAYBACK_URL, "s3key", NOTHING, {"submissionid": "{id}"}),
)
"""Page, parameter, a value that finds nothing or one video, and what else is asked; {id} is a submission's."""

PAGES = tuple(dict.fromkeys(page for page, *_ in PARAMETERS))

DATABASE = re.compile(
    r"dml\w*exception|(reading from|writing to) database|SQLSTATE|SQL syntax|unterminated quoted", re.I
)

KEY = re.compile(r"videos/\d+/\d+_[0-9a-f]+")


class PageParameters:
    """`site` is an administrator's session: whoever sees everything would see more by a query that was bent."""

    def __init__(self, site: MoodleClient) -> None:
        self._site = site

    def expect_literal(self, path: str, submission: int) -> list[str]:
        """Every parameter of the page is taken as it is, never as a part of a query; returns their names.

        What is asked finds the same with and without what would bend a query. `submission` is the id of one that has a
        video.
        """
        tried = _parameters(path, submission)
        for name, plain, besides in tried:
            found = self._shown(path, besides | {name: plain})
            for bent in TEXT if plain == NOTHING else NUMBER:
                asked = bent.format(plain)
                seen = self._shown(path, besides | {name: asked})
                if seen != found:  # others may have uploaded or deleted a video meanwhile
                    found = self._shown(path, besides | {name: plain})
                if seen != found:
                    raise AssertionError(f"expected {name}={asked} to find what {plain} finds, {found}, seen {seen}")
        return [name for name, _, _ in tried]

    def expect_text(self, path: str, submission: int) -> list[str]:
        """Every parameter of the page is shown as text, if at all; returns their names. JSON is no page."""
        tried = _parameters(path, submission)
        for name, _, besides in tried:
            answer = self._answer(path, besides | {name: NAME})
            if not answer.is_json:
                expect_shown_as_text(answer.text, path, f"the parameter {name}")
            _expect_open(path, answer)
        return [name for name, _, _ in tried]

    def _answer(self, path: str, asked: dict[str, str]) -> HttpResult:
        sesskey = {"sesskey": self._site.sesskey} if path == PLAYBACK_URL else {}
        answer = HttpResult.of(self._site.get(path, **asked, **sesskey))
        expect_seen(self._site, answer, asked)
        return answer

    def _shown(self, path: str, asked: dict[str, str]) -> str:
        """What a page shows, in words. Raises AssertionError where that is an error of the database."""
        answer = self._answer(path, asked)
        if said := DATABASE.search(answer.text):
            told = ", ".join(f"{name}={value}" for name, value in asked.items())
            raise AssertionError(f"expected {told} to be taken as it is, seen an error of the database: {said[0]}")
        _expect_open(path, answer)
        shown = len(set(KEY.findall(answer.text)))
        plays = ", one plays" if answer.source else ""
        return f"{counted(shown, 'video')}{plays}"


def expect_keys_literal(site: MoodleClient, video: Video) -> list[str]:
    """What the owner of a video sends to the plugin's scripts is never a part of a query; returns what was tried.

    A key that would bend one is answered as any key that nobody has.
    """
    ways: dict[str, Callable[[str], HttpResult]] = {
        "s3_key of a confirmation": lambda text: confirm_upload(site, text, video.id),
        "s3key of a download": lambda text: download_address(site, replace(video, key=text)),
    }
    for what, ask in ways.items():
        plain = _told(site, what, NOTHING, ask(NOTHING))
        for bent in TEXT:
            asked = bent.format(NOTHING)
            if (seen := _told(site, what, asked, ask(asked))) != plain:
                raise AssertionError(
                    f"expected {what}={asked} to be answered as {NOTHING} is, “{plain}”, seen “{seen}”"
                )
    clip = video.clip
    files = {"filename": (f"{NOTHING}'{clip.path.suffix}", clip.mime), "mimetype": (clip.path.name, f"{clip.mime}'")}
    for what, (name, mime) in files.items():
        answer = request_upload(site, video.assignment.id, name, clip.bytes, mime)
        _told(site, f"{what} of a request for an upload URL", mime if what == "mimetype" else name, answer)
    return [*ways, *files]


def _told(site: MoodleClient, what: str, asked: str, answer: HttpResult) -> str:
    """What a script has answered, in words. Raises AssertionError where that is an error of the database."""
    expect_seen(site, answer, {what: asked})
    if said := DATABASE.search(answer.text):
        raise AssertionError(f"expected {what}={asked} to be taken as it is, seen an error of the database: {said[0]}")
    return answer.seen.replace(asked, "…")


def _expect_open(path: str, answer: HttpResult) -> None:
    """An administrator gets the page, whatever is asked. Raises NotCheckable."""
    if path in (DASHBOARD, MANAGE_VIDEOS) and answer.message:
        raise NotCheckable(f"{path} does not open: {answer.message[:100]}")


def _parameters(path: str, submission: int) -> list[tuple[str, str, dict[str, str]]]:
    """Those of the page: each with what finds nothing or one video, and what else is asked."""
    return [
        (name, plain, {one: value.format(id=submission) for one, value in more.items()})
        for page, name, plain, more in PARAMETERS
        if page == path
    ]
