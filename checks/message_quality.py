"""What a message to a student must not say, and what it must: pure functions over its text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from http.client import responses

PRODUCTS = ("JavaScript", "OneDrive", "PowerPoint", "QuickTime", "WhatsApp", "YouTube")
"""Names that students know, written like error codes."""

JARGON = {
    "the name of a service": r"\bAWS\b|\bAmazon\b|\bCloudFront\b|\bIAM\b|\bS3\b(?!\W+videos?\b)|\bCDN\b",
    "an error code": (
        rf"\b(?!(?:{'|'.join(PRODUCTS)})\b)(?:[A-Z][a-z0-9]+){{2,}}\b"
        r"|\b[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+\b|\bnet::\w+"
    ),
    "an HTTP status": (
        r"\b(?:HTTP|status|code|error|response)\W+(?:code\W+|status\W+)?[1-5]\d\d\b|\([1-5]\d\d\)"
        r"|\b[45]\d\d (?:Bad|Unauthori[sz]ed|Forbidden|Not|Method|Conflict|Request|Internal|Service|Gateway)\b"
    ),
    "markup or JSON": r"</?[a-z!?][^>]*>|&lt;|\bXML\b|\bJSON\b|\{\s*\"",
    "an address": (
        r"\b[a-z]+://|\barn:|\blocalhost\b|\b\d{1,3}(?:\.\d{1,3}){3}\b"
        r"|\b(?:[a-z0-9-]+\.)+(?:amazonaws|cloudfront|com|net|org|edu|test)\b"
    ),
    "a word of storage": r"\bbuckets?\b|\bpre-?signed\b|\bsignatures?\b|\b(?:access|secret|private) keys?\b|\bkey id\b",
    "a key id": r"\b(?:AKIA|ASIA|APKA|AIDA|AROA)[A-Z0-9]{8,}\b",
    "a request id": r"\brequest[ -]?id\b|\bx-amz-|\b(?=[0-9a-f-]*\d)[0-9a-f]{8}-?[0-9a-f-]{8,}\b",
    "a stack trace": r"\bstack ?trace\b|\bexception\b|\.php\b|\.js:\d|\bon line \d|\b(?:at |\()\S+\.\w+:\d+|#\d+ \S+\(",
}

_EXACT_CASE = ("an error code", "a key id")

_PATTERNS = {what: re.compile(pattern, re.NOFLAG if what in _EXACT_CASE else re.I) for what, pattern in JARGON.items()}

ADVICE = re.compile(
    r"\b(?:try|wait|contact|tell|ask|inform|check|choose|select|pick|use|convert|rename|reload|refresh|reconnect"
    r"|log (?:back )?in|sign (?:back )?in)\b",
    re.I,
)


def jargon(text: str, names: Iterable[str] = ()) -> list[str]:
    """What in `text` is not for a student, such as `an HTTP status: 403`; empty for a message in plain words.

    `names` are those of this environment that must not appear in any case: bucket, hosts, key ids.
    """
    found = [f"{what}: {match[0]}" for what, pattern in _PATTERNS.items() for match in pattern.finditer(text)]
    return found + [f"a name of this site's storage: {name}" for name in names if name.casefold() in text.casefold()]


def advises(text: str) -> bool:
    """Whether `text` tells its reader, in English, to do something."""
    return ADVICE.search(text) is not None


def expect_plain(text: str, names: Iterable[str] = ()) -> None:
    """Raises AssertionError when `text` says to a student what only the site's administrator should read."""
    if found := jargon(text, names):
        raise AssertionError(f"expected a message in plain words, seen {'; '.join(found)} in the message “{text}”")


def expect_advice(text: str) -> None:
    """Raises AssertionError when `text` leaves its reader without a next step."""
    if not advises(text):
        raise AssertionError(f"expected a message that tells the student what to do, seen: {text}")


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


UNTRANSLATED = re.compile(r"\[\[[\w:/-]+\]\]|\{\{[#/^]?[\w.]+\}\}|\{\$a(?:->\w+)?\}")
"""What Moodle prints for a missing string, and what an unfilled template leaves."""
