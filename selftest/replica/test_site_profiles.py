"""The replica's site profiles: each is off at first, can be switched while it runs, and is what a real site does."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import requests

from clients.addresses import PLUGIN
from runner.configuration.replica import CHECKOUT
from selftest.replica.running import Running, client_of, control, end, keys, start, switch
from selftest.replica.visitors import (
    PASSWORD,
    Classroom,
    Visitor,
    enrol,
    new_assignment,
    new_course,
    new_person,
    path,
    soup,
    the,
    told,
    user_id,
    value,
    visitor,
)

pytestmark = pytest.mark.usefixtures("profiles_off_again")


class TestSwitching:
    def test_the_listing_says_what_each_is(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "replica", "--list-site"], cwd=CHECKOUT, capture_output=True, text=True, check=True
        )
        listed = json.loads(done.stdout)
        assert len(listed) >= 20
        assert all(one.keys() == {"name", "sentence", "bare", "values"} for one in listed)
        assert all(one["sentence"].endswith(".") for one in listed)

    def test_all_are_off_at_first(self, replica: Running) -> None:
        assert told(replica, "site") == {}

    def test_what_is_not_named_is_off(self, replica: Running) -> None:
        assert switch(replica, policy=True, slow=0.01).json() == {"policy": "tool", "slow": 0.01}
        assert switch(replica, sso="saml").json() == {"sso": "saml"}
        assert told(replica, "site") == {"sso": "saml"}

    @pytest.mark.parametrize(
        "wrong",
        [{"no-such": True}, {"policy": "none"}, {"many-people": "lots"}, {"profile": 3}, {"slow": -1}, ["policy"]],
    )
    def test_what_is_not_understood_changes_nothing(self, replica: Running, wrong: Any) -> None:
        switch(replica, profile=True)
        assert control(replica, "site", wrong).status_code == 400
        assert told(replica, "site") == {"profile": True}


class TestSettings:
    NAME = "s_assignsubmission_s3video_"

    def test_keys_in_config_php(self, replica: Running, admin: Visitor, classroom: Classroom) -> None:
        where = {"section": "assignsubmission_s3video"}
        page = admin.page("/admin/settings.php", **where)
        assert not page.select("[disabled]")
        right = value(page, f"#id_{self.NAME}aws_secret_key")
        switch(replica, forced_settings=True)
        page = admin.page("/admin/settings.php", **where)
        assert value(page, f"#id_{self.NAME}aws_secret_key[disabled]") == "********"
        assert value(page, f"#id_{self.NAME}aws_access_key[disabled]").startswith("AKIA")
        assert the(page, "#admin-aws_secret_key .alert-info").text == "Defined in config.php"
        assert not page.select("#admin-s3_bucket [disabled], #admin-s3_bucket .alert-info")
        admin.post("/admin/settings.php", action="save-settings", **where, **{f"{self.NAME}aws_secret_key": "wrong"})
        switch(replica)
        assert value(admin.page("/admin/settings.php", **where), f"#id_{self.NAME}aws_secret_key") == right

    def test_a_required_course_field(self, replica: Running, admin: Visitor) -> None:
        assert not admin.page("/course/edit.php", category=3).select("#id_customfield_costcentre")
        switch(replica, course_field=True)
        assert the(admin.page("/course/edit.php", category=3), "#id_customfield_costcentre")
        refused = new_course(admin, "centreless")
        assert the(soup(refused), "#id_error_customfield_costcentre").text
        assert "/course/view.php" in new_course(admin, "centred", customfield_costcentre="C1").url

    def test_defaults_that_a_form_must_override(self, replica: Running, admin: Visitor, classroom: Classroom) -> None:
        switch(replica, cutoff_default=True)
        student = classroom.other
        cmid = new_assignment(admin, classroom.course, "As the site has it")
        assert not student.page("/mod/assign/view.php", id=cmid).select("[value=editsubmission]")
        dates: dict[str, Any] = {
            f"{name}[enabled]": None for name in ("allowsubmissionsfromdate", "duedate", "cutoffdate", "gradingduedate")
        }
        for what, more in (("group", {"teamsubmission": 1}), ("alone", {"teamsubmission": 0})):
            cmid = new_assignment(admin, classroom.course, what, **dates, **more)
            offered = student.page("/mod/assign/view.php", id=cmid).select("[value=editsubmission]")
            assert bool(offered) == (what == "alone")


class TestManyOfThem:
    def test_categories_lie_inside_each_other(self, replica: Running, admin: Visitor) -> None:
        categories = len(admin.page("/course/management.php").select("li.listitem-category"))
        switch(replica, many_categories=30)
        page = admin.page("/course/management.php")
        assert len(page.select("li.listitem-category")) == categories - 1 + 3
        assert not page.select("li.listitem-category[data-id='3']")
        closed = page.select(
            "li.listitem-category[data-expandable='1'][data-expanded='0'] > .clearfix > a.categoryname"
        )
        assert len(closed) == 3
        page = soup(admin.get(str(closed[-1]["href"])))
        assert (
            the(page, "li[data-expanded='1'] li.listitem-category[data-id='3'] .idnumber").text == "s3video-acceptance"
        )
        switch(replica)
        assert len(admin.page("/course/management.php").select("li.listitem-category")) == categories

    def test_people_are_too_many_to_show(self, replica: Running, admin: Visitor) -> None:
        switch(replica, many_people=120)
        course = new_course(admin, "crowded").url.rpartition("=")[2]
        person = new_person(admin, "wanted")
        address = str(the(admin.page("/enrol/instances.php", id=course), "a[href*=enrolid]")["href"])
        page = soup(admin.get(address))
        assert the(page, "#removeselect optgroup")["label"] == "Too many users (121) to show"  # the creator, too
        assert not page.select("#removeselect option[value]")
        roles = soup(admin.get("/admin/roles/assign.php?contextid=103&roleid=1"))
        assert str(the(roles, "#addselect optgroup")["label"]).startswith("Too many users (")
        found = soup(admin.post(address, addselect_searchtext="wanted"))
        assert value(found, "#addselect option[value]") == user_id(person)
        found = soup(admin.post("/admin/roles/assign.php?contextid=103&roleid=1", addselect_searchtext="wanted"))
        assert value(found, "#addselect option[value]") == user_id(person)
        enrol(admin, course, user_id(person), 5)
        assert not admin.page("/user/index.php", id=course).select(f"[data-userid='{user_id(person)}']")
        assert admin.page("/user/index.php", id=course, page=6).select(f"[data-userid='{user_id(person)}']")
        switch(replica)
        assert soup(admin.get(address)).select("#removeselect option[value]")

    def test_objects_of_another_site(self, replica: Running, admin: Visitor, bucket: Any) -> None:
        before = keys(replica, bucket)
        switch(replica, foreign_objects=3)
        foreign = keys(replica, bucket) - before
        assert len(foreign) == 3
        assert all(re.fullmatch(r"videos/\d+/\d+_[0-9a-f]{8}/lecture\d\.mp4", key) for key in foreign)
        person = user_id(new_person(admin, "next"))
        assert [key for key in foreign if key.startswith(f"videos/{person}/")]
        switch(replica)
        assert keys(replica, bucket) == before

    def test_old_versions_are_kept(self, replica: Running, bucket: Any) -> None:
        name = replica.ready["storage"]["bucket"]
        for kept, key in ((True, "videos/0/kept"), (False, "videos/0/gone")):
            switch(replica, versioned=kept)
            bucket.put_object(Bucket=name, Key=key, Body=b"x")
            bucket.delete_object(Bucket=name, Key=key)
            assert key not in keys(replica, bucket)
            versions = bucket.list_object_versions(Bucket=name, Prefix=key)
            assert bool(versions.get("Versions")) == kept


class TestTime:
    def test_slow_pages_and_ajax(self, replica: Running, classroom: Classroom) -> None:
        switch(replica, slow=0.3)
        for page in ("/my/", f"{PLUGIN}/ajax/get_upload_url.php"):
            assert classroom.other.get(page).elapsed.total_seconds() > 0.3
        switch(replica)
        assert classroom.other.get("/my/").elapsed.total_seconds() < 0.3

    def test_a_second_session_ends_the_first(self, replica: Running, admin: Visitor) -> None:
        first = new_person(admin, "twice")
        second = visitor(replica).log_in("twice", PASSWORD)
        assert path(first.get("/my/")) == path(second.get("/my/")) == "/my/"
        switch(replica, single_session=True)
        third = visitor(replica).log_in("twice", PASSWORD)
        assert path(third.get("/my/")) == "/my/"
        assert path(first.get("/my/")) == path(second.get("/my/")) == "/login/index.php"

    def test_sessions_end_when_left_alone(self, replica: Running, admin: Visitor) -> None:
        person = new_person(admin, "sleepy")
        switch(replica, session_seconds=0.5)
        person.get("/my/")
        assert path(person.get("/my/")) == "/my/"
        ask_after(0.6)
        assert path(person.get("/my/")) == "/login/index.php"
        assert person.upload_form("1").json()["errorcode"] == "requireloginerror"

    def test_a_deleted_course_takes_its_time(self, replica: Running, admin: Visitor) -> None:
        for delay in (0, 0.5):
            switch(replica, async_delete=delay)
            course = new_course(admin, "fleeting").url.rpartition("=")[2]
            listed = f"li.listitem-course[data-id='{course}']"
            admin.post("/course/delete.php", id=course, delete="x")
            assert bool(admin.page("/course/management.php", categoryid=3).select(listed)) == bool(delay)
        ask_after(0.6)
        assert not admin.page("/course/management.php", categoryid=3).select(listed)


def ask_after(seconds: float) -> None:
    """Let time pass: these tests are about nothing else."""
    Event().wait(seconds)


class TestLooks:
    def test_another_plugin_prints_notices(self, replica: Running, admin: Visitor) -> None:
        assert not admin.page("/my/").select(".debuggingmessage")
        switch(replica, debugdisplay=True)
        page = admin.page("/my/")
        assert "/local/coursebadge/" in the(page, ".debuggingmessage").text
        assert "<b>Notice</b>:" in str(page)
        assert "s3video" not in the(page, ".debuggingmessage").text

    def test_a_script_out_of_reach(self, replica: Running, admin: Visitor) -> None:
        assert not admin.page("/my/").select("script[src*='MathJax.js']")
        switch(replica, **{"closed-network": True})
        assert "//cdn.example.invalid/" in str(the(admin.page("/my/"), "script[src*='MathJax.js']")["src"])

    def test_no_full_screen(self, replica: Running, admin: Visitor) -> None:
        assert "permissions-policy" not in admin.get("/my/").headers
        switch(replica, **{"no-full-screen": True})
        assert admin.get("/my/").headers["permissions-policy"] == "fullscreen=()"

    def test_another_language(self, replica: Running, admin: Visitor, classroom: Classroom) -> None:
        edit = {"id": classroom.cmid, "action": "editsubmission"}
        english = admin.get("/course/management.php").text
        switch(replica, language=True)
        person = new_person(admin, "local")
        enrol(admin, classroom.course, user_id(person), 5)
        page = person.page("/mod/assign/view.php", **edit)
        assert the(page, "html")["lang"] == "de"
        assert value(page, "#id_submitbutton") == "Sävë chängës"
        assert the(page, ".s3video-select-btn").text == "Sëlëct Vïdëö Fïlë"
        assert "Film" in page.text  # people's own words stay
        assert the(admin.page("/course/management.php"), "#category-listing-title").text == "Cöürsë cätëgörïës"
        assert (
            the(admin.page("/course/management.php", lang="en"), "#category-listing-title").text == "Course categories"
        )
        switch(replica)
        assert admin.get("/course/management.php").text == english

    def test_but_not_for_who_prefers_english(self, replica: Running, admin: Visitor) -> None:
        switch(replica, language=True)
        for wanted, shown in (("en", "Log out"), ("de", "Lög öüt")):
            admin.post(
                "/user/editadvanced.php", id=-1, _qf__user_editadvanced_form=1, username=f"speaks-{wanted}",
                newpassword=PASSWORD, auth="manual", firstname="S", lastname="T", email=f"{wanted}@example.invalid",
                lang=wanted,
            )  # fmt: skip
            person = visitor(replica).log_in(f"speaks-{wanted}", PASSWORD)
            assert the(person.page("/my/"), "#user-action-menu a[href*=logout]").text == shown


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A replica that had its site profiles, and a proxy, from the start."""
    folder = tmp_path_factory.mktemp("own") / "state"
    options = ["--site", "foreign-objects=2", "--site", "policy=core", "--site", "no-dashboard", "--proxy", "0"]
    running = start(folder, options=options)
    yield running
    end(running)


