"""What the bucket says when all is well, and which sentence it has for everything else."""

import hashlib
import io
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trustme
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from checks.video_store import StoredVideos, VideoStore
from clients.anonymous_s3 import NO_SUCH_ETAG, NO_SUCH_KEY
from clients.boto import new_client
from clients.errors import ConfigurationError, KeyRefused, NotCheckable, UnexpectedAnswer, Unreachable, untrusted
from clients.s3 import Bucket

KEY = "videos/7/1795369446_201560ca/clip.mp4"
CONTENT = b"video" * 1000


def open_bucket(
    endpoint: str | None = None, region: str = "us-east-1", verify: bool | str = True, attempts: int = 3
) -> Bucket:
    client = new_client(
        "s3",
        region=region,
        access_key="AKIA0000",
        secret_key="secret-key-of-the-suite",
        endpoint=endpoint,
        verify=verify,
        attempts=attempts,
    )
    return Bucket("acme-videos", client, verify=verify)


@pytest.fixture
def bucket() -> Bucket:
    return open_bucket()


@pytest.fixture
def s3(bucket: Bucket) -> Iterator[Stubber]:
    with Stubber(bucket._client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("endpoint", "region", "url"),
    [
        (None, "us-east-1", "https://acme-videos.s3.amazonaws.com/"),
        (None, "eu-west-2", "https://acme-videos.s3.eu-west-2.amazonaws.com/"),
        ("https://127.0.0.1:8444", "us-east-1", "https://127.0.0.1:8444/acme-videos/"),
    ],
)
def test_address(endpoint: str | None, region: str, url: str) -> None:
    assert open_bucket(endpoint, region).url == url


def test_lists_every_page(bucket: Bucket, s3: Stubber) -> None:
    s3.add_response("list_objects_v2", {"IsTruncated": True, "NextContinuationToken": "x", "Contents": [{"Key": "a"}]})
    s3.add_response("list_objects_v2", {"IsTruncated": False, "Contents": [{"Key": "b"}]})
    assert bucket.keys("videos/7/") == ["a", "b"]


def test_nothing_there(bucket: Bucket, s3: Stubber) -> None:
    s3.add_response("list_objects_v2", {"IsTruncated": False})
    assert bucket.objects("videos/7/") == []


def stored(s3: Stubber, content: bytes = CONTENT, content_type: str = "video/mp4") -> None:
    s3.add_response(
        "head_object", {"ContentLength": len(content), "ContentType": content_type, "ServerSideEncryption": "AES256"}
    )
    s3.add_response("get_object", {"Body": StreamingBody(io.BytesIO(content), len(content))})


def test_what_was_chosen_is_stored(bucket: Bucket, s3: Stubber) -> None:
    stored(s3)
    found = VideoStore(bucket).expect_stored(KEY, len(CONTENT), "video/mp4", hashlib.sha256(CONTENT).hexdigest())
    assert (found.key, found.encryption) == (KEY, "AES256")


@pytest.mark.parametrize(
    ("content", "content_type", "named"),
    [
        (CONTENT[:-1], "video/mp4", ["the size 5000 bytes and the SHA-256", "seen the size 4999 bytes and"]),
        (CONTENT, "binary/octet-stream", ["the type video/mp4, seen the type binary/octet-stream"]),
        (CONTENT[:-1] + b"x", "video/mp4", ["with the SHA-256"]),
    ],
)
def test_what_differs_is_named(
    bucket: Bucket, s3: Stubber, content: bytes, content_type: str, named: list[str]
) -> None:
    stored(s3, content, content_type)
    with pytest.raises(AssertionError) as failure:
        VideoStore(bucket).expect_stored(KEY, len(CONTENT), "video/mp4", hashlib.sha256(CONTENT).hexdigest())
    assert KEY in str(failure.value)
    assert all(sentence in str(failure.value) for sentence in named)


def test_an_absent_object_is_a_finding(bucket: Bucket, s3: Stubber) -> None:
    s3.add_client_error("head_object", "404", http_status_code=404)
    with pytest.raises(UnexpectedAnswer, match=f"expected an object at {KEY} on S3, seen none"):
        VideoStore(bucket).expect_stored(KEY, 1, "video/mp4", "")


