"""Who may do what on the replica's site."""

import requests

from clients.addresses import PLUGIN
from selftest.replica.running import Running, fetch
from selftest.replica.visitors import PASSWORD, Classroom, Visitor, value, visitor


class TestAccess:
    def test_nobody_is_sent_to_log_in_and_then_on(self, replica: Running, classroom: Classroom) -> None:
        somebody = visitor(replica)
        assert somebody.get("/mod/assign/view.php", id=classroom.cmid).url.endswith("/login/index.php")
        token = value(somebody.page("/login/index.php"), "[name=logintoken]")
        answer = somebody.post("/login/index.php", username="owner", password=PASSWORD, logintoken=token)
        assert answer.url.endswith(f"/mod/assign/view.php?id={classroom.cmid}")

    def test_a_wrong_password_comes_back(self, replica: Running) -> None:
        somebody = visitor(replica)
        token = value(somebody.page("/login/index.php"), "[name=logintoken]")
        answer = somebody.post("/login/index.php", username="owner", password="guess", logintoken=token)
        assert answer.url.endswith("?loginredirect=1")
        assert "loginerrormessage" in answer.text

    def test_a_guest_cannot_see_courses(self, replica: Running, classroom: Classroom) -> None:
        guest = visitor(replica)
        token = value(guest.page("/login/index.php"), "#guestlogin [name=logintoken]")
        guest.post("/login/index.php", username="guest", password="guest", logintoken=token)
        assert "/enrol/index.php" in guest.get("/course/view.php", id=classroom.course).url
        assert_denied(guest.get(classroom.watch))

    def test_owner_teacher_and_admin_may_watch(self, classroom: Classroom, admin: Visitor) -> None:
        for person in (classroom.owner, classroom.teacher, admin):
            assert "<source" in person.get(classroom.watch).text

    def test_others_may_not(self, classroom: Classroom) -> None:
        for person in (classroom.other, classroom.stranger):
            assert_denied(person.get(classroom.watch))
            ids = {"submissionid": classroom.video["submission_id"], "s3key": classroom.video["s3_key"]}
            answer = person.get(f"{PLUGIN}/ajax/get_playback_url.php", sesskey=person.sesskey, **ids)
            assert answer.status_code == 403
            assert answer.json()["error_type"] == "permission_error"
            assert person.confirm(classroom.video).status_code == 403

    def test_a_student_sees_no_grading_and_no_administration(self, classroom: Classroom) -> None:
        for path in (
            f"/mod/assign/view.php?id={classroom.cmid}&action=grading",
            f"/mod/assign/view.php?id={classroom.cmid}&action=grader&userid=3",
            "/admin/search.php",
            f"{PLUGIN}/dashboard.php",
            f"{PLUGIN}/videomanagement.php",
            "/user/editadvanced.php?id=-1",
        ):
            assert_denied(classroom.other.get(path))

    def test_ajax_without_session_or_with_a_foreign_sesskey(self, replica: Running, classroom: Classroom) -> None:
        assert visitor(replica).upload_form(classroom.assignment).json()["errorcode"] == "requireloginerror"
        answer = classroom.owner.upload_form(classroom.assignment, sesskey=classroom.other.sesskey)
        assert answer.json()["errorcode"] == "invalidsesskey"

    def test_one_not_enrolled_gets_no_upload_form(self, classroom: Classroom) -> None:
        assert classroom.stranger.upload_form(classroom.assignment).status_code == 403

    def test_the_s3_object_is_private(self, replica: Running, classroom: Classroom) -> None:
        storage = replica.ready["storage"]
        address = f"{storage['endpoint']}/{storage['bucket']}/"
        assert fetch(replica, address + classroom.video["s3_key"]).status_code == 403
        assert fetch(replica, address).status_code == 403

    def test_the_session_cookie_is_for_tls_and_no_script(self, replica: Running) -> None:
        cookie = visitor(replica).get("/login/index.php").headers["Set-Cookie"]
        assert cookie.startswith("MoodleSession=")
        assert {"Secure", "HttpOnly"} <= {part.strip() for part in cookie.split(";")}

    def test_a_suspended_enrolment_ends_everything(self, admin: Visitor, classroom: Classroom) -> None:
        edit = admin.page("/user/index.php", id=classroom.course).select("a.editenrollink")
        enrolment = next(a["rel"][0] for a in edit if (row := a.find_parent("tr")) and "Owner" in row.text)
        admin.post("/enrol/editenrolment.php", ue=enrolment, status=1)
        denied = classroom.owner.get(classroom.watch), classroom.owner.upload_form(classroom.assignment)
        admin.post("/enrol/editenrolment.php", ue=enrolment, status=0)
        assert_denied(denied[0])
        assert denied[1].status_code == 403


def assert_denied(answer: requests.Response) -> None:
    assert answer.status_code == 404
    assert "errormessage" in answer.text
    assert "Signature=" not in answer.text
