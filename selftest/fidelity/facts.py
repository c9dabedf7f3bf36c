"""What a site answered, as facts that can be compared with those of another site: a name, and a text.

A name is "what was asked / aspect of the answer". In a text stand placeholders for what is unique: ids, names, times,
keys, secrets.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bs4 import BeautifulSoup, Tag

from clients.http_result import HttpResult
from clients.moodle.html import text

Facts = dict[str, str]

NOTHING = "(nothing)"
"""Where one of the sites has no such fact."""

UNIQUE = (
    (re.compile(r"videos/\d+/\d+_[0-9a-f]+/"), "videos/N/TIME_RANDOM/"),
    (re.compile(r"\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d{1,2} [A-Z]\w+ \d{4}, \d{1,2}:\d\d [AP]M"), "TIME"),
    (re.compile(r"\b\d+ days?( \d+ (hours?|mins?|secs?))?"), "DURATION"),
    (re.compile(r"(?<=[=_\[/])\d+(?!\d|[.\w])"), "N"),
    (re.compile(r"\bPlease wait \d+ seconds\b"), "Please wait N seconds"),
    (re.compile(r"\bs3video-player-\w+-\w+"), "s3video-player-ID"),
)
HEADERS = ("content-type", "cache-control", "content-disposition", "x-frame-options")
LIFETIME_STEP = 60
"""Seconds to which lifetimes are rounded: a request takes some."""


class Normal:
    """Makes texts of one site comparable; `known` maps what is this site's own to its placeholder."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = dict(known)

    def know(self, own: str, placeholder: str) -> None:
        self._known[own] = placeholder

    def __call__(self, said: str) -> str:
        for own in sorted(self._known, key=len, reverse=True):
            if own:
                said = said.replace(own, self._known[own])
        for pattern, placeholder in UNIQUE:
            said = pattern.sub(placeholder, said)
        return " ".join(said.split())


class Book:
    """Facts of one site, as they are found."""

    def __init__(self, normal: Normal) -> None:
        self.normal = normal
        self.facts: Facts = {}

    def note(self, asked: str, aspect: str, seen: object) -> None:
        self.facts[f"{asked} / {aspect}"] = self.normal(str(seen)) or "(empty)"

    def exactly(self, asked: str, aspect: str, seen: object) -> None:
        """As `note`, for what has nothing unique in it."""
        self.facts[f"{asked} / {aspect}"] = str(seen)

    # -- answers ----------------------------------------------------------------------------------

    def answer(self, asked: str, answer: HttpResult) -> None:
        """Status, headers, where it led, and what a person or a script is told."""
        self.note(asked, "status", answer.status)
        headers = {name.lower(): value for name, value in answer.headers[-1].items()}
        for name in HEADERS:
            if value := headers.get(name):
                self.exactly(asked, name, header(name, value))
        if len(answer.hops) > 1:
            self.note(asked, "leads to", " > ".join(place(hop) for hop in answer.hops[1:]))

    def script(self, asked: str, answer: HttpResult) -> None:
        """An answer in JSON."""
        self.answer(asked, answer)
        try:
            data = json.loads(answer.body)
        except ValueError:
            self.note(asked, "JSON", "none")
            self.refusal(asked, answer.page)
            return
        self.note(asked, "keys", ", ".join(keys(data)))
        for name in ("error_type", "errorcode", "can_retry", "error", "guidance"):
            if isinstance(data, dict) and name in data:
                self.note(asked, name, data[name])

    def page(self, asked: str, answer: HttpResult) -> BeautifulSoup:
        """A page of HTML."""
        self.answer(asked, answer)
        page = answer.page
        self.note(asked, "body id", page.body.get("id", "") if page.body else "no body")
        self.refusal(asked, page)
        return page

    def refusal(self, asked: str, page: BeautifulSoup) -> None:
        """What Moodle's error page says, if it is one."""
        if box := page.select_one(".errormessage"):
            self.note(asked, "error", text(box))
            code = page.select_one(".errorcode a[href]")
            self.note(asked, "errorcode", re.split(r"[/#]", str(code["href"]))[-1] if code else "none")

    # -- parts of pages ---------------------------------------------------------------------------

    def hooks(self, asked: str, page: BeautifulSoup, selectors: Iterable[str]) -> None:
        for selector in selectors:
            self.note(asked, selector, "there" if page.select_one(selector) else "not there")

    def texts(self, asked: str, page: BeautifulSoup, **selectors: str) -> None:
        """The words of the elements of each selector, told under its name."""
        for name, selector in selectors.items():
            self.note(asked, name.replace("_", " "), " | ".join(text(one) for one in page.select(selector)))

    def fields(self, asked: str, form: Tag | None, only: str = "") -> None:
        """A form's fields by name, as far as their names have `only` in them: kind, choices, what it begins with."""
        if form is None:
            self.note(asked, "form", "none")
            return
        named: dict[str, list[str]] = {}
        for field in form.select("input[name], select[name], textarea[name], button[name]"):
            if only in str(field["name"]):
                named.setdefault(str(field["name"]), []).append(described(field))
        for name, kinds in named.items():
            self.note(asked, f"field {name}", "; ".join(sorted(kinds)))

    # -- what only the plugin's scripts have ------------------------------------------------------

    def presigned(self, asked: str, form: Mapping[str, Any]) -> None:
        """The form with which a browser sends a video to S3."""
        self.note(asked, "form's address", form["url"])
        self.note(asked, "form's fields", ", ".join(sorted(form["fields"])))
        policy = next(value for name, value in form["fields"].items() if name.lower() == "policy")
        said = json.loads(base64.b64decode(policy))
        ends = datetime.fromisoformat(said["expiration"].replace("Z", "+00:00"))
        seconds = (ends - datetime.now(UTC)).total_seconds()
        self.note(asked, "form's lifetime in seconds", round(seconds / LIFETIME_STEP) * LIFETIME_STEP)
        for condition in said["conditions"]:
            name, value = condition_of(condition)
            self.note(asked, f"form's condition on {name}", value)

    def signed(self, asked: str, address: str) -> None:
        """An address to watch at."""
        parts = urlsplit(address)
        asked_for = dict(parse_qsl(parts.query))
        self.note(asked, "signed address", f"{parts.scheme}://{parts.netloc}{parts.path}")
        self.note(asked, "signed address's query", ", ".join(sorted(asked_for)))
        lifetime = int(asked_for.get("Expires", 0)) - datetime.now(UTC).timestamp()
        self.note(asked, "signed address's lifetime", round(lifetime / LIFETIME_STEP) * LIFETIME_STEP)
        if given := asked_for.get("response-content-disposition"):
            self.note(asked, "signed address's disposition", given)


