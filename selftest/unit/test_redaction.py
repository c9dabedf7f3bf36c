"""What others say by ways of their own holds no secret of the run, nor does the environment of what it starts."""

import base64
import io
import logging
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from playwright.sync_api import sync_playwright

from redaction.environment import without_secrets
from redaction.secrets import Secrets
from runner.doctor.findings import Finding
from runner.pytest_plugin.options import unredacted
from runner.pytest_plugin.preparation import _without_secrets
from runner.pytest_plugin.redacted_output import Redaction
from runner.pytest_plugin.reporting import Reporting
from runner.pytest_plugin.state import State, _forget_old_artifacts
from selftest.unit.leaks import zipped

SECRET = "Right-Horse-7-Battery"


@pytest.fixture
def redaction() -> Redaction:
    return Redaction(lambda: [SECRET])


@pytest.fixture
def logged() -> Any:
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    logger = logging.getLogger("a-library")
    logger.addHandler(handler)
    yield text.getvalue
    logger.removeHandler(handler)


def test_logs_hold_no_secret(redaction: Redaction, logged: Any) -> None:
    logger = logging.getLogger("a-library")
    with redaction.of_logs():
        logger.warning("logging in with %s, %d", SECRET, 7)
        logger.warning({"password": SECRET})
        try:
            raise ValueError(f"no such password: {SECRET}")
        except ValueError:
            logger.exception("it broke \x1b[31m")
    assert SECRET not in logged()
    assert "logging in with [redacted], 7" in logged()
    assert "no such password: [redacted]" in logged()
    assert r"it broke \x1b[31m" in logged()
    before = logging.getLogRecordFactory()
    assert before is logging.LogRecord, "expected the factory to be given back"


def test_warnings_hold_no_secret(redaction: Redaction) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn(f"connecting as {SECRET}", DeprecationWarning, stacklevel=1)
        warnings.warn("of no interest", DeprecationWarning, stacklevel=1)
    for one in caught:
        redaction.pytest_warning_recorded(one)
    assert [str(one.message) for one in caught] == ["connecting as [redacted]", "of no interest"]
    assert isinstance(caught[1].message, DeprecationWarning)


def test_what_the_doctor_says_holds_no_secret(tmp_path: Path) -> None:
    """A hub of browsers repeats what it was sent, as it was or as Basic sends it; and a server writes its own signs."""
    state = State("1", datetime.now(UTC), "site", tmp_path, partial=False, secrets=Secrets(tmp_path / "secrets"))
    assert state.secrets
    state.secrets.add(SECRET)
    sent = base64.b64encode(f"ada:{SECRET}".encode()).decode()
    (told,) = _without_secrets(
        state, [Finding("target hub", "warn", f"It says Basic {sent}\x1b[2J.", f"Mend {SECRET}.")]
    )
    assert told == Finding("target hub", "warn", told.sentence, "Mend [redacted].")
    assert sent[8:-4] not in told.sentence
    assert "\x1b" not in told.sentence


def test_an_error_of_pytest_itself_holds_no_secret(redaction: Redaction) -> None:
    try:
        raise RuntimeError(f"cannot log in with {SECRET}")
    except RuntimeError:
        shown = pytest.ExceptionInfo.from_current().getrepr(style="long", showlocals=True)
    assert SECRET in str(shown)
    redaction.pytest_internalerror(shown)
    assert SECRET not in str(shown)
    assert "cannot log in with [redacted]" in str(shown)


def test_what_a_run_starts_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "S3V_ADMIN_PASSWORD": SECRET,
        "OF_ANOTHER_NAME": f"x{SECRET}",
        "AWS_SECRET_ACCESS_KEY": "of another project",
        "GITHUB_TOKEN": "ghs_1",
        "DISPLAY_NAME": "kept",
    }.items():
        monkeypatch.setenv(name, value)
    with ThreadPoolExecutor(1) as free_of_asyncio:
        children = free_of_asyncio.submit(environments_of_playwright).result()
    assert children
    for told in children:
        assert SECRET not in " ".join(told.values())
        assert not told.keys() & {"S3V_ADMIN_PASSWORD", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"}
        assert told["DISPLAY_NAME"] == "kept"
    assert os.environ["S3V_ADMIN_PASSWORD"] == SECRET


def environments_of_playwright() -> list[dict[str, str]]:
    before = psutil.Process().children(recursive=True)
    with without_secrets([SECRET]):
        assert "S3V_ADMIN_PASSWORD" not in os.environ
        driver = sync_playwright().start()
    try:
        return [one.environ() for one in psutil.Process().children(recursive=True) if one not in before]
    finally:
        driver.stop()


def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "reports" / "20261129T120000Z-x"
    folder.mkdir(parents=True)
    found = State("1", None, "x", folder, partial=False)  # type: ignore[arg-type]
    found.secrets = Secrets(tmp_path / "secrets")
    found.secrets.add(SECRET)
    return found


def test_traces_come_into_the_reports_redacted_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = state(tmp_path, monkeypatch)
    source = unredacted(run.folder)
    assert not source.is_relative_to(tmp_path / "reports"), "expected nothing in reports/ while the run goes on"
    (source / "a-test").mkdir(parents=True)
    (source / "a-test" / "trace.zip").write_bytes(zipped(page=f"key {SECRET}".encode()))
    (source / "a-test" / "torn.zip").write_bytes(b"PK\x03\x04 torn " + SECRET.encode())
    (source / "a-test" / "video.webm").write_bytes(b"film")
    reporting = Reporting(SimpleNamespace(), run, SimpleNamespace())  # type: ignore[arg-type]
    reporting._bring_artifacts()
    brought = run.folder / "artifacts" / "a-test"
    assert sorted(path.name for path in brought.iterdir()) == ["trace.zip", "video.webm"]
    assert reporting._leaks() == []
    assert not source.exists()
    assert run.notes == ["the trace a-test/torn.zip is torn, and is left out"]


def test_traces_of_a_run_that_was_killed_do_not_stay(tmp_path: Path) -> None:
    for name, age in (("old", 3 * 24 * 3600), ("new", 0)):
        (tmp_path / name).mkdir()
        now = (tmp_path / name).stat().st_mtime
        os.utime(tmp_path / name, (now - age, now - age))
    _forget_old_artifacts(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_who_logs_does_not_break_where_the_secrets_cannot_be_read(logged: Any) -> None:
    def unreadable() -> list[str]:
        raise OSError(24, "Too many open files")

    with Redaction(unreadable).of_logs():
        logging.getLogger("a-library").warning("logging in with %s", SECRET)
    assert SECRET not in logged()
    assert "left out: what the run's secrets are cannot be read now" in logged()
