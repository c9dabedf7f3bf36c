"""Steps 3.11 and 4.9: who is told when AWS costs more, breaks, or is used in another way than before.

An alarm counts when it watches the metric of this very bucket or distribution, and its actions are on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property

from checks.aws.distribution import Distribution
from clients.aws.account import STS, Access, Json, Service
from clients.errors import NotCheckable

CDN, S3, BILLING = "AWS/CloudFront", "AWS/S3", "AWS/Billing"

S3_ERRORS = ("4xxErrors", "5xxErrors")

CDN_ERRORS = ("4xxErrorRate", "5xxErrorRate")

OF_ALL_ERRORS = "TotalErrorRate"
"""CloudFront's metric of both kinds of errors."""

REQUESTS = {CDN: ("Requests",), S3: ("AllRequests", "GetRequests", "PutRequests", "PostRequests")}

TRANSFER = {CDN: ("BytesDownloaded", "BytesUploaded"), S3: ("BytesDownloaded", "BytesUploaded")}


class _CloudWatch(Service):
    name = "cloudwatch"

    def alarms(self) -> list[Json]:
        return self._all("describe_alarms", "MetricAlarms", AlarmTypes=["MetricAlarm"])

    def composites(self) -> list[Json]:
        return self._all("describe_alarms", "CompositeAlarms", AlarmTypes=["CompositeAlarm"])


class _Topics(Service):
    name = "sns"

    def is_heard(self, topic: str) -> bool:
        """Whether somebody has confirmed a subscription of that topic (an ARN)."""
        found = self._ask("list_subscriptions_by_topic", "NotFound", "NotFoundException", TopicArn=topic)
        return any(one["SubscriptionArn"].startswith("arn:") for one in found.get("Subscriptions", []))


class _Budgets(Service):
    name = "budgets"

    def alerts(self, account: str) -> Iterator[tuple[float, list[str]]]:
        """Amount in dollars of each alert of a monthly budget, and who gets it: addresses, and ARNs of topics."""
        for budget in self._all("describe_budgets", "Budgets", AccountId=account):
            if budget.get("BudgetType") != "COST" or budget.get("TimeUnit") != "MONTHLY":
                continue
            asked = {"AccountId": account, "BudgetName": budget["BudgetName"]}
            limit = float(budget.get("BudgetLimit", {}).get("Amount", 0))
            for one in self._all("describe_notifications_for_budget", "Notifications", **asked):
                if one["ComparisonOperator"] != "GREATER_THAN":
                    continue
                sent = self._all("describe_subscribers_for_notification", "Subscribers", Notification=one, **asked)
                share = limit / 100 if one.get("ThresholdType", "PERCENTAGE") == "PERCENTAGE" else 1
                yield one["Threshold"] * share, [subscriber["Address"] for subscriber in sent]


