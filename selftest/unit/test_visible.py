"""What a plugin says is shown as text: it moves no cursor, and commands no CI."""

import pytest

from checklist.visible import visible


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b[2J\x1b[31mall passed", r"\x1b[2J\x1b[31mall passed"),
        ("\x9b2Jall passed", r"\x9b2Jall passed"),
        ("first\rsecond", r"first\x0dsecond"),
        ("##[error]all is lost", "## [error]all is lost"),
        ("seen ##vso[task.setvariable variable=x]y", "seen ## vso[task.setvariable variable=x]y"),
        ("##teamcity[testFailed]", "## teamcity[testFailed]"),
        ("::error::all is lost", ": :error::all is lost"),
        ("first\n  ::add-mask::e", "first\n  : :add-mask::e"),
        ("safe\u202egnp.exe", r"safe\u202egnp.exe"),
        ("half \ud83d pair", r"half \ud83d pair"),
        ("a line\n\tand a tab: a::b, ## head, Grüße 🎬", "a line\n\tand a tab: a::b, ## head, Grüße 🎬"),
    ],
)
def test_it_is_visible(said: str, shown: str) -> None:
    assert visible(said) == shown
    assert visible(shown) == shown
