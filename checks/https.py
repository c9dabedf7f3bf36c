"""Whether a site is there by HTTPS only: what it says to who comes without, and what it tells browsers to keep to."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping
from urllib.parse import unquote, urlsplit

import requests

from clients.addresses import LOGIN, endpoint
from clients.errors import NotCheckable
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.words import answered

NOBODY_BEHIND = (502, 503, 504)
"""What a proxy on the way says for a port at which nothing answers."""

SESSION = "MoodleSession"
"""How the name of Moodle's session cookie begins; a site may add to it."""


PLAIN = re.compile(r"\bhttp://[^\s\"'<>\\\\]+", re.I)

PLAYED = "video[src], video[poster], video source[src]"
"""What a page plays, whosever host has it."""


class Addresses:
    """What the plugin gives for a video, and whether all of it leads by HTTPS; `hosts` are those of site, storage, CDN.

    A page of Moodle may name others without TLS: namespaces, documents, a link that somebody wrote.
    """

    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = {endpoint(host).partition(":")[0] for host in hosts}

    def expect_https(self, answers: Mapping[str, HttpResult]) -> list[str]:
        """No answer, by what it is, leads anywhere of ours without TLS, nor a script of the plugin's or a video to
        anybody; returns what was looked into."""
        if found := [f"{plain} in {what}" for what, answer in answers.items() for plain in self._plain(answer)]:
            raise AssertionError(f"expected every address to lead by https, seen {', '.join(found)}")
        return [*answers]

    def _plain(self, answer: HttpResult) -> list[str]:
        led = [value for hop in answer.headers for name, value in hop.items() if name.lower() == "location"]
        told = unquote(html.unescape(" ".join([*led, answer.text]).replace("\\/", "/")))
        own = isinstance(answer.data, dict) and "success" in answer.data
        found = [url for url in PLAIN.findall(told) if own or urlsplit(url).hostname in self._hosts]
        played = [str(tag.get("src") or tag.get("poster")) for tag in answer.page.select(PLAYED)]
        found += [url for url in played if url.lower().startswith("http:")]
        return sorted({url.partition("?")[0] for url in found})


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
            return f"nothing answers: {answered(answer.status_code)}"
        leads = answer.headers.get("Location", "")
        if not answer.is_redirect or not leads.startswith("https://"):
            seen = answered(answer.status_code) + (f" to {leads}" if leads else "")
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
