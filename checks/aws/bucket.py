"""Steps 1.1 to 1.3: how a bucket is set up."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from functools import cached_property

from checks.aws.settings import expect_equal, on_or_off
from clients.aws.account import Access, Json, Service
from clients.aws.policy import is_for, many, principals, statements
from clients.errors import NotCheckable

CONVENTION = re.compile(r"[a-z0-9][a-z0-9-]*-moodle-videos-[a-z0-9-]+")


LOOKED_AT = 1_000_000
"""Files; S3 lists a thousand at a time."""

VIDEOS = "videos/"

SMALL = 2**20
"""Bytes. What a test of the set-up leaves is smaller."""


class _OfBucket(Service):
    """One bucket."""

    name = "s3"

    def __init__(self, access: Access, bucket: str) -> None:
        super().__init__(access)
        self.bucket = bucket

    def _of_bucket(self, call: str, *absent: str) -> Json:
        found = self._ask(call, *absent, "NoSuchBucket", Bucket=self.bucket)
        if not found and self._ask("get_bucket_location", "NoSuchBucket", Bucket=self.bucket) == {}:
            raise AssertionError(f"expected the bucket {self.bucket} in this AWS account, seen none of that name")
        return found


class BucketConfiguration(_OfBucket):
    """Who gets in, and how it keeps what it is given."""

    def expect_region(self, region: str) -> None:
        seen = self._of_bucket("get_bucket_location").get("LocationConstraint") or "us-east-1"
        expect_equal("the bucket's region", {"EU": "eu-west-1"}.get(seen, seen), region)

    def expect_conventional_name(self) -> None:
        """As in step 1.1, "[org]-moodle-videos-[env]". Raises NotCheckable for another: who set it up may want that."""
        if not CONVENTION.fullmatch(self.bucket):
            raise NotCheckable(
                f"the bucket is called {self.bucket}, not [org]-moodle-videos-[env]: if that is as you want it, sign"
            )

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
        expect_equal("bucket versioning", "Enabled" if seen == "Enabled" else "Disabled", on_or_off(wanted))

    def expect_encryption(self) -> None:
        found = self._of_bucket("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError")
        rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
        seen = [rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for rule in rules]
        expect_equal("default encryption", seen, ["AES256"])

    def expect_no_object_lock(self) -> None:
        found = self._of_bucket("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError")
        seen = found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled", "Disabled")
        expect_equal("object lock", seen, "Disabled")

    def expect_nobody_but(self, reader: str) -> None:
        """The bucket's policy lets `reader` read objects, the CDN by its identity or its ARN, and nobody else in."""
        found = self._of_bucket("get_bucket_policy", "NoSuchBucketPolicy")
        allowed = [one for one in statements(found.get("Policy", "{}")) if one.get("Effect") == "Allow"]
        theirs = [one for one in allowed if is_for(one, reader)]
        if not any("s3:getobject" in map(str.lower, many(one.get("Action"))) for one in theirs):
            raise AssertionError(f"expected the bucket's policy to let the CDN ({reader}) read, seen it does not")
        if others := [one for one in allowed if one not in theirs]:
            who = "; ".join(json.dumps(one.get("Principal")) for one in others)
            raise AssertionError(f"expected the bucket's policy to let in the CDN only, seen it let in {who}")

    def expect_not_public(self) -> None:
        found = self._of_bucket("get_bucket_policy", "NoSuchBucketPolicy")
        for one in statements(found.get("Policy", "{}")):
            if one.get("Effect") == "Allow" and not one.get("Condition") and "*" in principals(one):
                raise AssertionError(f"expected a policy that is not public, seen anybody may {one.get('Action')}")


