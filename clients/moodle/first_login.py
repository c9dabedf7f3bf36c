"""What a site asks of somebody at their first log-in, done over HTTP for people whom the suite has created.

Sources: admin/tool/policy, user/policy.php and user/edit.php of Moodle 4.5.
"""

from __future__ import annotations

from collections.abc import Callable

from bs4 import BeautifulSoup

from clients.errors import LoginInterrupt, SiteError
from clients.moodle.client import MoodleClient
from clients.moodle.html import query, quote

POLICIES = "/admin/tool/policy/index.php"
CORE_POLICY = "/user/policy.php"
PROFILE = "/user/edit.php"

MOST_POLICIES = 20


def log_in_first(site: MoodleClient, username: str, password: str) -> None:
    """Logs in, agrees to the site's policies, and fills what it requires in the profile with the user name.

    Raises LoginInterrupt for anything else that it asks.
    """
    interrupt = _met(lambda: site.login(username, password))
    passed: set[str] = set()
    while interrupt is not None:
        if interrupt.path in passed or interrupt.path not in WAYS:
            raise interrupt
        WAYS[interrupt.path](site, username)
        passed.add(interrupt.path)
        interrupt = _met(site.open_first_page)


def _met(way: Callable[[], None]) -> LoginInterrupt | None:
    try:
        way()
    except LoginInterrupt as interrupt:
        return interrupt
    return None


def _agree(site: MoodleClient, username: str) -> None:
    """tool_policy shows each policy, then asks for consent to all; one with a page of its own asks there."""
    step = f"Agreeing to the policies as {username}"
    page = site.open(step, POLICIES)
    for _ in range(MOST_POLICIES):
        if site.where.startswith(site.url("/admin/tool/policy/user.php")):
            return
        if asked := {str(box["name"]): "1" for box in page.select("form input[name^=status]")}:
            documents = [str(one["value"]) for one in page.select("input[name='listdoc[]']")]
            site.send(step, POLICIES, {"listdoc[]": documents, **asked, "submit": "1"})
            return
        page = _follow(site, step, page)
    raise SiteError(f"{step} failed at {site.where}: there is no end of policies. Agree by hand once, as {username}.")


def _follow(site: MoodleClient, step: str, page: BeautifulSoup) -> BeautifulSoup:
    links = [str(link["href"]) for link in page.select(f"a[role=button][href*='{POLICIES}']")]
    agreeing = [link for link in links if any(n.startswith("status") and v == "1" for n, v in query(link).items())]
    if not links:
        raise SiteError(f"{step} failed at {site.where}: there is no way on. {quote(page)}")
    return site.open(step, POLICIES, **query((agreeing or links)[0]))


def _agree_to_site_policy(site: MoodleClient, username: str) -> None:
    site.send(f"Agreeing to the site policy as {username}", CORE_POLICY, {"agree": "1"})


def _fill_in_profile(site: MoodleClient, username: str) -> None:
    site.submit(f"Filling in the profile of {username}", PROFILE, {}, fill_in=username)


WAYS: dict[str, Callable[[MoodleClient, str], None]] = {
    "/admin/tool/policy/": _agree,
    CORE_POLICY: _agree_to_site_policy,
    PROFILE: _fill_in_profile,
}
