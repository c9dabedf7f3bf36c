"""What AWS says of its own set-up, read with the audit key: nothing here changes anything.

What AWS does not tell is NotCheckable, with the permission that the key lacks; what is not as it should be is an
AssertionError. One class a service; formats are those of the AWS API references.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from services.errors import ConfigurationError, NotCheckable, root_of

Json = dict[str, Any]

THROTTLED = ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown")

REFUSED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403")

WRONG_KEY = ("InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch", "UnrecognizedClientException")

PERMISSIONS = {
    "get_public_access_block": "s3:GetBucketPublicAccessBlock",
    "get_bucket_cors": "s3:GetBucketCORS",
    "get_bucket_encryption": "s3:GetEncryptionConfiguration",
    "get_bucket_lifecycle_configuration": "s3:GetLifecycleConfiguration",
    "get_object_lock_configuration": "s3:GetBucketObjectLockConfiguration",
}
"""Where a permission has another name than its call."""

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
"""The managed cache policy's id, from the CloudFront Developer Guide, "Use managed cache policies"."""

GRANTED = {"s3:putobject", "s3:getobject", "s3:deleteobject", "s3:headobject", "cloudfront:createinvalidation"}
"""What the policy of step 1.6 grants. s3:HeadObject is no action of IAM, so it grants nothing."""

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


@dataclass(frozen=True)
class Access:
    """The audit key; `endpoint` where the account is not AWS's, `verify` as requests takes it, `timeout` in seconds."""

    access_key: str
    secret_key: str
    endpoint: str | None = None
    verify: bool | str = True
    timeout: float = 10

    def client(self, service: str) -> Any:
        new_client: Any = boto3.client
        return new_client(
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            verify=self.verify,
            config=Config(
                connect_timeout=self.timeout,
                read_timeout=self.timeout,
                retries={"total_max_attempts": 4, "mode": "standard"},
                s3={"addressing_style": "path" if self.endpoint else "virtual"},
            ),
        )


class _Service:
    name: str

    def __init__(self, access: Access) -> None:
        self._client = access.client(self.name)

    def _ask(self, call: str, *absent: str, **arguments: Any) -> Json:
        """AWS's answer, or nothing where it gives one of the codes `absent`."""
        try:
            answer: Json = getattr(self._client, call)(**arguments)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in absent:
                return {}
            raise self._told(call, error) from error
        except BotoCoreError as error:
            raise self._unsent(call, error) from error
        return answer

    def _all(self, call: str, *path: str, **arguments: Any) -> list[Any]:
        """The items of every page, which stand at `path` in each."""
        found: list[Any] = []
        try:
            for page in self._client.get_paginator(call).paginate(**arguments):
                for step in path:
                    page = page.get(step) or {}  # noqa: PLW2901 - it is taken apart
                found += page or []
        except ClientError as error:
            raise self._told(call, error) from error
        except BotoCoreError as error:
            raise self._unsent(call, error) from error
        return found

    def _unsent(self, call: str, error: BotoCoreError) -> Exception:
        permission = self._permission(call)
        if isinstance(error, ParamValidationError):
            return AssertionError(f"expected what AWS takes for {permission}, seen what cannot be an id there")
        return NotCheckable(f"AWS does not answer to {permission}: {root_of(error)}")

    def _told(self, call: str, error: ClientError) -> Exception:
        code = error.response.get("Error", {}).get("Code", "")
        permission = self._permission(call)
        if code in REFUSED:
            return NotCheckable(f"the audit key lacks the permission {permission}; see environments/README.md")
        if code in THROTTLED:
            return NotCheckable(f"AWS answers {code} to {permission}: too many requests, try again later")
        if code in WRONG_KEY:
            return ConfigurationError(
                f"AWS does not take the audit key ({code}). Correct audit.access_key and audit.secret_key."
            )
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            return NotCheckable(f"AWS answers {code} to {permission}; try again later")
        return AssertionError(f"expected AWS to answer to {permission}, seen {code}")

    def _permission(self, call: str) -> str:
        return PERMISSIONS.get(call) or f"{self.name}:{''.join(word.capitalize() for word in call.split('_'))}"


