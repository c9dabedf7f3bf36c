"""What a failure says in one line of a report."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Error
from selenium.common.exceptions import ElementNotInteractableException

from clients.words import cut
from runner.pytest_plugin.lines import first_words


def test_the_first_words_of_playwright_are_its_sentence() -> None:
    failure = AssertionError(
        "the progress bar\nLocator expected to be visible\nActual value: None\nCall log:\n  - Expect "
    )
    assert first_words(failure) == "expected the progress bar, seen nothing of it on the page"
    assert first_words(AssertionError("expected one\nAria snapshot:\n- main: …")) == "expected one"
    assert first_words(AssertionError("expected none, seen a.mp4\nassert not ['a.mp4']")) == "expected none, seen a.mp4"
    assert first_words(AssertionError()) == "AssertionError"


def test_the_first_words_of_a_driver_are_its_own() -> None:
    failure = ElementNotInteractableException("Nobody sees it")
    assert "selenium.dev" in str(failure)
    assert first_words(failure) == "Nobody sees it"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            'Locator.click: Timeout 15000ms exceeded.\nCall log:\n  - waiting for locator("form").get_by_role'
            '("button", name="Save changes")\n    - resolved to <button>\n    - <div> intercepts pointer events',
            "expected to click the button “Save changes” within 15 s, seen something lie over it",
        ),
        (
            'Locator.fill: Timeout 5000ms exceeded.\nCall log:\n  - waiting for locator("#username")\n',
            "expected to fill the part “#username” of the page within 5 s, seen nothing of it on the page",
        ),
        (
            "Page.goto: net::ERR_CONNECTION_REFUSED at https://moodle.test/\nCall log:\n  - navigating",
            "expected a page at https://moodle.test/, seen no answer (net::ERR_CONNECTION_REFUSED)",
        ),
        (
            'Page.goto: Timeout 5000ms exceeded.\nCall log:\n  - navigating to "https://moodle.test/", waiting until',
            "expected a page at https://moodle.test/ within 5 s, seen none",
        ),
        ('Timeout 5000ms exceeded while waiting for event "popup"', "expected a new tab within 5 s, seen none"),
        ("Timeout 5000ms exceeded.", "expected the browser to go on to another page within 5 s, seen it stay"),
    ],
)
def test_what_playwright_could_not_do_is_a_sentence(said: str, told: str) -> None:
    assert first_words(Error(said)) == told


def test_what_nobody_thought_of_is_told_as_that() -> None:
    told = "expected something that the suite understands, seen what it stumbles over (KeyError: 'data')"
    assert first_words(KeyError("data")) == told


@settings(deadline=None)
@given(st.text())
def test_the_first_words_are_one_short_line_and_never_nothing(text: str) -> None:
    words = first_words(ValueError(text))
    assert 0 < len(words) <= 1000
    assert "\n" not in words


def test_a_long_message_ends_behind_a_word() -> None:
    text = first_words(AssertionError("expected quiet, seen " + "Please refresh the page. " * 100))
    assert text.endswith(("Please …", "refresh …", "the …", "page. …"))
    assert len(text) <= 1000
    assert [cut("one two three", most) for most in (13, 12, 5)] == ["one two three", "one two …", "one …"]
    assert cut("onetwothree", 6) == "onet …"
