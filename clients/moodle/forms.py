"""Pages and forms of a Moodle site, fetched and sent without a browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import mechanicalsoup  # type: ignore[import-untyped]
import requests
from bs4 import BeautifulSoup, Tag

from clients import http
from clients.addresses import LOGIN
from clients.errors import ConfigurationError, SiteError
from clients.moodle import html


class _Session(http.Session):
    """Stays at home: what it sends, a password, a session key, a form, goes to the site's own origin only.

    Nor does it follow where the site sends people elsewhere to log in: to where there may be no way.
    """

    def __init__(self, base_url: str, verify: bool | str, timeout: float) -> None:
        super().__init__(verify, timeout)
        self._base_url = base_url

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Raises ConfigurationError, and sends nothing, where a form or a redirect would lead a body elsewhere."""
        target = urlsplit(str(request.url))
        home = urlsplit(self._base_url)
        abroad = (target.scheme, target.netloc) != (home.scheme, home.netloc)
        if abroad:
            request.headers.pop("Authorization", None)
        if abroad and request.method not in ("GET", "HEAD"):
            raise ConfigurationError(
                f"{home.netloc} has a form, or a redirect, that would send what is typed there to {target.scheme}://"
                f"{target.netloc}. Nothing was sent. Find out who changed that page, or set base_url to the address "
                "that the site has for itself."
            )
        return super().send(request, **options)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target: str | None = super().get_redirect_target(resp)
        logs_in = resp.url.startswith((f"{self._base_url}/login/", f"{self._base_url}/auth/"))
        abroad = target is not None and not urljoin(resp.url, target).startswith(f"{self._base_url}/")
        return None if logs_in and abroad else target


class Forms:
    """What anybody can ask of a site; `verify` and `timeout` (seconds) as requests takes them."""

    def __init__(self, base_url: str, verify: bool | str, timeout: float) -> None:
        self.base_url = base_url.rstrip("/")
        self.session: http.Session = _Session(self.base_url, verify, timeout)
        self._browser = mechanicalsoup.StatefulBrowser(session=self.session)
        self.config: dict[str, Any] = {}

    def url(self, path: str) -> str:
        return f"{self.base_url}/{path.lstrip('/')}"

    @property
    def sesskey(self) -> str:
        """Moodle's token against forged requests, of the page seen last."""
        return str(self.config.get("sesskey", ""))

    @property
    def own_url(self) -> str:
        """What Moodle takes for its own address, empty before the first page."""
        return str(self.config.get("wwwroot", ""))

    def get(self, path: str, **params: Any) -> requests.Response:
        """The answer whatever its status, after redirects."""
        return self.session.get(self.url(path), params=params)

    def post(self, path: str, data: Mapping[str, Any]) -> requests.Response:
        """As `get`; the session's sesskey is sent unless `data` brings its own."""
        return self.session.post(self.url(path), data={"sesskey": self.sesskey, **data})

    def require_post(self, form: Tag) -> None:
        """Raises ConfigurationError for a form whose method is GET: it puts what is typed into an address."""
        if str(form.get("method", "get")).lower() != "post":
            raise ConfigurationError(
                f"The form at {self.where} would send what is typed there as a part of an address. Nothing was sent. "
                "Find out who changed that page."
            )

    @property
    def where(self) -> str:
        """The address of the page seen last."""
        return str(self._browser.url)

    def open(self, step: str, path: str, **params: Any) -> BeautifulSoup:
        """A page. Raises SiteError, which says that `step` failed, when it is none or an error of Moodle's.

        A session that is over is begun again, once.
        """
        response = self._browser.open(self.url(path), params=params)
        if self._is_over(response):
            response = self._browser.open(self.url(path), params=params)
        return self._page(step, response)

    def send(
        self, step: str, path: str, data: Mapping[str, Any], *, timeout: float | None = None, **params: Any
    ) -> BeautifulSoup:
        """As `open`, for a POST with the session's sesskey; `timeout` in seconds where it is not the session's."""
        options = {"timeout": timeout} if timeout else {}

        def post() -> requests.Response:
            answer: requests.Response = self._browser.post(
                self.url(path), data={"sesskey": self.sesskey, **data}, params=params, **options
            )
            return answer

        response = post()
        return self._page(step, post() if self._is_over(response) else response)

    def _is_over(self, response: requests.Response) -> bool:
        """Whether the answer is to log in, to somebody who had; if so they are logged in anew."""
        return self._leads_to_log_in(response) and self.log_in_anew()

    def log_in_anew(self) -> bool:
        """Log in as who did last; false where nobody did, as here."""
        return False

    def _leads_to_log_in(self, response: requests.Response) -> bool:
        """Whether the site sends people to log in first: with its own form, or elsewhere."""
        hops = [*(hop.url for hop in response.history), reached(response)]
        return any(hop.startswith(self.url(LOGIN)) or not hop.startswith(f"{self.base_url}/") for hop in hops)

    def _page(self, step: str, response: requests.Response) -> BeautifulSoup:
        page: BeautifulSoup | None = getattr(response, "soup", None)
        if page is None or not response.ok or page.select_one("[data-rel=fatalerror]"):
            raise html.failure(step, response)
        self.config = html.config(response.text) or self.config
        return page

    def submit(
        self,
        step: str,
        path: str,
        values: Mapping[str, Any],
        *,
        button: str = "submitbutton",
        if_there: Mapping[str, Any] | None = None,
        fill_in: str = "",
        **params: Any,
    ) -> str:
        """Fills in a Moodle form and gives the address it leads to: Moodle redirects only when it accepts.

        The form is the one that holds the first of `values`, else the button; fields in `if_there`, and options of
        theirs, may be missing. With `fill_in` other fields of which Moodle complains get that text, or the first choice
        that they have.
        """
        response = self._submitted(step, path, values, button, if_there or {}, params)
        if self._is_over(response):
            response = self._submitted(step, path, values, button, if_there or {}, params)
        if response.is_redirect:
            return str(response.headers["Location"])
        failure = html.failure(step, response)
        if not fill_in or not failure.refused or failure.refused.keys() & values.keys():
            raise failure
        page = self.open(step, path, **params)
        more = dict(html.answer(page, name, fill_in) for name in failure.refused)
        return self.submit(step, path, {**values, **more}, button=button, if_there=if_there, **params)

    def _submitted(
        self,
        step: str,
        path: str,
        values: Mapping[str, Any],
        button: str,
        if_there: Mapping[str, Any],
        params: Mapping[str, Any],
    ) -> requests.Response:
        page = self.open(step, path, **params)
        held = page.find(attrs={"name": next(iter(values), button)})
        form = held.find_parent("form") if isinstance(held, Tag) else None
        if not isinstance(form, Tag):
            raise SiteError(f"{step} failed at {self.where}: the form is not there. {html.quote(page)}")
        self.require_post(form)
        filled, fields = self._browser.select_form(form), html.fields(form)
        if missing := values.keys() - fields.keys():
            raise SiteError(f"{step} failed at {self.where}: the form has no field {', '.join(sorted(missing))}.")
        there = {name: value for name, value in if_there.items() if html.takes(fields.get(name, []), value)}
        for name, value in {**values, **there}.items():
            getattr(filled, f"set_{html.kind(fields[name])}")({name: value})
        sent: requests.Response = self._browser.submit_selected(
            btnName=button, update_state=False, allow_redirects=False
        )
        return sent


def reached(response: requests.Response) -> str:
    """Where a request has come to, or would if it were followed."""
    return urljoin(response.url, response.headers["Location"]) if response.is_redirect else response.url
