"""What AWS does not tell: a line that nobody can judge, with what to do about it."""

import inspect
import re
import runpy
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from checks.aws.bucket import CORS, BucketConfiguration
from checks.aws.distribution import Distribution
from clients.aws.account import PERMISSIONS, STS
from clients.errors import ConfigurationError, NotCheckable, UnexpectedAnswer
from runner.configuration.replica import CHECKOUT
from selftest.unit.answering import ACCESS, answering


def s3(**answers: Any) -> BucketConfiguration:
    return answering(BucketConfiguration(ACCESS, "videos"), **answers)


BY_AUDIT_KEY = {"s3", "cors", "lifecycle", "distribution", "origin", "viewers", "iam"}
"""Fixtures that are built on `audit`."""


def test_phase_1_is_judged_only_where_the_environment_asks_for_it() -> None:
    tests = runpy.run_path(str(CHECKOUT / "tests" / "test_1_aws.py"))
    for name, test in tests.items():
        if name.startswith("test_"):
            marked = {fixture for mark in test.pytestmark if mark.name == "usefixtures" for fixture in mark.args}
            assert "audit" in marked or BY_AUDIT_KEY & set(inspect.signature(test).parameters), name


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AccessDenied", r"the audit key lacks the permission s3:GetBucketPublicAccessBlock; see docs/environments"),
        ("Throttling", r"AWS answers Throttling to s3:GetBucketPublicAccessBlock: too many requests"),
        ("SlowDown", "too many requests, try again later"),
    ],
)
def test_what_aws_does_not_tell_is_not_checkable(code: str, words: str) -> None:
    with pytest.raises(NotCheckable, match=words):
        s3(get_public_access_block=code).expect_public_access_blocked()


def test_a_missing_permission_of_a_list_is_named_too() -> None:
    with pytest.raises(NotCheckable, match="the permission cloudfront:ListDistributions"):
        answering(Distribution(ACCESS, "d123.cloudfront.net"), list_distributions="AccessDenied").expect_deployed()


def test_a_wrong_audit_key_is_a_mistake_in_the_environment() -> None:
    with pytest.raises(ConfigurationError, match=r"audit\.access_key and audit\.secret_key") as refusal:
        answering(STS(ACCESS), get_caller_identity="InvalidClientTokenId").check()
    assert ACCESS.secret_key not in str(refusal.value)


def test_an_aws_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    service = CORS(ACCESS, "videos")

    def silent(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3")

    monkeypatch.setattr(service._client, "get_bucket_cors", silent)
    with pytest.raises(NotCheckable, match="AWS does not answer to s3:GetBucketCORS"):
        service.expect_rules()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("Odd", "the error Odd"),
        ("NoSuchKey", "that there is no such key (NoSuchKey)"),
        ("NoSuchOriginAccessControl", "that there is no such origin access control (NoSuchOriginAccessControl)"),
        ("ResourceNotFoundException", "that there is no such resource (ResourceNotFoundException)"),
        ("404", "that it has nothing of that name (404 Not Found)"),
    ],
)
def test_another_error_is_a_finding_in_words(code: str, words: str) -> None:
    with pytest.raises(UnexpectedAnswer) as told:
        s3(get_bucket_versioning=code).expect_versioning(False)
    assert str(told.value) == f"expected AWS to answer to s3:GetBucketVersioning, seen {words}"


ASKED = re.compile(r"""_(?:ask|all|of_bucket)\(\s*"(\w+)\"""")
"""A call of AWS in a check."""


def test_the_documented_policy_has_every_permission_that_a_check_asks_for() -> None:
    documented = (CHECKOUT / "docs" / "environments.md").read_text(encoding="utf-8")
    calls = {call for file in (CHECKOUT / "checks" / "aws").glob("*.py") for call in ASKED.findall(file.read_text())}
    assert len(calls) > 30
    for call in calls:
        camel = "".join(word.capitalize() for word in call.split("_"))
        permission = PERMISSIONS.get(call) or rf"\w+:{camel}"
        assert re.search(f'"{permission}"', documented), f"{call} is not in the policy of the audit key"
