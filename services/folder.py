"""The part of the bucket that is one person's, as long as a test lasts."""

from __future__ import annotations

from services.bucket import Bucket
from services.errors import ConfigurationError, NotCheckable, Unreachable


class Folder:
    """What a bucket holds under a prefix since this was made; what was there before is somebody else's."""

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
            seen = ", ".join(keys) or "nothing"
            raise AssertionError(f"expected {key} and nothing else under {self.prefix}, seen {seen}")

    def told(self) -> list[str]:
        """What is there, for people: a text an object; or why that cannot be told."""
        try:
            stored = [self._bucket.object(key) for key in self._keys()]
        except (AssertionError, ConfigurationError, Unreachable) as reason:
            return [f"{self.prefix}: {reason}"]
        return [f"{one.key}: {one.bytes} bytes, {one.content_type}" for one in stored] or [f"{self.prefix}: nothing"]
