"""What the plugin does towards S3 and the CDN, with the credentials of its settings page."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from replica.faults import Faults
from replica.moodle.records import Submission, User, Video
from replica.moodle.state import State, now

MAX_SIZE = 5368709120
FORM_LIFETIME = 3600
URL_LIFETIME = 86400
PROBE_KEY = "videos/0/credentials-check"
_BAD_CREDENTIALS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "AuthorizationHeaderMalformed"}


SPELLED = {
    "policy": "Policy",
    "x-amz-algorithm": "X-Amz-Algorithm",
    "x-amz-credential": "X-Amz-Credential",
    "x-amz-date": "X-Amz-Date",
    "x-amz-signature": "X-Amz-Signature",
}
"""Fields of a presigned form, as boto3 and as AWS's SDK for PHP spell them."""


class StorageError(Exception):
    """The store did not do what was asked; `misconfigured` when the site's credentials are the reason."""

    def __init__(self, misconfigured: bool) -> None:
        super().__init__("credentials refused" if misconfigured else "store unavailable")
        self.misconfigured = misconfigured


class Storage:
    """S3 and CDN as the plugin's settings describe them at the moment of each call."""

    def __init__(
        self,
        config: dict[str, str],
        ca_file: Path,
        endpoint: str,
        invalidations: list[dict[str, Any]],
        faults: Faults,
    ) -> None:
        self.config = config
        self.ca_file = ca_file
        self.endpoint = endpoint
        self.invalidations = invalidations
        self.faults = faults
        self.first_used: tuple[str, ...] = ()
        self.refused = False

    @property
    def bucket(self) -> str:
        return self.config["s3_bucket"]

    def _client(self) -> Any:
        names = ("aws_access_key", "aws_secret_key", "s3_region")
        if not all(self.config[name] for name in (*names, "s3_bucket")):
            raise StorageError(misconfigured=True)
        credentials = tuple(self.config[name] for name in names)
        self.first_used = self.first_used or credentials
        if self.faults.on("credentials-cached"):
            credentials = self.first_used
        try:
            return _client(self.endpoint, str(self.ca_file), *credentials)
        except (BotoCoreError, ValueError) as error:
            raise StorageError(misconfigured=True) from error

    def _call(self, operation: str, **arguments: Any) -> Any:
        if self.refused and self.faults.on("refused-until-cache-is-purged"):
            raise StorageError(misconfigured=True)
        try:
            return getattr(self._client(), operation)(Bucket=self.bucket, **arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("NoSuchKey", "404", "NotFound"):
                raise FileNotFoundError(arguments.get("Key")) from error
            refused = error.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 401, 403)
            self.refused = self.refused or (refused and self.faults.on("refused-until-cache-is-purged"))
            raise StorageError(misconfigured=refused or code in _BAD_CREDENTIALS | {"NoSuchBucket"}) from error
        except BotoCoreError as error:
            raise StorageError(misconfigured=False) from error

    def check(self) -> None:
        """Ask S3 for an object that is not there, with a signed request. StorageError when the credentials are wrong.

        Without ListBucket AWS answers AccessDenied for an absent key, so only errors about the signature count.
        """
        try:
            self._call("get_object", Key=PROBE_KEY)
        except FileNotFoundError:
            return
        except StorageError as error:
            cause = error.__cause__
            if not (isinstance(cause, ClientError) and cause.response["Error"]["Code"] == "AccessDenied"):
                raise

    def upload_form(self, key: str, content_type: str, most: int) -> dict[str, Any]:
        """A presigned POST bound to key, type and 1..`most` bytes, for one hour; names as in PHP."""
        try:
            form: dict[str, Any] = self._client().generate_presigned_post(
                self.bucket,
                key,
                Fields={"Content-Type": content_type},
                Conditions=[{"Content-Type": content_type}, *self._sizes(most)],
                ExpiresIn=FORM_LIFETIME * (168 if self.faults.on("form-valid-for-a-week") else 1),
            )
        except BotoCoreError as error:
            raise StorageError(misconfigured=True) from error
        fields = {SPELLED.get(name, name): value for name, value in form["fields"].items()}
        if self.faults.on("storage-refuses-every-form"):
            fields[SPELLED["x-amz-signature"]] = "0" * 64
        return {"url": form["url"].rstrip("/") + "/", "fields": fields}

    def _sizes(self, most: int) -> list[list[str | int]]:
        if self.faults.on("policy-without-length"):
            return []
        least = 0 if self.faults.on("policy-from-zero") else 1
        return [
            ["content-length-range", least, min(most, 2**31 - 1) if self.faults.on("size-overflow-2-gib") else most]
        ]

    def head(self, key: str) -> tuple[int, str]:
        """Size in bytes and content type of an object. FileNotFoundError, StorageError."""
        answer = self._call("head_object", Key=key)
        return answer["ContentLength"], answer["ContentType"]

    def has(self, key: str) -> bool:
        """Whether an object is there."""
        try:
            self.head(key)
        except FileNotFoundError:
            return False
        return True

    def start_of(self, key: str) -> bytes:
        """The first 4 KiB of an object."""
        data: bytes = self._call("get_object", Key=key, Range="bytes=0-4095")["Body"].read()
        return data

    def copy(self, key: str, target: str) -> None:
        self._call("copy_object", Key=target, CopySource={"Bucket": self.bucket, "Key": key})

    def shorten(self, key: str, content_type: str) -> None:
        """Take the last byte off an object."""
        content = self._call("get_object", Key=key)["Body"].read()
        self._call("put_object", Key=key, Body=content[:-1], ContentType=content_type)

    def hold(self, key: str) -> None:
        """Store one byte."""
        self._call("put_object", Key=key, Body=b"-")

    def delete(self, key: str) -> None:
        """Delete an object and have the CDN forget it. An absent one is fine."""
        try:
            self._call("delete_object", Key=key)
        except FileNotFoundError:
            return
        today = [entry for entry in self.invalidations if entry["at"] // 86400 == now() // 86400]
        refused = bool(today) and self.faults.on("one-invalidation-a-day")
        if not refused and not self.faults.on("deleted-stays-in-cache"):
            self.invalidations.append({"paths": ["/" + quote(key, safe="/~")], "at": now()})

    def remove(self, video: Video) -> None:
        """Delete a video's object unless it is gone already."""
        if video.status != "deleted":
            self.delete(video.s3_key)

    def discard(self, state: State, video: Video) -> None:
        """Delete a video's object and its row."""
        self.remove(video)
        state.videos.pop(video.s3_key, None)

    def drop_submission(self, state: State, submission: Submission) -> None:
        """Delete a submission with its videos, on S3 too."""
        for video in state.videos_of(submission.id):
            self.discard(state, video)
        state.submissions.pop(submission.id, None)

    def drop_everything_of(self, state: State, user: User) -> None:
        """Delete a person's submissions, videos and enrolments."""
        for submission in [s for s in state.submissions.values() if s.user == user.id]:
            self.drop_submission(state, submission)
        for enrolment in [e for e in state.enrolments.values() if e.user == user.id]:
            state.enrolments.pop(enrolment.id)

    def signed_url(self, key: str, download_as: str = "", lifetime: int = URL_LIFETIME) -> str:
        """A CDN URL for one object, signed with a canned policy for `lifetime` seconds.

        StorageError when the key is unusable.
        """
        path = key if self.faults.on("url-signed-unencoded") else quote(key, safe="/~")
        url = f"https://{self.config['cloudfront_domain']}/{path}"
        if download_as:
            plain = f'="{download_as}"' if download_as.isascii() else f"*=UTF-8''{quote(download_as, safe='')}"
            disposition = f"attachment; filename{plain}"
            url += f"?response-content-disposition={quote_plus(disposition)}"
        try:
            private = serialization.load_pem_private_key(self.config["cloudfront_private_key"].encode(), None)
        except (ValueError, TypeError) as error:
            raise StorageError(misconfigured=True) from error
        if not isinstance(private, rsa.RSAPrivateKey) or not self.config["cloudfront_keypair_id"]:
            raise StorageError(misconfigured=True)
        signer = CloudFrontSigner(
            self.config["cloudfront_keypair_id"],
            lambda message: private.sign(message, padding.PKCS1v15(), hashes.SHA1()),
        )
        expiry = datetime.now(UTC) + timedelta(seconds=lifetime)
        signed: str = signer.generate_presigned_url(url, date_less_than=expiry)
        return signed


@lru_cache(maxsize=8)
def _client(endpoint: str, ca_file: str, access_key: str, secret_key: str, region: str) -> Any:
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        verify=ca_file,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"max_attempts": 0},
            connect_timeout=5,
            read_timeout=20,
            max_pool_connections=20,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
