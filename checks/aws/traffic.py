"""What CloudWatch has counted of bucket and distribution in a week.

Metrics: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from checks.aws.distribution import Distribution
from clients.aws.account import Access, Service
from clients.errors import NotCheckable

WEEK = timedelta(days=7)

HOUR = 3600
"""Seconds."""

FEWEST = 1000
"""Requests of which a share says something."""

HITS = 80
"""Percent."""

ERRORS = 1
"""Percent."""

Hours = Mapping[datetime, float]


class _Metrics(Service):
    name = "cloudwatch"

    def hours(
        self, namespace: str, metric: str, dimensions: Mapping[str, str], statistic: str, until: datetime
    ) -> Hours:
        """The values of the week that ends then, hour by hour."""
        asked = {"Namespace": namespace, "MetricName": metric, "Dimensions": _pairs(dimensions)}
        query = {"Id": "asked", "MetricStat": {"Metric": asked, "Period": HOUR, "Stat": statistic}}
        found: dict[datetime, float] = {}
        span = {"StartTime": until - WEEK, "EndTime": until}
        for one in self._all("get_metric_data", "MetricDataResults", MetricDataQueries=[query], **span):
            found.update(zip(one["Timestamps"], one["Values"], strict=True))
        return found

    def filters(self, bucket: str, metric: str) -> list[dict[str, str]]:
        """The dimensions by which S3 counts a bucket's requests: those of each filter that somebody has set up."""
        own = {"Namespace": "AWS/S3", "MetricName": metric, "Dimensions": _pairs({"BucketName": bucket})}
        metrics = self._all("list_metrics", "Metrics", **own)
        return [{one["Name"]: one["Value"] for one in metric["Dimensions"]} for metric in metrics]


class Traffic:
    """Of the distribution, counted in us-east-1, and of the bucket, counted in its region."""

    def __init__(self, access: Access, bucket: str, region: str, distribution: Distribution) -> None:
        self._cdn = _Metrics(access)
        self._s3 = _Metrics(access, region)
        self._until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self._bucket = bucket
        self._distribution = distribution

    def expect_hits(self) -> float:
        """More than 80 % of the requests to the distribution came from its cache; returns how many percent.

        Raises NotCheckable for few requests, and where CloudFront does not count hits.
        """
        rates = self._of_cdn("CacheHitRate", "Average")
        if not rates:
            raise NotCheckable(
                "CloudFront does not tell the hit ratio: switch on the additional metrics of the distribution"
            )
        seen = self._weighted(rates)
        if seen <= HITS:
            raise AssertionError(f"expected a cache hit ratio above {HITS} % in a week, seen {seen:.1f} %")
        return round(seen, 1)

    def expect_cdn_errors_rare(self) -> float:
        """Less than 1 % of the requests to the distribution ended in an error 5xx; returns how many percent."""
        return _expect_rare("CloudFront", self._weighted(self._of_cdn("5xxErrorRate", "Average")))

    def expect_refusals_rare(self) -> float:
        """Less than 1 % of the requests to the distribution ended in an error of either kind, as viewers have it whose
        video does not play; returns how many percent."""
        return _expect_rare("CloudFront", self._weighted(self._of_cdn("TotalErrorRate", "Average")), "errors")

    def expect_storage_errors_rare(self) -> float:
        """As `expect_cdn_errors_rare`, of the requests to the bucket."""
        requests = self._of_storage("AllRequests")
        self._expect_enough(requests, "S3")
        return _expect_rare("S3", 100 * self._of_storage("5xxErrors") / requests)

    def expect_storage_spared(self) -> dict[str, int]:
        """Videos are asked of the CDN, and S3 gives them to it alone: no more GET than requests to the distribution.

        Returns both numbers.
        """
        cdn, storage = sum(self._requests.values()), self._of_storage("GetRequests")
        self._expect_enough(cdn, "CloudFront")
        if storage > cdn:
            raise AssertionError(
                f"expected S3 to be asked for less than the CDN in a week, seen {storage:.0f} GET requests to the "
                f"bucket and {cdn:.0f} requests to the CDN"
            )
        return {"GET requests to S3": int(storage), "requests to the CDN": int(cdn)}

    @cached_property
    def _requests(self) -> Hours:
        return self._of_cdn("Requests", "Sum")

    def _of_cdn(self, metric: str, statistic: str) -> Hours:
        dimensions = {"DistributionId": self._distribution.distribution["Id"], "Region": "Global"}
        return self._cdn.hours("AWS/CloudFront", metric, dimensions, statistic, self._until)

    def _of_storage(self, metric: str) -> float:
        """By the filter that counts most. Raises NotCheckable where S3 counts no requests."""
        filters = self._s3.filters(self._bucket, metric)
        if not filters and metric != "5xxErrors":
            raise NotCheckable("S3 does not count the bucket's requests: switch on its request metrics")
        hours = [self._s3.hours("AWS/S3", metric, one, "Sum", self._until) for one in filters]
        return max((sum(counted.values()) for counted in hours), default=0)

    def _weighted(self, rates: Hours) -> float:
        """The mean of hourly rates, each as heavy as its hour had requests."""
        requests = self._requests
        self._expect_enough(sum(requests.values()), "CloudFront")
        counted = sum(number for hour, number in requests.items() if hour in rates)
        return sum(rate * requests.get(hour, 0) for hour, rate in rates.items()) / counted if counted else 0

    def _expect_enough(self, requests: float, who: str) -> None:
        if requests < FEWEST:
            raise NotCheckable(
                f"{requests:.0f} requests to {who} in a week say nothing yet: look again when there were {FEWEST}"
            )


def _expect_rare(who: str, percent: float, what: str = "errors 5xx") -> float:
    if percent >= ERRORS:
        raise AssertionError(f"expected less than {ERRORS} % of {what} of {who} in a week, seen {percent:.1f} %")
    return round(percent, 2)


def _pairs(dimensions: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]
