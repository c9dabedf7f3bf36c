"""What a person with open developer tools would see go wrong, the same in every engine.

Firefox over WebDriver BiDi does not print failed requests to its console, so requests that fail and answers of 400 and
above are taken from the network instead, for all engines.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, Response, WebError

from checks.access import SIGNED
from clients.addresses import endpoint, shown
from clients.errors import NotCheckable
from clients.http import THE_PLUGIN_S
from clients.ignored_errors import THE_PLUGINS, Searched, is_noise
from clients.words import answered, counted
from pages.third_party import lists_others

ABORTED = re.compile(r"net::ERR_ABORTED|NS_BINDING_ABORTED|cancelled|Load request cancelled", re.I)
"""Requests that leaving a page, or a seek, has cut off: noise of navigation, in the words of each engine."""

LEFT_BEHIND = re.compile(r'Script error for "core/first"')
"""What Moodle's loader throws when its page is left while it loads."""

UNCAUGHT = re.compile(
    "^page error: .*("
    "NetworkError when attempting to fetch resource|The operation was aborted|Failed to fetch|Load failed)"
)
"""What a script throws, in the words of each engine, that does not catch the failure of its own request.

Firefox has two: the second where the answer had begun.
"""

REFUSED_LINE = re.compile(r"^page error: The Same Origin Policy disallows reading the remote resource", re.I)
"""What Firefox says, as of an exception, of a request to another host that was cut."""

NO_CONNECTION = re.compile(r"ERR_(TUNNEL|PROXY)_CONNECTION_FAILED|NS_ERROR_PROXY_|NS_ERROR_GENERATE_FAILURE")
"""What engines say of a host to which the run's own proxy gets no connection: a broken network."""

UP_TO_ADDRESS = re.compile(r"https?:|[{\[\"]|(?<=.{80})")
"""Where a message's own words end, and what it tells begins."""

GATEWAY = (502, 503, 504)
"""Statuses by which a server in front says that the one behind is not there (RFC 9110)."""
REPORT_ONLY = re.compile(r"^\[Report Only\]|Report-Only policy|The policy is report-only", re.I)
"""What browsers say of a policy that a site only tries (Content-Security-Policy-Report-Only): their own words, which
quote the address of what would be blocked, and nothing is."""

REPORTS = ("cspviolationreport", "csp_report", "cspreport", "ping")
"""What a browser sends by itself, of a policy or of a link."""

TOO_MANY = 429

PAGE_ERROR = "page error"

REPEATED = re.compile(r"^Failed to load resource", re.I)
"""Chromium's and WebKit's console line for a request that the network has told of already."""


ADDRESS = re.compile(r"https?://[^\s'\"<>]*[^\s'\"<>.,:;)]")

KEPT = 30
"""Messages that a failed line shows."""

LONGEST = 500
"""Characters of one."""

NOT_SHOWN = "not shown: the page lists what other people own"