class STS(_Service):
    name = "sts"

    def check(self) -> None:
        """Raises ConfigurationError when AWS does not take the key at all; this takes no permission."""
        self._ask("get_caller_identity")


class S3(_Service):
    """The settings of one bucket."""

    name = "s3"

    def __init__(self, access: Access, bucket: str) -> None:
        super().__init__(access)
        self.bucket = bucket

    def expect_region(self, region: str) -> None:
        seen = self._of_bucket("get_bucket_location").get("LocationConstraint") or "us-east-1"
        _expect("the bucket's region", {"EU": "eu-west-1"}.get(seen, seen), region)

    def expect_there(self) -> None:
        self._of_bucket("get_bucket_location")

    def expect_public_access_blocked(self) -> None:
        found = self._of_bucket("get_public_access_block", "NoSuchPublicAccessBlockConfiguration")
        blocks = found.get("PublicAccessBlockConfiguration", {})
        wanted = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        if missing := [name for name in wanted if not blocks.get(name)]:
            raise AssertionError(f"expected all public access to be blocked, seen it open by {', '.join(missing)}")

    def expect_versioning(self, wanted: bool) -> None:
        seen = self._of_bucket("get_bucket_versioning").get("Status", "Disabled")
        _expect("bucket versioning", "Enabled" if seen == "Enabled" else "Disabled", _on(wanted))

    def expect_encryption(self) -> None:
        found = self._of_bucket("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError")
        rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
        seen = [rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for rule in rules]
        _expect("default encryption", seen, ["AES256"])

    def expect_no_object_lock(self) -> None:
        found = self._of_bucket("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError")
        seen = found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled", "Disabled")
        _expect("object lock", seen, "Disabled")

    def expect_nobody_but(self, reader: str) -> None:
        """The bucket's policy lets `reader` read objects, the CDN by its identity or its ARN, and nobody else in."""
        found = self._of_bucket("get_bucket_policy", "NoSuchBucketPolicy")
        allowed = [one for one in _statements(found.get("Policy", "{}")) if one.get("Effect") == "Allow"]
        theirs = [one for one in allowed if _is_for(one, reader)]
        if not any("s3:getobject" in map(str.lower, _many(one.get("Action"))) for one in theirs):
            raise AssertionError(f"expected the bucket's policy to let the CDN ({reader}) read, seen it does not")
        if others := [one for one in allowed if one not in theirs]:
            who = "; ".join(json.dumps(one.get("Principal")) for one in others)
            raise AssertionError(f"expected the bucket's policy to let in the CDN only, seen it let in {who}")

    def expect_not_public(self) -> None:
        found = self._of_bucket("get_bucket_policy", "NoSuchBucketPolicy")
        for one in _statements(found.get("Policy", "{}")):
            if one.get("Effect") == "Allow" and not one.get("Condition") and "*" in _principals(one):
                raise AssertionError(f"expected a policy that is not public, seen anybody may {one.get('Action')}")

    # -- CORS and lifecycle -----------------------------------------------------------------------

    def expect_cors_rules(self) -> None:
        """Every rule allows the methods of step 1.2, no others, all headers, and shows the ETag."""
        for rule in self._cors():
            _expect("the CORS rule's methods", sorted(rule.get("AllowedMethods", [])), ["GET", "POST", "PUT"])
            _expect("the CORS rule's headers", rule.get("AllowedHeaders"), ["*"])
            _expect("the CORS rule's exposed headers", rule.get("ExposeHeaders", []), ["ETag"])

    def expect_cors_origin(self, origin: str) -> None:
        seen = self._origins()
        if origin not in seen:
            raise AssertionError(f"expected the CORS rules to name {origin}, seen {', '.join(seen)}")

    def expect_no_other_origins(self, origins: Collection[str]) -> None:
        if others := [seen for seen in self._origins() if seen not in origins]:
            raise AssertionError(f"expected CORS for {', '.join(origins)} only, seen {', '.join(others)} as well")

    @cached_property
    def _rule(self) -> Json:
        found = self._of_bucket("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration").get("Rules", [])
        rules: list[Json] = [rule for rule in found if "AbortIncompleteMultipartUpload" in rule]
        if not rules:
            raise AssertionError("expected a lifecycle rule for incomplete multipart uploads, seen none")
        return next((rule for rule in rules if rule["Status"] == "Enabled"), rules[0])

    def expect_rule_name(self, name: str) -> None:
        _expect("the lifecycle rule's name", self._rule.get("ID"), name)

    def expect_rule_of_all_objects(self) -> None:
        scope = {name: value for name, value in self._rule.get("Filter", {}).items() if value}
        if prefix := self._rule.get("Prefix"):
            scope["Prefix"] = prefix
        _expect("the lifecycle rule's filter", scope, {})

    def expect_rule_that_only_aborts_uploads(self) -> None:
        """It is on, and touches no object but delete markers that have expired."""
        _expect("the lifecycle rule's status", self._rule["Status"], "Enabled")
        expiration = self._rule.get("Expiration", {})
        others = [name for name in self._rule if name.endswith(("Expiration", "Transitions"))]
        if others and set(expiration) != {"ExpiredObjectDeleteMarker"}:
            raise AssertionError(f"expected the lifecycle rule to leave videos alone, seen {', '.join(others)}")

    def expect_rule_days(self, days: int) -> None:
        seen = self._rule["AbortIncompleteMultipartUpload"].get("DaysAfterInitiation")
        _expect("days after which an incomplete upload is dropped", seen, days)

    def _cors(self) -> list[Json]:
        rules: list[Json] = self._of_bucket("get_bucket_cors", "NoSuchCORSConfiguration").get("CORSRules", [])
        if not rules:
            raise AssertionError("expected CORS rules, seen none")
        return rules

    def _origins(self) -> list[str]:
        return [origin for rule in self._cors() for origin in rule.get("AllowedOrigins", [])]

    def _of_bucket(self, call: str, *absent: str) -> Json:
        found = self._ask(call, *absent, "NoSuchBucket", Bucket=self.bucket)
        if not found and self._ask("get_bucket_location", "NoSuchBucket", Bucket=self.bucket) == {}:
            raise AssertionError(f"expected the bucket {self.bucket} in this AWS account, seen none of that name")
        return found


