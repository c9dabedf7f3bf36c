"""What CloudFront's logs tell of who asked for videos, and what is suspicious in them."""

import gzip
from datetime import UTC, datetime
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.response import StreamingBody

from checks.aws.access_logs import AGAIN, AccessLogs
from clients.errors import NotCheckable
from selftest.unit.answering import ACCESS, answering

FIELDS = "#Version: 1.0\n#Fields: c-ip cs-method sc-status cs-uri-query\n"

SIGNED = "Expires=1&Signature=x"

ON = {"Enabled": True, "Bucket": "logs.s3.amazonaws.com", "Prefix": "cdn"}


THERE = {"BucketRegion": "eu-west-1"}


def logs(*requests: str, content: bytes | None = None, logging: dict[str, Any] | None = None) -> AccessLogs:
    """Of a distribution whose log has these requests, their fields parted by blanks."""
    rows = "\n".join(request.replace(" ", "\t") for request in requests)
    file = gzip.compress(f"{FIELDS}{rows}\n".encode()) if content is None else content
    distribution = {"Id": "E1", "DistributionConfig": {"Logging": ON if logging is None else logging}}
    listed = [{"Key": "cdn/E1.2026-11-29-10.x.gz", "LastModified": datetime.now(UTC)}]
    return answering(
        AccessLogs(ACCESS, SimpleNamespace(distribution=distribution)),  # type: ignore[arg-type]
        head_bucket=THERE,
        list_objects_v2_1={},
        list_objects_v2_2={"Contents": listed},
        get_object={"Body": StreamingBody(BytesIO(file), len(file))},
    )


def test_viewers_who_come_by_signed_urls() -> None:
    requests = [f"192.0.2.1 GET 206 {SIGNED}", "192.0.2.1 OPTIONS 200 -", "192.0.2.1 GET 403 -"]
    assert logs(*requests).expect_nothing_suspicious() == 3


def test_a_video_that_nobody_signed_for() -> None:
    with pytest.raises(AssertionError, match="seen 1 served without a signature") as told:
        logs("192.0.2.1 GET 200 Expires=1").expect_nothing_suspicious()
    assert "192.0.2.1" not in str(told.value)


def test_somebody_who_tries_again_and_again() -> None:
    logs(*["192.0.2.1 GET 403 -"] * (AGAIN - 1), "192.0.2.2 GET 403 -").expect_nothing_suspicious()
    with pytest.raises(AssertionError, match=f"seen one address {AGAIN} times") as told:
        logs(*["192.0.2.1 GET 403 -"] * AGAIN).expect_nothing_suspicious()
    assert "192.0.2.1" not in str(told.value)


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ({"logging": {"Enabled": False}}, "keeps no logs"),
        ({"content": gzip.compress(FIELDS.encode())}, "no log of yesterday or today"),
        ({"content": b"no gzip"}, "cannot be read"),
    ],
)
def test_logs_that_tell_nothing(there: dict[str, Any], words: str) -> None:
    with pytest.raises(NotCheckable, match=words):
        logs(**there).expect_nothing_suspicious()


def of_bucket(answer: dict[str, str] | str, bucket: str = "logs.s3.amazonaws.com") -> AccessLogs:
    """Of a distribution that writes to this bucket, of which AWS gives that answer."""
    logging = {**ON, "Bucket": bucket}
    return answering(
        AccessLogs(ACCESS, SimpleNamespace(distribution={"Id": "E1", "DistributionConfig": {"Logging": logging}})),  # type: ignore[arg-type]
        head_bucket=answer,
    )


def test_a_missing_permission_is_named() -> None:
    with pytest.raises(NotCheckable, match="the permission s3:ListBucket"):
        of_bucket("403").expect_nothing_suspicious()


def test_logs_need_a_bucket_of_their_own_which_is_there() -> None:
    assert of_bucket(THERE).expect_bucket_other_than("videos") == "logs"
    with pytest.raises(AssertionError, match=r"a bucket of their own, seen videos$"):
        of_bucket(THERE, "videos.s3.amazonaws.com").expect_bucket_other_than("videos")
    with pytest.raises(AssertionError, match=r"a bucket of their own, seen none$"):
        of_bucket(THERE, "").expect_bucket_other_than("videos")
    with pytest.raises(AssertionError, match="a bucket of their own, seen no bucket logs"):
        of_bucket("404").expect_bucket_other_than("videos")
    with pytest.raises(NotCheckable, match=r"there is no bucket logs, .* \(1\.4\.23\)"):
        of_bucket("404").expect_nothing_suspicious()
    with pytest.raises(NotCheckable, match="keeps no logs"):
        logs(logging={}).expect_bucket_other_than("videos")