class Console:
    """Console and page errors, failed requests and error answers of one browser context."""

    def __init__(self, context: BrowserContext, allowed: Iterable[Searched], hosts: Iterable[str] = ()) -> None:
        """`hosts` are those of the site, its storage and its CDN: that they are not reached is nobody's error."""
        self._allowed = list(allowed)
        self._hosts = set(hosts)
        self._broken: list[str] = []
        self._errors: list[str] = []
        self._uncaught: list[str] = []
        self._cut_off = 0
        self._said: list[str] = []
        self._last: deque[str] = deque(maxlen=KEPT)
        self.limited_by = ""
        """The host that has answered 429 by itself, and not by the plugin, whose limits are for tests to judge."""
        context.on("console", self._on_console)
        context.on("weberror", self._on_page_error)
        context.on("requestfailed", self._on_failed)
        context.on("response", self._on_response)

    def _add(self, error: str, source: str = "", page: Page | None = None, on: str = "") -> None:
        """`source` is the script's address that tells it, `on` that of the page, where `page` is not given."""
        if is_noise(error, source, self._allowed):
            return
        told = ADDRESS.sub(lambda address: shown(address[0]), error)
        told = f"{error.partition(':')[0]}: {NOT_SHOWN}" if lists_others(page) else told
        place = page.url if page else on
        told = f"{told} (on {place})" if place else told
        (self._uncaught if UNCAUGHT.search(error) else self._errors).append(told)

    def _on_console(self, message: ConsoleMessage) -> None:
        if REPORT_ONLY.search(message.text):
            return
        self._said.append(message.text)
        self._keep(message.type, message.text, message.page)
        if message.type == "error" and not REPEATED.search(message.text):
            self._add(f"console error: {message.text}", message.location["url"], message.page)

    def _on_page_error(self, error: WebError) -> None:
        self._keep("uncaught", str(error.error), error.page)
        if not LEFT_BEHIND.search(str(error.error)):
            self._add(f"{PAGE_ERROR}: {error.error}", page=error.page)

    def _keep(self, kind: str, text: str, page: Page | None) -> None:
        self._last.append(f"{kind}: {NOT_SHOWN if lists_others(page) else text[:LONGEST]}")

    def last(self) -> list[str]:
        """The last messages and uncaught errors, of whatever kind."""
        return list(self._last)

    def _on_failed(self, request: Request) -> None:
        if request.resource_type in REPORTS:
            return
        if NO_CONNECTION.search(request.failure or "") and endpoint(request.url) in self._hosts:
            self._broken.append(f"no connection to {endpoint(request.url)}")
        elif not ABORTED.search(request.failure or ""):
            self._add(f"request failed: {request.method} {request.url}: {request.failure}", on=_page_of(request))
        elif request.resource_type == "fetch":
            self._cut_off += 1

    def _on_response(self, response: Response) -> None:
        if response.status == TOO_MANY and THE_PLUGIN_S not in response.url:
            self.limited_by = urlsplit(response.url).netloc
        if response.request.resource_type in REPORTS:
            return
        # A page that is refused is judged by whoever went there; a part of a page that is refused, by nobody else.
        if (
            response.status in GATEWAY
            and endpoint(response.url) in self._hosts
            and not THE_PLUGINS.search(response.url)
        ):
            self._broken.append(f"{endpoint(response.url)} answered {response.status}")
        elif response.status >= 400 and not _is_page(response.request):
            request, told = response.request, answered(response.status)
            self._add(f"request refused: {request.method} {response.url}: {told}", on=_page_of(request))

    def errors(self) -> list[str]:
        """What went wrong so far but noise of the host, and what the environment allows for a stated reason.

        Each request that leaving its page has cut off explains one error that nobody caught.
        """
        return [*self._errors, *self._uncaught[self._cut_off :]]

    def beyond_navigation(self) -> list[str]:
        """Of the errors those that leaving a page cannot explain, such as a request that failed by itself.

        A test may end before the browser tells what it cut off.
        """
        return list(self._errors)

    def disconnections(self) -> list[str]:
        """When site, storage or CDN were not reached, which says nothing about the plugin."""
        return list(self._broken)

    def expect_connected(self) -> None:
        """Site, storage and CDN were always reached. Raises NotCheckable, for a broken network tells nothing."""
        if self._broken:
            raise NotCheckable(f"the network broke meanwhile: {self._broken[0]}. Run it again.")

    def exceptions(self) -> list[str]:
        """Of the errors those that no refusal excuses, and no broken line: what a script threw and nobody caught."""
        thrown = [error for error in self._errors if error.startswith(PAGE_ERROR)]
        return [error for error in thrown if not REFUSED_LINE.match(error)]

    def expect_clean(self) -> None:
        """There are no errors so far."""
        if errors := self.errors():
            raise AssertionError("expected no errors in the browser's console, seen: " + "; ".join(errors[:10]))
        self.expect_connected()

    def expect_nothing_signed(self, whose: str) -> None:
        """No message, of whatever kind, holds a signed address of a video; it is `whose` console, "the teacher's"."""
        if told := [text for text in self._said if SIGNED.search(text)]:
            raise AssertionError(
                f"expected no signed URL in {whose} console, seen {counted(len(told), 'message')} with one, such as "
                f"“{_quoted(told[0])}”"
            )


def _quoted(message: str) -> str:
    """What a message with a signed address says, up to that; of the address what gives nothing away."""
    words, address = UP_TO_ADDRESS.split(message)[0].strip(), ADDRESS.search(message)
    return f"{words} {shown(address[0]) if address else '…'}".strip()


def _page_of(request: Request) -> str:
    """The address of the page that sent it; empty where none did, such as a tab that opens."""
    try:
        return request.frame.page.url
    except Error:
        return ""


def _is_page(request: Request) -> bool:
    """Whether it is for a tab's own page, not for a part of one."""
    if not request.is_navigation_request():
        return False
    try:
        return request.frame.parent_frame is None
    except Error:  # a tab that opens has no frame yet
        return True
