"""What people read while the site is in maintenance mode."""

from io import BytesIO
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests
from bs4 import BeautifulSoup

from checks.maintenance import expect_message
from clients.errors import NotCheckable
from clients.moodle.client import MoodleClient


def read(setting: str, page: str) -> str:
    """What becomes of a setting, as the administrator's form holds it, and of the page that people get."""
    form = BeautifulSoup(f"<form><textarea name='s__maintenance_message'>{setting}</textarea></form>", "lxml")
    admin: Any = SimpleNamespace(open=lambda *_, **__: form)
    answer = requests.Response()
    answer.status_code, answer.url, answer.raw = 503, "https://moodle/", BytesIO(page.encode())
    answer.headers["content-type"] = "text/html; charset=utf-8"
    person: Any = SimpleNamespace(get=lambda _: answer)
    return expect_message(cast(MoodleClient, admin), cast(MoodleClient, person))


def test_a_message_is_read_whatever_its_markup() -> None:
    page = "<body><h2>This site is undergoing maintenance</h2><div><p>We are back\nat <b>18:00</b>.</p></div></body>"
    assert read("&lt;p&gt;We are back\r\nat &lt;b&gt;18:00&lt;/b&gt;.&lt;/p&gt;", page) == "We are back at 18:00 ."


def test_a_message_that_nobody_reads() -> None:
    with pytest.raises(AssertionError, match="expected the maintenance page to say “Back at six”, seen “503 Service"):
        read("Back at six", "<body>503 Service Unavailable</body>")


@pytest.mark.parametrize("blank", ["", "&lt;p&gt;&lt;br&gt;&lt;/p&gt;"])
def test_none_is_asked_for(blank: str) -> None:
    with pytest.raises(NotCheckable, match="has no maintenance message, which is optional: enter one at"):
        read(blank, "<body></body>")