class Alarms:
    """Those of CloudWatch, in the bucket's region and in us-east-1, where CloudFront and billing have theirs."""

    def __init__(self, access: Access, bucket: str, region: str, distribution: Distribution) -> None:
        self._access = access
        self._bucket = bucket
        self._regions = dict.fromkeys(("us-east-1", region))
        self._distribution = distribution

    def expect_on_storage_errors(self) -> list[str]:
        """An alarm each watches the bucket's errors 4xx and 5xx; returns their names."""
        return [self._expect({S3: (metric,)}, f"{metric} of the bucket") for metric in S3_ERRORS]

    def expect_on_cdn_errors(self) -> list[str]:
        """As `expect_on_storage_errors`, of the distribution; one on all errors watches both."""
        return [self._expect({CDN: (metric, OF_ALL_ERRORS)}, f"{metric} of the CDN") for metric in CDN_ERRORS]

    def expect_on_requests(self) -> str:
        """An alarm watches how many requests bucket or distribution get; returns its name."""
        return self._expect(REQUESTS, "the number of requests")

    def expect_on_transfer(self) -> str:
        """An alarm watches how many bytes bucket or distribution send or take; returns its name."""
        return self._expect(TRANSFER, "the bytes that are transferred")

    def expect_heard(self) -> int:
        """Somebody hears of each of these alarms: by a topic with a confirmed subscription. Returns how many topics.

        Raises NotCheckable where an alarm tells something else than a topic.
        """
        every = {CDN: [*CDN_ERRORS, OF_ALL_ERRORS, *REQUESTS[CDN], *TRANSFER[CDN]]}
        every[S3] = [*S3_ERRORS, *REQUESTS[S3], *TRANSFER[S3]]
        alarms = [alarm for alarm in self._watching(every) if self._actions(alarm)]
        if not alarms:
            raise AssertionError("expected alarms of bucket and distribution that tell somebody, seen none")
        topics = set()
        for alarm in alarms:
            own = [action for action in self._actions(alarm) if ":sns:" in action]
            if not own:
                raise NotCheckable(f"the alarm {alarm['AlarmName']} tells no topic of SNS: who hears of it? Sign that")
            if not any(is_heard(self._access, topic) for topic in own):
                raise AssertionError(
                    f"expected somebody to hear of the alarm {alarm['AlarmName']}, seen no confirmed subscription of "
                    f"{', '.join(_named(topic) for topic in own)}"
                )
            topics.update(own)
        return len(topics)

    def billing(self) -> Iterator[tuple[float, list[str]]]:
        """Amount in dollars of each alarm on the estimated charges, and what it tells: ARNs."""
        for alarm in self._alarms:
            if _is_upwards(alarm) and any(metric[:2] == (BILLING, "EstimatedCharges") for metric in _metrics(alarm)):
                yield float(alarm.get("Threshold", 0)), self._actions(alarm)

    def _expect(self, metrics: Mapping[str, Collection[str]], what: str) -> str:
        found = list(self._watching(metrics))
        for alarm in found:
            if self._actions(alarm):
                return str(alarm["AlarmName"])
        seen = f"the actions of {found[0]['AlarmName']} off, or none" if found else "none"
        raise AssertionError(f"expected an alarm on {what} that tells somebody, seen {seen}")

    def _watching(self, metrics: Mapping[str, Collection[str]]) -> Iterator[Json]:
        """Alarms on one of these metrics, by namespace, of this bucket or distribution."""
        own = {S3: ("BucketName", self._bucket), CDN: ("DistributionId", self._distribution.distribution["Id"])}
        for alarm in self._alarms:
            for namespace, metric, dimensions in _metrics(alarm):
                if metric in metrics.get(namespace, ()) and own[namespace] in dimensions.items() and _is_upwards(alarm):
                    yield alarm

    def _actions(self, alarm: Json) -> list[str]:
        """What it tells when it goes off: itself, or a composite alarm that looks at it."""
        named = re.compile(rf'[(":]{re.escape(alarm["AlarmName"])}[)"]')
        telling = [alarm, *(one for one in self._composites if named.search(one.get("AlarmRule", "")))]
        return [action for one in telling if one.get("ActionsEnabled") for action in one.get("AlarmActions", [])]

    @cached_property
    def _alarms(self) -> list[Json]:
        return [alarm for region in self._regions for alarm in _CloudWatch(self._access, region).alarms()]

    @cached_property
    def _composites(self) -> list[Json]:
        return [alarm for region in self._regions for alarm in _CloudWatch(self._access, region).composites()]


class BillingAlerts:
    """Alerts at an amount of money a month: of a budget, or of an alarm on the estimated charges."""

    def __init__(self, access: Access, alarms: Alarms) -> None:
        self._access = access
        self._alarms = alarms

    def expect_at(self, dollars: float) -> None:
        """Somebody is told when the month's costs reach that. NotCheckable where neither kind of alert may be read."""
        (alarms, why_no_alarms), (budgets, why_no_budgets) = self._by_alarms, self._by_budgets
        if dollars not in (known := alarms | budgets):
            if why := why_no_alarms or why_no_budgets:
                raise NotCheckable(why)
            seen = ", ".join(f"${amount:g}" for amount in sorted(known)) or "none that anybody gets"
            raise AssertionError(f"expected a billing alert at ${dollars:g} a month, seen {seen}")

    @cached_property
    def _by_alarms(self) -> tuple[set[float], str]:
        return self._heard(self._alarms.billing)

    @cached_property
    def _by_budgets(self) -> tuple[set[float], str]:
        return self._heard(lambda: _Budgets(self._access).alerts(STS(self._access).account()))

    def _heard(self, alerts: Callable[[], Iterable[tuple[float, list[str]]]]) -> tuple[set[float], str]:
        """Amounts of the alerts of which somebody hears, and why they cannot be told, if so."""
        try:
            return {round(amount, 2) for amount, told in alerts() if any(map(self._is_heard, told))}, ""
        except NotCheckable as reason:
            return set(), str(reason)

    def _is_heard(self, who: str) -> bool:
        return is_heard(self._access, who) if who.startswith("arn:") else bool(who)


def is_heard(access: Access, topic: str) -> bool:
    return ":sns:" in topic and _Topics(access, topic.split(":")[3]).is_heard(topic)


def _metrics(alarm: Json) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of what an alarm watches: one metric, or those of an expression."""
    for metric in [alarm, *(one.get("MetricStat", {}).get("Metric", {}) for one in alarm.get("Metrics", []))]:
        if metric.get("MetricName"):
            dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", [])}
            yield metric["Namespace"], metric["MetricName"], dimensions


def _is_upwards(alarm: Json) -> bool:
    return "Greater" in alarm.get("ComparisonOperator", "")


def _named(topic: str) -> str:
    return topic.rpartition(":")[2]
