"""The replica's habits: each is off at first, can be switched while it runs, and is what a real site does."""

import json
import re
import subprocess
import sys
from contextlib import closing
from threading import Event
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup, Tag

from selftest.replica.test_replica import (
    CHECKOUT,
    PASSWORD,
    PLUGIN,
    Running,
    Visitor,
    admin,
    bucket,
    classroom,
    client_of,
    control,
    end,
    hand_in,
    keys,
    new_person,
    replica,
    start,
    visitor,
)

__all__ = ["admin", "bucket", "classroom", "replica"]  # fixtures


def switch(replica: Running, **habits: Any) -> requests.Response:
    return control(replica, "site", {name.replace("_", "-"): value for name, value in habits.items()})


@pytest.fixture(autouse=True)
def off_again(replica: Running):
    yield
    assert switch(replica).json() == {}


def told(replica: Running, what: str) -> Any:
    return visitor(replica).get(f"/__replica__/{what}").json()


def user_id(person: Visitor) -> str:
    found = re.search(r'"userId": (\d+)', person.get("/?redirect=0").text)
    assert found
    return found[1]


def soup(answer: requests.Response) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def the(page: BeautifulSoup, selector: str) -> Tag:
    found = page.select_one(selector)
    assert found, f"no {selector} in {page.get_text(' ', strip=True)[:400]}"
    return found


def value(page: BeautifulSoup, selector: str) -> str:
    return str(the(page, selector)["value"])


def path(answer: requests.Response) -> str:
    return "/" + answer.url.split("/", 3)[3]


def new_course(admin: Visitor, name: str, **more: Any) -> requests.Response:
    return admin.post("/course/edit.php", _qf__course_edit_form=1, fullname=name, shortname=name, category=3, **more)


def new_assignment(admin: Visitor, course: str, name: str, **more: Any) -> str:
    """As the browser does it: what the form shows, but for what is given. Returns the course module's id."""
    address = f"/course/modedit.php?add=assign&course={course}&section=0"
    page = soup(admin.get(address))
    shown = {str(tag["name"]): chosen(tag) for tag in page.select("form.mform select")}
    shown |= {str(box["name"]): "1" for box in page.select("form.mform [type=checkbox][checked]")}
    sent = shown | {"_qf__mod_assign_mod_form": 1, "name": name, "assignsubmission_s3video_enabled": 1} | more
    answer = admin.post(address, **{key: value for key, value in sent.items() if value is not None})
    assert "/mod/assign/view.php" in answer.url, answer.text
    return answer.url.rpartition("=")[2]


def chosen(select: Tag) -> str:
    return str(the(BeautifulSoup(str(select), "html.parser"), "option[selected]")["value"])


def enrol(admin: Visitor, course: str, person: str, role: int) -> None:
    link = the(admin.page("/enrol/instances.php", id=course), "a[href*=enrolid]")
    admin.post(str(link["href"]), add="1", roleid=role, **{"addselect[]": person})


