"""Costs, alerts, alarms and metrics, as AWS tells of them: what is as it should be, and what cannot be told."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from checks.aws import alarms as module
from checks.aws.alarms import Alarms, BillingAlerts
from checks.aws.costs import Costs
from checks.aws.distribution import Distribution
from checks.aws.traffic import Traffic
from clients.errors import NotCheckable
from selftest.unit.answering import ACCESS, answering

TOPIC = "arn:aws:sns:us-east-1:1:alerts"


def distribution() -> Distribution:
    service = Distribution(ACCESS, "d1.cloudfront.net")
    service.distribution = {"Id": "E1"}
    return service


def alarm(metric: str = "5xxErrors", **more: Any) -> dict[str, Any]:
    return {
        "AlarmName": "errors",
        "Namespace": "AWS/S3",
        "MetricName": metric,
        "Dimensions": [{"Name": "BucketName", "Value": "videos"}],
        "ComparisonOperator": "GreaterThanThreshold",
        "ActionsEnabled": True,
        "AlarmActions": [TOPIC],
        **more,
    }


def alarms(*found: dict[str, Any], composites: Sequence[dict[str, Any]] = ()) -> Alarms:
    service = Alarms(ACCESS, "videos", "eu-west-3", distribution())
    service._alarms, service._composites = list(found), list(composites)
    return service


def test_alarms_of_both_kinds_of_errors() -> None:
    assert alarms(alarm(), alarm("4xxErrors")).expect_on_storage_errors() == ["errors", "errors"]
    with pytest.raises(AssertionError, match="an alarm on 4xxErrors of the bucket that tells somebody, seen none"):
        alarms(alarm()).expect_on_storage_errors()


@pytest.mark.parametrize("more", [{"ActionsEnabled": False}, {"AlarmActions": []}])
def test_an_alarm_that_tells_nobody(more: dict[str, Any]) -> None:
    quiet = alarm("GetRequests", **more)
    with pytest.raises(AssertionError, match="seen the actions of errors off, or none"):
        alarms(quiet).expect_on_requests()
    rule = {"AlarmName": "all", "AlarmRule": 'ALARM("errors")', "ActionsEnabled": True, "AlarmActions": [TOPIC]}
    assert alarms(quiet, composites=[rule]).expect_on_requests() == "errors"
    other = rule | {"AlarmRule": 'ALARM("errors-of-others")'}
    with pytest.raises(AssertionError, match="seen the actions of errors off"):
        alarms(quiet, composites=[other]).expect_on_requests()


def test_an_alarm_on_an_expression_of_the_metric() -> None:
    metric = {name: alarm("BytesDownloaded")[name] for name in ("Namespace", "MetricName", "Dimensions")}
    expression = alarm(Metrics=[{"Id": "m1", "MetricStat": {"Metric": metric}}, {"Id": "e1", "Expression": "m1 * 2"}])
    expression |= {"ComparisonOperator": "GreaterThanUpperThreshold"}
    del expression["MetricName"]
    assert alarms(expression).expect_on_transfer() == "errors"


def test_an_alarm_that_runs_a_function() -> None:
    with pytest.raises(NotCheckable, match="tells no topic of SNS"):
        alarms(alarm(AlarmActions=["arn:aws:lambda:us-east-1:1:function:f"])).expect_heard()
    with pytest.raises(AssertionError, match="seen none"):
        alarms().expect_heard()


@pytest.mark.parametrize(
    ("subscription", "heard"), [("arn:aws:sns:us-east-1:1:alerts:1", True), ("PendingConfirmation", False)]
)
def test_a_subscription_counts_when_it_is_confirmed(subscription: str, heard: bool) -> None:
    told = {"Subscriptions": [{"SubscriptionArn": subscription, "Protocol": "email", "TopicArn": TOPIC}]}
    assert answering(module._Topics(ACCESS), list_subscriptions_by_topic=told).is_heard(TOPIC) is heard
    assert not answering(module._Topics(ACCESS), list_subscriptions_by_topic="NotFound").is_heard(TOPIC)


BUDGET = {
    "BudgetName": "b",
    "BudgetType": "COST",
    "TimeUnit": "MONTHLY",
    "BudgetLimit": {"Amount": "80", "Unit": "USD"},
}


def test_alerts_of_budgets_in_dollars() -> None:
    one = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 62.5}
    absolute = one | {"Threshold": 100.0, "ThresholdType": "ABSOLUTE_VALUE"}
    mail = {"Subscribers": [{"SubscriptionType": "EMAIL", "Address": "x@example.invalid"}]}
    service = answering(
        module._Budgets(ACCESS),
        describe_budgets={"Budgets": [BUDGET | {"TimeUnit": "ANNUALLY"}, BUDGET]},
        describe_notifications_for_budget={"Notifications": [one, absolute]},
        describe_subscribers_for_notification_1=mail,
        describe_subscribers_for_notification_2={},
    )
    assert list(service.alerts("123456789012")) == [(50.0, ["x@example.invalid"]), (100.0, [])]


def test_a_billing_alarm_does_as_well_as_a_budget() -> None:
    charged = alarm("EstimatedCharges", Namespace="AWS/Billing", Dimensions=[], Threshold=50.0)
    alerts = BillingAlerts(ACCESS, alarms(charged, charged | {"Threshold": 100.0, "ActionsEnabled": False}))
    alerts.__dict__["_by_budgets"] = set(), "the audit key lacks the permission budgets:ViewBudget"
    alerts._is_heard = lambda who: who == TOPIC  # type: ignore[method-assign]
    alerts.expect_at(50)
    with pytest.raises(NotCheckable, match="budgets:ViewBudget"):
        alerts.expect_at(100)
    alerts.__dict__["_by_budgets"] = {200.0}, ""
    with pytest.raises(AssertionError, match=r"at \$100 a month, seen \$50, \$200"):
        alerts.expect_at(100)


@pytest.mark.parametrize(
    ("service", "call", "ask", "permission"),
    [
        (module._CloudWatch(ACCESS), "describe_alarms", lambda it: it.alarms(), "cloudwatch:DescribeAlarms"),
        (
            *(module._Topics(ACCESS), "list_subscriptions_by_topic", lambda it: it.is_heard(TOPIC)),
            "sns:ListSubscriptionsByTopic",
        ),
        (module._Budgets(ACCESS), "describe_budgets", lambda it: list(it.alerts("1" * 12)), "budgets:ViewBudget"),
        (Costs(ACCESS, 40), "get_cost_and_usage", lambda it: it.expect_counted(), "ce:GetCostAndUsage"),
    ],
)
def test_each_missing_permission_is_named(
    service: Any, call: str, ask: Callable[[Any], object], permission: str
) -> None:
    asked = answering(service, **{call: "AccessDeniedException"})
    with pytest.raises(NotCheckable, match=f"the permission {permission}"):
        ask(asked)


def day(back: int, **services: str) -> dict[str, Any]:
    start = datetime.now(UTC).date() - timedelta(days=back)
    groups = [
        {"Keys": [name.replace("_", " ")], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}}
        for name, amount in services.items()
    ]
    return {"TimePeriod": {"Start": str(start), "End": str(start + timedelta(days=1))}, "Groups": groups}


def test_costs_of_several_pages_are_asked_once() -> None:
    pages = {
        "get_cost_and_usage_1": {"ResultsByTime": [day(2, Amazon_CloudFront="3.5", Other="90")], "NextPageToken": "2"},
        "get_cost_and_usage_2": {"ResultsByTime": [day(1, Amazon_Simple_Storage_Service="1")]},
    }
    costs = answering(Costs(ACCESS, 40), **pages)
    assert costs.expect_thirty_days_as_estimated() == 4.5
    assert costs.expect_no_leap() == 3.5
    assert costs.expect_breakdown()["Other"] == 90


def test_an_account_whose_costs_nobody_can_tell_yet() -> None:
    with pytest.raises(AssertionError, match="Cost Explorer to be set up, seen DataUnavailableException"):
        answering(Costs(ACCESS, 40), get_cost_and_usage="DataUnavailableException").expect_counted()
    with pytest.raises(NotCheckable, match="counted nothing in last month"):
        answering(Costs(ACCESS, 40), get_cost_and_usage={"ResultsByTime": []}).expect_last_month_as_estimated()


class Counted(Traffic):
    """Of metrics that a test says, each the same in two hours."""

    def __init__(self, cdn: dict[str, float], storage: dict[str, float] | None = None) -> None:
        super().__init__(ACCESS, "videos", "eu-west-3", distribution())
        self._told_of_cdn, self._told_of_storage = cdn, storage

    def _of_cdn(self, metric: str, statistic: str) -> dict[datetime, float]:
        hours = (self._until - timedelta(hours=back) for back in (1, 2))
        return dict.fromkeys(hours, self._told_of_cdn[metric]) if metric in self._told_of_cdn else {}

    def _of_storage(self, metric: str) -> float:
        return super()._of_storage(metric) if self._told_of_storage is None else self._told_of_storage.get(metric, 0)


def test_the_hit_ratio_of_a_week() -> None:
    assert Counted({"Requests": 500, "CacheHitRate": 80.5}).expect_hits() == 80.5
    with pytest.raises(AssertionError, match=r"above 80 % in a week, seen 80\.0 %"):
        Counted({"Requests": 500, "CacheHitRate": 80}).expect_hits()
    with pytest.raises(NotCheckable, match="additional metrics"):
        Counted({"Requests": 500}).expect_hits()
    with pytest.raises(NotCheckable, match="998 requests to CloudFront in a week say nothing yet"):
        Counted({"Requests": 499, "CacheHitRate": 10}).expect_hits()


def test_rates_weigh_as_much_as_their_hours_had_requests() -> None:
    traffic = Counted({"Requests": 500})
    busy, idle = traffic._requests
    traffic.__dict__["_requests"] = {busy: 999, idle: 1}
    assert round(traffic._weighted({busy: 90, idle: 0}), 2) == 89.91


def test_errors_that_viewers_have() -> None:
    assert Counted({"Requests": 500, "TotalErrorRate": 0.9}).expect_refusals_rare() == 0.9
    with pytest.raises(AssertionError, match=r"less than 1 % of errors of CloudFront in a week, seen 1\.0 %"):
        Counted({"Requests": 500, "TotalErrorRate": 1.0}).expect_refusals_rare()


def test_errors_of_storage() -> None:
    assert Counted({}, {"AllRequests": 1000, "5xxErrors": 9}).expect_storage_errors_rare() == 0.9
    with pytest.raises(AssertionError, match=r"less than 1 % of errors 5xx of S3 in a week, seen 1\.0 %"):
        Counted({}, {"AllRequests": 1000, "5xxErrors": 10}).expect_storage_errors_rare()
    with pytest.raises(NotCheckable, match="0 requests to S3"):
        Counted({}, {}).expect_storage_errors_rare()


def test_a_bucket_whose_requests_nobody_counts() -> None:
    traffic = Counted({"Requests": 500})
    answering(traffic._s3, list_metrics={"Metrics": []})
    with pytest.raises(NotCheckable, match="switch on its request metrics"):
        traffic.expect_storage_spared()
