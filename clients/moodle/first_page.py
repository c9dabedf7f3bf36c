"""What Moodle makes when it is first asked for, after an upgrade or a purge of its caches: styles take it long.

Seen on Moodle 4.1 to 5.0, theme/styles.php: 5 to 9 s on 2 busy cores, for which every browser would wait.
"""

import time
from typing import Any
from urllib.parse import urljoin

from bs4 import BeautifulSoup

from clients.moodle.client import MoodleClient


def fetch_assets(site: MoodleClient, timeout: float | None = None) -> float:
    """Asks for the styles and scripts of the log-in page that are the site's own; how many seconds all of that took.

    `timeout` in seconds is for each of them, where it is not the session's.
    """
    started = time.monotonic()
    options: dict[str, Any] = {"timeout": timeout} if timeout else {}
    answer = site.session.get(site.url(site.login_path), **options)
    page = BeautifulSoup(answer.text, "lxml")
    named = [tag.get("href") or tag.get("src") for tag in page.select("link[rel=stylesheet], script[src]")]
    for address in (urljoin(answer.url, str(name)) for name in named):
        if address.startswith(f"{site.base_url}/"):
            site.session.get(address, **options)
    return time.monotonic() - started
