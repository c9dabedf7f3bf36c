"""What a failed line brings with it, and what it keeps to itself, in inner runs of pytest; no browser, no site."""

import pytest

from redaction.secret_patterns import MARK
from selftest.unit.inner_run import SECRET, Run, runs

pytest_plugins = ["pytester"]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    return runs(pytester)


def test_pytest_playwright_keeps_the_trace_of_a_failed_line(run: Run) -> None:
    inner = run("""
@pytest.fixture
def kept(request):
    yield
    print("kept", getattr(request.node, "rep_call", None))

@pytest.mark.lines("2.7.1")
def test_it(kept, line):
    with line("2.7.1", "first"):
        assert False
""")
    assert "kept namespace(failed=True)" in str([report.sections for report in inner.whole])


def test_a_failed_line_brings_what_is_seen(run: Run) -> None:
    inner = run("""
from runner.pytest_plugin.lines import FAILURE_EVIDENCE

@pytest.mark.lines("2.7.1")
def test_it(line, request):
    request.node.stash[FAILURE_EVIDENCE] = lambda line: {"screenshots": [f"screenshots/{line}.png"]}
    with line("2.7.1", "first"):
        assert False
""")
    assert inner.checks[0].evidence == {"screenshots": ["screenshots/2.7.1.png"]}


def test_no_secret_reaches_a_report(run: Run) -> None:
    inner = run(f"""
secret = "{SECRET}"

@pytest.mark.lines("2.7.1", "2.7.2")
def test_in_a_line(line):
    print("typing", secret)
    with line("2.7.1", "first") as evidence:
        evidence["typed"] = secret
        evidence["fields"] = {{"password": [secret, 7]}}
        assert secret == "", f"the page shows {{secret}}"
    raise RuntimeError(f"seen {{secret}}")

@pytest.fixture
def student():
    raise RuntimeError(f"Logging in with {{secret}} failed.")

@pytest.mark.lines("2.7.3")
def test_in_set_up(student, line):
    pass
""")
    for one in inner.whole:
        shown = f"{one.longrepr} {one.sections} {one.user_properties}"
        assert SECRET not in shown
    assert inner.checks[0].evidence == {"typed": MARK, "fields": {"password": [MARK, 7]}}
    assert inner.message("2.7.1").startswith(f"the page shows {MARK}")
    assert inner.message("2.7.2") == f"seen {MARK}"
    assert inner.message("2.7.3") == f"Logging in with {MARK} failed."


def test_without_a_run_a_report_stays_as_it_is(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["runner.pytest_plugin.lines"]')
    pytester.makeini("[pytest]\nmarkers = lines")
    pytester.makepyfile("import pytest\n@pytest.mark.lines('2.7.1')\ndef test_it():\n    assert False, 'plain'")
    result = pytester.inline_run("-p", "no:playwright")
    result.assertoutcome(failed=1)
