"""A Moodle site as its forms show it: set-up and clean-up by request, without a browser.

Only pages and ajax functions that an administrator's browser uses too, so any Moodle 4.x will do
as it stands: no web service, no token, nothing to install.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import mechanicalsoup  # type: ignore[import-untyped]
import requests
from bs4 import BeautifulSoup, Tag
from requests.cookies import RequestsCookieJar

from services import http
from services.addresses import LOGIN, OWN
from services.errors import Hurdle, LoginRefused, SiteError, Unreachable
from services.moodle import html

HURDLES = {
    "/login/change_password.php": "must change its password first: log in by hand once and set one",
    "/admin/tool/policy/": "must accept the site's policies first: log in by hand once and agree",
    "/user/policy.php": "must accept the site policy first: log in by hand once and agree",
    "/user/edit.php": "has an incomplete profile: log in by hand once and fill in what is missing",
    "/admin/tool/mfa/": "is asked for a second factor: exempt it, a test cannot answer",
    "/admin/index.php": "meets a pending upgrade: finish it under Site administration > Notifications",
}


WAYS_PAST_SSO = "?loginredirect=0, ?saml=off or ?authCAS=NOCAS"


class Shared(dict[str, RequestsCookieJar]):
    """Cookies by user name, for a site that ends a session of an account when another begins: all who act as somebody
    in this process, in a browser or not, do so in one session."""


class Site:
    """One session on a Moodle site; `verify` and `timeout` (seconds) as requests takes them.

    `login_path` is where the site shows its own log-in form, past any other way to log in. With `shared` a person's
    session is joined that is there already.
    """

    def __init__(
        self,
        base_url: str,
        verify: bool | str = True,
        timeout: float = 10,
        login_path: str = LOGIN,
        shared: Shared | None = None,
    ) -> None:
        self.shared = shared
        self.base_url = base_url.rstrip("/")
        self.login_path = login_path
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
        return self._person is not None and self._leads_to_log_in(response) and self.log_in_anew()

    def log_in_anew(self) -> bool:
        """Log in as who did last; false where nobody did."""
        if self._person is not None:
            self.login(*self._person)
        return self._person is not None

    def _leads_to_log_in(self, response: requests.Response) -> bool:
        """Whether the site sends people to log in first: with its own form, or elsewhere."""
        hops = [hop.url for hop in (*response.history, response)]
        if response.is_redirect:
            hops.append(urljoin(response.url, response.headers["Location"]))
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

        The form is the one that holds the first of `values`, else the button; fields in `if_there` may be missing. With
        `fill_in` other fields of which Moodle complains get that text, or the first choice that they have.
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
        self._browser.select_form(form)
        for name, value in values.items():
            if form.find(attrs={"name": name}) is None:
                raise SiteError(f"{step} failed at {self.where}: the form has no field {name}.")
            self._browser[name] = value
        for name, value in if_there.items():
            if form.find(attrs={"name": name}) is not None:
                self._browser[name] = value
        sent: requests.Response = self._browser.submit_selected(
            btnName=button, update_state=False, allow_redirects=False
        )
        return sent

    def probe(self) -> None:
        """Raises Unreachable unless the log-in page answers without an error of the server."""
        answer = self.get(self.login_path)
        if answer.status_code >= 500:
            raise Unreachable(f"The log-in page of {self.base_url} answers {answer.status_code}.")

    # -- the session ------------------------------------------------------------------------------

    def login(self, username: str, password: str) -> None:
        """Raises LoginRefused when the site says no, and Hurdle when it puts one before the first page."""
        step = f"Logging in as {username}"
        self._person = username, password
        if self._joins(username):
            return
        self.session.cookies.clear()
        self._log_in_page(step)
        self._browser.select_form("form#login")
        self._browser["username"] = username
        self._browser["password"] = password
        response = self._browser.submit_selected(update_state=False)
        page = getattr(response, "soup", None)
        if page is None:
            raise html.failure(step, response)
        if "loginredirect=1" in response.url or page.find(id="loginerrormessage"):
            said = html.quote(page)
            raise LoginRefused(f"{step} failed at {response.url}. {said} Check the user name and the password.")
        self.share(username, self.session.cookies)
        self.expect_no_hurdle()

    def share(self, username: str, cookies: RequestsCookieJar) -> None:
        """Whoever acts as this person from now on does so in this session, where sessions are shared."""
        if self.shared is not None:
            self.shared[username] = cookies.copy()

    def _joins(self, username: str) -> bool:
        """Whether there is a session of this person to be joined, and it is not over."""
        if self.shared is None or username not in self.shared:
            return False
        self.session.cookies.clear()
        self.session.cookies.update(self.shared[username])
        response = self._browser.open(self.url(OWN))
        if self._leads_to_log_in(response):
            del self.shared[username]
            return False
        self._page(f"Going on as {username}", response)
        return True

    def _log_in_page(self, step: str) -> BeautifulSoup:
        """Moodle's own log-in form. Raises LoginRefused where something else answers: a password is for it alone."""
        page = self._page(step, self._browser.open(self.url(self.login_path)))
        if not self.where.startswith(f"{self.base_url}/") or page.select_one("form#login #password") is None:
            seen = self.where.partition("?")[0]
            if self.own_url not in ("", self.base_url) and seen.startswith(self.own_url):
                raise LoginRefused(f"{step} failed: {self.base_url} leads to {self.own_url}. Set base_url to that.")
            raise LoginRefused(
                f"{step} failed: {self.login_path} leads to {seen}, which is not Moodle's own form for a user name and "
                f"a password. Set login_path in the environment file to what leads past it, such as {LOGIN} with "
                f"{WAYS_PAST_SSO}, and give the suite manual accounts."
            )
        return page

    def expect_no_hurdle(self) -> None:
        """Raises Hurdle when the site has something else to ask of who has logged in."""
        assert self._person is not None
        username, step = self._person[0], f"Logging in as {self._person[0]}"
        response = self._browser.open(self.url(OWN))
        path = urlsplit(response.url).path
        for hurdle, sentence in HURDLES.items():
            if hurdle in path:
                asked = ", ".join(html.required(self._page(step, response)))
                where = response.url.partition("?")[0] + (f", which asks for {asked}" if asked else "")
                raise Hurdle(f"{username} {sentence} ({where}).", hurdle)
        if self._page(step, response).select_one("body.notloggedin"):
            raise LoginRefused(f"{step} failed at {response.url}: the site did not keep the session.")

    def log_in_again(self) -> None:
        """Log in as who did last, if that session is over."""
        self._is_over(self.get(OWN))

    def visit(self) -> None:
        """Come without logging in: a session, and a sesskey, that belong to nobody."""
        self.session.cookies.clear()
        self.open("Visiting the site", self.login_path)

    def login_as_guest(self) -> None:
        """Raises LoginRefused where the site offers no guest access."""
        self.session.cookies.clear()
        page = self._log_in_page("Entering as a guest")
        if page.select_one("form#guestlogin") is None:
            raise LoginRefused(f"{self.base_url} offers no guest access on its log-in page.")
        self._browser.select_form("form#guestlogin")
        self._page("Entering as a guest", self._browser.submit_selected(update_state=False))
