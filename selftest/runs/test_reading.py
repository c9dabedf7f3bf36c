"""What a part of a page gives to read: all its words, and styles that do not turn round."""

import pytest

from pages.reading import expect_turned, turn_round, words
from selftest.runs.static_pages import Show

PART = """<main><p title="Hint">Read <b>this</b></p><p hidden>Hidden</p><script>let no = 1;</script>%s</main>"""


def test_words_are_all_that_anybody_reads(show: Show) -> None:
    page = show(PART % '<input placeholder="Name" aria-label="Your name">')
    assert words(page.get_by_role("main")) == ["Read", "this", "Hidden", "Hint", "Your name", "Name"]


@pytest.mark.parametrize(
    ("style", "seen"),
    [
        ("text-align: left", "text-align: left"),
        ("margin-left: 20px", "margin-left: 20px"),
        ("direction: ltr", "direction: ltr"),
        ("width: 20%; text-align: center; margin: 0 auto; padding-left: 0px", ""),
    ],
)
def test_a_style_that_names_a_side_is_told(show: Show, style: str, seen: str) -> None:
    page = show(PART % f'<p style="{style}">x</p>')
    turn_round(page)
    if not seen:
        expect_turned(page.get_by_role("main"), "the page")
        return
    with pytest.raises(AssertionError, match=f"the page to turn round .*, seen {seen}"):
        expect_turned(page.get_by_role("main"), "the page")


def test_what_sticks_out_on_the_other_side_is_told(show: Show) -> None:
    page = show(PART % "<div style='position: absolute; width: 3000px; height: 1px'>x</div>")
    turn_round(page)
    with pytest.raises(AssertionError, match="fit on the screen"):
        expect_turned(page.locator("main div"), "the page")
