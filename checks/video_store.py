"""What S3 has to hold of a video, byte for byte, and to whom it has to be shut."""

from __future__ import annotations

from collections.abc import Mapping

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from clients.errors import ConfigurationError, NotCheckable, UnexpectedAnswer, Unreachable
from clients.moodle.tasks import CRON
from clients.s3 import Bucket, StoredObject
from clients.waits import waiting
from clients.words import answered

LOOKS_AGAIN = 2
"""Seconds between two looks at S3."""


class VideoStore:
    """The plugin's bucket, judged."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def expect_stored(self, key: str, bytes: int, content_type: str, sha256: str) -> StoredObject:
        """S3 holds just what was chosen; the message names every difference."""
        stored = self._bucket.object(key)
        seen = {"size": f"{stored.bytes} bytes", "type": stored.content_type, "SHA-256": self._bucket.digest(key)}
        expected = {"size": f"{bytes} bytes", "type": content_type, "SHA-256": sha256}
        wrong = [name for name in seen if seen[name] != expected[name]]
        if wrong:
            told = (" and ".join(f"the {name} {of[name]}" for name in wrong) for of in (expected, seen))
            raise AssertionError(f"expected S3 to hold {key} as it was uploaded, with {', seen '.join(told)}")
        return stored

    def expect_gone(self, key: str) -> None:
        """S3 no longer holds the video of a deleted assignment, once Moodle's tasks have had time to run."""
        retrying = Retrying(
            retry=retry_if_result(bool),
            stop=stop_after_delay(CRON),
            wait=wait_fixed(LOOKS_AGAIN),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        with waiting("for S3 to lose a deleted assignment's video", CRON):
            if retrying(self._bucket.keys, key):
                raise AssertionError(
                    f"expected the video to be gone with its assignment, seen {key} on S3, also after {CRON} s"
                )

    def expect_private(self, key: str) -> None:
        """Neither the object nor the list of the bucket is to be had without a signature."""
        anybody = self._bucket.unsigned
        for what, status in ((f"GET of {key}", anybody.get(key)), ("GET of the bucket", anybody.list())):
            if status < 400:
                raise AssertionError(f"expected an unsigned {what} to be refused, seen {answered(status)}")

    def expect_closed(self) -> dict[str, int]:
        """S3 shows, takes and deletes nothing without a signature; returns the statuses."""
        statuses = self._bucket.unsigned.try_everything()
        if taken := [f"{what}: {answered(status)}" for what, status in statuses.items() if status not in (401, 403)]:
            raise AssertionError(f"expected S3 to refuse whoever comes without a signature, seen {', '.join(taken)}")
        return statuses

    def expect_uploads_from(self, origin: str) -> None:
        """The pages of `origin` may send files to the bucket, and read the ETag of an answer."""
        anybody = self._bucket.unsigned
        if (allowed := anybody.allowed_origin(origin)) not in ("*", origin):
            raise AssertionError(
                f"expected S3 to allow uploads from pages of {origin}, seen it allow {allowed or 'none'}"
            )
        exposed = anybody.exposed_headers(origin)
        if "etag" not in [name.strip() for name in exposed.casefold().split(",")]:
            raise AssertionError(f"expected S3 to let pages of {origin} read the ETag, seen {exposed or 'no header'}")

    def expect_no_uploads_from(self, origin: str) -> None:
        """No page of another site, such as `origin`, may send anything to the bucket."""
        if (allowed := self._bucket.unsigned.allowed_origin(origin)) in ("*", origin):
            raise AssertionError(f"expected S3 to allow no upload from a page of {origin}, seen it allow {allowed}")

    def expect_empty_file_refused(self, url: str, fields: Mapping[str, str]) -> int:
        """A presigned POST form does not take a file of 0 bytes; returns the status."""
        status = self._bucket.send_empty_file(url, fields)
        if status < 400 or self._bucket.keys(fields["key"]):
            raise AssertionError(f"expected the form to refuse an empty file, seen {answered(status)}")
        return status


class StoredVideos:
    """What S3 holds under a prefix since this was made; what was there before is somebody else's."""

    def __init__(self, bucket: Bucket, prefix: str) -> None:
        self.prefix = prefix
        self._bucket = bucket
        self._before = set(bucket.keys(prefix))

    def _keys(self) -> list[str]:
        return [key for key in self._bucket.keys(self.prefix) if key not in self._before]

    def expect_empty(self) -> None:
        if keys := self._keys():
            raise AssertionError(f"expected nothing on S3 under {self.prefix}, seen {', '.join(keys)}")

    def expect_no_version(self, key: str) -> None:
        """Of a deleted `key`. Raises NotCheckable where a versioned bucket has but put a marker in its place."""
        if self._bucket.keeps_versions_of(key):
            raise NotCheckable(
                f"the bucket {self._bucket.name} keeps versions: at {key} is a delete marker, and the video is behind "
                "it until a lifecycle rule removes what is no longer current"
            )

    def expect_only(self, key: str) -> None:
        """`key` is the one object there."""
        keys = self._keys()
        if keys != [key]:
            others = ", ".join(one for one in keys if one != key) or "nothing"
            seen = f"{others} as well" if key in keys else others
            raise AssertionError(f"expected {key} on S3 and nothing else under {self.prefix}, seen {seen}")

    def told(self) -> list[str]:
        """What is there, for people: a text an object; or why that cannot be told."""
        try:
            stored = [self._bucket.object(key) for key in self._keys()]
        except (UnexpectedAnswer, ConfigurationError, Unreachable) as reason:
            return [f"{self.prefix}: {reason}"]
        return [f"{one.key}: {one.bytes} bytes, {one.content_type}" for one in stored] or [f"{self.prefix}: nothing"]
