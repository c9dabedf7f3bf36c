"""The plugin's user as IAM tells of it: what is as it should be, and what is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from checks.aws.iam import IAM
from clients.errors import NotCheckable, UnexpectedAnswer
from selftest.unit.answering import ACCESS, answering

KEY = "AKIAPLUGIN000000"

NEVER = {"LastUsedDate": datetime.now(UTC), "ServiceName": "s3", "Region": "us-east-1"}
USER = {
    "User": {
        "Path": "/",
        "UserName": "plugin",
        "UserId": "AIDA000000000000",
        "Arn": "arn:aws:iam::123456789012:user/plugin",
        "CreateDate": datetime.now(UTC),
    }
}


def iam(**answers: Any) -> IAM:
    return answering(IAM(ACCESS, KEY), **answers)


def user(**answers: Any) -> IAM:
    service = iam(**answers)
    service.user = "plugin"
    return service


def key(id_: str, status: str = "Active", days: int = 0) -> dict[str, Any]:
    return {"AccessKeyId": id_, "Status": status, "CreateDate": datetime.now(UTC) - timedelta(days=days)}


def test_a_missing_permission_is_named() -> None:
    answers = {"get_access_key_last_used": {"UserName": "plugin", "AccessKeyLastUsed": NEVER}, "get_user": USER}
    service = iam(**answers, simulate_principal_policy="AccessDenied")
    with pytest.raises(NotCheckable, match="the permission iam:SimulatePrincipalPolicy"):
        service.expect_allowed(["s3:GetObject"], "*")


def test_a_plugin_without_a_key_of_its_own() -> None:
    with pytest.raises(NotCheckable, match="the server itself has credentials"):
        IAM(ACCESS, "").expect_no_password()


def test_a_key_of_another_account() -> None:
    with pytest.raises(UnexpectedAnswer, match="seen what cannot be an id there"):
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
