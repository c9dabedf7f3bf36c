"""Step 4.1, the first week: whether uploads succeed, as the plugin itself counts them."""

import pytest

from checks.usage import Usage
from runner.pytest_plugin.lines import Lines

pytestmark = pytest.mark.production


@pytest.mark.lines("4.1.4", "T.6.5")
def test_usage(usage: Usage, once: Lines) -> None:
    """The administrator looks at the dashboard of a site that people use."""
    with once("4.1.4", "More than 95 % of the week's uploads were completed") as evidence:
        evidence["completed"] = usage.expect_uploads_succeed()
    with once("T.6.5", "Nobody's uploads fail again and again") as evidence:
        evidence["recent failures"] = usage.expect_no_repeated_failures()
