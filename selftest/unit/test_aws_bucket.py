"""A bucket's settings as AWS tells them: what is as it should be, and what is not."""

import json
from typing import Any

import pytest

from checks.aws.bucket import CORS, BucketConfiguration, Lifecycle
from selftest.unit.answering import ACCESS, answering

ARN = "arn:aws:cloudfront::1:distribution/E1"


def s3(**answers: Any) -> BucketConfiguration:
    return answering(BucketConfiguration(ACCESS, "videos"), **answers)


SITE, OTHER = "https://moodle.example.edu", "https://elsewhere.example.edu"


def cors(**differing: list[str]) -> CORS:
    rule = {"AllowedMethods": ["PUT", "POST", "GET"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"]}
    rules = [rule | {"AllowedOrigins": [SITE]} | differing]
    return answering(CORS(ACCESS, "videos"), get_bucket_cors={"CORSRules": rules})


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
    with pytest.raises(AssertionError, match="for all objects, seen it kept to Prefix “tmp/”"):
        rules.expect_all_objects()


BLOCKS = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}


def blocked(**blocks: bool) -> dict[str, Any]:
    return {"PublicAccessBlockConfiguration": BLOCKS | blocks}


def encrypted(by: str) -> dict[str, Any]:
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": by}}]
    return {"ServerSideEncryptionConfiguration": {"Rules": rules}}


def anybody(**more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Principal": "*", **more}
    return {"Policy": json.dumps({"Statement": [statement]})}


def test_a_bucket_as_the_checklist_wants_it() -> None:
    s3(get_public_access_block=blocked()).expect_public_access_blocked()
    s3(get_bucket_versioning={"Status": "Enabled"}).expect_versioning(True)
    s3(get_bucket_versioning={"Status": "Suspended"}).expect_versioning(False)
    s3(get_bucket_encryption=encrypted("AES256")).expect_encryption()
    s3(get_object_lock_configuration={}, get_bucket_location={"LocationConstraint": "EU"}).expect_no_object_lock()
    s3(get_bucket_policy=anybody(Condition={"Bool": {}})).expect_not_public()


def test_a_bucket_that_is_open() -> None:
    with pytest.raises(AssertionError, match="to be blocked, seen it open by BlockPublicPolicy"):
        s3(get_public_access_block=blocked(BlockPublicPolicy=False)).expect_public_access_blocked()
    with pytest.raises(AssertionError, match="not public, seen anybody may s3:GetObject"):
        s3(get_bucket_policy=anybody()).expect_not_public()


def test_a_bucket_that_keeps_things_otherwise() -> None:
    with pytest.raises(AssertionError, match="bucket versioning"):
        s3(get_bucket_versioning={"Status": "Suspended"}).expect_versioning(True)
    with pytest.raises(AssertionError, match="default encryption"):
        s3(get_bucket_encryption=encrypted("aws:kms")).expect_encryption()
    locked = {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}
    with pytest.raises(AssertionError, match="object lock"):
        s3(get_object_lock_configuration=locked).expect_no_object_lock()


def test_whose_pages_may_use_it() -> None:
    cors().expect_rules()
    cors().expect_origin(SITE)
    cors().expect_no_other_origins([SITE])
    with pytest.raises(AssertionError, match=f"to name {OTHER}, seen {SITE}"):
        cors().expect_origin(OTHER)
    with pytest.raises(AssertionError, match="only, seen \\* as well"):
        cors(AllowedOrigins=[SITE, "*"]).expect_no_other_origins([SITE])


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ({"AllowedMethods": ["GET", "PUT", "POST", "DELETE"]}, "methods"),
        ({"AllowedHeaders": ["content-type"]}, "headers"),
        ({"ExposeHeaders": []}, "exposed headers"),
    ],
)
def test_a_rule_that_allows_something_else(rule: dict[str, list[str]], what: str) -> None:
    with pytest.raises(AssertionError, match=f"the CORS rule's {what}"):
        cors(**rule).expect_rules()


def test_no_rule_at_all() -> None:
    with pytest.raises(AssertionError, match="expected CORS rules, seen none"):
        answering(CORS(ACCESS, "videos"), get_bucket_cors={"CORSRules": []}).expect_rules()
