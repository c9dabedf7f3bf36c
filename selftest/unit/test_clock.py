"""A machine whose clock is wrong: what is measured is measured by the host's, and what is refused is told."""

import io
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from checks.delivery import Delivery
from clients import clock
from clients.cdn import CDN
from clients.errors import NotCheckable
from selftest.unit.environment_files import pem


def at(**apart: float) -> dict[str, str]:
    return {"Date": format_datetime(datetime.now(UTC) + timedelta(**apart), usegmt=True)}


@pytest.mark.parametrize("date", [{}, {"Date": ""}, {"Date": "soon"}, {"Date": "Mon, 99 Foo 2026 99:99:99 GMT"}])
def test_a_host_that_does_not_say(date: dict[str, str]) -> None:
    assert clock.ahead(date) is None
    assert clock.wrong(date, "S3") == ""


def test_how_far_the_clock_is_ahead() -> None:
    ahead = clock.ahead({"date": at(seconds=-8)["Date"]})
    assert ahead is not None
    assert 7 < ahead.total_seconds() < 11
    assert clock.wrong(at(minutes=4), "S3") == ""
    assert clock.wrong(at(minutes=20), "S3") == "This machine's clock is 20 min behind that of S3. Set the clock."
    assert clock.wrong(at(minutes=-20), "S3") == "This machine's clock is 20 min ahead of that of S3. Set the clock."


class Edge:
    """A CDN that keeps its own time, which it says or not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, apart: timedelta, *, says: bool = True, checks: bool = True):
        self.apart, self.says, self.checks = apart, says, checks
        monkeypatch.setattr("clients.http.request", self.get)
        monkeypatch.setattr("checks.delivery.LATE", timedelta(seconds=1))
        key = pem(rsa.generate_private_key(65537, 2048))
        self.delivery = Delivery(CDN("d1.cloudfront.net", key_pair_id="K1", private_key=key))

    def get(self, method: str, url: str, **_: object) -> requests.Response:
        now = datetime.now(UTC) + self.apart
        answer = requests.Response()
        expires = parse_qs(urlsplit(url).query).get("Expires", ["0"])[0]
        answer.status_code = 206 if int(expires) > now.timestamp() or not self.checks else 403
        answer._content, answer.raw = b"video", io.BytesIO()
        if self.says:
            answer.headers["Date"] = format_datetime(now, usegmt=True)
        return answer


@pytest.mark.parametrize("apart", [-8, 0, 8, 1200])
def test_an_expiry_is_measured_by_the_cdn_s_clock(monkeypatch: pytest.MonkeyPatch, apart: float) -> None:
    assert Edge(monkeypatch, timedelta(seconds=apart)).delivery.expect_expiry("videos/7/x.mp4") < 5


def test_what_never_expires_is_a_finding_by_any_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="once it has expired"):
        Edge(monkeypatch, timedelta(seconds=-8), checks=False).delivery.expect_expiry("videos/7/x.mp4")


def test_where_the_cdn_does_not_say_its_time_it_is_not_checkable(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotCheckable, match="does not say what time it has"):
        Edge(monkeypatch, timedelta(seconds=-8), says=False).delivery.expect_expiry("videos/7/x.mp4")


def test_a_lifetime_is_measured_by_the_cdn_s_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = Edge(monkeypatch, timedelta(minutes=20)).delivery
    end = int((datetime.now(UTC) + timedelta(hours=24, minutes=20)).timestamp())
    assert delivery.expect_lifetime(f"https://d1.cloudfront.net/x?Expires={end}") <= 86460


def test_an_address_lasts_as_long_as_is_promised_and_for_a_lecture(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = Edge(monkeypatch, timedelta(minutes=20)).delivery

    def address(hours: float) -> str:
        end = int((datetime.now(UTC) + timedelta(hours=hours, minutes=20)).timestamp())
        return f"https://d1.cloudfront.net/x?Expires={end}"

    assert delivery.expect_lasting(address(24), timedelta(hours=24)) >= 86340
    for hours, promised, wanted in ((1, 24, "1 day"), (0.08, 0.08, "4 hours")):
        with pytest.raises(AssertionError, match=f"a URL that lives for {wanted}, seen one for"):
            delivery.expect_lasting(address(hours), timedelta(hours=promised))