class CloudFront(_Service):
    """The distribution that serves `domain`."""

    name = "cloudfront"

    def __init__(self, access: Access, domain: str) -> None:
        super().__init__(access)
        self.domain = domain

    @cached_property
    def distribution(self) -> Json:
        every = self._all("list_distributions", "DistributionList", "Items")
        for one in every:
            if self.domain in (one["DomainName"], *one.get("Aliases", {}).get("Items", [])):
                found: Json = self._ask("get_distribution", Id=one["Id"])["Distribution"]
                return found
        raise AssertionError(f"expected a distribution that serves {self.domain}, seen none among {len(every)}")

    @property
    def arn(self) -> str:
        return str(self.distribution["ARN"])

    @property
    def reader(self) -> str:
        """By what the bucket's policy knows the distribution: its access identity's id, or its ARN."""
        return self._identity.rpartition("/")[2] or self.arn

    def expect_origin(self, bucket: str) -> None:
        """It serves that bucket, by S3's own endpoint, and nothing else."""
        names = [origin["DomainName"] for origin in self._origins]
        wanted = (f"{bucket}.s3.", f"{bucket}.s3-")
        if not names or any(not name.startswith(wanted) or ".s3-website" in name for name in names):
            raise AssertionError(f"expected the bucket {bucket} as the only origin, seen {', '.join(names)}")

    def expect_no_origin_path(self) -> None:
        _expect("the origin's path", self._origins[0].get("OriginPath", ""), "")

    def expect_origin_access(self) -> None:
        """Its requests to S3 are signed, by an access identity or by origin access control."""
        if not (self._identity or self._origins[0].get("OriginAccessControlId")):
            raise AssertionError("expected an origin access identity, or origin access control, seen neither")

    def expect_https(self) -> None:
        for behaviour in self._behaviours:
            seen = behaviour["ViewerProtocolPolicy"]
            if seen not in ("redirect-to-https", "https-only"):
                raise AssertionError(f"expected HTTP to be redirected to HTTPS, seen {seen}")

    def expect_methods(self) -> None:
        for behaviour in self._behaviours:
            seen = sorted(behaviour["AllowedMethods"]["Items"])
            _expect("the methods that it allows", seen, ["GET", "HEAD", "OPTIONS"])

    def expect_signatures_needed(self) -> None:
        for behaviour in self._behaviours:
            if not any(behaviour.get(who, {}).get("Enabled") for who in ("TrustedKeyGroups", "TrustedSigners")):
                raise AssertionError("expected viewers to need a signature, seen no key group and no trusted signer")

    def expect_trusted(self, key_pair: str) -> None:
        """URLs signed with that key pair are good: it is in a key group, or the account's own."""
        behaviour = self._behaviours[0]
        groups = behaviour.get("TrustedKeyGroups", {}).get("Items", [])
        keys = [
            key
            for group in groups
            for key in self._ask("get_key_group", Id=group)["KeyGroup"]["KeyGroupConfig"]["Items"]
        ]
        for signer in self.distribution.get("ActiveTrustedSigners", {}).get("Items", []):
            keys += signer.get("KeyPairIds", {}).get("Items", [])
        if key_pair not in keys:
            raise AssertionError(
                f"expected the plugin's key pair {key_pair} to be trusted, seen {', '.join(keys) or 'no key'}"
            )

    def expect_public_half(self, key_pair: str, private_key: str) -> None:
        """What CloudFront holds under that id is the public half of the plugin's private key (PEM)."""
        if key_pair.startswith("APKA"):
            raise NotCheckable(f"{key_pair} is a key pair of the root account, whose public half AWS does not show")
        found = self._ask("get_public_key", "NoSuchPublicKey", Id=key_pair)
        if not found:
            raise AssertionError(f"expected CloudFront to hold a public key {key_pair}, seen none")
        theirs = load_pem_public_key(found["PublicKey"]["PublicKeyConfig"]["EncodedKey"].encode())
        try:
            ours = load_pem_private_key(private_key.encode(), password=None).public_key()
        except ValueError as error:
            raise AssertionError("expected the plugin to hold a private key in PEM, seen something else") from error
        form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        if theirs.public_bytes(*form) != ours.public_bytes(*form):
            raise AssertionError(f"expected {key_pair} to be the public half of the plugin's key, seen another key")

    def expect_cache_policy(self) -> None:
        seen = self._behaviours[0].get("CachePolicyId") or "none"
        _expect("the cache policy", {CACHING_OPTIMIZED: "CachingOptimized"}.get(seen, seen), "CachingOptimized")

    def expect_price_class(self, wanted: str) -> None:
        _expect("the price class", self._config["PriceClass"], wanted)

    def expect_no_root_object(self) -> None:
        _expect("the default root object", self._config.get("DefaultRootObject", ""), "")

    def expect_logging(self, wanted: bool) -> None:
        _expect("logging", _on(self._config.get("Logging", {}).get("Enabled", False)), _on(wanted))

    def expect_log_bucket_other_than(self, bucket: str) -> str:
        """Logs have a bucket of their own, which is returned."""
        logging = self._config.get("Logging", {})
        if not logging.get("Enabled"):
            raise NotCheckable("the distribution keeps no logs")
        seen = str(logging.get("Bucket", ""))
        if not seen or seen.split(".", maxsplit=1)[0] == bucket:
            raise AssertionError(f"expected logs in a bucket of their own, seen {seen or 'none'}")
        return seen

    def expect_deployed(self) -> None:
        _expect("the distribution's status", self.distribution["Status"], "Deployed")

    def expect_enabled(self) -> None:
        _expect("the distribution", _on(self._config["Enabled"]), "Enabled")

    @property
    def _config(self) -> Json:
        config: Json = self.distribution["DistributionConfig"]
        return config

    @property
    def _origins(self) -> list[Json]:
        origins: list[Json] = self._config["Origins"]["Items"]
        return origins

    @property
    def _identity(self) -> str:
        return str(self._origins[0].get("S3OriginConfig", {}).get("OriginAccessIdentity", ""))

    @property
    def _behaviours(self) -> list[Json]:
        return [self._config["DefaultCacheBehavior"], *self._config.get("CacheBehaviors", {}).get("Items", [])]


