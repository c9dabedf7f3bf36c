"""People on the replica's site by their requests: what they see, make and hand in."""

import re
from dataclasses import dataclass, field
from typing import Any

import requests
from bs4 import BeautifulSoup, Tag

from clients.addresses import PLUGIN
from selftest.replica.running import VIDEO, Running, send_to_s3

PASSWORD = "Right-Horse-7-Battery"


@dataclass
class Visitor:
    """Somebody's requests to the site."""

    base_url: str
    ca_file: str
    sesskey: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.verify = self.ca_file

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.session.get(self.base_url + path, params=params)

    def post(self, path: str, **data: Any) -> requests.Response:
        return self.session.post(self.base_url + path, data={"sesskey": self.sesskey} | data)

    def page(self, path: str, **params: Any) -> BeautifulSoup:
        return BeautifulSoup(self.get(path, **params).text, "html.parser")

    def log_in(self, username: str, password: str) -> "Visitor":
        token = value(self.page("/login/index.php"), "#login [name=logintoken]")
        self.post("/login/index.php", username=username, password=password, logintoken=token)
        found = re.search(r'"sesskey": "(\w+)"', self.get("/my/").text)
        assert found
        self.sesskey = found[1]
        return self

    def upload_form(self, assignment: str, **more: Any) -> requests.Response:
        values = {"filename": "clip.mp4", "filesize": len(VIDEO), "mimetype": "video/mp4"} | more
        return self.post(f"{PLUGIN}/ajax/get_upload_url.php", assignmentid=assignment, **values)

    def confirm(self, data: dict[str, Any]) -> requests.Response:
        ids = {"s3_key": data["s3_key"], "submissionid": data["submission_id"]}
        return self.post(f"{PLUGIN}/ajax/confirm_upload.php", **ids)


def visitor(replica: Running) -> Visitor:
    return Visitor(replica.ready["base_url"], replica.ready["ca_file"])


def new_person(admin: Visitor, name: str) -> Visitor:
    answer = admin.post(
        "/user/editadvanced.php", id=-1, _qf__user_editadvanced_form=1, username=name, newpassword=PASSWORD,
        auth="manual", firstname=name.capitalize(), lastname="Tester", email=f"{name}@example.invalid",
    )  # fmt: skip
    assert answer.url.endswith("/admin/user.php"), answer.text
    return Visitor(admin.base_url, admin.ca_file).log_in(name, PASSWORD)


@dataclass
class Classroom:
    """A course with a student who has handed in a video, another student, and a teacher."""

    course: str
    cmid: str
    assignment: str
    owner: Visitor
    other: Visitor
    teacher: Visitor
    stranger: Visitor
    video: dict[str, Any]

    @property
    def watch(self) -> str:
        return f"{PLUGIN}/view_video.php?id={self.video['submission_id']}&s3key={self.video['s3_key']}"


def hand_in(replica: Running, student: Visitor, cmid: str, assignment: str) -> dict[str, Any]:
    form: dict[str, Any] = student.upload_form(assignment).json()["data"]
    assert send_to_s3(replica, form).status_code == 204
    assert student.confirm(form).json()["data"]["status"] == "ready"
    student.post("/mod/assign/view.php", id=cmid, action="savesubmission", s3video_s3_key=form["s3_key"])
    return form


def flipped(character: str) -> str:
    return "A" if character != "A" else "B"


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


def chosen(select: Tag) -> str:
    return str(the(BeautifulSoup(str(select), "html.parser"), "option[selected]")["value"])


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


def enrol(admin: Visitor, course: str, person: str, role: int) -> None:
    """`person` and `role` are Moodle's ids."""
    link = the(admin.page("/enrol/instances.php", id=course), "a[href*=enrolid]")
    admin.post(str(link["href"]), add="1", roleid=role, **{"addselect[]": person})