class Contents(_OfBucket):
    """What it holds, by names and sizes."""

    def expect_no_unusual_files(self, largest: int) -> dict[str, int]:
        """No video above `largest` bytes, and no file beside the videos that costs; returns number and size of all.

        Of more than a million files the first million are looked at.
        """
        self._of_bucket("get_bucket_location")
        page = {"MaxItems": LOOKED_AT, "PageSize": 1000}
        files = self._all("list_objects_v2", "Contents", Bucket=self.bucket, PaginationConfig=page)
        if large := [file["Size"] for file in files if file["Size"] > largest]:
            raise AssertionError(
                f"expected no file above {largest} bytes, seen {len(large)}, the largest of {max(large)} bytes"
            )
        beside = [file["Size"] for file in files if not file["Key"].startswith(VIDEOS) and file["Size"] > SMALL]
        if beside:
            raise AssertionError(
                f"expected nothing above {SMALL} bytes but videos, seen {sum(beside)} bytes outside of "
                f"{VIDEOS}, in {len(beside)} of all {len(files)} files"
            )
        return {"files": len(files), "bytes": sum(file["Size"] for file in files)}


class CORS(_OfBucket):
    """Whose pages may use it."""

    def expect_rules(self) -> None:
        """Every rule allows the methods of step 1.2, no others, all headers, and shows the ETag."""
        for rule in self._rules():
            expect_equal("the CORS rule's methods", sorted(rule.get("AllowedMethods", [])), ["GET", "POST", "PUT"])
            expect_equal("the CORS rule's headers", rule.get("AllowedHeaders"), ["*"])
            expect_equal("the CORS rule's exposed headers", rule.get("ExposeHeaders", []), ["ETag"])

    def expect_origin(self, origin: str) -> None:
        seen = self._origins()
        if origin not in seen:
            raise AssertionError(f"expected the CORS rules to name {origin}, seen {', '.join(seen)}")

    def expect_no_other_origins(self, origins: Collection[str]) -> None:
        if others := [seen for seen in self._origins() if seen not in origins]:
            raise AssertionError(f"expected CORS for {', '.join(origins)} only, seen {', '.join(others)} as well")

    def _rules(self) -> list[Json]:
        rules: list[Json] = self._of_bucket("get_bucket_cors", "NoSuchCORSConfiguration").get("CORSRules", [])
        if not rules:
            raise AssertionError("expected CORS rules, seen none")
        return rules

    def _origins(self) -> list[str]:
        return [origin for rule in self._rules() for origin in rule.get("AllowedOrigins", [])]


class Lifecycle(_OfBucket):
    """Its rule for uploads that never ended."""

    @cached_property
    def _rule(self) -> Json:
        found = self._of_bucket("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration").get("Rules", [])
        rules: list[Json] = [rule for rule in found if "AbortIncompleteMultipartUpload" in rule]
        if not rules:
            raise AssertionError("expected a lifecycle rule for incomplete multipart uploads, seen none")
        return next((rule for rule in rules if rule["Status"] == "Enabled"), rules[0])

    def expect_name(self, name: str) -> None:
        expect_equal("the lifecycle rule's name", self._rule.get("ID"), name)

    def expect_all_objects(self) -> None:
        scope = {name: value for name, value in self._rule.get("Filter", {}).items() if value}
        if prefix := self._rule.get("Prefix"):
            scope["Prefix"] = prefix
        if scope:
            limits = (
                f"{name} “{value if isinstance(value, str) else json.dumps(value)}”" for name, value in scope.items()
            )
            raise AssertionError(
                f"expected the lifecycle rule to be for all objects, seen it kept to {', '.join(limits)}"
            )

    def expect_only_aborted_uploads(self) -> None:
        """It is on, and touches no object but delete markers that have expired."""
        expect_equal("the lifecycle rule's status", self._rule["Status"], "Enabled")
        expiration = self._rule.get("Expiration", {})
        others = [name for name in self._rule if name.endswith(("Expiration", "Transitions"))]
        if others and set(expiration) != {"ExpiredObjectDeleteMarker"}:
            raise AssertionError(f"expected the lifecycle rule to leave videos alone, seen {', '.join(others)}")

    def expect_days(self, days: int) -> None:
        seen = self._rule["AbortIncompleteMultipartUpload"].get("DaysAfterInitiation")
        expect_equal("days after which an incomplete upload is dropped", seen, days)
