"""A bucket without a signature: whom it lets in, what it lets pages of the site read, and when it is silent."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests

from checks.video_store import VideoStore
from clients.anonymous_s3 import AnonymousS3
from clients.errors import ConfigurationError, Unreachable

URL = "https://acme.s3.amazonaws.com/"
SITE = "https://moodle.test"

Bucket = Callable[..., AnonymousS3]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """One that answers each method with a status, 403 where none is given, and everything with these headers."""

    def bucket(headers: Mapping[str, str] | None = None, **statuses: int) -> AnonymousS3:
        def ask(method: str, *_: object, **__: object) -> requests.Response:
            answer = requests.Response()
            answer.status_code = statuses.get(method, 403)
            answer.headers.update(headers or {})
            return answer

        monkeypatch.setattr("clients.http.request", ask)
        monkeypatch.setattr(requests.Response, "close", lambda _: None)
        return AnonymousS3(URL, verify=True, timeout=1)

    return bucket


def judged(unsigned: AnonymousS3) -> VideoStore:
    return VideoStore(cast(Any, SimpleNamespace(unsigned=unsigned)))


def test_a_closed_bucket(bucket: Bucket) -> None:
    assert set(judged(bucket(PUT=401)).expect_closed().values()) == {401, 403}


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("GET", 404), ("PUT", 400), ("DELETE", 412)])
def test_a_bucket_that_does_not_ask_who_comes(bucket: Bucket, method: str, status: int) -> None:
    with pytest.raises(AssertionError, match=f"without a signature, seen .*{method}.*: status {status} "):
        judged(bucket(**{method: status})).expect_closed()


@pytest.mark.parametrize("origin", [SITE, "*"])
def test_pages_of_the_site_may_upload(bucket: Bucket, origin: str) -> None:
    allowed = {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "x-amz-id-2, ETag"}
    judged(bucket(allowed, OPTIONS=200)).expect_uploads_from(SITE)


@pytest.mark.parametrize(
    ("origin", "exposed", "status", "seen"),
    [
        ("https://other.test", "ETag", 200, "seen it allow https://other.test"),
        (SITE, "ETag", 403, "seen it allow none"),
        (SITE, "", 200, "read the ETag, seen no header"),
        (SITE, "x-etag", 200, "read the ETag, seen x-etag"),
    ],
)
def test_pages_of_the_site_may_not(bucket: Bucket, origin: str, exposed: str, status: int, seen: str) -> None:
    headers = {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": exposed}
    with pytest.raises(AssertionError, match=seen):
        judged(bucket(headers, OPTIONS=status)).expect_uploads_from(SITE)


@pytest.mark.parametrize(
    ("trouble", "error", "told"),
    [
        (requests.exceptions.SSLError("self-signed"), ConfigurationError, "is not trusted: .*Set ca_file"),
        (requests.exceptions.ReadTimeout("slow"), Unreachable, "S3 does not answer"),
    ],
)
def test_no_answer_is_no_finding(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception, error: type[Exception], told: str
) -> None:
    def ask(*_: object, **__: object) -> requests.Response:
        raise trouble

    monkeypatch.setattr("clients.http.request", ask)
    with pytest.raises(error, match=told):
        AnonymousS3(URL, verify=True, timeout=1).list()


@pytest.mark.parametrize("ask", [lambda bucket: bucket.get("videos/1"), AnonymousS3.list, AnonymousS3.try_everything])
def test_a_store_that_is_broken_has_refused_nothing(bucket: Bucket, ask: Callable[[AnonymousS3], object]) -> None:
    with pytest.raises(Unreachable, match="S3 answers 503"):
        ask(bucket(GET=503))
