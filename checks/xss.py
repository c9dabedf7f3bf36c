"""A file's name that is markup, and whether a page has taken it for some."""

from __future__ import annotations

from bs4 import BeautifulSoup

from clients.errors import NotCheckable
from clients.http_result import HttpResult

MARK = "s3videoHarm"

NAME = f'clip"><img src=x onerror={MARK}=1>'
"""What ends an attribute and a tag, then tries to run; without a slash, which ends a name."""

ERROR = ".errormessage, #login"
"""What Moodle shows in place of a page; a question before a deletion is in the box of a notice, and is a page."""


ON_ITS_WAY = f'clip" onmouseover="{MARK}=1'
"""What ends an attribute and begins another one: Moodle's PARAM_TEXT, which takes tags out, leaves it as it is."""

RAN = f"() => Boolean(window.{MARK})"
"""Whether a script of the name has run in a page of a browser since it was opened."""


def expect_shown_as_text(html: str, where: str, what: str = "the file's name") -> None:
    """`html` is a page as its scripts left it: in text the name is harmless, as an element or its handler it runs."""
    page = BeautifulSoup(html, "lxml")
    if made := page.select(f"[onerror*={MARK}], script:-soup-contains({MARK})"):
        raise AssertionError(f"expected {where} to show {what} as text, seen it become <{made[0].name}>")
    for element in page.find_all(True):
        for name, value in element.attrs.items():
            if name.startswith("on") and MARK in value:
                raise AssertionError(
                    f"expected {where} to show {what} as text, seen it become {name} of <{element.name}>"
                )


def expect_page_shows_as_text(answer: HttpResult, where: str, what: str = "the file's name") -> None:
    """The same of a page in a browser. Raises NotCheckable where it does not open."""
    if answer.status >= 400 or answer.page.select_one(ERROR):
        raise NotCheckable(f"{where} does not open: {answer.message[:100]}")
    expect_shown_as_text(answer.rendered, where, what)
