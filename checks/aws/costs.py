"""What the AWS account costs, by Cost Explorer: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/

AWS takes one cent for each question, so all is asked at once. Amounts are US dollars.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from botocore.exceptions import ClientError

from clients.aws.account import Access, Json, Service
from clients.errors import NotCheckable

PLUGINS = ("Amazon Simple Storage Service", "Amazon CloudFront")
"""The services that the plugin uses, as Cost Explorer calls them."""

DAYS = timedelta(days=30)

WEEK = timedelta(days=7)

LEAP = 3
"""So many times its share of the month a day may cost."""


class Costs(Service):
    """By day and service, since the first of last month and for 30 days at least.

    `estimate` is what S3 and CloudFront are expected to cost in a month.
    """

    name = "ce"

    def __init__(self, access: Access, estimate: float) -> None:
        super().__init__(access)
        self._estimate = estimate
        self._today = datetime.now(UTC).date()
        self._first = self._today.replace(day=1)

    def expect_counted(self) -> list[str]:
        """AWS counts what the account costs: its billing is on. Returns the services."""
        services = sorted(self._sum(self._today - DAYS))
        if not services:
            raise AssertionError("expected AWS to count the account's costs, seen none of any service in 30 days")
        return services

    def expect_breakdown(self) -> dict[str, float]:
        """Costs are broken down by service, S3 and CloudFront among them; returns the dearest ones."""
        found = self._sum(self._today - DAYS)
        if missing := [name for name in PLUGINS if name not in found]:
            raise AssertionError(f"expected costs of {' and '.join(PLUGINS)}, seen none of {' and '.join(missing)}")
        dearest = sorted(found, key=lambda name: -found[name])[:5]
        return {name: round(found[name], 2) for name in dearest}

    def expect_last_month_as_estimated(self) -> float:
        """Last calendar month cost what was estimated, or less; returns what.

        Raises NotCheckable where nothing was counted.
        """
        month = (self._first - timedelta(days=1)).replace(day=1)
        if not self._sum(month, self._first):
            raise NotCheckable("Cost Explorer has counted nothing in last month: look again next month")
        return self._expect_at_most(self._of_plugin(month, self._first), self._estimate, f"{month:%B}")

    def expect_thirty_days_as_estimated(self) -> float:
        """The last 30 days cost what was estimated for a month, or less; returns what."""
        return self._expect_at_most(self._of_plugin(self._today - DAYS), self._estimate, "the last 30 days")

    def expect_no_leap(self) -> float:
        """No day of the last seven stands out; returns what the dearest one cost."""
        days = [self._today - timedelta(days=back) for back in range(1, WEEK.days + 1)]
        dearest = max(days, key=lambda day: self._of_plugin(day, day + timedelta(days=1)))
        cost = self._of_plugin(dearest, dearest + timedelta(days=1))
        return self._expect_at_most(cost, LEAP * self._estimate / DAYS.days, f"{dearest:%-d %B}")

    def _expect_at_most(self, seen: float, wanted: float, when: str) -> float:
        if seen > wanted:
            raise AssertionError(f"expected {when} to cost ${wanted:.2f} at most, seen ${seen:.2f}")
        return round(seen, 2)

    def _of_plugin(self, since: date, until: date | None = None) -> float:
        found = self._sum(since, until)
        return sum(found.get(name, 0) for name in PLUGINS)

    def _sum(self, since: date, until: date | None = None) -> dict[str, float]:
        """Costs by service of the days from `since` to the one before `until`."""
        total: dict[str, float] = {}
        for day, service, amount in self._costs:
            if since <= day < (until or self._today):
                total[service] = total.get(service, 0) + amount
        return total

    @cached_property
    def _costs(self) -> list[tuple[date, str, float]]:
        """What each service cost on each day."""
        since = min((self._first - timedelta(days=1)).replace(day=1), self._today - DAYS)
        asked: Json = {
            "TimePeriod": {"Start": since.isoformat(), "End": self._today.isoformat()},
            "Granularity": "DAILY",
            "Metrics": ["UnblendedCost"],
            "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
        }
        found = []
        while True:
            page = self._ask("get_cost_and_usage", **asked)
            for one in page.get("ResultsByTime", []):
                day = date.fromisoformat(one["TimePeriod"]["Start"])
                for group in one.get("Groups", []):
                    found.append((day, group["Keys"][0], float(group["Metrics"]["UnblendedCost"]["Amount"])))
            if not page.get("NextPageToken"):
                return found
            asked["NextPageToken"] = page["NextPageToken"]

    def _told(self, call: str, error: ClientError) -> Exception:
        told = error.response.get("Error", {})
        code, message = told.get("Code", ""), told.get("Message", "")
        if code == "DataUnavailableException" or "not enabled" in message:
            return AssertionError(f"expected Cost Explorer to be set up, seen {message.rstrip('.') or code}")
        return super()._told(call, error)
