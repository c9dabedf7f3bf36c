"""What comes back from the site, to a request or in a browser, as one thing to judge."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeVar

import requests
from bs4 import BeautifulSoup
from pydantic import TypeAdapter, ValidationError

from clients.addresses import AJAX
from clients.errors import UnexpectedAnswer
from clients.words import answered

Form = TypeVar("Form")

TEXTS = ("text/", "html", "json", "javascript", "xml")
"""Of a Content-Type: what is to be read, not played."""

REFUSALS = ".errormessage, #notice, #login"
"""Where Moodle says no: its error page, the page on how to enrol, the log-in form."""


@dataclass(frozen=True, kw_only=True)
class HttpResult:
    """What came back from the last of `hops`, the addresses that redirects led over; `headers` are of all of them.

    `text` is the body where that is to be read, and empty for a file; `rendered` is the page's HTML as its scripts left
    it, where a browser has run them.
    """

    status: int
    hops: Sequence[str]
    headers: Sequence[Mapping[str, str]]
    body: bytes
    text: str
    rendered: str = ""

    @classmethod
    def of(cls, response: requests.Response) -> Self:
        """To a request over HTTP."""
        hops = [*response.history, response]
        return cls(
            status=response.status_code,
            hops=[hop.url for hop in hops],
            headers=[hop.headers for hop in hops],
            body=response.content,
            text=response.text if is_text(response.headers) else "",
        )

    @property
    def url(self) -> str:
        return self.hops[-1]

    @cached_property
    def data(self) -> Any:
        """The JSON that came, None for something else. Raises UnexpectedAnswer where it is said to be JSON and is not.

        What Moodle's external functions answer is JSON; up to Moodle 4.4 their Content-Type says HTML.
        """
        if "json" not in content_type(self.headers[-1]) and AJAX not in self.url:
            return None
        try:
            data = json.loads(self.body)
        except (ValueError, RecursionError):
            seen = _refusal(BeautifulSoup(self.text, "lxml")) or self._size
            raise UnexpectedAnswer(f"expected JSON from {self.url.partition('?')[0]}, seen {seen}") from None
        if isinstance(data, list):  # Moodle's own external functions answer a list of one
            if not data or not isinstance(data[0], dict) or not data[0].keys() & {"exception", "data"}:
                raise UnexpectedAnswer(
                    f"expected an answer of Moodle's from {self.url.partition('?')[0]}, seen {self._size}"
                )
            return data[0].get("exception") or data[0]["data"]
        return data

    def given(self, form: TypeAdapter[Form]) -> Form:
        """What the plugin's script has given. Raises UnexpectedAnswer for what is not of that form."""
        return of_form(self.data, form)

    @property
    def is_json(self) -> bool:
        """As a script answers, not a page."""
        return "json" in content_type(self.headers[-1])

    @cached_property
    def page(self) -> BeautifulSoup:
        """The HTML that came, as a page or inside JSON."""
        inside = self.data.get("html", "") if isinstance(self.data, dict) else self.rendered or self.text
        return BeautifulSoup(inside, "lxml")

    @property
    def succeeded(self) -> bool:
        """The plugin's scripts say so in their JSON."""
        return isinstance(self.data, dict) and bool(self.data.get("success"))

    @property
    def source(self) -> str:
        """The address to play from, in the page or in the JSON; empty without one."""
        if self.succeeded:
            inside = self.data.get("data")
            return str(inside.get("signed_url", "")) if isinstance(inside, dict) else ""
        video = self.page.select_one("video[src], video source[src]")
        return str(video["src"]) if video else ""

    @property
    def message(self) -> str:
        """What a person reads who is told no; empty without words."""
        if isinstance(self.data, dict):
            return str(self.data.get("message") or self.data.get("error") or "")
        return _refusal(self.page)

    @property
    def seen(self) -> str:
        """The answer in a few words, for failure messages."""
        return self.message or self._size

    @property
    def _size(self) -> str:
        return f"{answered(self.status)}, {len(self.body)} bytes without a message"


def _refusal(page: BeautifulSoup) -> str:
    if page.select_one("#login"):
        return "You have to log in first (the log-in page)."
    box = page.select_one(REFUSALS)
    return box.get_text(" ", strip=True) if box else ""


def content_type(headers: Mapping[str, str]) -> str:
    """In small letters, empty without one."""
    return next((value.lower() for name, value in headers.items() if name.lower() == "content-type"), "")


def is_text(headers: Mapping[str, str]) -> bool:
    """Whether a body is to be read: by its type, and where it has none."""
    kind = content_type(headers)
    return not kind or any(text in kind for text in TEXTS)


def of_form(answer: object, form: TypeAdapter[Form]) -> Form:
    """What an answer of the plugin's scripts has in its `data`. Raises UnexpectedAnswer for what is not of that
    form."""
    try:
        return form.validate_python(answer.get("data") if isinstance(answer, dict) else None)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "data"
        raise UnexpectedAnswer(
            f"expected the plugin's answer to give {place}, seen one that is not of its form: {first['msg']}"
        ) from None