class IAM(_Service):
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

    def expect_policy(self) -> list[str]:
        """Some policy says what the plugin may; returns the names of all there are."""
        names = [name for name, _ in self._policies]
        if not names:
            raise AssertionError(f"expected a policy attached to {self.user}, seen none")
        return names

    def expect_nothing_more_granted(self) -> None:
        """No policy of the user or of their groups grants an action that the checklist's policy does not."""
        for name, document in self._policies:
            for one in _statements(document):
                if one.get("Effect") != "Allow":
                    continue
                more = [action for action in _many(one.get("Action")) if action.lower() not in GRANTED]
                if more or "NotAction" in one:
                    seen = ", ".join(more) or "all but some"
                    raise AssertionError(f"expected no more than step 1.6 grants, seen {seen} in the policy {name}")

    def expect_allowed(self, actions: Sequence[str], *resources: str) -> None:
        if denied := [seen for seen, is_allowed in self._simulated(actions, resources) if not is_allowed]:
            raise AssertionError(f"expected {self.user} to be allowed {', '.join(denied)}, seen it denied")

    def expect_denied(self, actions: Sequence[str], *resources: str) -> None:
        if allowed := [seen for seen, is_allowed in self._simulated(actions, resources) if is_allowed]:
            raise AssertionError(f"expected {self.user} to be denied {', '.join(allowed)}, seen it allowed")

    def expect_fresh_key(self, days: float) -> int:
        """The plugin's key is active and has been made within so many `days`; returns its age in days."""
        key = next((key for key in self._keys if key["AccessKeyId"] == self._key), None)
        if key is None or key["Status"] != "Active":
            raise AssertionError("expected the plugin's key to be active, seen that it is not")
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
    def _policies(self) -> list[tuple[str, str | Mapping[str, Any]]]:
        """Name and document of every policy that grants the user something, by a group as well."""
        user = {"UserName": self.user}
        attached = self._all("list_attached_user_policies", "AttachedPolicies", **user)
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


def _expect(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise AssertionError(f"expected {what} to be {_shown(wanted)}, seen {_shown(seen)}")


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value) or "empty"


def _on(wanted: bool) -> str:
    return "Enabled" if wanted else "Disabled"


def _many(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def _statements(document: str | Mapping[str, Any]) -> list[Json]:
    policy = json.loads(document) if isinstance(document, str) else document
    found = policy.get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def _principals(statement: Json) -> list[str]:
    who = statement.get("Principal")
    return [one for each in who.values() for one in _many(each)] if isinstance(who, dict) else _many(who)


def _is_for(statement: Json, reader: str) -> bool:
    """Whether a statement is for the CDN alone: for its identity, or for CloudFront on behalf of the distribution."""
    who = _principals(statement)
    if who == ["cloudfront.amazonaws.com"]:
        return reader in json.dumps(statement.get("Condition", {}))
    return len(who) == 1 and who[0].endswith(reader)
