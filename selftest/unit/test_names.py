"""Names that lead to a distribution, and their certificates."""

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from checks.aws.distribution import Distribution
from clients import names
from clients.errors import NotCheckable
from selftest.unit.answering import ACCESS

OWN = "d1.cloudfront.net"

CERTIFICATE = {"ACMCertificateArn": "arn:aws:acm:us-east-1:1:certificate/1"}


def distribution(*aliases: str, certificate: Mapping[str, Any] = CERTIFICATE) -> Distribution:
    service = Distribution(ACCESS, OWN)
    config = {"Aliases": {"Items": list(aliases)}, "ViewerCertificate": certificate}
    service.distribution = {"DomainName": OWN, "DistributionConfig": config}
    return service


@pytest.fixture(autouse=True)
def _dns(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {OWN: {"192.0.2.1", "192.0.2.2"}, "same.example": {"192.0.2.2"}, "other.example": {"192.0.2.9"}}
    monkeypatch.setattr(names, "addresses", lambda name: frozenset(there[name]) if name in there else None)
    monkeypatch.setattr(names, "_canonical", lambda name: name)


def test_a_name_is_optional_and_one_for_many_is_asked_by_nobody() -> None:
    assert distribution("*.example").expect_aliases() == []
    assert distribution(certificate={"CloudFrontDefaultCertificate": True}).expect_certificate() == []


def test_a_name_leads_to_the_distribution_or_not() -> None:
    assert distribution("same.example").expect_aliases() == ["same.example"]
    with pytest.raises(AssertionError, match=r"other\.example to lead .* seen addresses of something else"):
        distribution("same.example", "other.example").expect_aliases()
    with pytest.raises(AssertionError, match="seen no address"):
        distribution("nowhere.example").expect_aliases()


def test_a_machine_whose_dns_knows_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "addresses", lambda _: None)
    with pytest.raises(NotCheckable, match="DNS on this machine knows neither"):
        distribution("same.example").expect_aliases()


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (requests.exceptions.SSLError("Hostname mismatch"), AssertionError, "good for same.example, seen: The cert"),
        (requests.exceptions.ConnectTimeout("late"), NotCheckable, "does not answer"),
    ],
)
def test_a_name_with_another_one_s_certificate(
    monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[Exception], words: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("clients.http.request", refuse)
    with pytest.raises(kind, match=words):
        distribution("same.example").expect_certificate()
    with pytest.raises(AssertionError, match="seen CloudFront's default one"):
        distribution("same.example", certificate={"CloudFrontDefaultCertificate": True}).expect_certificate()
