"""Evidence in the words of a person: no JSON, no bare numbers of HTTP, no names that only a browser has."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

SHOWN = 12
"""Parts of a list."""

FAILURES = {
    "ERR_BLOCKED_BY_ORB": "blocked by the browser: the answer was no picture, video or script",
    "ERR_ABORTED|NS_BINDING_ABORTED|cancelled": "cut off, as when a page is left",
    "ERR_CONNECTION_REFUSED|NS_ERROR_CONNECTION_REFUSED": "nobody answers there",
    "ERR_NAME_NOT_RESOLVED|NS_ERROR_UNKNOWN_HOST": "there is no such host",
    "ERR_TUNNEL_CONNECTION_FAILED|NS_ERROR_PROXY": "the proxy does not lead there",
    "ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_RESET|NS_ERROR_NET_RESET": "the connection broke",
    "ERR_CERT|SEC_ERROR": "its certificate is not trusted",
}

AXE = {
    "color-contrast": "text that stands out from its background",
    "aria-progressbar-name": "a progress bar that a screen reader calls by a name",
    "select-name": "a list to choose from that a screen reader calls by a name",
    "label": "a field that a screen reader calls by a name",
    "button-name": "a button that a screen reader calls by a name",
    "link-name": "a link that a screen reader calls by a name",
    "image-alt": "a text that a screen reader reads out for the picture",
    "video-caption": "captions for the video",
    "target-size": "a button that is large enough",
    "nested-interactive": "no control inside another one",
    "scrollable-region-focusable": "a part that can be scrolled without a mouse",
}
"""What axe's rules ask for, by their names."""

FAILED = re.compile(r"\b(?:net::)?(?:ERR|NS_ERROR|NS_BINDING)_\w+")

NOISE = re.compile(r"mathjax|polyfill\.io", re.I)
"""What a site fetches from elsewhere, and a test network keeps from it: no finding."""


FRAMES = re.compile(
    r"(?:\s+(?:at\s(?:[\w.$<>\[\]]+\s){0,4}\(?|[\w.$/<*]*@)(?:https?://|<anonymous>|…/)\S*?:\d+:\d+\)?)+"
)
"""A script's stack in one line, as engines write it: "at f (https://…/a.js:1:2)", or "f@https://…/a.js:1:2"."""

CLOSING = re.compile(r"\s*\xd7\s*Dismiss this notification")
"""The button beside what Moodle tells."""

MANY = 10
"""As often is the same done that a list tells the first FIRST, and the last."""

FIRST = 3

KEY = re.compile(r"\bvideos/(\d+)/((?:[^\s,;:/]+/)+)([^\s,;:/]+)")
ADDRESS = re.compile(r"https?://[^\s,;?]*/([^\s,;?/]+)\S*?(?=[,;:)]*(?:\s|$))")


def short(text: str, beside: str = "") -> str:
    """A text for one line: of a video's key its folder and its name, of an address its last part.

    Where another text that stands beside it has a key or an address that would look the same, it is told by what
    differs.
    """

    def key(found: re.Match[str]) -> str:
        others = {one[2] for one in KEY.finditer(beside) if (one[1], one[3]) == (found[1], found[3])}
        return f"…/{found[2]}{found[3]}" if others - {found[2]} else f"videos/{found[1]}/…/{found[3]}"

    def address(found: re.Match[str]) -> str:
        others = {one[0] for one in ADDRESS.finditer(beside) if one[1] == found[1]}
        return found[0] if others - {found[0]} else f"…/{found[1]}"

    return ADDRESS.sub(address, KEY.sub(key, text))


