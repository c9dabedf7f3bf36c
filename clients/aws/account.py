"""An AWS account, read with the audit key: nothing here changes anything.

What AWS does not tell is NotCheckable, with the permission that the key lacks; an answer that nobody thought
of is an UnexpectedAnswer. Formats are those of the AWS API references.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from clients.boto import new_client
from clients.errors import ConfigurationError, NotCheckable, UnexpectedAnswer, root_of

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
    "list_objects_v2": "s3:ListBucket",
    "head_bucket": "s3:ListBucket",
    "describe_budgets": "budgets:ViewBudget",
    "describe_notifications_for_budget": "budgets:ViewBudget",
    "describe_subscribers_for_notification": "budgets:ViewBudget",
}
"""Where a permission has another name than its call."""


@dataclass(frozen=True)
class Access:
    """The audit key; `endpoint` where the account is not AWS's, `verify` as requests takes it, `timeout` in seconds."""

    access_key: str
    secret_key: str
    endpoint: str | None = None
    verify: bool | str = True
    timeout: float = 10

    def client(self, service: str, region: str) -> Any:
        return new_client(
            service,
            region=region,
            access_key=self.access_key,
            secret_key=self.secret_key,
            endpoint=self.endpoint,
            verify=self.verify,
            timeout=self.timeout,
            attempts=4,
        )


class Service:
    """An API of AWS, in `region`; those that know no region are in us-east-1."""

    name: str

    def __init__(self, access: Access, region: str = "us-east-1") -> None:
        self._client = access.client(self.name, region)

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
            return UnexpectedAnswer(f"expected what AWS takes for {permission}, seen what cannot be an id there")
        return NotCheckable(f"AWS does not answer to {permission}: {root_of(error)}")

    def _told(self, call: str, error: ClientError) -> Exception:
        code = error.response.get("Error", {}).get("Code", "")
        permission = self._permission(call)
        if code in REFUSED:
            return NotCheckable(f"the audit key lacks the permission {permission}; see docs/environments.md")
        if code in THROTTLED:
            return NotCheckable(f"AWS answers {code} to {permission}: too many requests, try again later")
        if code in WRONG_KEY:
            return ConfigurationError(
                f"AWS does not take the audit key ({code}). Correct audit.access_key and audit.secret_key."
            )
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            return NotCheckable(f"AWS answers {code} to {permission}; try again later")
        return UnexpectedAnswer(f"expected AWS to answer to {permission}, seen {_in_words(code)}")

    def _permission(self, call: str) -> str:
        return PERMISSIONS.get(call) or f"{self.name}:{''.join(word.capitalize() for word in call.split('_'))}"


def _in_words(code: str) -> str:
    """An error of AWS: most that tell of something missing are called "NoSuch…"."""
    if thing := re.fullmatch(r"NoSuch(\w+)|(\w+)NotFound\w*", code):
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", thing[1] or thing[2])
        return f"that there is no such {name.lower()} ({code})"
    return "that it has nothing of that name (404 Not Found)" if code == "404" else f"the error {code}"


class STS(Service):
    name = "sts"

    def check(self) -> None:
        """Raises ConfigurationError when AWS does not take the key at all; this takes no permission."""
        self._ask("get_caller_identity")

    def account(self) -> str:
        """The account's number."""
        return str(self._ask("get_caller_identity")["Account"])
