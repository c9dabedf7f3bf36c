"""A distribution as CloudFront tells of it: what is as it should be, and what is not."""

from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from checks.aws.distribution import Distribution, Origin, Viewers
from clients.errors import NotCheckable
from selftest.unit.answering import ACCESS, answering
from selftest.unit.environment_files import pem

Part = TypeVar("Part", Distribution, Origin, Viewers)

DOMAIN = "d123.cloudfront.net"
ARN = "arn:aws:cloudfront::1:distribution/E1"


def part(
    of: type[Part], behaviour: dict[str, Any] | None = None, origin: dict[str, Any] | None = None, **distribution: Any
) -> Part:
    service = of(ACCESS, DOMAIN)
    config = {"DefaultCacheBehavior": behaviour or {}, "Origins": {"Items": [origin or {}]}}
    service.distribution = {"ARN": ARN, "DistributionConfig": config, **distribution}
    return service


class Told(Distribution):
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
    service = part(Origin, origin={"OriginAccessControlId": "E9", "S3OriginConfig": {"OriginAccessIdentity": ""}})
    service.expect_origin_access()
    assert service.reader == ARN
    with_identity = {"S3OriginConfig": {"OriginAccessIdentity": "origin-access-identity/cloudfront/E2"}}
    assert part(Origin, origin=with_identity).reader == "E2"


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
    service = part(Origin, origin={"DomainName": name})
    if holds:
        service.expect_origin("videos")
    else:
        with pytest.raises(AssertionError, match="as the only origin"):
            service.expect_origin("videos")


def test_every_behaviour_has_to_be_as_the_default_one() -> None:
    service = part(Viewers, {"ViewerProtocolPolicy": "https-only"})
    service.expect_https()
    service._config["CacheBehaviors"] = {"Items": [{"ViewerProtocolPolicy": "allow-all"}]}
    with pytest.raises(AssertionError, match="seen allow-all"):
        service.expect_https()


def test_a_key_pair_of_the_account_itself_is_trusted_too() -> None:
    signers = {"Items": [{"AwsAccountNumber": "self", "KeyPairIds": {"Items": ["APKA1"]}}]}
    service = part(Viewers, {"TrustedSigners": {"Enabled": True}}, ActiveTrustedSigners=signers)
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
    answering(Viewers(ACCESS, DOMAIN), get_public_key=answer).expect_public_half("K1", pem(rsa_key))
    with pytest.raises(AssertionError, match="to hold a public key K1, seen none"):
        answering(Viewers(ACCESS, DOMAIN), get_public_key="NoSuchPublicKey").expect_public_half("K1", pem(rsa_key))


def distribution(*, status: str = "Deployed", **differing: Any) -> Distribution:
    service = part(Distribution, Status=status)
    service._config.update({"PriceClass": "PriceClass_All", "Enabled": True, "Logging": {"Enabled": True}} | differing)
    return service


def test_a_distribution_as_decided() -> None:
    service = distribution()
    service.expect_price_class("PriceClass_All")
    service.expect_no_root_object()
    service.expect_logging(True)
    service.expect_deployed()
    service.expect_enabled()


def test_a_distribution_that_is_otherwise() -> None:
    with pytest.raises(AssertionError, match="the price class"):
        distribution(PriceClass="PriceClass_100").expect_price_class("PriceClass_All")
    with pytest.raises(AssertionError, match="the default root object"):
        distribution(DefaultRootObject="index.html").expect_no_root_object()
    with pytest.raises(AssertionError, match="logging"):
        distribution(Logging={"Enabled": False}).expect_logging(True)
    with pytest.raises(AssertionError, match="the distribution's status"):
        distribution(status="InProgress").expect_deployed()
    with pytest.raises(AssertionError, match="the distribution to be Enabled, seen Disabled"):
        distribution(Enabled=False).expect_enabled()


def test_a_name_needs_a_certificate_of_ones_own_and_cloudfronts_own_name_has_one() -> None:
    """As the box says: "If using CNAME". Nobody else can have a certificate for a name of CloudFront's."""
    default = {"CloudFrontDefaultCertificate": True}
    for named in ([], ["d1videos.cloudfront.net"], ["*.example.edu"]):
        service = distribution(Aliases={"Items": named}, ViewerCertificate=default)
        assert service.expect_certificate() == []
    service = distribution(Aliases={"Items": ["videos.example.edu", DOMAIN]}, ViewerCertificate=default)
    with pytest.raises(AssertionError, match=r"of your own for videos\.example\.edu, seen CloudFront's default one"):
        service.expect_certificate()


def test_what_viewers_may_do() -> None:
    part(Viewers, {"AllowedMethods": {"Items": ["HEAD", "GET", "OPTIONS"]}}).expect_methods()
    with pytest.raises(AssertionError, match="the methods that it allows"):
        part(Viewers, {"AllowedMethods": {"Items": ["HEAD", "GET", "OPTIONS", "PUT"]}}).expect_methods()
    with pytest.raises(AssertionError, match="to need a signature, seen no key group"):
        part(Viewers, {"TrustedKeyGroups": {"Enabled": False}}).expect_signatures_needed()


def test_an_origin_with_a_path_or_open_to_all() -> None:
    part(Origin, origin={"OriginPath": ""}).expect_no_origin_path()
    with pytest.raises(AssertionError, match="the origin's path"):
        part(Origin, origin={"OriginPath": "/videos"}).expect_no_origin_path()
    with pytest.raises(AssertionError, match="or origin access control, seen neither"):
        part(Origin).expect_origin_access()


def test_an_identity_that_aws_does_not_have_is_told_from_one_of_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    service = part(Origin, origin={"S3OriginConfig": {"OriginAccessIdentity": "origin-access-identity/cloudfront/E2"}})
    monkeypatch.setattr(service, "_ask", lambda *_, **__: {})
    with pytest.raises(AssertionError, match="seen no such identity on AWS"):
        service.expect_identity_name("videos-oai")
    named = {"CloudFrontOriginAccessIdentity": {"CloudFrontOriginAccessIdentityConfig": {"Comment": "other"}}}
    monkeypatch.setattr(service, "_ask", lambda *_, **__: named)
    with pytest.raises(AssertionError, match="name to be videos-oai, seen other"):
        service.expect_identity_name("videos-oai")
