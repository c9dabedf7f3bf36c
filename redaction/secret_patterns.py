"""What a secret may look like: every spelling of those that are known, and the forms of those that are not."""

from __future__ import annotations

import base64
import json
import mmap
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from operator import methodcaller
from urllib.parse import quote, quote_plus

from ahocorasick_rs import BytesAhoCorasick

SHORTEST_SECRET = 6
"""Characters. Anything shorter could not be told from ordinary text."""

BLOCK = 32
"""Values that are looked for at a time. A run adds one after the other, and only the last block is made anew for it.
Made of all of a hundred at once, what finds them took 0.16 s for each new one."""

MARK = "[redacted]"
_MARK = MARK.encode()


# What a session key and its like may be separated by from their value, in HTML, JSON, a multipart or URL-encoded form.
# No piece begins as another does, so there is one way to read any text: a search takes time that grows with the text.
_ESCAPED = rb"\\++(?:u0022|[rn](?!ame))?+"

_QUOTE = (
    rb"""(?:["'\s,]|""" + _ESCAPED + rb"""|%(?:25)*2[2cC]|&(?:quot|\#34|\#0?39|\#x2[27]);|value|type|hidden|name)"""
)

_COLON = rb"(?:[:=]|%(?:25)*3[aAdD])"

_NEWLINE = rb"(?:\r?\n|(?:\\++r)?\\++n)"

_EQUALS = rb"(?:" + _COLON + rb"|" + _NEWLINE + _NEWLINE + rb")"

_IS = _QUOTE + rb"{0,20}" + _EQUALS + rb"(?:" + _QUOTE + rb"|" + _COLON + rb"){0,40}"

_RANDOM = rb"(?=[a-z]*[A-Z0-9])"

# Each begins with letters that keep their case, and re finds those fast; so ignoring case costs nothing.
_PATTERNS = tuple(
    (kind, re.compile(rb"(" + name + rb")" + value))
    for kind, name, value in (
        ("session key", rb"sesskey" + _IS, _RANDOM + rb"[A-Za-z0-9]{8,}"),
        ("login token", rb"logintoken" + _IS, _RANDOM + rb"[A-Za-z0-9]{8,}"),
        ("session cookie", rb"MoodleSession\w{0,40}" + _IS, _RANDOM + rb"[A-Za-z0-9,-]{16,}"),
        ("signature", rb"ignature" + _IS, _RANDOM + rb"[A-Za-z0-9~_+/=%-]{20,}"),
        ("signature", rb"ignatureProvided(?:>|&gt;)", rb"[A-Za-z0-9+/=]{20,}"),
        ("security token", rb"ecurity-Token" + _IS, _RANDOM + rb"[A-Za-z0-9~_+/=%-]{20,}"),
        ("credential", rb"redential" + _IS, rb"[A-Za-z0-9%/\\_-]{8,200}?aws4_request"),
        ("policy", rb"olicy" + _IS, rb"e[yw][A-Za-z0-9~_+/=%-]{40,}"),
        (
            "private key",
            rb"PRIVATE(?: |\+|%20)KEY-----(?:\s|\\+[rn]|%0[aAdD]|&\#1[03];|<br ?/?>)*",
            rb"(?:[A-Za-z0-9+/]|%2[bBfF]|\\+/){32}[A-Za-z0-9+/=\s\\%&#;]*",
        ),
    )
)

_DATA_URI = re.compile(rb"(;base64,)([A-Za-z0-9+/]{16,}={0,2})")

# Python, Jinja, PHP, and what a browser writes for text and for attributes.
_HTML = (
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"},
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"},
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#039;"},
    {"&": "&amp;", "<": "&lt;", ">": "&gt;"},
    {"&": "&amp;", '"': "&quot;"},
)

_ESCAPES: tuple[Callable[[str], str], ...] = (
    *(methodcaller("translate", str.maketrans(table)) for table in _HTML),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),  # PHP
    lambda text: repr(text)[1:-1],
)

# RFC 3986 with and without the slash, a Python form, encodeURIComponent, a browser's form.
_URL: tuple[Callable[[bytes], str], ...] = (
    lambda text: quote(text, safe=""),
    quote,
    quote_plus,
    lambda text: quote(text, safe="!'()*"),
    lambda text: quote_plus(text, safe="*").replace("~", "%7E"),
)


