"""The plugin's bucket, seen with the suite's own key, which can list, read and delete but not write."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests
from botocore.exceptions import BotoCoreError, ClientError, SSLError
from botocore.parsers import ResponseParserError

from clients import clock, http
from clients.anonymous_s3 import NO_SUCH_ETAG, NO_SUCH_KEY, AnonymousS3, of_working_store
from clients.errors import ConfigurationError, KeyRefused, UnexpectedAnswer, Unreachable, root_of, untrusted

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


LOOK = "Look what stands between this machine and S3, or correct storage.endpoint."

LONGEST = 300
"""Seconds that a list of the bucket may take."""

CHUNK = 1024 * 1024
"""Bytes of an object in memory at a time."""


@dataclass(frozen=True)
class StoredObject:
    """`encryption` is what the store reports, such as "AES256", or None."""

    key: str
    bytes: int
    content_type: str
    encryption: str | None


class Bucket:
    """Raises ConfigurationError where the key or the bucket is wrong, Unreachable where S3 does not answer."""

    def __init__(self, name: str, client: S3Client, *, verify: bool | str = True, timeout: float = 10) -> None:
        """`verify` and `timeout` (seconds) are for what is asked without the client's key, as requests takes them."""
        self.name = name
        self._client = client
        self._verify = verify
        self._timeout = timeout

    @property
    def url(self) -> str:
        """The bucket's address, with a slash at its end."""
        form = self._client.generate_presigned_post(self.name, "key")
        return str(form["url"]).rstrip("/") + "/"

    @property
    def unsigned(self) -> AnonymousS3:
        """The bucket as anybody meets it."""
        return AnonymousS3(self.url, self._verify, self._timeout)

    def keys(self, prefix: str) -> list[str]:
        with self._told("listing"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
            found, begun = [], time.monotonic()
            for page in pages:
                found += [item["Key"] for item in page.get("Contents", [])]
                if time.monotonic() - begun > LONGEST:
                    raise Unreachable(f"{self.url} lists {prefix} without an end, for {LONGEST} s. {LOOK}")
            return found

    def first(self, prefix: str) -> str:
        """The first key there; empty where there is none."""
        with self._told("listing"):
            found = self._client.list_objects_v2(Bucket=self.name, Prefix=prefix, MaxKeys=1).get("Contents", [])
        return found[0]["Key"] if found else ""

    def objects(self, prefix: str) -> list[StoredObject]:
        return [self.object(key) for key in self.keys(prefix)]

    def object(self, key: str) -> StoredObject:
        """Raises UnexpectedAnswer when there is no such object."""
        with self._told("reading", key):
            head = self._client.head_object(Bucket=self.name, Key=key)
            return StoredObject(key, head["ContentLength"], head["ContentType"], head.get("ServerSideEncryption"))

    def keeps_versions_of(self, key: str) -> bool:
        """Whether S3 has versions of an object that is deleted: the bucket is versioned, and a marker hides them.

        Told by the list of versions; for a key that may not see it (s3:ListBucketVersions), by the marker's header:
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
        """
        with self._told("listing the versions of", key):
            try:
                listed = self._client.list_object_versions(Bucket=self.name, Prefix=key)
            except ClientError as error:
                if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") not in (403, 501):
                    raise
                return self._has_marker(key)
        return any(one["Key"] == key and not one.get("IsLatest") for one in listed.get("Versions", []))

    def _has_marker(self, key: str) -> bool:
        with self._told("reading", key):
            try:
                self._client.head_object(Bucket=self.name, Key=key)
            except ClientError as error:
                answer = error.response.get("ResponseMetadata", {})
                if answer.get("HTTPStatusCode") != 404:
                    raise
                return answer.get("HTTPHeaders", {}).get("x-amz-delete-marker") == "true"
        return False

    def digest(self, key: str) -> str:
        """SHA-256 in hex of the object's content, streamed."""
        sha256 = hashlib.sha256()
        with self._told("reading", key):
            for chunk in self._client.get_object(Bucket=self.name, Key=key)["Body"].iter_chunks(CHUNK):
                sha256.update(chunk)
        return sha256.hexdigest()

    def send_empty_file(self, url: str, fields: Mapping[str, str]) -> int:
        """Sends a file of 0 bytes by a presigned POST form; returns the status."""
        files = {"file": ("empty.mp4", b"", fields["Content-Type"])}
        try:
            answer = http.request("POST", url, data=fields, files=files, verify=self._verify, timeout=self._timeout)
        except requests.exceptions.RequestException as error:
            raise Unreachable(f"S3 does not answer at {url}: {root_of(error)}.") from error
        return of_working_store(answer).status_code

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            with self._told("deleting", key):
                self._client.delete_object(Bucket=self.name, Key=key)

    def delete_prefix(self, prefix: str) -> None:
        self.delete(self.keys(prefix))

    def probe(self) -> None:
        """Raises Unreachable when the store does not answer to HeadBucket."""
        with self._told("opening"):
            self._client.head_bucket(Bucket=self.name)

    def check(self, *, deletes: bool = True) -> list[str]:
        """Whether the suite's key may list, read and, where it `deletes`, delete in `videos/`; changes nothing.

        Returns what could not be tried.
        """
        untried = []
        with self._told("listing"):
            listed = self._client.list_objects_v2(Bucket=self.name, Prefix="videos/", MaxKeys=1)
        if not listed.keys() & {"Name", "KeyCount", "IsTruncated", "Contents"}:
            raise Unreachable(f"{self.url} gives an answer that is not of S3 (listing the bucket). {LOOK}")
        found = listed.get("Contents", [])
        for item in found:
            with self._told("reading", item["Key"]):
                self._client.get_object(Bucket=self.name, Key=item["Key"], Range="bytes=0-0")["Body"].close()
        if not found:
            untried.append("reading, for it holds no video yet")
        if deletes and not self._try_to_delete():
            untried.append("deleting, for it does not know conditions (If-Match)")
        self.probe()
        return untried

    def _try_to_delete(self) -> bool:
        """Whether that could be tried: a compatible store may not know the condition."""
        # The condition is never true: a plain deletion of nothing would leave a marker in a versioned bucket.
        try:
            self._client.delete_object(Bucket=self.name, Key=NO_SUCH_KEY, IfMatch=NO_SUCH_ETAG)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status not in (404, 412, 501):
                with self._told("deleting", NO_SUCH_KEY):
                    raise
            return status != 501
        return True

    @contextmanager
    def _told(self, step: str, key: str | None = None) -> Iterator[None]:
        """Turns botocore's errors into sentences."""
        try:
            yield
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            code = error.response.get("Error", {}).get("Code", "")
            what = f"{step} {key or 'the bucket'} in {self.name}"
            if code == "NoSuchBucket" or (status == 404 and key is None):
                message = f"There is no bucket {self.name}. Correct storage.bucket in the environment file."
                raise ConfigurationError(message) from error
            if status == 404:
                raise UnexpectedAnswer(f"expected an object at {key} on S3, seen none (bucket {self.name})") from error
            if code in ("RequestTimeTooSkewed", "RequestExpired") or (status == 403 and _clock(error)):
                raise ConfigurationError(
                    _clock(error) or f"S3 finds this machine's clock wrong ({code}). Set the clock."
                ) from error
            if code in ("InvalidAccessKeyId", "SignatureDoesNotMatch"):
                raise ConfigurationError(
                    f"S3 does not know the suite's key ({code}, {what}). "
                    "Correct what storage.access_key and storage.secret_key refer to."
                ) from error
            if code in ("PermanentRedirect", "AuthorizationHeaderMalformed") or status == 301:
                raise ConfigurationError(
                    f"The bucket {self.name} is in another region. Correct storage.region in the environment file."
                ) from error
            if status >= 500 or code in ("SlowDown", "RequestTimeout"):
                raise Unreachable(f"S3 answered {status} {code} ({what}).") from error
            raise KeyRefused(
                f"S3 refuses the suite's key ({status} {code}, {what}). It needs s3:ListBucket on the bucket, "
                "s3:GetObject and s3:DeleteObject on videos/* (docs/environments.md); or no bucket has that name."
            ) from error
        except SSLError as error:
            raise ConfigurationError(untrusted(self.url, error)) from error
        except (ResponseParserError, RecursionError) as error:
            raise Unreachable(
                f"{self.url} gives an answer that is not of S3, or leads in a circle ({step} {key or 'the bucket'}). "
                f"{LOOK}"
            ) from error
        except BotoCoreError as error:
            raise Unreachable(
                f"S3 does not answer at {self.url} ({step} {key or 'the bucket'}): {root_of(error)}."
            ) from error


def _clock(error: ClientError) -> str:
    answer = error.response.get("ResponseMetadata", {})
    return clock.wrong(answer.get("HTTPHeaders", {}), "S3")
