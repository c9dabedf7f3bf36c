"""Whether a site is there by HTTPS only: what it says to who comes without, and what it tells browsers to keep to."""

from __future__ import annotations

import re

import requests

from clients.addresses import LOGIN
from clients.errors import NotCheckable
from clients.moodle.client import MoodleClient

NOBODY_BEHIND = (502, 503, 504)
"""What a proxy on the way says for a port at which nothing answers."""

SESSION = "MoodleSession"
"""How the name of Moodle's session cookie begins; a site may add to it."""


class Https:
    """`site` is a session of somebody logged in; `plain` the site's address without TLS, empty where nobody knows it.

    `timeout` in seconds is for an address at which there may be nothing.
    """

    def __init__(self, site: MoodleClient, plain: str, timeout: float) -> None:
        self._site = site
        self._plain = plain
        self._timeout = timeout

    def expect_enforced(self) -> str:
        """Without TLS there is no page: nothing answers, or leads to HTTPS at once; returns which.

        Raises NotCheckable where the address without TLS is not known.
        """
        if not self._plain:
            raise NotCheckable("base_url names a port, and plain_url does not say where the site is without TLS")
        try:
            answer = requests.get(self._plain + LOGIN, timeout=self._timeout, allow_redirects=False)
        except requests.RequestException:
            return "nothing answers"
        if answer.status_code in NOBODY_BEHIND:
            return f"nothing answers: status {answer.status_code}"
        leads = answer.headers.get("Location", "")
        if not answer.is_redirect or not leads.startswith("https://"):
            seen = f"status {answer.status_code}" + (f" to {leads}" if leads else "")
            raise AssertionError(f"expected {self._plain} to lead to https, seen {seen}")
        return f"leads to {leads}"

    def expect_strict(self) -> int:
        """Browsers are told to come by HTTPS only (RFC 6797); returns for how many seconds."""
        said = self._site.get(LOGIN).headers.get("Strict-Transport-Security", "")
        found = re.search(r'max-age="?(\d+)', said, re.I)
        if found is None or not int(found[1]):
            raise AssertionError(f"expected Strict-Transport-Security with a max-age, seen {said or 'no such header'}")
        return int(found[1])

    def expect_secure_cookies(self) -> list[str]:
        """No cookie of the site goes over a line without TLS; returns their names."""
        if open_ := [cookie.name for cookie in self._site.session.cookies if not cookie.secure]:
            raise AssertionError(f"expected every cookie to be Secure, seen {', '.join(open_)} without it")
        return [cookie.name for cookie in self._site.session.cookies]

    def expect_hidden_session(self) -> None:
        """No script of a page can read who is logged in."""
        held = [cookie for cookie in self._site.session.cookies if cookie.name.startswith(SESSION)]
        if not held:
            raise AssertionError(f"expected a cookie {SESSION}, seen none")
        if told := [
            cookie.name for cookie in held if not any(map(cookie.has_nonstandard_attr, ("HttpOnly", "httponly")))
        ]:
            raise AssertionError(f"expected the session's cookie to be HttpOnly, seen {', '.join(told)} without it")
