"""Patterns of users: they cannot hang a run, and cannot excuse everything."""

import time

import pytest

from checklist.patterns import Pattern, PatternError


@pytest.mark.parametrize("text", ["(a+)+$", "(a|a)*b", "(x+x+)+y", r"^(\w+\s?)*$"])
def test_no_pattern_runs_without_end(text: str) -> None:
    began = time.monotonic()
    assert not Pattern.of(f"z{text}").search("z" + "a" * 100_000 + "xxxx!")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".*",
        ".",
        "(?s).",
        "e|—|4|x",
        "a{0}",
        "[^z]",
        "$",
        r"\S",
        r"\w",
        "e",
        "expected",
        "seen ",
        "expected .*, seen",
        r"\d|x",
    ],
)
def test_a_pattern_that_would_excuse_everything_is_refused(text: str) -> None:
    with pytest.raises(PatternError, match="would match every message; make the pattern name the one it is for"):
        Pattern.of(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("(", r"RE2: missing \)"),
        ("a(?=b)", "RE2: invalid perl operator"),
        (r"(a)\1", "RE2: invalid escape"),
        ("((a{1000}){1000})", "RE2: invalid repetition"),
        ("a" * 1001, "longer than 1000 characters"),
        (7, "a pattern in quotes"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_told(text: object, told: str) -> None:
    with pytest.raises(PatternError, match=told):
        Pattern.of(text)


def test_what_no_encoding_has_can_be_searched() -> None:
    assert Pattern.of("limit of 5 GB").search("\ud83d the limit of 5 GB \udc80")
    assert not Pattern.of("limit of 5 GB").search("the limit of 5 MB")
    assert Pattern.of("(?i)LIMIT").pattern == "(?i)LIMIT"
