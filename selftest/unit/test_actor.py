"""What a person at a browser does over HTTP."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests

from pages.actor import Actor
from pages.base import Moodle

MOODLE = "https://moodle.example.edu"


class SendsOn:
    """A site whose log-in page sends on to itself until the session that it gives comes back alone, as IOMAD's does."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.over = ""

    def url(self, path: str) -> str:
        return f"{MOODLE}{path}"

    def get(self, path: str, **_: object) -> None:
        (self.over,) = self.session.cookies.values()
        self.session.cookies.set("MoodleSession", "next", domain="moodle.example.edu", path="/")
        if len(self.session.cookies) > 1:
            raise requests.TooManyRedirects(path)


def test_a_site_that_gives_a_new_session_at_the_log_out_gets_that_one_back() -> None:
    site = SendsOn()

    def held(_: str = "") -> list[dict[str, str]]:
        return [{"name": "MoodleSession", "value": "first", "domain": "moodle.example.edu", "path": "/"}]

    def answer(url: str, **options: Any) -> SimpleNamespace:
        return SimpleNamespace(is_redirect=options["cookies"]["MoodleSession"] == site.over)

    site.session.get = answer  # type: ignore[method-assign,assignment]
    page = SimpleNamespace(evaluate=lambda _: "sesskey")
    moodle = Moodle(MOODLE, page=1, upload=1, play=1)
    context = SimpleNamespace(cookies=held)
    Actor.lose_session(cast(Actor, SimpleNamespace(context=context, moodle=moodle, page=page, _new_site=lambda: site)))
    assert site.over == "first"


def test_each_unfinished_text_is_told_once_with_the_first_of_its_pages() -> None:
    moodle = Moodle(MOODLE, page=1, upload=1, play=1)
    for address in ("list", "list?page=1", "list?page=2"):
        moodle.note_texts(f"{MOODLE}/{address}", "Videos [[managevideos]]")
    moodle.note_texts(f"{MOODLE}/list", "[[videodeletesuccess]]")
    moodle.note_texts(f"{MOODLE}/course", "[[coursename]]")
    person = cast(Actor, SimpleNamespace(moodle=moodle))
    told = (
        rf"seen “\[\[managevideos\]\]” on {MOODLE}/list and 2 other pages; "
        rf"“\[\[videodeletesuccess\]\]” on {MOODLE}/list$"
    )
    with pytest.raises(AssertionError, match=told):
        Actor.expect_translated(person, "/list")
    Actor.expect_translated(person, "/grader")


def test_nobody_is_told_what_another_one_s_pages_showed() -> None:
    moodle = Moodle(MOODLE, page=1, upload=1, play=1)
    parts: Any = dict.fromkeys(("videos", "open_window", "new_site", "new_console", "promise"))
    admin, student = (
        Actor(cast(Any, SimpleNamespace(password="")), moodle, **parts, remember=lambda _: None, part=part)
        for part in ("administrator", "student")
    )
    admin.moodle.note_texts(f"{MOODLE}/list", "[[managevideos]]")
    student.expect_translated()
    with pytest.raises(AssertionError, match="managevideos"):
        admin.expect_translated()
