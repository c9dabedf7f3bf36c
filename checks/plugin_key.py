"""The plugin's own key, tried on the bucket: what it may do, and what it may not. Nothing is changed or read.

Each attempt is for an object that does not exist, under a condition that is never true: it is refused for its rights,
or for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from clients.anonymous_s3 import NO_SUCH_DIGEST, NO_SUCH_ETAG, NO_SUCH_KEY
from clients.errors import NotCheckable, Unreachable, root_of

NEVER = {"Key": NO_SUCH_KEY, "IfMatch": NO_SUCH_ETAG}

MAY: Mapping[str, Mapping[str, Any]] = {
    "put_object": NEVER | {"Body": b"", "ContentMD5": NO_SUCH_DIGEST},
    "delete_object": NEVER,
}

MAY_NOT: Mapping[str, Mapping[str, Any]] = {
    "list_objects_v2": {"MaxKeys": 1},
    "list_object_versions": {"MaxKeys": 1},
    "get_object_acl": {"Key": NO_SUCH_KEY},
}

NO_KEY = ("InvalidAccessKeyId", "SignatureDoesNotMatch")


class PluginKey:
    """`client` is one of S3 that signs with the plugin's key."""

    def __init__(self, bucket: str, client: Any) -> None:
        self._bucket = bucket
        self._client = client

    def expect_writing(self) -> dict[str, str]:
        """It may put and delete objects; returns S3's answers."""
        answers = {call: self._try(call, **arguments) for call, arguments in MAY.items()}
        if refused := [call for call, answer in answers.items() if answer == "AccessDenied"]:
            raise AssertionError(f"expected the plugin's key to be allowed {', '.join(refused)}, seen it refused")
        return answers

    def expect_nothing_more(self) -> dict[str, str]:
        """It may neither list the bucket nor read who else may; returns S3's answers."""
        answers = {call: self._try(call, **arguments) for call, arguments in MAY_NOT.items()}
        if allowed := [call for call, answer in answers.items() if answer != "AccessDenied"]:
            raise AssertionError(f"expected the plugin's key to be refused {', '.join(allowed)}, seen it allowed")
        return answers

    def _try(self, call: str, **arguments: Any) -> str:
        try:
            getattr(self._client, call)(Bucket=self._bucket, **arguments)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in NO_KEY:
                raise AssertionError(f"expected S3 to take the plugin's key, seen {code}") from error
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500 or code == "SlowDown":
                raise NotCheckable(f"S3 answers {code} to {call}; try again later") from error
            return code
        except BotoCoreError as error:
            raise Unreachable(f"S3 does not answer to {call}: {root_of(error)}.") from error
        return "done"
