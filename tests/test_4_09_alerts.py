"""Steps 3.11, 4.6 and 4.9: what AWS costs, and who is told when something goes wrong there."""

import pytest

from checks.aws.alarms import Alarms, BillingAlerts
from checks.aws.costs import Costs
from runner.pytest_plugin.lines import Lines

pytestmark = pytest.mark.production


@pytest.mark.lines("P.2.1", "3.11.4", "4.1.6", "4.6.1", "4.6.5")
def test_costs(costs: Costs, line: Lines) -> None:
    """Somebody opens Cost Explorer. All is asked at once, as AWS takes a cent for each question."""
    with line("P.2.1", "AWS counts what the account costs") as evidence:
        evidence["services"] = costs.expect_counted()
    with line("4.6.5", "Cost Explorer breaks the costs down by service, S3 and CloudFront among them") as evidence:
        evidence["dollars"] = costs.expect_breakdown()
    with line("3.11.4", "S3 and CloudFront cost no more in 30 days than was estimated") as evidence:
        evidence["dollars"] = costs.expect_thirty_days_as_estimated()
    with line("4.1.6", "No day of the week costs three times its share") as evidence:
        evidence["dollars"] = costs.expect_no_leap()
    with line("4.6.1", "S3 and CloudFront cost no more last month than was estimated") as evidence:
        evidence["dollars"] = costs.expect_last_month_as_estimated()


@pytest.mark.lines("3.11.6", "3.11.7", "3.11.8")
def test_billing_alerts(billing_alerts: BillingAlerts, line: Lines) -> None:
    """Somebody is told when the month becomes dear."""
    for box, dollars in (("3.11.6", 50), ("3.11.7", 100), ("3.11.8", 200)):
        with line(box, f"Somebody is told when the month's costs reach ${dollars}"):
            billing_alerts.expect_at(dollars)


@pytest.mark.lines("4.9.3", "4.9.4", "4.9.5", "4.9.6", "4.9.8")
def test_alarms(alarms: Alarms, line: Lines) -> None:
    """Alarms look at bucket and distribution, and somebody hears of them."""
    with line("4.9.3", "Alarms watch the bucket's errors") as evidence:
        evidence["alarms"] = alarms.expect_on_storage_errors()
    with line("4.9.4", "Alarms watch the CDN's errors") as evidence:
        evidence["alarms"] = alarms.expect_on_cdn_errors()
    with line("4.9.5", "An alarm watches for more requests than usual") as evidence:
        evidence["alarm"] = alarms.expect_on_requests()
    with line("4.9.6", "An alarm watches for more transfer than usual") as evidence:
        evidence["alarm"] = alarms.expect_on_transfer()
    with line("4.9.8", "Somebody has confirmed to be told by each of these alarms") as evidence:
        evidence["topics"] = alarms.expect_heard()
