"""What a part of a page gives to read: in which words, and from which side."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

from pages.base import expect_on_screen
from pages.script import scripts

_SCRIPTS = scripts(__file__)


def words(part: Locator) -> list[str]:
    """Every text of `part`, hidden ones and those of screen readers included."""
    texts: list[str] = part.evaluate(_SCRIPTS["words"])
    return texts


def turn_round(page: Page) -> None:
    """Show the page as in a language that is read from right to left."""
    page.evaluate(_SCRIPTS["turn"])


def expect_turned(part: Locator, what: str) -> None:
    """`part`, of a page that was turned round, is seen whole, and none of its elements insists on a side."""
    expect_on_screen(part, f"{what}, read from right to left,")
    if sided := part.evaluate(_SCRIPTS["sides"]):
        raise AssertionError(f"expected {what} to turn round for who reads from right to left, seen {'; '.join(sided)}")
