"""The replica's site profiles between a visitor and the first page."""

import pytest

from selftest.replica.running import Running, switch
from selftest.replica.visitors import PASSWORD, Visitor, new_person, path, soup, the, told, user_id, value, visitor

pytestmark = pytest.mark.usefixtures("profiles_off_again")


class TestLogIn:
    @pytest.mark.parametrize(("way", "word"), [("loginredirect", "0"), ("noredirect", "1"), ("saml", "off")])
    def test_sso_is_in_front_but_for_one_way_past(self, replica: Running, way: str, word: str) -> None:
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

    def test_the_foreign_page_knows_nobody(self, replica: Running) -> None:
        switch(replica, sso=True)
        answer = visitor(replica).post("/auth/sso/login", j_username="admin", j_password="x")
        assert answer.status_code == 401
        assert the(soup(answer), "#errorText")

    def test_tool_policy_is_accepted_once(self, replica: Running, admin: Visitor) -> None:
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

    def test_the_site_policy_of_core(self, replica: Running, admin: Visitor) -> None:
        switch(replica, policy="core")
        person = new_person(admin, "agreeing-too")
        answer = person.get("/my/courses.php")
        assert path(answer) == "/user/policy.php"
        agree = the(soup(answer), "form[method=post]")
        assert agree["action"] == "/user/policy.php"
        assert path(person.post("/user/policy.php", agree=1)) == "/my/courses.php"

    def test_off_nobody_is_asked(self, replica: Running, admin: Visitor) -> None:
        assert path(new_person(admin, "free").get("/my/")) == "/my/"

    def test_a_required_profile_field(self, replica: Running, admin: Visitor) -> None:
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

    def test_whoever_is_created_with_the_field_is_not_asked(self, replica: Running, admin: Visitor) -> None:
        switch(replica, profile=True)
        admin.post(
            "/user/editadvanced.php", id=-1, _qf__user_editadvanced_form=1, username="numbered", newpassword=PASSWORD,
            auth="manual", firstname="N", lastname="T", email="numbered@example.invalid", profile_field_staffid="8",
        )  # fmt: skip
        assert path(visitor(replica).log_in("numbered", PASSWORD).get("/my/")) == "/my/"

    def test_a_second_factor(self, replica: Running, admin: Visitor) -> None:
        switch(replica, mfa=True)
        person = visitor(replica).log_in(**replica.ready["accounts"]["admin"])
        assert path(person.get("/my/")) == "/admin/tool/mfa/auth.php"
        code = [mail["why"] for mail in told(replica, "mail") if mail["why"].startswith("mfa")][-1].split()[1]
        send = {"_qf__tool_mfa_local_form_login_form": 1}
        wrong = person.post("/admin/tool/mfa/auth.php", verificationcode="x", **send)
        assert the(soup(wrong), "#id_error_verificationcode").text
        assert path(person.post("/admin/tool/mfa/auth.php", verificationcode=code, **send)) == "/my/"

    def test_without_dashboard(self, replica: Running, admin: Visitor) -> None:
        assert admin.page("/my/").select("[data-key=myhome]")
        switch(replica, no_dashboard=True)
        assert path(admin.get("/my/")) == "/my/courses.php"
        assert not admin.page("/my/").select("[data-key=myhome]")
        assert path(admin.get("/")) == "/"
        person = visitor(replica)
        token = value(person.page("/login/index.php"), "#login [name=logintoken]")
        right = replica.ready["accounts"]["admin"]
        assert path(person.post("/login/index.php", logintoken=token, **right)) == "/"
