"""What Moodle makes when it is first asked for, after an upgrade or a purge of its caches: styles take it long.

Seen on Moodle 4.1 to 5.0, theme/styles.php: 5 to 9 s on 2 busy cores, for which every browser would wait.
"""

import time
from urllib.parse import urljoin

from bs4 import BeautifulSoup

from clients.moodle.client import MoodleClient


def fetch_assets(site: MoodleClient) -> float:
    """Asks for the styles and scripts of the log-in page that are the site's own; how many seconds all of that took."""
    started = time.monotonic()
    answer = site.get(site.login_path)
    page = BeautifulSoup(answer.text, "lxml")
    named = [tag.get("href") or tag.get("src") for tag in page.select("link[rel=stylesheet], script[src]")]
    for address in (urljoin(answer.url, str(name)) for name in named):
        if address.startswith(f"{site.base_url}/"):
            site.session.get(address)
    return time.monotonic() - started
