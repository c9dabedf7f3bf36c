"""What AWS answers, and what becomes of it: a line that holds, one that does not, or one that nobody can judge."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from selftest.unit.environment_files import pem
from services.aws import IAM, S3, STS, Access, CloudFront
from services.errors import ConfigurationError, NotCheckable

Service = TypeVar("Service", S3, IAM, CloudFront, STS)

ACCESS = Access("AKIAAUDIT", "secret-of-the-audit")
DOMAIN = "d123.cloudfront.net"
ARN = "arn:aws:cloudfront::1:distribution/E1"
KEY = "AKIAPLUGIN000000"


def answering(service: Service, **answers: Any) -> Service:
    """The service, which answers these calls in their order; a text is the code of an error."""
    stubber = Stubber(service._client)
    for name, answer in answers.items():
        call = name.rstrip("_0123456789")
        if isinstance(answer, str):
            stubber.add_client_error(call, answer, http_status_code=403)
        else:
            stubber.add_response(call, answer)
    stubber.activate()
    return service


def s3(**answers: Any) -> S3:
    return answering(S3(ACCESS, "videos"), **answers)


def iam(**answers: Any) -> IAM:
    return answering(IAM(ACCESS, KEY), **answers)


def cloudfront(behaviour: dict[str, Any] | None = None, **distribution: Any) -> CloudFront:
    service = CloudFront(ACCESS, DOMAIN)
    config = {"DefaultCacheBehavior": behaviour or {}, "Origins": {"Items": [distribution.pop("origin", {})]}}
    service.distribution = {"ARN": ARN, "DistributionConfig": config, **distribution}
    return service


# -- what AWS does not tell -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AccessDenied", r"the audit key lacks the permission s3:GetBucketPublicAccessBlock; see environments/README"),
        ("Throttling", r"AWS answers Throttling to s3:GetBucketPublicAccessBlock: too many requests"),
        ("SlowDown", "too many requests, try again later"),
    ],
)
def test_what_aws_does_not_tell_is_not_checkable(code: str, words: str) -> None:
    with pytest.raises(NotCheckable, match=words):
        s3(get_public_access_block=code).expect_public_access_blocked()


def test_a_missing_permission_of_a_list_is_named_too() -> None:
    with pytest.raises(NotCheckable, match="the permission cloudfront:ListDistributions"):
        answering(CloudFront(ACCESS, DOMAIN), list_distributions="AccessDenied").expect_deployed()
    found = {"get_access_key_last_used": {"UserName": "plugin", "AccessKeyLastUsed": _NEVER}, "get_user": _USER}
    service = iam(**found, simulate_principal_policy="AccessDenied")
    with pytest.raises(NotCheckable, match="the permission iam:SimulatePrincipalPolicy"):
        service.expect_allowed(["s3:GetObject"], "*")


def test_a_wrong_audit_key_is_a_mistake_in_the_environment() -> None:
    with pytest.raises(ConfigurationError, match=r"audit\.access_key and audit\.secret_key") as refusal:
        answering(STS(ACCESS), get_caller_identity="InvalidClientTokenId").check()
    assert ACCESS.secret_key not in str(refusal.value)


def test_an_aws_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    service = S3(ACCESS, "videos")

    def silent(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3")

    monkeypatch.setattr(service._client, "get_bucket_cors", silent)
    with pytest.raises(NotCheckable, match="AWS does not answer to s3:GetBucketCORS"):
        service.expect_cors_rules()


def test_another_error_is_a_finding() -> None:
    with pytest.raises(AssertionError, match="expected AWS to answer to s3:GetBucketVersioning, seen Odd"):
        s3(get_bucket_versioning="Odd").expect_versioning(False)


# -- S3 -------------------------------------------------------------------------------------------


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
    bucket = s3(get_bucket_lifecycle_configuration={"Rules": [rule(Status="Disabled", Prefix="x/"), markers]})
    bucket.expect_rule_that_only_aborts_uploads()
    bucket.expect_rule_of_all_objects()
    bucket.expect_rule_days(7)


def test_a_rule_of_the_old_form_for_one_folder() -> None:
    bucket = s3(get_bucket_lifecycle_configuration={"Rules": [rule(Prefix="tmp/")]})
    with pytest.raises(AssertionError, match="tmp/"):
        bucket.expect_rule_of_all_objects()


# -- CloudFront -----------------------------------------------------------------------------------


class Told(CloudFront):
    """Knows the distributions that it is told of."""

    def __init__(self, *distributions: dict[str, Any]) -> None:
        super().__init__(ACCESS, DOMAIN)
        self._told_of = list(distributions)

    def _all(self, *_: str, **__: Any) -> list[Any]:
        return self._told_of

    def _ask(self, call: str, *absent: str, **arguments: Any) -> dict[str, Any]:
        return {"Distribution": {"ARN": arguments["Id"]}}


OTHER = {"DomainName": "d0.cloudfront.net"}


@pytest.mark.parametrize(
    "names", [{"DomainName": DOMAIN}, {"DomainName": "d9.cloudfront.net", "Aliases": {"Items": [DOMAIN]}}]
)
def test_a_distribution_is_found_by_its_domain_or_by_another_name(names: dict[str, Any]) -> None:
    assert Told(OTHER, {"Id": "E1", **names}).arn == "E1"


def test_a_domain_that_no_distribution_serves() -> None:
    service = Told(OTHER)
    with pytest.raises(AssertionError, match=f"a distribution that serves {DOMAIN}, seen none among 1"):
        service.expect_deployed()


def test_origin_access_control_is_as_good_as_an_identity() -> None:
    service = cloudfront(origin={"OriginAccessControlId": "E9", "S3OriginConfig": {"OriginAccessIdentity": ""}})
    service.expect_origin_access()
    assert service.reader == ARN
    with_identity = {"S3OriginConfig": {"OriginAccessIdentity": "origin-access-identity/cloudfront/E2"}}
    assert cloudfront(origin=with_identity).reader == "E2"


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("videos.s3.amazonaws.com", True),
        ("videos.s3.eu-west-1.amazonaws.com", True),
        ("videos.s3-eu-west-1.amazonaws.com", True),
        ("videos.s3-website.eu-west-1.amazonaws.com", False),
        ("videos-2.s3.amazonaws.com", False),
    ],
)
def test_an_origin_of_the_bucket(name: str, holds: bool) -> None:
    service = cloudfront(origin={"DomainName": name})
    if holds:
        service.expect_origin("videos")
    else:
        with pytest.raises(AssertionError, match="as the only origin"):
            service.expect_origin("videos")


def test_every_behaviour_has_to_be_as_the_default_one() -> None:
    service = cloudfront({"ViewerProtocolPolicy": "https-only"})
    service.expect_https()
    service._config["CacheBehaviors"] = {"Items": [{"ViewerProtocolPolicy": "allow-all"}]}
    with pytest.raises(AssertionError, match="seen allow-all"):
        service.expect_https()


def test_a_key_pair_of_the_account_itself_is_trusted_too() -> None:
    signers = {"Items": [{"AwsAccountNumber": "self", "KeyPairIds": {"Items": ["APKA1"]}}]}
    service = cloudfront({"TrustedSigners": {"Enabled": True}}, ActiveTrustedSigners=signers)
    service.expect_signatures_needed()
    service.expect_trusted("APKA1")
    with pytest.raises(AssertionError, match="APKA2 to be trusted, seen APKA1"):
        service.expect_trusted("APKA2")
    with pytest.raises(NotCheckable, match="whose public half AWS does not show"):
        service.expect_public_half("APKA1", "")


def test_the_halves_of_a_key_pair(rsa_key: rsa.RSAPrivateKey) -> None:
    public = rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    config = {"CallerReference": "1", "Name": "1", "EncodedKey": public}
    answer = {"PublicKey": {"Id": "K1", "CreatedTime": datetime.now(UTC), "PublicKeyConfig": config}}
    answering(CloudFront(ACCESS, DOMAIN), get_public_key=answer).expect_public_half("K1", pem(rsa_key))
    with pytest.raises(AssertionError, match="to hold a public key K1, seen none"):
        answering(CloudFront(ACCESS, DOMAIN), get_public_key="NoSuchPublicKey").expect_public_half("K1", pem(rsa_key))


def test_no_logs_are_nowhere() -> None:
    with pytest.raises(NotCheckable, match="keeps no logs"):
        cloudfront().expect_log_bucket_other_than("videos")


# -- IAM ------------------------------------------------------------------------------------------

_NEVER = {"LastUsedDate": datetime.now(UTC), "ServiceName": "s3", "Region": "us-east-1"}
_USER = {
    "User": {
        "Path": "/",
        "UserName": "plugin",
        "UserId": "AIDA000000000000",
        "Arn": "arn:aws:iam::123456789012:user/plugin",
        "CreateDate": datetime.now(UTC),
    }
}


def user(**answers: Any) -> IAM:
    service = iam(**answers)
    service.user = "plugin"
    return service


def key(id_: str, status: str = "Active", days: int = 0) -> dict[str, Any]:
    return {"AccessKeyId": id_, "Status": status, "CreateDate": datetime.now(UTC) - timedelta(days=days)}


def test_a_plugin_without_a_key_of_its_own() -> None:
    with pytest.raises(NotCheckable, match="the server itself has credentials"):
        IAM(ACCESS, "").expect_no_password()


def test_a_key_of_another_account() -> None:
    with pytest.raises(AssertionError, match="seen what cannot be an id there"):
        IAM(ACCESS, "short").expect_no_password()
    with pytest.raises(AssertionError, match="seen no such key"):
        iam(get_access_key_last_used="NoSuchEntity").expect_no_password()


def test_the_plugin_s_key_must_be_on_and_young_and_the_only_one() -> None:
    metadata = {"AccessKeyMetadata": [key("AKIAOLDER0000000", "Inactive", 500), key(KEY, days=30)]}
    assert user(list_access_keys=metadata).expect_fresh_key(90) == 30
    user(list_access_keys=metadata).expect_one_key()
    with pytest.raises(AssertionError, match="of at most 29 days, seen one of 30"):
        user(list_access_keys=metadata).expect_fresh_key(29)
    with pytest.raises(AssertionError, match="to be active, seen that it is not"):
        user(list_access_keys={"AccessKeyMetadata": [key(KEY, "Inactive")]}).expect_fresh_key(90)


@pytest.mark.parametrize(
    ("statement", "seen"),
    [
        ({"Effect": "Allow", "Action": "s3:*"}, r"seen s3:\*"),
        ({"Effect": "Allow", "NotAction": "iam:*"}, "seen all but some"),
        ({"Effect": "Allow", "Action": ["S3:getobject", "s3:DeleteObject", "s3:HeadObject"]}, ""),
        ({"Effect": "Deny", "Action": "*"}, ""),
    ],
)
def test_no_policy_grants_more(statement: dict[str, Any], seen: str) -> None:
    service = user()
    service._policies = [("P", {"Statement": statement})]
    if seen:
        with pytest.raises(AssertionError, match=f"{seen} in the policy P"):
            service.expect_nothing_more_granted()
    else:
        service.expect_nothing_more_granted()
