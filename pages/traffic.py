"""The requests of a browser window, as a failed line shows them: without secrets, the last ones only."""

from __future__ import annotations

from collections import deque
from typing import Any
from urllib.parse import parse_qsl

from playwright.sync_api import BrowserContext, Request, Response

from clients.addresses import asked, shown
from clients.http import THE_PLUGIN_S

KEPT = 40
"""Requests."""

FORM = "application/x-www-form-urlencoded"

STATIC = ("stylesheet", "image", "font", "script")
"""What a page is made of is of interest only when it fails."""


class Traffic:
    """Of every request of a context: method, address, status or failure, size in bytes, and seconds, where known; of a
    form that the plugin gets also what is in it.
    """

    def __init__(self, context: BrowserContext) -> None:
        self._last: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._open: dict[Request, dict[str, Any]] = {}
        context.on("request", self._begin)
        context.on("response", self._answer)
        context.on("requestfinished", self._end)
        context.on("requestfailed", self._end)

    def _begin(self, request: Request) -> None:
        told: dict[str, Any] = {"method": request.method, "address": shown(request.url), "status": "no answer"}
        if request.method == "POST" and THE_PLUGIN_S in request.url and FORM in request.headers.get("content-type", ""):
            told["parameters"] = asked(dict(parse_qsl(request.post_data or "", keep_blank_values=True)))
        self._open[request] = told
        if request.resource_type not in STATIC:
            self._last.append(told)

    def _answer(self, response: Response) -> None:
        told = self._open.get(response.request, {})
        told["status"] = response.status
        size = response.headers.get("content-length", "")
        if size.isdigit():
            told["bytes"] = int(size)
        if response.status >= 400:
            self._keep(response.request, told)

    def _end(self, request: Request) -> None:
        told = self._open.pop(request, {})
        if request.failure:
            told["status"] = request.failure
            self._keep(request, told)
        elif request.timing["responseEnd"] >= 0:
            told["seconds"] = round(request.timing["responseEnd"] / 1000, 3)

    def _keep(self, request: Request, told: dict[str, Any]) -> None:
        if told and request.resource_type in STATIC:
            self._last.append(told)

    def last(self) -> list[dict[str, Any]]:
        return [dict(told) for told in self._last]
