"""What axe says of an element, for people."""

import pytest

from pages.accessible import in_a_line


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        (
            "Fix any of the following:\n  aria-label attribute does not exist\n  Element has no title attribute",
            "it is enough to mend one of these: aria-label attribute does not exist; Element has no title attribute",
        ),
        (
            "Fix all of the following:\n  Element is in tab order\n",
            "all of these have to be mended: Element is in tab order",
        ),
        (
            "Fix any of the following:\n  a\n  b\n\nFix all of the following:\n  c",
            "it is enough to mend one of these: a; b, and all of these have to be mended: c",
        ),
        ("Something else", "Something else"),
        ("", ""),
    ],
)
def test_what_would_mend_it_stands_in_a_line(summary: str, told: str) -> None:
    assert in_a_line(summary) == told
