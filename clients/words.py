"""Facts in words for people: pure functions from statuses, counts, spans and Playwright's errors to sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from http.client import responses

_EXPECT = re.compile(
    r"(?P<what>.+?)(?: Locator expected [\w ]+)?(?: Expected value: '(?P<expected>.*?)')?"
    r" Actual value: (?P<actual>.*?)(?: Error: (?P<error>.*))?"
)
"""How Playwright's `expect` tells a failure, in one line, after the words that it was given."""


def expectation(text: str) -> str:
    """A failure of Playwright's `expect` as a sentence, "expected …, seen …"; any other text as it is."""
    found = _EXPECT.fullmatch(text)
    if not found or text.startswith("expected "):
        return text
    wanted, actual = found["expected"], found["actual"]
    wanted = f", {wanted}" if wanted and not wanted.startswith(("<", "re.compile")) else ""
    seen = "nothing of it on the page" if found["error"] or actual == "None" else actual
    return f"expected {found['what']}{wanted}, seen {seen}"


def parameters(given: Mapping[str, object]) -> str:
    """What is asked for, to follow an address: " with id 7 and search “Ada”"; empty without any."""
    told = [f"{name} {value}" if str(value).isdigit() else f"{name} “{value}”" for name, value in given.items()]
    return f" with {listed(told)}" if told else ""


def listed(parts: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


_ROLE = re.compile(r'get_by_role\("(\w+)"(?:, name="([^"]*)")?')
_CSS = re.compile(r'locator\("((?:[^"\\]|\\.)*)"\)')

HINDERED = {
    "intercepts pointer events": "something lie over it",
    "not visible": "it hidden",
    "not enabled": "it switched off",
    "not stable": "it move all the while",
    "resolved to": "it not ready for that",
}
"""Why Playwright could not do something, by words of its call log."""

ARRIVALS = {"popup": "a new tab", "response": "an answer of the site", "request": "a request", "download": "a download"}
"""What Playwright calls an event."""


_SUPPORT = "For documentation on this error, please visit:"


def of_playwright(text: str) -> str:
    """What Playwright says of something that it could not do, as a sentence; any other text as it is."""
    first, _, log = text.partition("\nCall log:")
    late = re.fullmatch(
        r"(?:\w+\.(\w+): )?Timeout (\d+)ms exceeded\.?(?: while waiting for event \"(\w+)\")?", first.strip()
    )
    if not late:
        gone = re.fullmatch(r"Page\.goto: (\S+) at (\S+)", first.strip())
        return f"expected a page at {gone[2]}, seen no answer ({gone[1]})" if gone else text
    deed, within = late[1], f"within {int(late[2]) / 1000:g} s"
    if late[3]:
        return f"expected {ARRIVALS.get(late[3], late[3])} {within}, seen none"
    if page := re.search(r'navigat\w+ to "([^"]+)"', log):
        return f"expected a page at {page[1]} {within}, seen none"
    if "waiting for navigation" in log or deed is None:
        return f"expected the browser to go on to another page {within}, seen it stay"
    hindered = next((told for words, told in HINDERED.items() if words in log), "nothing of it on the page")
    return f"expected to {deed.replace('_', ' ')} {_part(log)} {within}, seen {hindered}"


def of_selenium(text: str) -> str:
    """What a driver says, without what Selenium adds to it; any other text as it is."""
    return re.sub(rf"^Message: |;? ?{_SUPPORT} \S+|(?<=.)\nStacktrace:.*", "", text, flags=re.S).strip()


def _part(log: str) -> str:
    """Of the page, which a call log names: its last control, or else its last selector."""
    waited = re.search(r"waiting for (.+)", log)
    chain = waited[1] if waited else ""
    if roles := _ROLE.findall(chain):
        role, name = roles[-1]
        return f"the {role} “{name}”" if name else f"the {role}"
    selectors = _CSS.findall(chain)
    return f"the part “{selectors[-1]}” of the page" if selectors else "a part of the page"


def answered(status: int) -> str:
    """An HTTP status with its name, as in `status 403 (Forbidden)`."""
    return f"status {status} ({responses[status]})" if status in responses else f"status {status}"


def some(names: Sequence[str], most: int = 5) -> str:
    """The first of many, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def cut(text: str, most: int) -> str:
    """A text of at most so many characters; what was longer ends behind a word, with "…"."""
    if len(text) <= most:
        return text
    kept = text[: most - 2]
    return f"{kept.rpartition(' ')[0] or kept} …"


def counted(number: int, what: str) -> str:
    """Some things of a kind: `1 row`, `2 rows`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def lasting(span: timedelta) -> str:
    """How long something takes, to the second from a minute on: `1 hour`, `6 days 23 hours`."""
    left = round(span.total_seconds())
    parts = []
    for seconds, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        number, left = divmod(left, seconds)
        if number:
            parts.append(counted(number, unit))
    return " ".join(parts[:2]) or "no time"
