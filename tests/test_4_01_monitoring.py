"""Step 4.1, the first week: whether uploads succeed, as the plugin counts them, and playback, as CloudFront does."""

import pytest

from checks.aws.traffic import Traffic
from checks.usage import Usage
from runner.pytest_plugin.lines import Lines

pytestmark = pytest.mark.production


@pytest.mark.lines("4.1.4", "T.6.5")
def test_usage(usage: Usage, line: Lines) -> None:
    """The administrator looks at the dashboard of a site that people use."""
    with line("4.1.4", "More than 95 % of the week's uploads were completed") as evidence:
        evidence["completed"] = usage.expect_uploads_succeed()
    with line("T.6.5", "Nobody's uploads fail again and again") as evidence:
        evidence["recent failures"] = usage.expect_no_repeated_failures()


@pytest.mark.lines("4.1.5")
def test_playback_errors(playback: Traffic, line: Lines) -> None:
    """Somebody asks CloudWatch how often a viewer got an error in place of a video."""
    with line("4.1.5", "Less than 1 % of the week's requests for videos ended in an error") as evidence:
        evidence["percent"] = playback.expect_refusals_rare()