@pytest.mark.parametrize("gone", [True, False])
def test_a_deleted_assignment_s_video_may_go_with_a_task_of_moodle_s(
    gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checks.video_store.CRON", 0.02)
    monkeypatch.setattr("checks.video_store.LOOKS_AGAIN", 0.01)
    listed = iter([[KEY], []] if gone else repeat([KEY]))
    store = VideoStore(cast(Any, SimpleNamespace(keys=lambda _: next(listed))))
    with nullcontext() if gone else pytest.raises(AssertionError, match=f"gone .*, seen {KEY} on S3, also after"):
        store.expect_gone(KEY)


def test_check_reads_one_object_and_deletes_none(bucket: Bucket, s3: Stubber) -> None:
    """The condition of the deletion is never true: in a versioned bucket a plain one would leave a marker."""
    found = {"Contents": [{"Key": "videos/7/a.mp4"}]}
    s3.add_response("list_objects_v2", found, {"Bucket": "acme-videos", "Prefix": "videos/", "MaxKeys": 1})
    body = StreamingBody(io.BytesIO(b"a"), 1)
    s3.add_response("get_object", {"Body": body}, {"Bucket": "acme-videos", "Key": "videos/7/a.mp4", "Range": ANY})
    asked = {"Bucket": "acme-videos", "Key": NO_SUCH_KEY, "IfMatch": NO_SUCH_ETAG}
    s3.add_client_error("delete_object", "PreconditionFailed", http_status_code=412, expected_params=asked)
    s3.add_response("head_bucket", {})
    bucket.check()


def test_check_tells_a_key_that_may_not_delete(bucket: Bucket, s3: Stubber) -> None:
    s3.add_response("list_objects_v2", {"IsTruncated": False})
    s3.add_client_error("delete_object", "AccessDenied", http_status_code=403)
    with pytest.raises(ConfigurationError, match="s3:DeleteObject"):
        bucket.check()


def test_check_of_a_site_where_tests_may_not_write_deletes_nothing(bucket: Bucket, s3: Stubber) -> None:
    s3.add_response("list_objects_v2", {"IsTruncated": False})
    s3.add_response("head_bucket", {})
    bucket.check(deletes=False)


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (("NoSuchBucket", 404), ConfigurationError, "no bucket acme-videos.*storage.bucket"),
        (("404", 404), ConfigurationError, "no bucket acme-videos"),
        (("InvalidAccessKeyId", 403), ConfigurationError, "does not know the suite's key.*storage.access_key"),
        (("SignatureDoesNotMatch", 403), ConfigurationError, "does not know the suite's key.*storage.secret_key"),
        (("AccessDenied", 403), ConfigurationError, "refuses the suite's key.*s3:ListBucket"),
        (("PermanentRedirect", 301), ConfigurationError, "another region.*storage.region"),
        (("AuthorizationHeaderMalformed", 400), ConfigurationError, "another region"),
        (("InternalError", 500), Unreachable, "S3 answered 500 InternalError"),
        (("SlowDown", 503), Unreachable, "S3 answered 503 SlowDown"),
    ],
)
def test_every_refusal_has_its_sentence(
    bucket: Bucket, s3: Stubber, error: tuple[str, int], kind: type[Exception], sentence: str
) -> None:
    code, status = error
    s3.add_client_error("list_objects_v2", code, http_status_code=status)
    with pytest.raises(kind, match=sentence) as refusal:
        bucket.check()
    assert "secret-key-of-the-suite" not in str(refusal.value)


def test_an_outage_is_told_from_a_wrong_key() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"https://127.0.0.1:{unused.getsockname()[1]}"
    bucket = open_bucket(closed, attempts=1)
    for ask in (
        bucket.check,
        bucket.probe,
        bucket.unsigned.list,
        lambda: bucket.unsigned.allowed_origin("https://a.test"),
    ):
        with pytest.raises(Unreachable, match=r"S3 does not answer at .*: Connection refused"):
            ask()


