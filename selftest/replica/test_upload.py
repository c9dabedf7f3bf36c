"""What the replica takes for a video, and what it refuses."""

import re
from typing import Any

import pytest
import requests

from selftest.replica.running import Running, keys, send_to_s3
from selftest.replica.visitors import Classroom, Visitor, flipped, hand_in, value


class TestUpload:
    @pytest.mark.parametrize(
        ("what", "values", "said"),
        [
            ("text", {"filename": "essay.txt", "mimetype": "text/plain"}, "file type"),
            ("program", {"filename": "virus.exe", "mimetype": "application/octet-stream"}, "file type"),
            ("no extension", {"filename": "clip"}, "file type"),
            ("empty", {"filesize": 0}, "empty"),
            ("too large", {"filesize": 5368709121}, "too large"),
            ("long name", {"filename": "a" * 252 + ".mp4"}, "too long"),
        ],
    )
    def test_refuses(self, classroom: Classroom, what: str, values: dict[str, Any], said: str) -> None:
        answer = classroom.other.upload_form(classroom.assignment, **values)
        assert answer.status_code == 400, what
        assert said in answer.json()["error"]

    def test_a_renamed_text_is_refused_and_removed(self, replica: Running, classroom: Classroom, bucket: Any) -> None:
        before = keys(replica, bucket)
        text = b"once upon a time"
        form = classroom.other.upload_form(classroom.assignment, filesize=len(text)).json()["data"]
        assert send_to_s3(replica, form, text).status_code == 204
        assert "not a video" in classroom.other.confirm(form).json()["error"]
        assert keys(replica, bucket) == before

    def test_s3_refuses_an_empty_body(self, replica: Running, classroom: Classroom) -> None:
        form = classroom.other.upload_form(classroom.assignment).json()["data"]
        assert send_to_s3(replica, form, b"").status_code == 400

    def test_confirming_twice_counts_once_and_replacing_leaves_one_object(
        self, replica: Running, admin: Visitor, classroom: Classroom, bucket: Any
    ) -> None:
        first = hand_in(replica, classroom.other, classroom.cmid, classroom.assignment)
        assert classroom.other.confirm(first).json()["success"]
        second = hand_in(replica, classroom.other, classroom.cmid, classroom.assignment)
        prefix = second["s3_key"].rsplit("/", 2)[0]
        assert {key for key in keys(replica, bucket) if key.startswith(prefix + "/")} == {second["s3_key"]}

    def test_cors_names_the_site_only(self, replica: Running, classroom: Classroom) -> None:
        form = classroom.other.upload_form(classroom.assignment).json()["data"]
        with requests.Session() as session:
            session.trust_env = False
            asked = {"Access-Control-Request-Method": "POST"}
            site, stranger = (
                session.options(form["url"], headers=asked | {"Origin": origin}, verify=replica.ready["ca_file"])
                for origin in (replica.ready["base_url"], "https://elsewhere.example")
            )
        assert site.headers["Access-Control-Allow-Origin"] == replica.ready["base_url"]
        assert "Access-Control-Allow-Origin" not in stranger.headers

    def test_one_wrong_character_breaks_uploads_without_aws_words(self, admin: Visitor, classroom: Classroom) -> None:
        name = "s_assignsubmission_s3video_aws_secret_key"
        page = admin.page("/admin/settings.php", section="assignsubmission_s3video")
        right = value(page, f"[name={name}]")
        save = {"section": "assignsubmission_s3video", "action": "save-settings"}
        admin.post("/admin/settings.php", **save, **{name: right[:-1] + flipped(right[-1])})
        broken = classroom.owner.upload_form(classroom.assignment)
        admin.post("/admin/settings.php", **save, **{name: right})
        assert broken.status_code == 500
        assert not re.search(r"aws|s3|sign|key|bucket|denied|forbidden|40\d", broken.json()["error"], re.I)
        assert classroom.owner.upload_form(classroom.assignment).status_code == 200