@lru_cache(maxsize=1000)
def _spellings(value: str) -> dict[bytes, str]:
    """Every way `value` may be written, with what a leak of it is called."""
    # A key in PEM loses its line breaks to escaping of many kinds, so its lines count by themselves.
    lines = {line for line in value.splitlines() if len(line) >= 16 and "-----" not in line}
    plain = {text for text in {value, value.strip(), *lines} if len(text) >= SHORTEST_SECRET}
    escaped = set(plain)
    for _ in range(4):  # such as JSON in a page's HTML in a log in JSON in the HTML of the report
        escaped |= {escape(text) for text in escaped for escape in _ESCAPES}
    encoded = {encode(as_bytes(text)) for text in escaped for encode in _URL}
    encoded |= {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), text) for text in encoded}
    in_base64 = {core for text in plain for core in _base64_cores(as_bytes(text))}
    return {
        **dict.fromkeys(in_base64, "secret in base64"),
        **dict.fromkeys(map(as_bytes, encoded), "secret, URL-encoded"),
        **dict.fromkeys(map(as_bytes, escaped), "secret"),
    }


def _block(values: tuple[str, ...]) -> tuple[list[str], BytesAhoCorasick]:
    """What the spellings of these values are called, and what finds them."""
    spellings = {text: kind for value in values for text, kind in _spellings(value).items() if text not in _MARK}
    return list(spellings.values()), BytesAhoCorasick(spellings)


_full = lru_cache(maxsize=100)(_block)
_last = lru_cache(maxsize=4)(_block)


def _base64_cores(secret: bytes) -> Iterator[bytes]:
    """What is the same in the base64 of any text with `secret` in it, for its three alignments."""
    for before in range(3):
        bits = 8 * (before + len(secret))
        core = base64.b64encode(bytes(before) + secret)[-(-8 * before // 6) : bits // 6]
        yield core
        yield core.translate(bytes.maketrans(b"+/", b"-_"))
        yield quote(core, safe="").encode()


class Detector:
    """Finds and redacts the spellings of some values, and what `_PATTERNS` describe, in bytes."""

    def __init__(self, values: Iterable[str]) -> None:
        known = tuple(dict.fromkeys(values))
        full = len(known) // BLOCK * BLOCK
        self._blocks = [*(_full(known[at : at + BLOCK]) for at in range(0, full, BLOCK)), _last(known[full:])]

    def kinds(self, content: bytes | mmap.mmap) -> set[str]:
        found = {kind for kind, _, _ in self.matches(content)}
        found |= {kind for kind, pattern in _PATTERNS if pattern.search(content)}
        for uri in _DATA_URI.finditer(content):
            found |= self.kinds(_decoded(uri[2])[0])
        return found

    def redact(self, content: bytes) -> bytes:
        content = _DATA_URI.sub(self._redact_uri, content)
        for _, pattern in _PATTERNS:
            content = pattern.sub(rb"\1" + _MARK, content)
        pieces = []
        done = 0
        for start, end in _merged((start, end) for _, start, end in self.matches(content)):
            pieces += [content[done:start], _MARK]
            done = end
        return b"".join([*pieces, content[done:]])

    def matches(self, content: bytes | mmap.mmap) -> list[tuple[str, int, int]]:
        """What each spelling that is found is called, where it begins, and where it ends."""
        return [
            (kinds[index], start, end)
            for kinds, automaton in self._blocks
            for index, start, end in automaton.find_matches_as_indexes(content, overlapping=True)
        ]

    def _redact_uri(self, uri: re.Match[bytes]) -> bytes:
        decoded, rest = _decoded(uri[2])
        clean = self.redact(decoded)
        return uri[0] if clean == decoded else uri[1] + base64.b64encode(clean) + rest


def as_bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _decoded(text: bytes) -> tuple[bytes, bytes]:
    """The content of whole groups of base64, and the characters left over."""
    whole = len(text) // 4 * 4
    return base64.b64decode(text[:whole]), text[whole:]


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans as one, so that no end of a secret survives beside another."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
