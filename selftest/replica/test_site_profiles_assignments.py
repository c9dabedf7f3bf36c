"""The replica's site profiles around an assignment: its mails, and its submission statement."""

import json
from typing import Any

import pytest

from selftest.replica.running import Running, switch
from selftest.replica.visitors import (
    Classroom,
    Visitor,
    chosen,
    enrol,
    hand_in,
    new_assignment,
    new_person,
    soup,
    the,
    told,
    user_id,
    value,
)

pytestmark = pytest.mark.usefixtures("profiles_off_again")


class TestMail:
    def mails(self, replica: Running, address: str) -> list[dict[str, Any]]:
        return [mail for mail in told(replica, "mail") if mail["to"] == f"{address}@example.invalid"]

    def test_a_welcome_from_a_teacher_as_who_creates_a_course_is(
        self, replica: Running, admin: Visitor, classroom: Classroom
    ) -> None:
        welcome = {"subject": "Welcome to Selftest", "why": "enrolment: customint1", "dropped": True}
        late = new_person(admin, "late")
        enrol(admin, classroom.course, user_id(late), 5)
        enrol(admin, classroom.course, user_id(late), 5)
        assert self.mails(replica, "late") == [welcome | {"to": "late@example.invalid"}]

    def test_no_welcome_where_the_enrolment_method_says_no(
        self, replica: Running, admin: Visitor, classroom: Classroom
    ) -> None:
        edit = the(admin.page("/enrol/instances.php", id=classroom.course), "a[href*=editinstance]")
        page = soup(admin.get(str(edit["href"])))
        assert chosen(the(page, "#id_customint1")) == "1"
        save = {"_qf__enrol_instance_edit_form": 1, "courseid": classroom.course}
        admin.post("/enrol/editinstance.php", customint1=0, **save)
        enrol(admin, classroom.course, user_id(new_person(admin, "unwelcome")), 5)
        admin.post("/enrol/editinstance.php", customint1=1, **save)
        assert self.mails(replica, "unwelcome") == []

    def test_students_get_a_receipt_and_graders_nothing_by_default(
        self, replica: Running, classroom: Classroom
    ) -> None:
        hand_in(replica, classroom.other, classroom.cmid, classroom.assignment)
        assert self.mails(replica, "other")[-1]["why"] == "submission: submissionreceipts"
        assert not [mail for mail in self.mails(replica, "teacher") if mail["why"].startswith("submission")]

    def test_graders_are_told_where_the_assignment_says_so(
        self, replica: Running, admin: Visitor, classroom: Classroom
    ) -> None:
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

    @pytest.mark.parametrize(("stop", "told"), [(0, ["Other Tester has updated"]), (1, [])])
    def test_who_wants_notifications_and_no_mail_gets_none(
        self, replica: Running, admin: Visitor, classroom: Classroom, stop: int, told: list[str]
    ) -> None:
        def call(visitor: Visitor, function: str, **args: Any) -> Any:
            service = f"{admin.base_url}/lib/ajax/service.php?sesskey={visitor.sesskey}"
            calls = [{"index": 0, "methodname": function, "args": args}]
            return visitor.session.post(service, json=calls).json()[0]["data"]

        teacher = new_person(admin, f"grader-{stop}")
        enrol(admin, classroom.course, user_id(teacher), 3)
        preference = {"type": "message_provider_mod_assign_assign_notification_enabled", "value": "popup"}
        changes = {"userid": user_id(teacher), "emailstop": stop, "preferences": [preference]}
        call(admin, "core_user_update_user_preferences", **changes)
        cmid = new_assignment(
            admin, classroom.course, f"Told {stop}", sendnotifications=1, assignsubmission_onlinetext_enabled=1
        )
        classroom.other.post(
            "/mod/assign/view.php", id=cmid, action="savesubmission", **{"onlinetext_editor[text]": "x"}
        )
        assert not [mail for mail in self.mails(replica, f"grader-{stop}") if mail["why"].startswith("submission")]
        found = call(teacher, "message_popup_get_popup_notifications", useridto=0, limit=5, offset=0)
        assert [" ".join(one["subject"].split()[:4]) for one in found["notifications"]] == told

    @pytest.mark.parametrize(("notify", "told_so"), [(1, ["grade: sendstudentnotifications"]), (0, [])])
    def test_students_hear_of_a_grade_unless_the_assignment_says_no(
        self, replica: Running, admin: Visitor, classroom: Classroom, notify: int, told_so: list[str] | list[Any]
    ) -> None:
        student = new_person(admin, f"graded-{notify}")
        enrol(admin, classroom.course, user_id(student), 5)
        cmid = new_assignment(admin, classroom.course, "Graded", sendstudentnotifications=notify)
        grader = classroom.teacher.page("/mod/assign/view.php", id=cmid, action="grader")
        assignment = the(grader, "[data-assignmentid]")["data-assignmentid"]
        args = {"assignmentid": assignment, "userid": user_id(student), "jsonformdata": json.dumps("grade=80")}
        call = [{"index": 0, "methodname": "mod_assign_submit_grading_form", "args": args}]
        service = f"{admin.base_url}/lib/ajax/service.php?sesskey={classroom.teacher.sesskey}"
        assert classroom.teacher.session.post(service, json=call).json() == [{"error": False, "data": []}]
        assert [mail["why"] for mail in self.mails(replica, f"graded-{notify}") if "grade" in mail["why"]] == told_so

    def test_the_site_may_have_it_so_by_default(self, replica: Running, admin: Visitor, classroom: Classroom) -> None:
        form = {"add": "assign", "course": classroom.course}
        assert chosen(the(admin.page("/course/modedit.php", **form), "#id_sendnotifications")) == "0"
        switch(replica, notify_graders=True)
        assert chosen(the(admin.page("/course/modedit.php", **form), "#id_sendnotifications")) == "1"


class TestStatement:
    def test_locked_it_is_asked_of_every_student(self, replica: Running, admin: Visitor, classroom: Classroom) -> None:
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

    def test_as_a_default_it_can_be_overridden(self, replica: Running, admin: Visitor, classroom: Classroom) -> None:
        switch(replica, statement="default")
        form = {"add": "assign", "course": classroom.course}
        assert chosen(the(admin.page("/course/modedit.php", **form), "#id_requiresubmissionstatement")) == "1"
        cmid = new_assignment(admin, classroom.course, "Unstated", requiresubmissionstatement=0)
        page = classroom.other.page("/mod/assign/view.php", id=cmid, action="editsubmission")
        assert not page.select("[name=submissionstatement]")

    def test_a_draft_is_stated_when_it_is_handed_in(
        self, replica: Running, admin: Visitor, classroom: Classroom
    ) -> None:
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

    def test_off_nobody_is_asked(self, classroom: Classroom) -> None:
        page = classroom.other.page("/mod/assign/view.php", id=classroom.cmid, action="editsubmission")
        assert not page.select("[name=submissionstatement]")
