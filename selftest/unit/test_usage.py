"""What the dashboard says of a week's uploads, and what of it is a finding."""

from typing import Any

import pytest
from bs4 import BeautifulSoup

from checks.usage import Usage
from clients.errors import NotCheckable, SiteError


class Dashboard:
    def __init__(self, page: str | None) -> None:
        self.page = page

    def open(self, step: str, path: str, **asked: Any) -> BeautifulSoup:
        assert asked == {"range": 7}
        if self.page is None:
            raise SiteError(f"{step} failed")
        return BeautifulSoup(self.page, "lxml")


def usage(*cards: tuple[str, int], failures: str = "") -> Usage:
    shown = (
        f"<div class=card-body><h5 class=card-title>{name}</h5><p class=card-text>{n}</p></div>" for name, n in cards
    )
    return Usage(Dashboard("".join(shown) + failures))  # type: ignore[arg-type]


def week(requested: int, completed: int) -> Usage:
    return usage(("Total Requested", requested), ("Total Completed", completed))


def failed(*people: str) -> str:
    rows = "".join(f"<tr><td>1 May</td><td>{person}</td><td>Essay</td><td>too slow</td></tr>" for person in people)
    return f"<h3>Recent Failures</h3><table><tbody>{rows}</tbody></table>"


def test_a_week_of_uploads_that_succeed() -> None:
    assert week(20, 20).expect_uploads_succeed() == "20 of 20"
    assert week(100, 96).expect_uploads_succeed() == "96 of 100"


@pytest.mark.parametrize(("requested", "completed"), [(100, 95), (20, 19), (20, 0)])
def test_a_week_of_uploads_that_fail(requested: int, completed: int) -> None:
    with pytest.raises(
        AssertionError, match=f"more than 95 % of uploads .*, seen {completed} of {requested} in a week"
    ):
        week(requested, completed).expect_uploads_succeed()


def test_few_uploads_say_nothing() -> None:
    with pytest.raises(NotCheckable, match="0 of 19 uploads in a week say nothing yet"):
        week(19, 0).expect_uploads_succeed()


def test_who_fails_again_and_again_is_not_named() -> None:
    assert usage(failures=failed("Ada", "Bob", "Ada", "Bob")).expect_no_repeated_failures() == 4
    assert usage(failures="<h3>Recent Failures</h3><p>None</p>").expect_no_repeated_failures() == 0
    with pytest.raises(AssertionError, match="seen 3 failures of one person in one") as failure:
        usage(failures=failed("Ada", "Bob", "Ada", "Ada")).expect_no_repeated_failures()
    assert "Ada" not in str(failure.value)


def test_a_dashboard_that_tells_nothing() -> None:
    for asked in (usage().expect_uploads_succeed, usage().expect_no_repeated_failures):
        with pytest.raises(NotCheckable, match="the dashboard does not show"):
            asked()
    with pytest.raises(NotCheckable, match="does not open"):
        Usage(Dashboard(None))  # type: ignore[arg-type]
