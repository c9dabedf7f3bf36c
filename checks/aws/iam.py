"""Steps 1.6 and 1.7: the plugin's user, and what it may."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from checks.aws.settings import expect_equal
from clients.aws.account import Access, Json, Service
from clients.aws.policy import many, statements
from clients.errors import NotCheckable

GRANTED = {"s3:putobject", "s3:getobject", "s3:deleteobject", "s3:headobject", "cloudfront:createinvalidation"}
"""What the policy of step 1.6 grants. s3:HeadObject is no action of IAM, so it grants nothing."""

USER_NAME = re.compile(r"moodle-s3video-[a-z0-9-]+")

POLICY_NAME = re.compile(r"MoodleS3VideoPolicy-[A-Za-z0-9-]+")

OBJECT_ACTIONS = ("s3:PutObject", "s3:GetObject", "s3:DeleteObject")

INVALIDATE = "cloudfront:CreateInvalidation"

NOTHING_MORE = (
    *("s3:ListBucket", "s3:PutObjectAcl", "s3:GetObjectVersion", "s3:DeleteObjectVersion", "s3:DeleteBucket"),
    *("s3:PutBucketPolicy", "s3:PutBucketCORS", "s3:PutBucketPublicAccessBlock", "s3:PutLifecycleConfiguration"),
    *("s3:ListAllMyBuckets", "s3:CreateBucket", "cloudfront:ListDistributions", "cloudfront:UpdateDistribution"),
    *("iam:CreateAccessKey", "iam:AttachUserPolicy", "iam:PassRole", "sts:AssumeRole", "ec2:RunInstances"),
    *("lambda:CreateFunction", "kms:Decrypt", "secretsmanager:GetSecretValue"),
)
"""What a key that has more than it should is likely to be able to do."""


class IAM(Service):
    """The user to whom the plugin's access key belongs."""

    name = "iam"

    def __init__(self, access: Access, access_key: str) -> None:
        super().__init__(access)
        self._key = access_key

    @cached_property
    def user(self) -> str:
        if not self._key:
            raise NotCheckable("the plugin's settings hold no access key: the server itself has credentials")
        found = self._ask("get_access_key_last_used", "NoSuchEntity", AccessKeyId=self._key)
        if not found.get("UserName"):
            raise AssertionError("expected the plugin's access key to be a user's of this account, seen no such key")
        return str(found["UserName"])

    def expect_no_password(self) -> None:
        """Programmatic access only."""
        if self._ask("get_login_profile", "NoSuchEntity", UserName=self.user):
            raise AssertionError(f"expected access by key only, seen that {self.user} has a password for the console")

    def expect_name(self) -> str:
        """As appendix A has it, `moodle-s3video-[env]`; returns the name."""
        if not USER_NAME.fullmatch(self.user):
            raise AssertionError(f"expected a user called moodle-s3video-[env], seen {self.user}")
        return self.user

    def expect_policy_name(self) -> str:
        """A policy of the user is called as appendix A has it, `MoodleS3VideoPolicy-[env]`; returns its name."""
        names = [name for name, _ in self._policies]
        for name in names:
            if POLICY_NAME.fullmatch(name):
                return name
        raise AssertionError(f"expected a policy called MoodleS3VideoPolicy-[env], seen {', '.join(names) or 'none'}")

    def expect_tag(self, key: str, value: str = "") -> str:
        """The policy has that tag, with that value or with any; returns the value.

        Raises NotCheckable for a policy without tags, as the checklist leaves them open.
        """
        tags = self._policy_tags
        if not tags:
            raise NotCheckable("the policy has no tags, which the checklist leaves open: if you want none, sign")
        seen = tags.get(key)
        if not seen or (value and seen != value):
            others = ", ".join(f"{name}={found}" for name, found in tags.items())
            raise AssertionError(f"expected the policy's tag {key}{value and '=' + value}, seen {others}")
        return seen

    def expect_same_tags(self) -> dict[str, str]:
        """User and policy have the same tags, which are returned. Raises NotCheckable where neither has any."""
        tags = _tags(self._all("list_user_tags", "Tags", UserName=self.user))
        if not tags and not self._policy_tags:
            raise NotCheckable("neither user nor policy has tags, which the checklist leaves open: if so wanted, sign")
        expect_equal("the user's tags", _listed(tags), _listed(self._policy_tags))
        return tags

    def expect_policy(self) -> list[str]:
        """Some policy says what the plugin may; returns the names of all there are."""
        names = [name for name, _ in self._policies]
        if not names:
            raise AssertionError(f"expected a policy attached to {self.user}, seen none")
        return names

    def expect_nothing_more_granted(self) -> None:
        """No policy of the user or of their groups grants an action that the checklist's policy does not."""
        for name, document in self._policies:
            for one in statements(document):
                if one.get("Effect") != "Allow":
                    continue
                more = [action for action in many(one.get("Action")) if action.lower() not in GRANTED]
                if more or "NotAction" in one:
                    seen = ", ".join(more) or "all but some"
                    raise AssertionError(f"expected no more than step 1.6 grants, seen {seen} in the policy {name}")

    def expect_allowed(self, actions: Sequence[str], *resources: str) -> None:
        if denied := [seen for seen, is_allowed in self._simulated(actions, resources) if not is_allowed]:
            raise AssertionError(f"expected {self.user} to be allowed {', '.join(denied)}, seen it denied")

    def expect_denied(self, actions: Sequence[str], *resources: str) -> None:
        if allowed := [seen for seen, is_allowed in self._simulated(actions, resources) if is_allowed]:
            raise AssertionError(f"expected {self.user} to be denied {', '.join(allowed)}, seen it allowed")

    def expect_active_key(self) -> Json:
        """The plugin's key is active; returns it."""
        key = next((key for key in self._keys if key["AccessKeyId"] == self._key), None)
        if key is None or key["Status"] != "Active":
            raise AssertionError("expected the plugin's key to be active, seen that it is not")
        return key

    def expect_fresh_key(self, days: float) -> int:
        """The plugin's key is active and has been made within so many `days`; returns its age in days."""
        key = self.expect_active_key()
        age: int = (datetime.now(UTC) - key["CreateDate"]).days
        if age > days:
            raise AssertionError(f"expected a key of at most {days:g} days, seen one of {age}")
        return age

    def expect_one_key(self) -> None:
        """Rotation has come to its end: the old key is off."""
        if others := [key for key in self._keys if key["AccessKeyId"] != self._key and key["Status"] == "Active"]:
            raise AssertionError(f"expected no active key but the plugin's, seen {len(others)} more of {self.user}")

    @property
    def _keys(self) -> list[Json]:
        return self._all("list_access_keys", "AccessKeyMetadata", UserName=self.user)

    @cached_property
    def _policy_tags(self) -> dict[str, str]:
        """Of the policy that is attached to the user; of several, the one with the checklist's name."""
        policies = [*self._attached]
        if not policies:
            raise AssertionError(f"expected a policy attached to {self.user}, seen none")
        policy = next((one for one in policies if POLICY_NAME.fullmatch(one["PolicyName"])), policies[0])
        return _tags(self._all("list_policy_tags", "Tags", PolicyArn=policy["PolicyArn"]))

    @cached_property
    def _attached(self) -> list[Json]:
        return self._all("list_attached_user_policies", "AttachedPolicies", UserName=self.user)

    @cached_property
    def _policies(self) -> list[tuple[str, str | Mapping[str, Any]]]:
        """Name and document of every policy that grants the user something, by a group as well."""
        user = {"UserName": self.user}
        attached = [*self._attached]
        found = [
            (name, self._ask("get_user_policy", PolicyName=name, **user)["PolicyDocument"])
            for name in self._all("list_user_policies", "PolicyNames", **user)
        ]
        for group in self._all("list_groups_for_user", "Groups", **user):
            of_group = {"GroupName": group["GroupName"]}
            attached += self._all("list_attached_group_policies", "AttachedPolicies", **of_group)
            found += [
                (name, self._ask("get_group_policy", PolicyName=name, **of_group)["PolicyDocument"])
                for name in self._all("list_group_policies", "PolicyNames", **of_group)
            ]
        for policy in attached:
            version = self._ask("get_policy", PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
            document = self._ask("get_policy_version", PolicyArn=policy["PolicyArn"], VersionId=version)
            found.append((policy["PolicyName"], document["PolicyVersion"]["Document"]))
        return found

    def _simulated(self, actions: Sequence[str], resources: Sequence[str]) -> list[tuple[str, bool]]:
        arn = self._ask("get_user", UserName=self.user)["User"]["Arn"]
        results = self._all(
            "simulate_principal_policy",
            "EvaluationResults",
            PolicySourceArn=arn,
            ActionNames=list(actions),
            ResourceArns=list(resources),
        )
        return [
            (f"{one['EvalActionName']} on {one.get('EvalResourceName', '*')}", one["EvalDecision"] == "allowed")
            for one in results
        ]


def _tags(tags: list[Json]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _listed(tags: Mapping[str, str]) -> list[str]:
    return sorted(f"{key}={value}" for key, value in tags.items())
