"""The AWS account as steps 3.9, 3.11, 4.1, 4.5, 4.6 and 4.9 leave it: costs, alerts, alarms, and what was counted.

Importing this imports moto.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from replica.faults import Faults
from replica.settings import BUCKET, REGION

S3, CLOUDFRONT = "Amazon Simple Storage Service", "Amazon CloudFront"

DEAR = 3.0
"""Dollars a day with which a month is far above the estimate of environments/replica.toml."""

HOURS = 24
"""Of the last week that had viewers."""


def build(client: Callable[[str], Any], distribution: str, faults: Faults) -> None:
    """Topic, alarms, budget and metrics; `distribution` is the id of CloudFront's."""
    topic = client("sns").create_topic(Name="alerts")["TopicArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="operations@example.invalid")
    if faults.on("subscription-never-confirmed"):
        for subscription in sns_backends[DEFAULT_ACCOUNT_ID][REGION].subscriptions.values():
            subscription.arn = "PendingConfirmation"
    _budget(client("budgets"), faults)
    cloudwatch = client("cloudwatch")
    for alarm in _alarms(distribution, topic, faults):
        cloudwatch.put_metric_alarm(**alarm)
    for namespace, dimensions, values in _counted(distribution, faults):
        _put(cloudwatch, namespace, dimensions, values)


def answer(target: str, body: bytes, faults: Faults) -> tuple[int, bytes] | None:
    """Status and content of AWS's answer to what moto lacks; None for what moto has. `target` is X-Amz-Target."""
    match target.rpartition(".")[2]:
        case "GetCostAndUsage":
            if faults.on("cost-explorer-off"):
                refusal = {"__type": "AccessDeniedException", "Message": "User not enabled for cost explorer access"}
                return 400, json.dumps(refusal).encode()
            period = json.loads(body)["TimePeriod"]
            days = _days(date.fromisoformat(period["Start"]), date.fromisoformat(period["End"]), faults)
            return 200, json.dumps({"ResultsByTime": list(days)}).encode()
        case "DescribeSubscribersForNotification":
            mute = faults.on("alert-for-nobody") and json.loads(body)["Notification"]["Threshold"] == 100
            mail = {"SubscriptionType": "EMAIL", "Address": "operations@example.invalid"}
            return 200, json.dumps({"Subscribers": [] if mute else [mail]}).encode()
    return None


def _days(first: date, end: date, faults: Faults) -> Iterator[dict[str, Any]]:
    """Costs by day and service, as Cost Explorer tells them."""
    month = (datetime.now(UTC).date()).replace(day=1)
    for number in range((end - first).days):
        day = first + timedelta(days=number)
        costs = {S3: 0.5, CLOUDFRONT: 0.4, "AWS Lambda": 0.0}
        if faults.on("costs-above-estimate") or (faults.on("last-month-above-estimate") and day < month):
            costs[CLOUDFRONT] = DEAR
        if faults.on("one-dear-day") and day == end - timedelta(days=1):
            costs[S3] = 3 * DEAR
        if faults.on("costs-of-another-account"):
            costs = {"Amazon Elastic Compute Cloud - Compute": 9.0}
        if faults.on("billing-counts-nothing"):
            costs = {}
        groups = [
            {"Keys": [name], "Metrics": {"UnblendedCost": {"Amount": str(amount), "Unit": "USD"}}}
            for name, amount in costs.items()
        ]
        until = day + timedelta(days=1)
        yield {"TimePeriod": {"Start": str(day), "End": str(until)}, "Total": {}, "Groups": groups, "Estimated": False}


def _budget(budgets: Any, faults: Faults) -> None:
    """$200 a month, of which a quarter, half and all is told."""
    shares = {25.0: "no-alert-at-50", 75.0 if faults.on("alert-at-150") else 50.0: "", 100.0: ""}
    notifications = [
        {
            "Notification": {
                "NotificationType": "ACTUAL",
                "ComparisonOperator": "GREATER_THAN",
                "Threshold": share,
                "ThresholdType": "PERCENTAGE",
            },
            "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "operations@example.invalid"}],
        }
        for share, missing in shares.items()
        if not (missing and faults.on(missing))
    ]
    budgets.create_budget(
        AccountId=DEFAULT_ACCOUNT_ID,
        Budget={
            "BudgetName": "videos",
            "BudgetLimit": {"Amount": "200", "Unit": "USD"},
            "TimeUnit": "MONTHLY",
            "BudgetType": "COST",
        },
        NotificationsWithSubscribers=notifications,
    )


def _alarms(distribution: str, topic: str, faults: Faults) -> Iterator[dict[str, Any]]:
    bucket = "somebody-elses-bucket" if faults.on("alarms-of-another-bucket") else BUCKET
    of_bucket = [{"Name": "BucketName", "Value": bucket}, {"Name": "FilterId", "Value": "all"}]
    of_cdn = [{"Name": "DistributionId", "Value": distribution}, {"Name": "Region", "Value": "Global"}]
    watched = [("AWS/S3", metric, of_bucket) for metric in ("4xxErrors", "5xxErrors")]
    watched += [("AWS/CloudFront", metric, of_cdn) for metric in ("4xxErrorRate", "5xxErrorRate", "BytesDownloaded")]
    if not faults.on("requests-unwatched"):
        watched.append(("AWS/CloudFront", "Requests", of_cdn))
    for namespace, metric, dimensions in watched:
        falls = metric == "BytesDownloaded" and faults.on("transfer-watched-downwards")
        yield {
            "AlarmName": f"videos-{metric}",
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": dimensions,
            "Statistic": "Average",
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 5,
            "ComparisonOperator": "LessThanThreshold" if falls else "GreaterThanThreshold",
            "AlarmActions": [topic],
            "ActionsEnabled": not (metric.endswith("ErrorRate") and faults.on("cdn-alarms-muted")),
        }


def _counted(distribution: str, faults: Faults) -> Iterator[tuple[str, dict[str, str], dict[str, float]]]:
    """What was counted in each of the last hours, by metric."""
    yield (
        "AWS/CloudFront",
        {"DistributionId": distribution, "Region": "Global"},
        {
            "Requests": 200,
            "CacheHitRate": 60 if faults.on("viewers-miss-the-cache") else 90,
            "5xxErrorRate": 3 if faults.on("cdn-answers-errors") else 0.1,
        },
    )
    yield (
        "AWS/S3",
        {"BucketName": BUCKET, "FilterId": "all"},
        {
            "AllRequests": 100,
            "GetRequests": 900 if faults.on("everybody-reads-the-bucket") else 60,
            "5xxErrors": 5 if faults.on("storage-answers-errors") else 0,
        },
    )


def _put(cloudwatch: Any, namespace: str, dimensions: dict[str, str], values: dict[str, float]) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    data = [
        {
            "MetricName": metric,
            "Dimensions": named,
            "Timestamp": hour - timedelta(hours=back) + timedelta(minutes=5),
            "Value": value,
        }
        for metric, value in values.items()
        for back in range(1, HOURS + 1)
    ]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
