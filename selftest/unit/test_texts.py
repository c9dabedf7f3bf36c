"""Sizes and times read back from Moodle's pages."""

from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pages.deleted import _line
from pages.texts import UNITS, in_words, readable_size, shown_size, shown_time


def display_size(size: int) -> str:
    """What Moodle writes: one decimal, dropped where it is 0, and a space that does not break."""
    unit, per = next((unit, per) for unit, per in UNITS if size >= per or per == 1)
    return f"{size / per:.1f}".removesuffix(".0") + f"\xa0{unit}"


@given(st.integers(0, 5 * 1024**4))
@example(15616)
def test_a_size_is_read_back_to_half_of_its_precision(size: int) -> None:
    text = display_size(size)
    shown = shown_size(text)
    # A byte is left to floating point, as the dashboard's comparison leaves it: 15616 bytes are half-way, 15.2 KB.
    assert abs(shown.bytes - size) <= shown.precision / 2 + 1
    assert readable_size(size).search(f"({text})")
    assert in_words(size) == text.replace("\xa0", " ")


@pytest.mark.parametrize("text", ["", "many", "1.5", "1.5 KB of 3 KB", "[[size]]"])
def test_what_is_no_size_is_named(text: str) -> None:
    with pytest.raises(AssertionError, match=r"expected a size such as 313\.3 KB, seen"):
        shown_size(text)


@pytest.mark.parametrize(
    "text",
    [
        "Sunday, 22 November 2026, 5:44 PM",
        "22 November 2026, 5:44\u202fPM",
        "Sunday, 22 November\n2026, 5:44 PM Ada Lovelace",
    ],
)
def test_a_time_is_found_in_what_a_row_says(text: str) -> None:
    assert shown_time(text) == datetime(2026, 11, 22, 17, 44)


@pytest.mark.parametrize("text", ["", "[[strftimedatetime]]", "22 November", "5:44 PM"])
def test_what_has_no_time_is_named(text: str) -> None:
    with pytest.raises(AssertionError, match="expected a date and a time, seen"):
        shown_time(text)


def test_a_row_of_the_grading_table_is_told_without_whose_it_is() -> None:
    row = "Select Ada Lovelace\nALAda Lovelace ada@example.invalid Submitted for grading\n - Pending"
    assert _line(row) == "Submitted for grading - Pending"
    assert _line(" Ready \n (324.8 KB)") == "Ready (324.8 KB)"
