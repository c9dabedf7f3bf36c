"""What Moodle's pages say, read from their HTML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from bs4 import BeautifulSoup, Tag

from clients.errors import SiteError
from clients.ignored_errors import is_others_notice

EXCEPTION = "[data-rel=fatalerror], .errorbox, .moodle-exception-message, .modal.show .modal-body.exception"

NOTICE = ".debuggingmessage, [data-rel=phpdebugmessage], .notifytiny"
"""Where Moodle prints debugging messages and PHP notices, with the files that they come from."""


def config(html: str) -> dict[str, Any]:
    """`M.cfg`, which Moodle writes into the head of every page."""
    start = html.find("M.cfg = ")
    return json.JSONDecoder().raw_decode(html, start + len("M.cfg = "))[0] if start >= 0 else {}


def is_moodles(html: str) -> bool:
    """Whether a text is a page that Moodle made, and not of what stands before it."""
    return "M.cfg = " in html


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def field_value(page: BeautifulSoup, name: str, step: str, where: str) -> str:
    """What a form's text field holds. Raises SiteError when the page, seen at `where`, has no such field."""
    field = page.find(attrs={"name": name})
    if not isinstance(field, Tag):
        raise SiteError(f"{step} failed at {where}: the form has no field {name}. {quote(page)}")
    return field.get_text() if field.name == "textarea" else str(field.get("value", ""))


def fields(form: Tag) -> dict[str, list[Tag]]:
    """A form's fields by their name; a checkbox may share it with a hidden field."""
    found: dict[str, list[Tag]] = {}
    for field in form.find_all(("input", "textarea", "select"), attrs={"name": True}):
        found.setdefault(str(field["name"]), []).append(field)
    return found


def kind(named: Sequence[Tag]) -> str:
    """What MechanicalSoup calls fields of one name: it would find that out in up to five searches of the form."""
    types = {str(field.get("type", "")).lower() for field in named if field.name == "input"}
    return next((one for one in ("checkbox", "radio") if one in types), "input" if types else str(named[0].name))


def takes(named: Sequence[Tag], value: object) -> bool:
    """Whether a form has these fields of one name, and where that is a choice, offers `value` in it."""
    return bool(named) and (named[0].name != "select" or named[0].find("option", value=str(value)) is not None)


def members(page: BeautifulSoup) -> set[int]:
    return {int(str(option["value"])) for option in page.select("select#removeselect option[value]")}


def text(tag: Tag | None) -> str:
    return tag.get_text(" ", strip=True) if tag is not None else ""


def plain(html: str) -> str:
    """The words written in an editor; in an element, as the parser warns of a text that is but an address."""
    return text(BeautifulSoup(f"<div>{html}</div>", "lxml"))


def lines(content: str) -> list[str]:
    return content.strip().splitlines()


def complaint(page: BeautifulSoup) -> str:
    """What Moodle prints when it breaks: an exception, or a notice that is not of others; empty on a sound page."""
    notices = [said for box in page.select(NOTICE) if not is_others_notice(said := text(box))]
    return next(iter([*map(text, page.select(EXCEPTION)), *notices]), "")


def refusals(page: BeautifulSoup) -> dict[str, str]:
    complaints = {str(tag["id"]).removeprefix("id_error_"): text(tag) for tag in page.select("[id^=id_error_]")}
    return {name: said for name, said in complaints.items() if said}


def required(page: BeautifulSoup) -> list[str]:
    """Labels of the form's fields that must be filled in and are not."""
    empty = []
    for row in page.select(".fitem:has(.text-danger)"):
        field = row.select_one("input:not([type=hidden]), textarea, select")
        if field is not None and not _filled_in(field):
            empty.append(text(row.select_one("label")))
    return empty


def answer(page: BeautifulSoup, name: str, words: str) -> tuple[str, str | bool]:
    """The full name of a form's field, and what it can be filled in with: `words`, or the first choice that it has.

    Raises SiteError when there is no such field.
    """
    field = page.find(attrs={"name": name}) or page.find(attrs={"name": f"{name}[text]"})
    if not isinstance(field, Tag):
        raise SiteError(f"The form has no field {name} that could be filled in. {quote(page)}")
    if field.name == "select":
        choices = [str(option["value"]) for option in field.select("option[value]")]
        return str(field["name"]), next((choice for choice in choices if choice not in ("", "0")), "")
    return str(field["name"]), True if field.get("type") in ("checkbox", "hidden") else words


def _filled_in(field: Tag) -> bool:
    if field.name == "select":
        chosen = field.select_one("option[selected]")
        return chosen is not None and bool(chosen.get("value"))
    if field.get("type") in ("checkbox", "radio"):
        return field.has_attr("checked")
    return bool(field.get("value") or field.get_text(strip=True))


def quote(page: BeautifulSoup) -> str:
    """What the page complains about, else its title."""
    said = [f"{name}: {complaint}" for name, complaint in refusals(page).items()]
    for box in page.select(".errormessage, .errorbox, .alert-danger, .loginerrors, .error"):
        if (told := text(box)) and not any(told in other for other in said):
            said.append(told)
    return f"The page said “{' / '.join(said)[:500] or text(page.title)}”."


BEFORE_MOODLE = {
    401: "That is a log-in of the web server's own, before Moodle's. Give it in the environment file: [basic_auth].",
    403: "That is not Moodle. Have whatever refuses this machine let it through, by its address or by what user_agent "
    "in the environment file adds.",
}
"""What to do about an answer that is no page of Moodle, by its status."""


def failure(step: str, response: requests.Response) -> SiteError:
    where = f"{step} failed at {response.url} (HTTP {response.status_code})."
    if response.status_code in BEFORE_MOODLE and not is_moodles(response.text):
        said = text(BeautifulSoup(response.text, "lxml"))[:200]
        return SiteError(f"{where} It answered “{said}”. {BEFORE_MOODLE[response.status_code]}")
    if "html" not in response.headers.get("Content-Type", ""):
        return SiteError(f"{where} It answered “{response.text[:100]}”, which is no page of Moodle.")
    page = BeautifulSoup(response.text, "lxml")
    return SiteError(f"{where} {quote(page)}", refusals(page))
