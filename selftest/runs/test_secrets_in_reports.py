"""A secret that everything tells which a run keeps of a failed check: it stands in nothing that is said of the run."""

import subprocess
import sys
from pathlib import Path

import pytest

from redaction.secrets import scan
from selftest.runs.checkout import FAKE_BROWSER, NO_GO, Checkout, expect

pytestmark = pytest.mark.usefixtures("nothing_left")

TELLS = f"""{FAKE_BROWSER}
from urllib.parse import quote

from runner.pytest_plugin.lines import FAILURE_EVIDENCE

@pytest.mark.lines("2.7.1", "2.7.2")
def test_it(workspace, environment, request, line):
    secret = environment.accounts.admin.password.get_secret_value()
    everywhere = {{
        "console": [f"log: {{secret}}"],
        "requests": [{{"method": "GET", "address": f"https://m.test/?password={{quote(secret)}}", "status": 200}}],
        "on S3": [secret],
        "people": [f"student, at /login?p={{secret}}"],
        "file": f"{{secret}}.mp4",
    }}
    request.node.stash[FAILURE_EVIDENCE] = lambda line: everywhere
    print("typed", secret)
    with line("2.7.1", "Nobody is told the password") as evidence:
        evidence["typed"] = {{"password": [secret]}}
        raise AssertionError(f"expected no password, seen {{secret}} and {{quote(secret)}}")
    with line("2.7.2", "Nobody is told the password later", advice=True):
        raise AssertionError(f"expected no password, seen {{secret}}")
"""


def test_no_secret_stands_in_what_is_said_of_a_run(checkout: Checkout, tmp_path: Path) -> None:
    checkout.tests(test_it=TELLS)
    summary = tmp_path / "said" / "summary.md"
    summary.parent.mkdir()
    run = checkout.run(checkout.file(), "-rA", variables={"GITHUB_STEP_SUMMARY": str(summary)})
    expect(run, NO_GO, "NO-GO", "Nobody is told the password")
    issues = [sys.executable, "-m", "checklist", "issues", f"--run={checkout.reports / 'latest'}"]
    subprocess.run([*issues, f"--to={tmp_path / 'said' / 'issues'}"], cwd=checkout.folder, check=True)
    (tmp_path / "said" / "terminal.txt").write_text(run.text, "utf-8")
    told = {path.name for path in (*tmp_path.rglob("*"), *(checkout.reports / "latest").iterdir())}
    assert {"summary.md", "terminal.txt", "report.html", "raw.html", "junit.xml", "ctrf.json", "results.json"} <= told
    secret = checkout.secrets["S3V_REPLICA_ADMIN_PASSWORD"]
    for folder in (tmp_path / "said", checkout.reports / "latest"):
        assert scan(folder.resolve(), [secret]) == []
        plain = [path.read_text("utf-8", errors="ignore").replace("\\", "") for path in folder.rglob("*.md")]
        assert secret not in "".join(plain)