def header(name: str, value: str) -> str:
    if name == "content-type":
        return re.sub(r"\s*;\s*charset=", "; charset=", value.lower())
    return ", ".join(sorted(part.strip() for part in value.lower().split(","))) if name == "cache-control" else value


def place(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def keys(data: Any, above: str = "") -> list[str]:
    """Of all levels, each with the type of its value; what S3 wants in a form is for `presigned`."""
    if not isinstance(data, dict):
        return [f"{above or '(all)'}: {type(data).__name__}"]
    found = []
    for name, value in sorted(data.items()):
        inner = isinstance(value, dict) and name != "fields"
        place = f"{above}{name}"
        found += keys(value, f"{place}.") if inner else [f"{place}: {type(value).__name__}"]
    return found


def condition_of(condition: Any) -> tuple[str, str]:
    """A condition of a presigned form: of what, and what it says; what is new each time has a placeholder.

    S3 takes small and capital letters in the names for the same.
    """
    if isinstance(condition, dict):
        ((name, value),) = condition.items()
        condition = ["eq", f"${name}", value]
    kind, name, *values = condition
    if kind == "content-length-range":
        return kind, f"{name}–{values[0]}"
    name = str(name).lstrip("$")
    secret = name.lower() in ("x-amz-credential", "x-amz-date", "x-amz-signature")
    return name.lower(), f"{kind} {'…' if secret else values[0]}"


def described(field: Tag) -> str:
    """A field in a few words."""
    kind = str(field.get("type", "text")) if field.name == "input" else str(field.name)
    if field.name == "select":
        chosen = field.select_one("option[selected]") or field.select_one("option")
        offered = ", ".join(f"{option.get('value')}={text(option)}" for option in field.select("option"))
        return f"{kind}: {offered}; begins with {chosen.get('value') if chosen else 'nothing'}"
    disabled = ", disabled" if field.has_attr("disabled") else ""
    return f"{kind}{disabled}"
