"""What a failure says in one line of a report."""

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.pytest_plugin.lines import first_words


def test_the_first_words_of_playwright_are_its_sentence() -> None:
    failure = AssertionError(
        "the progress bar\nLocator expected to be visible\nActual value: None\nCall log:\n  - Expect "
    )
    assert first_words(failure) == "expected the progress bar, seen nothing of it on the page"
    assert first_words(AssertionError("expected one\nAria snapshot:\n- main: …")) == "expected one"
    assert first_words(AssertionError("expected none, seen a.mp4\nassert not ['a.mp4']")) == "expected none, seen a.mp4"
    assert first_words(ValueError()) == "ValueError"


@settings(deadline=None)
@given(st.text())
def test_the_first_words_are_one_short_line_and_never_nothing(text: str) -> None:
    words = first_words(ValueError(text))
    assert 0 < len(words) <= 1000
    assert "\n" not in words
