"""A bucket's settings as AWS tells them: what is as it should be, and what is not."""

import json
from typing import Any

import pytest

from selftest.unit.answering import ACCESS, answering
from services.aws.bucket import S3, Lifecycle

ARN = "arn:aws:cloudfront::1:distribution/E1"


def s3(**answers: Any) -> S3:
    return answering(S3(ACCESS, "videos"), **answers)


def lifecycle(**answers: Any) -> Lifecycle:
    return answering(Lifecycle(ACCESS, "videos"), **answers)


def test_an_old_region_has_an_old_name() -> None:
    s3(get_bucket_location={"LocationConstraint": "EU"}).expect_region("eu-west-1")


@pytest.mark.parametrize(
    ("principal", "condition", "holds"),
    [
        ({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}, {}, "E1"),
        ({"Service": "cloudfront.amazonaws.com"}, {"StringEquals": {"AWS:SourceArn": ARN}}, ARN),
        ({"Service": "cloudfront.amazonaws.com"}, {}, ""),
        ({"AWS": "*"}, {"StringEquals": {"AWS:SourceArn": ARN}}, ""),
        ("*", {}, ""),
    ],
)
def test_the_policy_lets_in_the_cdn_by_identity_or_by_arn(principal: Any, condition: Any, holds: str) -> None:
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Principal": principal, "Condition": condition}
    bucket = s3(get_bucket_policy={"Policy": json.dumps({"Statement": statement})})
    if holds:
        bucket.expect_nobody_but(holds)
    else:
        with pytest.raises(AssertionError, match="to let the CDN"):
            bucket.expect_nobody_but(ARN)


def test_a_second_statement_for_somebody_else() -> None:
    cdn = {"Effect": "Allow", "Action": "s3:GetObject", "Principal": {"AWS": "…Identity E1"}}
    other = {"Effect": "Allow", "Action": "s3:*", "Principal": {"AWS": "arn:aws:iam::2:root"}}
    refused = {"Effect": "Deny", "Action": "s3:*", "Principal": "*"}
    bucket = s3(get_bucket_policy={"Policy": json.dumps({"Statement": [cdn, other, refused]})})
    with pytest.raises(AssertionError, match=r"the CDN only, seen it let in .*arn:aws:iam::2:root"):
        bucket.expect_nobody_but("E1")


def rule(**more: Any) -> dict[str, Any]:
    return {"Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}, **more}


def test_delete_markers_may_go_with_incomplete_uploads() -> None:
    markers = rule(Filter={"Prefix": ""}, Expiration={"ExpiredObjectDeleteMarker": True})
    rules = lifecycle(get_bucket_lifecycle_configuration={"Rules": [rule(Status="Disabled", Prefix="x/"), markers]})
    rules.expect_only_aborted_uploads()
    rules.expect_all_objects()
    rules.expect_days(7)


def test_a_rule_of_the_old_form_for_one_folder() -> None:
    rules = lifecycle(get_bucket_lifecycle_configuration={"Rules": [rule(Prefix="tmp/")]})
    with pytest.raises(AssertionError, match="tmp/"):
        rules.expect_all_objects()
