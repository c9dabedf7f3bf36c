"""What no message to people holds: a pure function over its text, for whatever runs say."""

from __future__ import annotations

import re

NOT_FOR_PEOPLE = {
    "Python's way to write a dict": r"\{'|\{\"\w+\": ",
    "Python's way to write a list": r"\['|\[\]|\[\"",
    "Python's way to write nothing": r"(?<![“\w])None(?![”\w])|\bnan\b",
    "Python's way to write an object": r"<[\w.]+ (?:object|at 0x)|datetime\.|timedelta\(",
    "Playwright's way to tell a failure": (
        r"Call log|(?:Locator|Page)\.\w+:|Actual value|element\(s\) not found|ms exceeded"
    ),
    "a status without its name": r"\bstatus [1-5]\d\d\b(?! \()",
    "one of several": r"\b1 (?:objects|messages|rows|videos|lines|requests|checks|days|hours|minutes|seconds)\b",
}

QUOTED = re.compile(r"“[^”]*”|message: .*|says: .*|said: .*", re.S)
"""What somebody else said, which is not ours to put better."""


def not_for_people(message: str) -> list[str]:
    """What in a message is not in a person's words; empty for a good one."""
    ours = QUOTED.sub("“”", message)
    return [f"{what}: {found[0]}" for what, form in NOT_FOR_PEOPLE.items() if (found := re.search(form, ours))]
