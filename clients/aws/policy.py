"""Policies of IAM and of buckets, taken apart: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies.html"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from clients.aws.account import Json


def many(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def statements(document: str | Mapping[str, Any]) -> list[Json]:
    policy = json.loads(document) if isinstance(document, str) else document
    found = policy.get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def principals(statement: Json) -> list[str]:
    who = statement.get("Principal")
    return [one for each in who.values() for one in many(each)] if isinstance(who, dict) else many(who)


def is_for(statement: Json, reader: str) -> bool:
    """Whether a statement is for the CDN alone: for its identity, or for CloudFront on behalf of the distribution."""
    who = principals(statement)
    if who == ["cloudfront.amazonaws.com"]:
        return reader in json.dumps(statement.get("Condition", {}))
    return len(who) == 1 and who[0].endswith(reader)