def listed(names: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def each_of(parts: Sequence[str]) -> str:
    """ "a, b, and c": the comma says that any of them is enough."""
    return ", and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def in_words(value: Any) -> str:
    """A value of evidence: JSON types, and what Python makes of them."""
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        if {"may", "right"} <= value.keys():
            return _right(value)
        return "; ".join(f"{name}: {in_words(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        told = [in_words(inner) for inner in value]
        return ", ".join([*told[:SHOWN], *([f"{len(told) - SHOWN} more"] if len(told) > SHOWN else [])]) or "nothing"
    return str(value or "nothing")


def _number(value: float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if math.isnan(value):
        return "unknown"
    return f"{value:,}".replace(",", "\u202f") if abs(value) >= 10_000 else str(value)


def _right(tried: Mapping[str, Any]) -> str:
    may = "allowed" if tried["may"] else "refused"
    return f"{may}{'' if tried['right'] else ', which is wrong'}: {in_words(tried.get('seen'))}"


def brief(text: str) -> str:
    """Without the stacks of scripts, which the line's own messages keep, and without what closes a notice."""
    return CLOSING.sub("", FRAMES.sub(" …", text))


def first_and_last(told: Sequence[str], what: str) -> list[str]:
    """Of many the first and the last, which is where it failed; how many are left out is told between them."""
    if len(told) < MANY:
        return [*told]
    return [*told[:FIRST], f"… and {len(told) - FIRST - 1} more {what}", told[-1]]


def repeated(steps: Sequence[str]) -> list[str]:
    """Steps of which the same verb stands in MANY: its first FIRST are told, how many more, and the last.

    Steps between are left out only where each of them is told elsewhere, word for word.
    """
    for verb in dict.fromkeys(step.partition(" ")[0] for step in steps):
        places = [number for number, step in enumerate(steps) if step.partition(" ")[0] == verb]
        if len({steps[place] for place in places}) < MANY:
            continue
        begin, end = places[FIRST], places[-2] + 1
        kept = [*steps[:begin], *steps[end:]]
        if all(step in kept for number, step in enumerate(steps[begin:end], begin) if number not in places):
            more = f"… and {len(places) - FIRST - 1} more in the same way, and last of all:"
            return [*steps[:begin], more, *steps[end:]]
    return [*steps]


def failures(text: str) -> str:
    """A text in which browsers' names for what broke are words."""
    return FAILED.sub(lambda found: failure(found[0]), text)


def failure(name: str) -> str:
    """Why a request had no answer, by a browser's name for that; the name itself where it is not known here."""
    return next((told for names, told in FAILURES.items() if re.search(names, name)), name)


def status(value: Any) -> str:
    """An HTTP status with its phrase, or why there was no answer."""
    if isinstance(value, int):
        known = value in {one.value for one in HTTPStatus}
        return f"{value} {HTTPStatus(value).phrase}" if known else str(value)
    return failure(str(value))


def requests(told: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Without the host's own noise."""
    return [one for one in told if not NOISE.search(str(one.get("address", "")))]


def sent_to(one: Mapping[str, Any], site: str = "") -> str:
    """Where a request went: on `site` its path alone."""
    address = str(one.get("address", "")).partition("?")[0]
    return address.removeprefix(site) or address


def parameters(one: Mapping[str, Any]) -> str:
    """What a request asked for, in its address or in a form: "id 7, s3key hidden"; empty without any."""
    return ", ".join(f"{name} {'hidden' if value == '…' else value or 'empty'}" for name, value in given(one).items())


def given(one: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of a request, in its address or in a form."""
    query = parse_qsl(str(one.get("address", "")).partition("?")[2], keep_blank_values=True)
    return {**dict(query), **(one.get("parameters") or {})}


STANDS = {
    "sesskey": "SESSKEY",
    "submissionid": "SUBMISSION",
    "assignmentid": "ASSIGNMENT",
    "userid": "USER",
    "s3video_s3_bucket": "BUCKET",
}
"""What stands for a value that is another one in each run, by the parameter's name."""


def stands_for(name: str, value: str, address: str) -> str:
    """The word for such a value; empty for one that anybody can send again."""
    if value in ("", "0"):
        return ""
    if value.startswith("videos/"):
        return "KEY"
    if name == "id":
        return "MODULE" if address.endswith("/mod/assign/view.php") else "SUBMISSION" if "/s3video/" in address else ""
    return STANDS.get(name, "")


def lasting(parameters: Mapping[str, str], address: str) -> dict[str, str]:
    """Parameters as they are asked for there in any run."""
    return {name: stands_for(name, value, address) or value for name, value in parameters.items()}


def console(told: Iterable[str]) -> list[str]:
    """Without the host's own noise, what was said many times in a row once."""
    found: list[tuple[str, int]] = []
    for message in told:
        if NOISE.search(message):
            continue
        if found and found[-1][0] == message:
            found[-1] = (message, found[-1][1] + 1)
        else:
            found.append((message, 1))
    return [message if times == 1 else f"{message} ({times} times)" for message, times in found]


def sentence(text: str) -> str:
    """`text` as another can follow it: with a full stop, where it has no sign at its end."""
    text = " ".join(text.split())
    return text if not text or text.removesuffix("”").endswith((".", "!", "?", ":", "…")) else f"{text}."
