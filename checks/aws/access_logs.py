"""Step 4.4: who asked for videos, by CloudFront's standard logs. No message says who it was.

Format: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from checks.aws.distribution import Distribution
from clients.aws.account import Access, Json, Service
from clients.errors import NotCheckable

FEW = 500
"""Files that are read, the newest ones."""

AGAIN = 1000
"""So often in two days nobody is refused by accident."""


class AccessLogs(Service):
    """The logs of a distribution, as CloudFront tells of it, of yesterday and today (UTC)."""

    name = "s3"

    def __init__(self, access: Access, distribution: Distribution) -> None:
        super().__init__(access)
        self._distribution = distribution

    def expect_bucket_other_than(self, videos: str) -> str:
        """Logs have a bucket of their own, which is there; returns its name. Raises NotCheckable where there are none.

        `videos` is the bucket of the videos.
        """
        bucket = self._bucket()
        if bucket in ("", videos):
            raise AssertionError(f"expected logs in a bucket of their own, seen {bucket or 'none'}")
        if not self._is_there(bucket):
            raise AssertionError(
                f"expected logs in a bucket of their own, seen no bucket {bucket}, which is to have them"
            )
        return bucket

    def expect_nothing_suspicious(self) -> int:
        """Nobody got a video without a signature, or was refused again and again; returns how many requests were read.

        Raises NotCheckable where there are no logs.
        """
        requests = list(self._requests())
        if not requests:
            raise NotCheckable("the distribution's log bucket has no log of yesterday or today")
        unsigned = [one for one in requests if _is_served(one) and "Signature=" not in one.get("cs-uri-query", "")]
        if unsigned:
            raise AssertionError(
                f"expected videos for signed URLs only, seen {len(unsigned)} served without a signature"
            )
        refused = Counter(one.get("c-ip") for one in requests if one.get("sc-status") == "403")
        most = max(refused.values(), default=0)
        if most >= AGAIN:
            raise AssertionError(
                f"expected nobody to be refused {AGAIN} times in two days, seen one address {most} times"
            )
        return len(requests)

    @property
    def _logging(self) -> Json:
        logging: Json = self._distribution.distribution["DistributionConfig"].get("Logging", {})
        return logging

    def _bucket(self) -> str:
        """Raises NotCheckable where the distribution keeps no logs."""
        if not self._logging.get("Enabled"):
            raise NotCheckable("the distribution keeps no logs in a bucket (1.4.22)")
        return str(self._logging.get("Bucket", "")).partition(".s3")[0]

    def _is_there(self, bucket: str) -> bool:
        return bool(self._ask("head_bucket", "404", Bucket=bucket))

    def _requests(self) -> Iterator[Mapping[str, str]]:
        bucket = self._bucket()
        if not self._is_there(bucket):
            raise NotCheckable(f"there is no bucket {bucket}, which is to have the distribution's logs (1.4.23)")
        distribution = self._distribution.distribution
        folder = str(self._logging.get("Prefix", "")).strip("/")
        files = []
        for day in (datetime.now(UTC) - timedelta(days=1), datetime.now(UTC)):
            prefix = f"{folder and folder + '/'}{distribution['Id']}.{day:%Y-%m-%d}"
            files += self._all("list_objects_v2", "Contents", Bucket=bucket, Prefix=prefix)
        for file in sorted(files, key=lambda one: str(one["LastModified"]))[-FEW:]:
            yield from _rows(self._ask("get_object", Bucket=bucket, Key=file["Key"])["Body"].read())


def _is_served(request: Mapping[str, str]) -> bool:
    return request.get("cs-method") == "GET" and request.get("sc-status") in ("200", "206")


def _rows(file: bytes) -> Iterator[Mapping[str, str]]:
    """Raises NotCheckable for what is no log file."""
    try:
        text = gzip.decompress(file).decode(errors="replace")
    except (OSError, EOFError, zlib.error) as reason:
        raise NotCheckable(f"a file among the distribution's logs cannot be read: {reason}") from reason
    fields: list[str] = []
    for line in text.splitlines():
        if line.startswith("#Fields:"):
            fields = line.removeprefix("#Fields:").split()
        elif line and not line.startswith("#"):
            yield dict(zip(fields, line.split("\t"), strict=False))
