"""What a run says when it gives a site back, and a host is silent meanwhile."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clients.errors import Unreachable
from runner.reservation.clean_up import PROMISED, CleanUp
from runner.reservation.journal import Journal
from runner.reservation.reservation import SiteReservation

MINE, STRANGE = "videos/7/1_a/clip.mp4", "videos/7/2_b/clip.mp4"


@pytest.fixture
def reservation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Of a run whose clean-up found nothing wrong, and that has released its lock; one object was promised to it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    reservation = cast(Any, SiteReservation.__new__(SiteReservation))
    reservation.run_id, reservation._folders, reservation._lock = "run1", ["videos/7/"], None
    reservation._environment = SimpleNamespace(base_url="https://moodle.test")
    reservation.journal = Journal("https://moodle.test", "run1")
    reservation.journal.record(PROMISED, key=MINE)
    reservation._kept = SimpleNamespace(close=lambda: None)
    reservation._cleaner = SimpleNamespace(clean_up=lambda *_: CleanUp(problems=[]))
    reservation._admin = SimpleNamespace(
        site=SimpleNamespace(log_in_again=lambda: None), bucket=SimpleNamespace(keys=lambda _: [MINE, STRANGE])
    )
    return reservation


def test_an_object_that_was_promised_is_not_called_strange(reservation: Any) -> None:
    assert reservation.close().not_promised == [STRANGE]


def test_storage_that_falls_silent_is_a_problem(reservation: Any) -> None:
    def silent(_: str) -> list[str]:
        raise Unreachable("S3 does not answer.")

    reservation._admin.bucket.keys = silent
    assert reservation.close().problems == ["S3 does not answer."]
    assert reservation.journal.entries(PROMISED)