class TestAtStart:
    def test_site_profiles_are_there_from_the_start(self, own: Running) -> None:
        assert told(own, "site") == {"policy": "core", "no-dashboard": True, "foreign-objects": 2}
        with closing(client_of(own)) as store:
            assert len(keys(own, store)) == 2

    def through(self, running: Running, proxy: str) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            session.proxies = {"https": proxy}
            session.verify = running.ready["ca_file"]
            return session.get(running.ready["base_url"] + "/login/index.php")

    def test_the_proxy_wants_to_know_who_is_there(self, own: Running) -> None:
        proxy = own.ready["proxy"]
        assert self.through(own, proxy).ok
        with pytest.raises(requests.exceptions.ProxyError, match="407"):
            self.through(own, re.sub(r"//.*@", "//", proxy))
        host = own.ready["base_url"].removeprefix("https://")
        assert told(own, "proxy") == {"hosts": {host: 1}, "refused": 1}

    def test_without_a_proxy_there_is_nothing_to_tell(self, replica: Running) -> None:
        assert visitor(replica).get("/__replica__/proxy").status_code == 404

    def test_below_a_path(self, tmp_path: Path) -> None:
        running = start(tmp_path / "state", options=["--site", "below"])
        try:
            host, slash, path = running.ready["base_url"].rpartition("/")
            assert slash + path == "/learn"
            with requests.Session() as session:
                session.trust_env, session.verify = False, running.ready["ca_file"]
                assert session.get(f"{host}/login/index.php").status_code == 404
                page = session.get(f"{host}/learn/my/")
                assert page.url.startswith(f"{host}/learn/login/index.php")
                styles = str(the(soup(page), "link[rel=stylesheet][href^='/learn/']")["href"])
                assert session.get(host + styles).ok
        finally:
            end(running)
