"""What a message to a student must not say, and what it must: pure functions over its text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from clients.addresses import COMPONENT
from clients.errors import NotCheckable
from clients.words import listed

PRODUCTS = ("JavaScript", "OneDrive", "PowerPoint", "QuickTime", "WhatsApp", "YouTube")
"""Names that students know, written like error codes."""

UNTRANSLATED = re.compile(
    rf"\[\[[\w.:/-]*(?:,{COMPONENT})?\]\]"
    r"|\{\{[#/^]?[\w.]+\}\}|\{\$a(?:->\w+)?\}"
    rf"|\b(?:error|{COMPONENT})/[a-z]+_[a-z_]+\b(?!/)"
)
"""What Moodle prints for a missing string, its scripts with the component; what an unfilled template leaves; and what
an exception says that has no string."""

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
    "an unfinished text": UNTRANSLATED.pattern,
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
        parts = [f"“{words}” ({what})" for what, _, words in (part.partition(": ") for part in found)]
        raise AssertionError(f"expected a message in plain words, seen one that shows {listed(parts)}: “{text}”")


def expect_advice(text: str) -> None:
    """Raises AssertionError when `text` leaves its reader without a next step."""
    if not advises(text):
        raise AssertionError(f"expected a message that tells the student what to do, seen: {text}")


def unfinished(text: str) -> list[str]:
    """What in `text` is the name of a string and no string, or a template's placeholder; each once."""
    return sorted({match[0] for match in UNTRANSLATED.finditer(text)})


OF_AWS = ("the name of a service", "a word of storage", "a key id")


def expect_no_words_of_aws(texts: Mapping[str, Iterable[str]]) -> None:
    """Raises AssertionError when one of the `texts` that a student can read, by the page's name, says how videos are
    stored."""
    found = [
        f"{match[0]} in “{text[:120]}” ({where})"
        for where, ones in texts.items()
        for text in ones
        for what in OF_AWS
        if (match := _PATTERNS[what].search(text))
    ]
    if found:
        raise AssertionError(f"expected no page to tell a student how videos are stored, seen {'; '.join(found)}")


ORIGIN = re.compile(r"\{[\w:/-]+/\w*\}")
"""What Moodle adds to a text where it tells where texts come from: lib/moodlelib.php, get_string()."""

WORD = re.compile(r"[^\W\d_]{2,}")

NO_TEXTS = re.compile(r"\d+([.,]\d+)?\s*([KMGT]?B|bytes)|.*\.(mp4|webm)", re.I)
"""A size, and the name of a file."""


def expect_translatable(texts: Mapping[str, Iterable[str]]) -> int:
    """Each of the `texts`, by the page's name, comes from a language pack; returns how many do."""
    spoken = [(where, text) for where, ones in texts.items() for text in ones if WORD.search(text)]
    found = [
        f"“{text[:80]}” ({where})" for where, text in spoken if not (ORIGIN.search(text) or NO_TEXTS.fullmatch(text))
    ]
    if len(found) == len(spoken):
        raise NotCheckable("the site does not tell where any text comes from, although it was asked to (?strings=1)")
    if found:
        raise AssertionError(f"expected every text to come from a language pack, seen {'; '.join(found)}")
    return len(spoken)
