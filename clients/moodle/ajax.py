"""Moodle's external functions, as its pages' scripts call them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from clients.addresses import AJAX
from clients.errors import SiteError
from clients.moodle import html
from clients.moodle.client import MoodleClient

SESSION_OVER = ("servicerequireslogin", "requireloginerror", "invalidsesskey", "sessiontimedout")


def call(site: MoodleClient, function: str, **args: Any) -> requests.Response:
    """The raw answer of a function, exceptions included."""
    return site.session.post(
        site.url(AJAX),
        params={"sesskey": site.sesskey, "info": function},
        json=[{"index": 0, "methodname": function, "args": args}],
    )


def ajax(site: MoodleClient, function: str, **args: Any) -> Any:
    """What a function answers. Raises SiteError when it answers an exception.

    A session that is over is begun again, once.
    """
    step = f"Calling {function}"
    answer = _answer(step, site, function, args)
    if answer["error"] and answer.get("exception", {}).get("errorcode") in SESSION_OVER and site.log_in_anew():
        answer = _answer(step, site, function, args)
    if answer["error"]:
        said = answer.get("exception", {}).get("message") or answer["error"]
        raise SiteError(f"{step} failed at {site.base_url}: the site said “{said}”.")
    return answer["data"]


def _answer(step: str, site: MoodleClient, function: str, args: Mapping[str, Any]) -> dict[str, Any]:
    response = call(site, function, **args)
    try:
        answer = response.json()
    except ValueError:
        raise html.failure(step, response) from None
    first: dict[str, Any] = answer[0] if isinstance(answer, list) else answer
    return first