@contextmanager
def store(allowed_origin: str | None, ca: trustme.CA) -> Iterator[str]:
    """An HTTPS server that allows one origin, refuses the unsigned, and has the object "public"."""

    class Handler(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self.send_response(200 if allowed_origin else 403)
            if allowed_origin:
                self.send_header("Access-Control-Allow-Origin", allowed_origin)
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(206 if self.path == "/acme-videos/videos/7/public%20clip" else 403)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("allowed", ["https://moodle.test", "*", None])
def test_the_origin_that_a_preflight_allows(allowed: str | None, tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with store(allowed, ca) as endpoint:
        bucket = open_bucket(endpoint, verify=str(tmp_path / "ca.pem"))
        assert bucket.unsigned.allowed_origin("https://moodle.test") == allowed


@pytest.mark.parametrize("allowed", ["https://elsewhere.test", "*"])
def test_uploads_from_another_site(allowed: str, tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with store(allowed, ca) as endpoint:
        bucket = open_bucket(endpoint, verify=str(tmp_path / "ca.pem"))
        with pytest.raises(AssertionError, match=f"seen it allow {re.escape(allowed)}"):
            VideoStore(bucket).expect_no_uploads_from("https://elsewhere.test")


@pytest.mark.parametrize("allowed", ["https://moodle.test", None])
def test_no_uploads_from_another_site(allowed: str | None, tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with store(allowed, ca) as endpoint:
        VideoStore(open_bucket(endpoint, verify=str(tmp_path / "ca.pem"))).expect_no_uploads_from(
            "https://elsewhere.test"
        )


def test_what_the_unsigned_get(tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with store(None, ca) as endpoint:
        bucket = open_bucket(endpoint, verify=str(tmp_path / "ca.pem"))
        assert bucket.unsigned.list() == 403
        assert bucket.unsigned.get(KEY) == 403
        assert bucket.unsigned.get("videos/7/public clip") == 206


def test_a_certificate_that_is_not_trusted_is_no_outage() -> None:
    with store(None, trustme.CA()) as endpoint:
        bucket = open_bucket(endpoint, attempts=1)
        for ask in (bucket.probe, bucket.unsigned.list):
            with pytest.raises(ConfigurationError, match=r"not trusted: .*certificate.*Set ca_file"):
                ask()


BEHIND = f"keeps versions: at {KEY} is a delete marker, and the video is behind"


@pytest.fixture
def videos(bucket: Bucket, s3: Stubber) -> StoredVideos:
    s3.add_response("list_objects_v2", {}, {"Bucket": "acme-videos", "Prefix": "videos/7/"})
    return StoredVideos(bucket, "videos/7/")


def test_a_delete_marker_is_not_gone(videos: StoredVideos, s3: Stubber) -> None:
    s3.add_response("list_object_versions", {"Versions": [{"Key": KEY}], "DeleteMarkers": [{"Key": KEY}]})
    with pytest.raises(NotCheckable, match=BEHIND):
        videos.expect_no_version(KEY)


def test_an_object_that_was_not_deleted_is_no_old_version(videos: StoredVideos, s3: Stubber) -> None:
    s3.add_response("list_object_versions", {"Versions": [{"Key": KEY, "VersionId": "null", "IsLatest": True}]})
    videos.expect_no_version(KEY)


def test_another_objects_versions_are_not_this_ones(videos: StoredVideos, s3: Stubber) -> None:
    s3.add_response("list_object_versions", {"Versions": [{"Key": f"{KEY}.bak"}]})
    videos.expect_no_version(KEY)


@pytest.mark.parametrize("marker", ["true", ""])
def test_a_delete_marker_says_so_to_who_may_not_list_versions(
    videos: StoredVideos, s3: Stubber, marker: dict[str, str]
) -> None:
    headers = {"x-amz-delete-marker": marker} if marker else {}
    s3.add_client_error("list_object_versions", "AccessDenied", http_status_code=403)
    s3.add_client_error("head_object", "404", http_status_code=404, response_meta={"HTTPHeaders": headers})
    with pytest.raises(NotCheckable, match=BEHIND) if marker else nullcontext():
        videos.expect_no_version(KEY)


def test_what_is_there_is_told(videos: StoredVideos, s3: Stubber) -> None:
    key = "videos/7/1764/clip.mp4"
    s3.add_response("list_objects_v2", {"Contents": [{"Key": key}]})
    s3.add_response("head_object", {"ContentLength": 7, "ContentType": "video/mp4"})
    assert videos.told() == [f"{key}: 7 bytes, video/mp4"]
    s3.add_response("list_objects_v2", {"IsTruncated": False})
    assert videos.told() == ["videos/7/: nothing"]


def test_that_it_cannot_be_told_is_no_failure(videos: StoredVideos, s3: Stubber) -> None:
    s3.add_client_error("list_objects_v2", "SlowDown", http_status_code=503)
    assert videos.told() == ["videos/7/: S3 answered 503 SlowDown (listing the bucket in acme-videos)."]


def refused(code: str, status: int, **headers: str) -> dict[str, Any]:
    return {
        "service_error_code": code,
        "http_status_code": status,
        "response_meta": {"HTTPHeaders": headers},
    }


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refused("RequestTimeTooSkewed", 403), "S3 finds this machine's clock wrong .*Set the clock"),
        (
            refused("403", 403, date="Sun, 01 Jan 2023 00:00:00 GMT"),
            "clock is .* min ahead of that of S3",
        ),
    ],
)
def test_a_wrong_clock_is_no_wrong_key(bucket: Bucket, s3: Stubber, answer: dict[str, Any], told: str) -> None:
    s3.add_client_error("list_objects_v2", **answer)
    with pytest.raises(ConfigurationError, match=told):
        bucket.keys("videos/")


def test_a_refusal_to_the_suite_s_own_key_is_no_finding(bucket: Bucket, s3: Stubber) -> None:
    s3.add_client_error("get_object", "AccessDenied", http_status_code=403)  # SSE-KMS, whose key may not decrypt
    with pytest.raises(KeyRefused, match="s3:GetObject"):
        bucket.digest(KEY)


def test_check_says_what_it_did_not_try(bucket: Bucket, s3: Stubber) -> None:
    s3.add_response("list_objects_v2", {"IsTruncated": False})
    s3.add_client_error("delete_object", "NotImplemented", http_status_code=501)
    s3.add_response("head_bucket", {})
    assert bucket.check() == [
        "reading, for it holds no video yet",
        "deleting, for it does not know conditions (If-Match)",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<html>hi</html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{x: 7}\n",
        b"HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\nnope",
        b"not HTTP at all\r\n\r\n",
    ],
    ids=["HTML", "no XML", "307 without a body", "a circle", "a gateway", "no HTTP"],
)
def test_what_is_not_s3_is_told(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        port = server.getsockname()[1]
        with pytest.raises((Unreachable, ConfigurationError)) as told:
            open_bucket(f"http://127.0.0.1:{port}", attempts=1).check()
    assert str(told.value).endswith(".")


@pytest.mark.parametrize(
    ("why", "remedy"),
    [
        ("certificate has expired", "Have it renewed, or set this machine's clock"),
        ("Hostname mismatch, certificate is not valid for 'x'.", "It is of another host"),
        ("IP address mismatch, certificate is not valid for '127.0.0.1'.", "It is of another host"),
        ("unable to get local issuer certificate", "Set ca_file"),
        ("self-signed certificate", "Set ca_file"),
    ],
)
def test_what_is_wrong_with_a_certificate_has_its_own_remedy(why: str, remedy: str) -> None:
    error = ssl.SSLCertVerificationError(why)
    error.verify_message = why
    assert remedy in untrusted("https://x/", error)


def test_a_list_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page says that there is another one."""
    pages = ({"Contents": [{"Key": f"videos/7/{number}"}]} for number in count())
    client = SimpleNamespace(
        get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: pages),
        generate_presigned_post=lambda *_: {"url": "https://s3.test/b"},
    )
    monkeypatch.setattr("clients.s3.LONGEST", 0.05)
    with pytest.raises(Unreachable, match="lists videos/7/ without an end"):
        Bucket("b", cast(Any, client)).keys("videos/7/")
