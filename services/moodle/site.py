"""A Moodle site as its forms show it: set-up and clean-up by request, without a browser.

Only pages and ajax functions that an administrator's browser uses too, so any Moodle 4.x will do
as it stands: no web service, no token, nothing to install.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import mechanicalsoup  # type: ignore[import-untyped]
import requests
from bs4 import BeautifulSoup, Tag

from services import http
from services.addresses import ENGLISH, HOME, LOGIN
from services.errors import LoginRefused, SiteError, Unreachable
from services.moodle import html

SESSION_OVER = ("servicerequireslogin", "requireloginerror", "invalidsesskey", "sessiontimedout")

HURDLES = {
    "/login/change_password.php": "must change its password first: log in by hand once and set one",
    "/admin/tool/policy/": "must accept the site's policies first: log in by hand once and agree",
    "/user/policy.php": "must accept the site policy first: log in by hand once and agree",
    "/user/edit.php": "has an incomplete profile: log in by hand once and fill in what is missing",
    "/admin/tool/mfa/": "is asked for a second factor: exempt it, a test cannot answer",
    "/admin/index.php": "meets a pending upgrade: finish it under Site administration > Notifications",
}


class Site:
    """One session on a Moodle site; `verify` and `timeout` (seconds) as requests takes them."""

    def __init__(self, base_url: str, verify: bool | str = True, timeout: float = 10) -> None:
        self.base_url = base_url.rstrip("/")
        self.session = http.Session(verify, timeout)
        self._browser = mechanicalsoup.StatefulBrowser(session=self.session)
        self.config: dict[str, Any] = {}
        self._person: tuple[str, str] | None = None

    # -- requests ---------------------------------------------------------------------------------

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

    @property
    def user_id(self) -> int:
        return int(self.config.get("userId", 0))

    def get(self, path: str, **params: Any) -> requests.Response:
        """The answer whatever its status, after redirects."""
        return self.session.get(self.url(path), params=params)

    def post(self, path: str, data: Mapping[str, Any]) -> requests.Response:
        """As `get`; the session's sesskey is sent unless `data` brings its own."""
        return self.session.post(self.url(path), data={"sesskey": self.sesskey, **data})

    def call(self, function: str, **args: Any) -> requests.Response:
        """The raw answer of a Moodle external function, exceptions included."""
        return self.session.post(
            self.url("/lib/ajax/service.php"),
            params={"sesskey": self.sesskey, "info": function},
            json=[{"index": 0, "methodname": function, "args": args}],
        )

    def ajax(self, function: str, **args: Any) -> Any:
        """What a Moodle external function answers. Raises SiteError when it answers an exception."""
        step = f"Calling {function}"
        answer = self._answer(step, function, args)
        if answer["error"] and answer.get("exception", {}).get("errorcode") in SESSION_OVER and self._person:
            self.login(*self._person)
            answer = self._answer(step, function, args)
        if answer["error"]:
            said = answer.get("exception", {}).get("message") or answer["error"]
            raise SiteError(f"{step} failed at {self.base_url}: the site said “{said}”.")
        return answer["data"]

    def _answer(self, step: str, function: str, args: Mapping[str, Any]) -> dict[str, Any]:
        response = self.call(function, **args)
        try:
            answer = response.json()
        except ValueError:
            raise html.failure(step, response) from None
        first: dict[str, Any] = answer[0] if isinstance(answer, list) else answer
        return first

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
        """Whether the answer is the log-in page, to somebody who had logged in; if so they are logged in anew."""
        over = self._person is not None and response.url.startswith(self.url(LOGIN))
        if over and self._person is not None:
            self.login(*self._person)
        return over

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
        **params: Any,
    ) -> str:
        """Fills in a Moodle form and gives the address it leads to: Moodle redirects only when it accepts.

        The form is the one that holds the first of `values`, else the button; fields in `if_there` may be missing, and
        options of theirs too.
        """
        page = self.open(step, path, **params)
        held = page.find(attrs={"name": next(iter(values), button)})
        form = held.find_parent("form") if isinstance(held, Tag) else None
        if not isinstance(form, Tag):
            raise SiteError(f"{step} failed at {self.where}: the form is not there. {html.quote(page)}")
        self._browser.select_form(form)
        for name, value in values.items():
            if form.find(attrs={"name": name}) is None:
                raise SiteError(f"{step} failed at {self.where}: the form has no field {name}.")
            self._browser[name] = value
        for name, value in (if_there or {}).items():
            if html.takes(form, name, value):
                self._browser[name] = value
        response = self._browser.submit_selected(btnName=button, update_state=False, allow_redirects=False)
        if response.is_redirect:
            return str(response.headers["Location"])
        raise html.failure(step, response)

    def probe(self) -> None:
        """Raises Unreachable unless the log-in page answers without an error of the server."""
        answer = self.get(LOGIN)
        if answer.status_code >= 500:
            raise Unreachable(f"The log-in page of {self.base_url} answers {answer.status_code}.")

    # -- the session ------------------------------------------------------------------------------

    def login(self, username: str, password: str) -> None:
        """Raises LoginRefused when the site says no or puts a hurdle before the first page."""
        step = f"Logging in as {username}"
        self._person = username, password
        self.session.cookies.clear()
        page = self._page(step, self._browser.open(self.url(LOGIN)))
        if page.find(id="password") is None:
            raise LoginRefused(
                f"{step} failed at {self.where}: no log-in form with a user name and a password. "
                "Give the suite a site with manual accounts."
            )
        self._browser.select_form("form#login")
        self._browser["username"] = username
        self._browser["password"] = password
        response = self._browser.submit_selected(update_state=False)
        if "loginredirect=1" in response.url or response.soup.find(id="loginerrormessage"):
            raise LoginRefused(
                f"{step} failed at {response.url}. {html.quote(response.soup)} Check the user name and the password."
            )
        response = self._browser.open(self.url(HOME), params=ENGLISH)
        path = urlsplit(response.url).path
        for hurdle, sentence in HURDLES.items():
            if hurdle in path:
                raise LoginRefused(f"{username} {sentence} ({response.url}).")
        if self._page(step, response).select_one("body.notloggedin"):
            raise LoginRefused(f"{step} failed at {response.url}: the site did not keep the session.")

    def log_in_again(self) -> None:
        """Log in as who did last, if that session is over."""
        assert self._person is not None
        if self.get(HOME).url.startswith(self.url(LOGIN)):
            self.login(*self._person)

    def visit(self) -> None:
        """Come without logging in: a session, and a sesskey, that belong to nobody."""
        self.session.cookies.clear()
        self.open("Visiting the site", LOGIN, **ENGLISH)

    def login_as_guest(self) -> None:
        """Raises LoginRefused where the site offers no guest access."""
        self.session.cookies.clear()
        page = self.open("Entering as a guest", LOGIN)
        if page.select_one("form#guestlogin") is None:
            raise LoginRefused(f"{self.base_url} offers no guest access on its log-in page.")
        self._browser.select_form("form#guestlogin")
        self._page("Entering as a guest", self._browser.submit_selected(update_state=False))
        self._browser.open(self.url("/"), params=ENGLISH)