class TestSwitching:
    def test_the_listing_says_what_each_is(self):
        done = subprocess.run(
            [sys.executable, "-m", "replica", "--list-site"], cwd=CHECKOUT, capture_output=True, text=True, check=True
        )
        listed = json.loads(done.stdout)
        assert len(listed) >= 20
        assert all(one.keys() == {"name", "sentence", "bare", "values"} for one in listed)
        assert all(one["sentence"].endswith(".") for one in listed)

    def test_all_are_off_at_first(self, replica):
        assert told(replica, "site") == {}

    def test_what_is_not_named_is_off(self, replica):
        assert switch(replica, policy=True, slow=0.01).json() == {"policy": "tool", "slow": 0.01}
        assert switch(replica, sso="saml").json() == {"sso": "saml"}
        assert told(replica, "site") == {"sso": "saml"}

    @pytest.mark.parametrize(
        "wrong",
        [{"no-such": True}, {"policy": "none"}, {"many-people": "lots"}, {"profile": 3}, {"slow": -1}, ["policy"]],
    )
    def test_what_is_not_understood_changes_nothing(self, replica, wrong):
        switch(replica, profile=True)
        assert control(replica, "site", wrong).status_code == 400
        assert told(replica, "site") == {"profile": True}

    def test_an_unknown_one_is_usage(self):
        done = subprocess.run(
            [sys.executable, "-m", "replica", "--site", "no-such=1"],
            cwd=CHECKOUT, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert done.returncode == 4
        assert "--list-site" in done.stderr


class TestMail:
    def mails(self, replica: Running, address: str) -> list[dict[str, Any]]:
        return [mail for mail in told(replica, "mail") if mail["to"] == f"{address}@example.invalid"]

    def test_a_welcome_from_the_teacher_if_there_is_one(self, replica, admin, classroom):
        welcome = {
            "to": "teacher@example.invalid",
            "subject": "Welcome to Selftest",
            "why": "enrolment: customint1",
            "dropped": True,
        }
        assert welcome not in told(replica, "mail")  # nobody was there to welcome the first ones, nor themselves
        late = new_person(admin, "late")
        enrol(admin, classroom.course, user_id(late), 5)
        enrol(admin, classroom.course, user_id(late), 5)
        assert self.mails(replica, "late") == [welcome | {"to": "late@example.invalid"}]

    def test_no_welcome_where_the_enrolment_method_says_no(self, replica, admin, classroom):
        edit = the(admin.page("/enrol/instances.php", id=classroom.course), "a[href*=editinstance]")
        page = soup(admin.get(str(edit["href"])))
        assert chosen(the(page, "#id_customint1")) == "1"
        save = {"_qf__enrol_instance_edit_form": 1, "courseid": classroom.course}
        admin.post("/enrol/editinstance.php", customint1=0, **save)
        enrol(admin, classroom.course, user_id(new_person(admin, "unwelcome")), 5)
        admin.post("/enrol/editinstance.php", customint1=1, **save)
        assert self.mails(replica, "unwelcome") == []

    def test_students_get_a_receipt_and_graders_nothing_by_default(self, replica, classroom):
        hand_in(replica, classroom.other, classroom.cmid, classroom.assignment)
        assert self.mails(replica, "other")[-1]["why"] == "submission: submissionreceipts"
        assert not [mail for mail in self.mails(replica, "teacher") if mail["why"].startswith("submission")]

    def test_graders_are_told_where_the_assignment_says_so(self, replica, admin, classroom):
        cmid = new_assignment(
            admin, classroom.course, "Told", sendnotifications=1, assignsubmission_onlinetext_enabled=1
        )
        classroom.other.post(
            "/mod/assign/view.php", id=cmid, action="savesubmission", **{"onlinetext_editor[text]": "x"}
        )
        assert self.mails(replica, "teacher")[-1] == {
            "to": "teacher@example.invalid",
            "subject": "Other Tester has updated their submission for assignment Told.",
            "why": "submission: sendnotifications",
            "dropped": True,
        }
        assert self.mails(replica, "stranger") == []

    @pytest.mark.parametrize(("notify", "told_so"), [(1, ["grade: sendstudentnotifications"]), (0, [])])
    def test_students_hear_of_a_grade_unless_the_assignment_says_no(self, replica, admin, classroom, notify, told_so):
        student = new_person(admin, f"graded-{notify}")
        enrol(admin, classroom.course, user_id(student), 5)
        cmid = new_assignment(admin, classroom.course, "Graded", sendstudentnotifications=notify)
        grader = classroom.teacher.page("/mod/assign/view.php", id=cmid, action="grader")
        assignment = the(grader, "[data-assignmentid]")["data-assignmentid"]
        args = {"assignmentid": assignment, "userid": user_id(student), "grade": "80"}
        call = [{"index": 0, "methodname": "mod_assign_submit_grading_form", "args": args}]
        service = f"{admin.base_url}/lib/ajax/service.php?sesskey={classroom.teacher.sesskey}"
        assert classroom.teacher.session.post(service, json=call).json() == [{"error": False, "data": []}]
        assert [mail["why"] for mail in self.mails(replica, f"graded-{notify}") if "grade" in mail["why"]] == told_so

    def test_the_site_may_have_it_so_by_default(self, replica, admin, classroom):
        form = {"add": "assign", "course": classroom.course}
        assert chosen(the(admin.page("/course/modedit.php", **form), "#id_sendnotifications")) == "0"
        switch(replica, notify_graders=True)
        assert chosen(the(admin.page("/course/modedit.php", **form), "#id_sendnotifications")) == "1"


class TestStatement:
    def test_locked_it_is_asked_of_every_student(self, replica, admin, classroom):
        switch(replica, statement="locked")
        cmid = new_assignment(admin, classroom.course, "Stated", requiresubmissionstatement=0)
        page = classroom.other.page("/mod/assign/view.php", id=cmid, action="editsubmission")
        assert the(page, "#id_submissionstatement")["type"] == "checkbox"
        form = classroom.other.upload_form(str(the(page, "[data-assignment-id]")["data-assignment-id"])).json()["data"]
        key = form["s3_key"]
        save = {"id": cmid, "action": "savesubmission", "s3video_s3_key": key}
        refused = soup(classroom.other.post("/mod/assign/view.php", **save))
        assert "required to agree" in the(refused, "#id_error_submissionstatement").text
        assert value(refused, "[name=s3video_s3_key]") == key
        accepted = soup(classroom.other.post("/mod/assign/view.php", submissionstatement=1, **save))
        assert not (error := accepted.select_one("#id_error_submissionstatement")) or not error.text

    def test_as_a_default_it_can_be_overridden(self, replica, admin, classroom):
        switch(replica, statement="default")
        form = {"add": "assign", "course": classroom.course}
        assert chosen(the(admin.page("/course/modedit.php", **form), "#id_requiresubmissionstatement")) == "1"
        cmid = new_assignment(admin, classroom.course, "Unstated", requiresubmissionstatement=0)
        page = classroom.other.page("/mod/assign/view.php", id=cmid, action="editsubmission")
        assert not page.select("[name=submissionstatement]")

    def test_a_draft_is_stated_when_it_is_handed_in(self, replica, admin, classroom):
        cmid = new_assignment(
            admin, classroom.course, "Draft", requiresubmissionstatement=1, submissiondrafts=1,
            assignsubmission_onlinetext_enabled=1,
        )  # fmt: skip
        here = {"id": cmid}
        student = classroom.other
        saved = student.post(
            "/mod/assign/view.php", action="savesubmission", **here, **{"onlinetext_editor[text]": "x"}
        )
        assert "Draft (not submitted)" in saved.text
        assert the(student.page("/mod/assign/view.php", action="submit", **here), "#id_submissionstatement")
        refused = student.post("/mod/assign/view.php", action="confirmsubmit", **here)
        assert "required to agree" in refused.text
        handed_in = student.post("/mod/assign/view.php", action="confirmsubmit", submissionstatement=1, **here)
        assert "Submitted for grading" in handed_in.text

    def test_off_nobody_is_asked(self, classroom):
        page = classroom.other.page("/mod/assign/view.php", id=classroom.cmid, action="editsubmission")
        assert not page.select("[name=submissionstatement]")


class TestLogIn:
    @pytest.mark.parametrize(("way", "word"), [("loginredirect", "0"), ("noredirect", "1"), ("saml", "off")])
    def test_sso_is_in_front_but_for_one_way_past(self, replica, way, word):
        assert visitor(replica).get("/login/index.php").url.endswith("/login/index.php")
        switch(replica, sso=way)
        somebody = visitor(replica)
        for query in ({}, *({other: "0"} for other in ("loginredirect", "noredirect", "saml") if other != way)):
            answer = somebody.get("/login/index.php", **query)
            assert path(answer) == "/auth/sso/login"
            assert not soup(answer).select("#password")
        page = somebody.page("/login/index.php", **{way: word})
        token = value(page, "#login [name=logintoken]")
        wrong = somebody.post("/login/index.php", username="admin", password="guess", logintoken=token)
        assert the(soup(wrong), "#loginerrormessage")
        right = replica.ready["accounts"]["admin"]
        somebody.post("/login/index.php", logintoken=token, **right)
        assert path(somebody.get("/my/")) == "/my/"

    def test_the_foreign_page_knows_nobody(self, replica):
        switch(replica, sso=True)
        answer = visitor(replica).post("/auth/sso/login", j_username="admin", j_password="x")
        assert answer.status_code == 401
        assert the(soup(answer), "#errorText")

    def test_tool_policy_is_accepted_once(self, replica, admin):
        switch(replica, policy="tool")
        new_person(admin, "agreeing")  # logs in, and sees a first page that is none of /my/
        person = visitor(replica)
        token = value(person.page("/login/index.php"), "#login [name=logintoken]")
        first = person.post("/login/index.php", username="agreeing", password=PASSWORD, logintoken=token)
        assert path(first).startswith("/admin/tool/policy/view.php?versionid=1&returnurl=")
        page = soup(person.get(str(the(soup(first), "a.btn-primary")["href"])))
        person.sesskey = value(page, "#agreedocsform [name=sesskey]")
        send = {"listdoc[]": 1, "submit": "Next"}
        assert path(person.post("/admin/tool/policy/index.php", **send)) == "/admin/tool/policy/index.php"
        agreed = person.post("/admin/tool/policy/index.php", status1=1, **send)
        assert path(agreed) == "/my/"
        assert path(person.get("/my/courses.php")) == "/my/courses.php"
        assert path(admin.get("/my/")) == "/my/"  # administrators are not asked

    def test_the_site_policy_of_core(self, replica, admin):
        switch(replica, policy="core")
        person = new_person(admin, "agreeing-too")
        answer = person.get("/my/courses.php")
        assert path(answer) == "/user/policy.php"
        agree = the(soup(answer), "form[method=post]")
        assert agree["action"] == "/user/policy.php"
        assert path(person.post("/user/policy.php", agree=1)) == "/my/courses.php"

    def test_off_nobody_is_asked(self, replica, admin):
        assert path(new_person(admin, "free").get("/my/")) == "/my/"

    def test_a_required_profile_field(self, replica, admin):
        assert not admin.page("/user/editadvanced.php", id=-1).select("[name=profile_field_staffid]")
        switch(replica, profile=True)
        assert admin.page("/user/editadvanced.php", id=-1).select("#id_profile_field_staffid")
        assert path(admin.get("/my/")) == "/my/"
        person = new_person(admin, "numberless")
        first = person.get("/my/")
        me = user_id(person)
        assert path(first) == f"/user/edit.php?id={me}&course=1"
        save = {"id": me, "_qf__user_edit_form": 1}
        assert the(soup(person.post("/user/edit.php", **save)), "#id_error_profile_field_staffid").text
        person.post("/user/edit.php", profile_field_staffid="7", **save)
        assert path(person.get("/my/")) == "/my/"

    def test_whoever_is_created_with_the_field_is_not_asked(self, replica, admin):
        switch(replica, profile=True)
        admin.post(
            "/user/editadvanced.php", id=-1, _qf__user_editadvanced_form=1, username="numbered", newpassword=PASSWORD,
            auth="manual", firstname="N", lastname="T", email="numbered@example.invalid", profile_field_staffid="8",
        )  # fmt: skip
        assert path(visitor(replica).log_in("numbered", PASSWORD).get("/my/")) == "/my/"

    def test_a_second_factor(self, replica, admin):
        switch(replica, mfa=True)
        person = visitor(replica).log_in(**replica.ready["accounts"]["admin"])
        assert path(person.get("/my/")) == "/admin/tool/mfa/auth.php"
        code = [mail["why"] for mail in told(replica, "mail") if mail["why"].startswith("mfa")][-1].split()[1]
        send = {"_qf__tool_mfa_local_form_login_form": 1}
        wrong = person.post("/admin/tool/mfa/auth.php", verificationcode="x", **send)
        assert the(soup(wrong), "#id_error_verificationcode").text
        assert path(person.post("/admin/tool/mfa/auth.php", verificationcode=code, **send)) == "/my/"

    def test_without_dashboard(self, replica, admin):
        assert admin.page("/my/").select("[data-key=myhome]")
        switch(replica, no_dashboard=True)
        assert path(admin.get("/my/")) == "/my/courses.php"
        assert not admin.page("/my/").select("[data-key=myhome]")
        assert path(admin.get("/")) == "/"
        person = visitor(replica)
        token = value(person.page("/login/index.php"), "#login [name=logintoken]")
        right = replica.ready["accounts"]["admin"]
        assert path(person.post("/login/index.php", logintoken=token, **right)) == "/"


class TestSettings:
    NAME = "s_assignsubmission_s3video_"

    def test_keys_in_config_php(self, replica, admin, classroom):
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

    def test_a_required_course_field(self, replica, admin):
        assert not admin.page("/course/edit.php", category=3).select("#id_customfield_costcentre")
        switch(replica, course_field=True)
        assert the(admin.page("/course/edit.php", category=3), "#id_customfield_costcentre")
        refused = new_course(admin, "centreless")
        assert the(soup(refused), "#id_error_customfield_costcentre").text
        assert "/course/view.php" in new_course(admin, "centred", customfield_costcentre="C1").url

    def test_defaults_that_a_form_must_override(self, replica, admin, classroom):
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
    def test_categories_lie_inside_each_other(self, replica, admin):
        page = admin.page("/course/management.php")
        assert len(page.select("li.listitem-category")) == 2
        switch(replica, many_categories=30)
        page = admin.page("/course/management.php")
        assert len(page.select("li.listitem-category")) == 1 + 3
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
        assert len(admin.page("/course/management.php").select("li.listitem-category")) == 2

    def test_people_are_too_many_to_show(self, replica, admin):
        switch(replica, many_people=120)
        course = new_course(admin, "crowded").url.rpartition("=")[2]
        person = new_person(admin, "wanted")
        address = str(the(admin.page("/enrol/instances.php", id=course), "a[href*=enrolid]")["href"])
        page = soup(admin.get(address))
        assert the(page, "#removeselect optgroup")["label"] == "Too many users (120) to show"
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

    def test_objects_of_another_site(self, replica, admin, bucket):
        before = keys(replica, bucket)
        switch(replica, foreign_objects=3)
        foreign = keys(replica, bucket) - before
        assert len(foreign) == 3
        assert all(re.fullmatch(r"videos/\d+/\d+_[0-9a-f]{8}/lecture\d\.mp4", key) for key in foreign)
        person = user_id(new_person(admin, "next"))
        assert [key for key in foreign if key.startswith(f"videos/{person}/")]
        switch(replica)
        assert keys(replica, bucket) == before

    def test_old_versions_are_kept(self, replica, bucket):
        name = replica.ready["storage"]["bucket"]
        for kept, key in ((True, "videos/0/kept"), (False, "videos/0/gone")):
            switch(replica, versioned=kept)
            bucket.put_object(Bucket=name, Key=key, Body=b"x")
            bucket.delete_object(Bucket=name, Key=key)
            assert key not in keys(replica, bucket)
            versions = bucket.list_object_versions(Bucket=name, Prefix=key)
            assert bool(versions.get("Versions")) == kept


class TestTime:
    def test_slow_pages_and_ajax(self, replica, classroom):
        switch(replica, slow=0.3)
        for path in ("/my/", f"{PLUGIN}/ajax/get_upload_url.php"):
            assert classroom.other.get(path).elapsed.total_seconds() > 0.3
        switch(replica)
        assert classroom.other.get("/my/").elapsed.total_seconds() < 0.3

    def test_a_second_session_ends_the_first(self, replica, admin):
        first = new_person(admin, "twice")
        second = visitor(replica).log_in("twice", PASSWORD)
        assert path(first.get("/my/")) == path(second.get("/my/")) == "/my/"
        switch(replica, single_session=True)
        third = visitor(replica).log_in("twice", PASSWORD)
        assert path(third.get("/my/")) == "/my/"
        assert path(first.get("/my/")) == path(second.get("/my/")) == "/login/index.php"

    def test_sessions_end_when_left_alone(self, replica, admin):
        person = new_person(admin, "sleepy")
        switch(replica, session_seconds=0.5)
        person.get("/my/")
        assert path(person.get("/my/")) == "/my/"
        ask_after(0.6)
        assert path(person.get("/my/")) == "/login/index.php"
        assert person.upload_form("1").json()["errorcode"] == "requireloginerror"

    def test_a_deleted_course_takes_its_time(self, replica, admin):
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
    def test_another_plugin_prints_notices(self, replica, admin):
        assert not admin.page("/my/").select(".debuggingmessage")
        switch(replica, debugdisplay=True)
        page = admin.page("/my/")
        assert "/local/coursebadge/" in the(page, ".debuggingmessage").text
        assert "<b>Notice</b>:" in str(page)
        assert "s3video" not in the(page, ".debuggingmessage").text

    def test_another_language(self, replica, admin, classroom):
        edit = {"id": classroom.cmid, "action": "editsubmission"}
        english = admin.get("/course/management.php").text
        switch(replica, language=True)
        person = new_person(admin, "local")
        enrol(admin, classroom.course, user_id(person), 5)
        page = person.page("/mod/assign/view.php", **edit)
        assert the(page, "html")["lang"] == "de"
        assert value(page, "#id_submitbutton") == "Sävë chängës"
        assert the(page, ".s3video-select-btn").text == "Chöösë ä vïdëö fïlë"
        assert "Film" in page.text  # people's own words stay
        assert the(admin.page("/course/management.php"), "#category-listing-title").text == "Cöürsë cätëgörïës"
        assert (
            the(admin.page("/course/management.php", lang="en"), "#category-listing-title").text == "Course categories"
        )
        switch(replica)
        assert admin.get("/course/management.php").text == english

    def test_but_not_for_who_prefers_english(self, replica, admin):
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
def own(tmp_path_factory):
    """A replica that had its habits, and a proxy, from the start."""
    folder = tmp_path_factory.mktemp("own") / "state"
    options = ["--site", "foreign-objects=2", "--site", "policy=core", "--site", "no-dashboard", "--proxy", "0"]
    running = start(folder, options=options)
    yield running
    end(running)


class TestAtStart:
    def test_habits_are_there_from_the_start(self, own):
        assert told(own, "site") == {"policy": "core", "no-dashboard": True, "foreign-objects": 2}
        with closing(client_of(own)) as store:
            assert len(keys(own, store)) == 2

    def through(self, running: Running, proxy: str) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            session.proxies = {"https": proxy}
            session.verify = running.ready["ca_file"]
            return session.get(running.ready["base_url"] + "/login/index.php")

    def test_the_proxy_wants_to_know_who_is_there(self, own):
        proxy = own.ready["proxy"]
        assert self.through(own, proxy).ok
        with pytest.raises(requests.exceptions.ProxyError, match="407"):
            self.through(own, re.sub(r"//.*@", "//", proxy))
        host = own.ready["base_url"].removeprefix("https://")
        assert told(own, "proxy") == {"hosts": {host: 1}, "refused": 1}

    def test_without_a_proxy_there_is_nothing_to_tell(self, replica):
        assert visitor(replica).get("/__replica__/proxy").status_code == 404
