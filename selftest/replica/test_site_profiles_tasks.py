"""Site profiles that the clean-up task meets: nobody may run it from the browser; a video is past its retention."""

from typing import Any

import pytest

from clients.addresses import COMPONENT, MANAGE_VIDEOS, SETTINGS
from replica.moodle.tasks import CLASS
from selftest.replica.running import Running, keys, switch
from selftest.replica.visitors import Visitor

pytestmark = pytest.mark.usefixtures("profiles_off_again")

RUN_NOW = "/admin/tool/task/schedule_task.php"


def test_tasks_that_nobody_may_run(replica: Running, admin: Visitor) -> None:
    assert admin.get(RUN_NOW, task=CLASS).ok
    switch(replica, no_run_now=True)
    assert "Cannot find the path to the PHP CLI" in admin.get(RUN_NOW, task=CLASS).text
    assert "Run now" not in admin.get("/admin/tool/task/scheduledtasks.php").text


def set_retention(admin: Visitor, days: str) -> None:
    changed = {"action": "save-settings", f"s_{COMPONENT}_retention_days": days}
    assert admin.post(SETTINGS, section=COMPONENT, **changed).ok


def test_videos_past_their_retention_and_others_when_they_are_gone(
    replica: Running, admin: Visitor, bucket: Any
) -> None:
    assert "Last term" not in admin.get(MANAGE_VIDEOS).text
    set_retention(admin, "1")
    for _ in range(2):
        switch(replica, expired_video=True)
        old = [key for key in keys(replica, bucket) if key.endswith("/term.mp4")]
        listed = admin.get(MANAGE_VIDEOS, status="ready", perpage=100).text
        assert [key in listed for key in old] == [True, True]
        said = admin.post(RUN_NOW, task=CLASS, confirm=1).text
        assert "Scheduled task complete" in said
        listed, stored = admin.get(MANAGE_VIDEOS, status="ready", perpage=100).text, keys(replica, bucket)
        for key in old:
            assert f"deleted {key}" in said
            assert key not in stored
            assert key not in listed
    set_retention(admin, "90")
