"""A video that was handed in: where it is shown and given, to whom, and what the rest is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from clients.addresses import ASSIGNMENT, DOWNLOAD, PLAYBACK_URL, VIDEO_PAGE
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.moodle.html import text
from clients.plugin.api import Video, grader
from selftest.fidelity.asked import OTHER, OWNER, TEACHER, Asked
from selftest.fidelity.hooks import HOOKS


def grading(asked: Asked, video: Video) -> None:
    """The teacher's table and grader; and a student who tries them."""
    book, cmid = asked.book, asked.first.cmid
    for who, site in asked.as_(TEACHER, OTHER).items():
        what = f"grading table, {who}"
        page = book.page(what, HttpResult.of(site.get(ASSIGNMENT, id=cmid, action="grading")))
        if who == TEACHER:
            book.hooks(what, page, HOOKS["grading table"])
            link = page.select_one(f"tr.user{video.person.id} .s3video-watch-link")
            book.note(what, "the video's cell", text(link.find_parent("td")) if link else "none")
        what = f"grader, {who}"
        page = book.page(what, HttpResult.of(site.get(ASSIGNMENT, id=cmid, action="grader", userid=video.person.id)))
        if who == TEACHER:
            book.hooks(what, page, HOOKS["grader"])
        what, answer = f"grader's panel, {who}", grader(site, video)
        book.answer(what, answer)
        book.hooks(what, answer.page, HOOKS["grader's panel"])
        book.texts(what, answer.page, what_the_plugin_says="[class*=summary_assignsubmission_s3video]")


def watching(asked: Asked, video: Video) -> None:
    book, owner = asked.book, asked.owner
    for who, site in asked.sites.items():
        page = book.page(f"video's page, {who}", HttpResult.of(site.get(VIDEO_PAGE, **video.parameters)))
        book.note(f"video's page, {who}", "a video", "there" if page.select_one("video") else "not there")
        answer = _playback(site, video)
        book.script(f"playback URL, {who}", answer)
        _download(asked, f"download, {who}", site, video.parameters)
        if who == OWNER and answer.succeeded:
            book.signed(f"playback URL, {who}", answer.data["data"]["signed_url"])
            book.note(f"playback URL, {who}", "expires in", answer.data["data"]["expires_in"])
    _page_of_the_owner(asked, video)
    others = {"another key": replace(video, key=f"{video.key}.mp4"), "no such submission": replace(video, id=999999)}
    for words, other in others.items():
        book.page(f"video's page, {words}", HttpResult.of(owner.get(VIDEO_PAGE, **other.parameters)))
        _download(asked, f"download, {words}", owner, other.parameters)
        book.script(f"playback URL, {words}", _playback(owner, other))
    book.script("playback URL, wrong sesskey", _playback(owner, video, sesskey="wrong"))
    book.script("playback URL, no parameter", HttpResult.of(owner.get(PLAYBACK_URL)))
    book.page("video's page, no parameter", HttpResult.of(owner.get(VIDEO_PAGE)))


def _playback(site: MoodleClient, video: Video, sesskey: str = "") -> HttpResult:
    place = {"submissionid": video.id, "s3key": video.key, "sesskey": sesskey or site.sesskey}
    return HttpResult.of(site.get(PLAYBACK_URL, **place))


def _page_of_the_owner(asked: Asked, video: Video) -> None:
    book, what = asked.book, f"video's page, {OWNER}"
    page = HttpResult.of(asked.owner.get(VIDEO_PAGE, **video.parameters)).page
    book.hooks(what, page, HOOKS["video's page"])
    book.note(what, "title", text(page.title).partition(" | ")[0])
    book.texts(what, page, headings="h3", size=".text-muted", note=".alert-info")
    player, source = page.select_one("video"), page.select_one("video source")
    if player is not None and source is not None:
        book.note(what, "player's attributes", ", ".join(sorted(set(player.attrs) - {"style", "src"})))
        book.signed(what, str(source["src"]))
        book.note(what, "type told", source.get("type", "none"))


def _download(asked: Asked, what: str, site: MoodleClient, parameters: Mapping[str, object]) -> None:
    """Not followed: where it leads to is the CDN's."""
    values = {name: str(value) for name, value in parameters.items()}
    response = site.session.get(site.url(DOWNLOAD), params=values, allow_redirects=False)
    answer = HttpResult.of(response)
    asked.book.answer(what, answer)
    where = str(response.headers.get("Location", ""))
    if where.startswith((asked.environment.base_url, "/")):
        asked.book.note(what, "leads to", where if where.startswith("http") else f"SITE{where}")
    elif where:
        asked.book.signed(what, where)
    else:
        asked.book.refusal(what, answer.page)
