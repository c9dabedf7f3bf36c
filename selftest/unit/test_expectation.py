"""What Playwright says of a failed expectation, as a sentence."""

import pytest

from clients.words import expectation


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "the link to all submissions Actual value: None Error: element(s) not found",
            "expected the link to all submissions, seen nothing of it on the page",
        ),
        (
            "Save changes that can be used Actual value: disabled",
            "expected Save changes that can be used, seen disabled",
        ),
        (
            "the assignment's name Expected value: 'Test Video Upload' Actual value: Test Video",
            "expected the assignment's name, Test Video Upload, seen Test Video",
        ),
        ("no link to a video Expected value: '<None>' Actual value: 1", "expected no link to a video, seen 1"),
        ("expected a bar, seen none", "expected a bar, seen none"),
        ("The table says Actual", "The table says Actual"),
    ],
)
def test_a_failure_is_a_sentence(said: str, told: str) -> None:
    assert expectation(said) == told
