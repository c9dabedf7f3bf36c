"""A Moodle site as its forms show it: set-up and clean-up by request, without a browser.

Only pages and ajax functions that an administrator's browser uses too, so any Moodle 4.x will do
as it stands: no web service, no token, nothing to install.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import requests
from bs4 import BeautifulSoup
from requests.cookies import RequestsCookieJar

from clients.addresses import ENGLISH, LOGIN, OWN
from clients.errors import LoginInterrupt, LoginRefused, Unreachable
from clients.moodle import html
from clients.moodle.forms import Forms, reached

LOGIN_INTERRUPTS = {
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


class MoodleClient(Forms):
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
        super().__init__(base_url, verify, timeout)
        self.shared = shared
        self.login_path = login_path
        self.user_id = 0
        """Whose session it is, for whoever asks: pages tell that only from Moodle 4.5 on."""
        self._person: tuple[str, str] | None = None

    def log_in_anew(self) -> bool:
        """Log in as who did last; false where nobody did."""
        if self._person is not None:
            self.login(*self._person)
        return self._person is not None

    def probe(self) -> None:
        """Raises Unreachable unless the log-in page answers without an error of the server."""
        answer = self.get(self.login_path)
        if answer.status_code >= 500:
            said = html.text(BeautifulSoup(answer.text, "lxml"))[:200]
            told = f", “{said}”" if said else ""
            remedy = " Have maintenance ended, and run again." if "maintenance" in said.lower() else ""
            raise Unreachable(f"The log-in page of {self.base_url} answers {answer.status_code}{told}.{remedy}")

    # -- the session ------------------------------------------------------------------------------

    def login(self, username: str, password: str) -> None:
        """Raises LoginRefused when the site says no, and LoginInterrupt when a page comes before the first one."""
        step = f"Logging in as {username}"
        self._person = username, password
        if self._joins(username):
            return
        self.session.cookies.clear()
        self._log_in_page(step)
        form = self._browser.select_form("form#login")
        self.require_post(form.form)
        form.set_input({"username": username, "password": password})
        # Where it leads is not followed: the first page is the slowest of all, and nothing is wanted there.
        response = self._browser.submit_selected(update_state=False, allow_redirects=False)
        self._let_in(step, response)
        self.share(username, self.session.cookies)
        self.open_first_page()

    def _let_in(self, step: str, response: requests.Response) -> None:
        if response.status_code in (307, 308):
            raise LoginRefused(
                f"{step} failed: the site answers {response.status_code}, which would have the password sent on to "
                f"{reached(response)}. Mend that redirect; nothing was sent on."
            )
        where = reached(response)
        if where.startswith(self.url(LOGIN)) and "testsession" not in html.query(where):
            if response.is_redirect:
                response = self._browser.open(where)
            said = html.quote(self._page(step, response))
            raise LoginRefused(f"{step} failed at {response.url}. {said} Check the user name and the password.")
        if not response.is_redirect:
            self._page(step, response)

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
        response = self._browser.open(self.url(self.login_path))
        page = self._page(step, response)
        seen = reached(response).partition("?")[0]
        if not seen.startswith(f"{self.base_url}/") or page.select_one("form#login #password") is None:
            if self.own_url not in ("", self.base_url) and seen.startswith(self.own_url):
                raise LoginRefused(f"{step} failed: {self.base_url} leads to {self.own_url}. Set base_url to that.")
            raise LoginRefused(
                f"{step} failed: {self.login_path} leads to {seen}, which is not Moodle's own form for a user name and "
                f"a password. Set login_path in the environment file to what leads past it, such as {LOGIN} with "
                f"{WAYS_PAST_SSO}, and give the suite manual accounts."
            )
        return page

    def open_first_page(self) -> None:
        """Raises LoginInterrupt when the site has something else to ask of who has logged in."""
        assert self._person is not None
        username, step = self._person[0], f"Logging in as {self._person[0]}"
        response = self._browser.open(self.url(OWN), params=ENGLISH)
        path = urlsplit(response.url).path
        for interrupt, sentence in LOGIN_INTERRUPTS.items():
            if interrupt in path:
                asked = ", ".join(html.required(self._page(step, response)))
                where = response.url.partition("?")[0] + (f", which asks for {asked}" if asked else "")
                raise LoginInterrupt(f"{username} {sentence} ({where}).", interrupt)
        if self._page(step, response).select_one("body.notloggedin"):
            raise LoginRefused(f"{step} failed at {response.url}: the site did not keep the session.")

    def log_in_again(self) -> None:
        """Log in as who did last, if that session is over."""
        self._is_over(self.get(OWN))

    def visit(self) -> None:
        """Come without logging in: a session, and a sesskey, that belong to nobody."""
        self.session.cookies.clear()
        self.open("Visiting the site", self.login_path, **ENGLISH)

    def login_as_guest(self) -> None:
        """Raises LoginRefused where the site offers no guest access."""
        self.session.cookies.clear()
        page = self._log_in_page("Entering as a guest")
        if page.select_one("form#guestlogin") is None:
            raise LoginRefused(f"{self.base_url} offers no guest access on its log-in page.")
        self._browser.select_form("form#guestlogin")
        self._page("Entering as a guest", self._browser.submit_selected(update_state=False))
        self._browser.open(self.url("/"), params=ENGLISH)
