"""What somebody gets at an address that may not be for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from playwright.sync_api import Request

from clients.http_result import HttpResult, is_text
from clients.words import answered
from pages.base import MoodlePage


def visit(tab: MoodlePage, path: str, parameters: Mapping[str, object]) -> HttpResult:
    """Go to the address and wait for what comes, which must not be a server error."""
    response = tab.go(path, parameters)
    if response is None or response.status >= 500:
        raise AssertionError(f"expected an answer at {path}, seen {answered(response.status) if response else 'none'}")
    body = response.body()
    tab.idle()
    hops = [*reversed([*_hops(response.request)])]
    return HttpResult(
        status=response.status,
        hops=[*(hop.url for hop in hops), tab.page.url],
        headers=[answer.all_headers() for hop in hops if (answer := hop.response())],
        body=body,
        text=body.decode(errors="replace") if is_text(response.headers) else "",
        rendered=tab.page.content(),
    )


def _hops(request: Request | None) -> Iterator[Request]:
    """A request and those that were redirected to it, the first one last."""
    while request:
        yield request
        request = request.redirected_from
