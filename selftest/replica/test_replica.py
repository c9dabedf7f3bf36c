"""The replica as a program: how it starts and ends, what its edge lets through, who may do what, switching faults."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import boto3
import psutil
import pytest
import requests
from botocore.signers import CloudFrontSigner
from bs4 import BeautifulSoup
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from runner.replica import CHECKOUT
from services.addresses import PLUGIN

PASSWORD = "Right-Horse-7-Battery"
VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 40
STARTED_WITHIN = 15
"""Seconds; alone on two cores it takes 4."""


@dataclass
class Running:
    """A replica of our own; `ready` is what it said, `seconds` how long it took to say it."""

    process: subprocess.Popen[str]
    folder: Path
    ready: dict[str, Any]
    seconds: float

    @property
    def tree(self) -> list[psutil.Process]:
        replica = psutil.Process(self.ready["pid"])
        return [replica, *replica.children(recursive=True)]


PARENT = "import subprocess, sys; subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE).wait()"


def start(folder: Path, parent: bool = False, options: Sequence[str] = ()) -> Running:
    """Start a replica, or with `parent` a process that starts it and holds its standard input, as the suite does."""
    command = [
        sys.executable,
        "-m",
        "replica",
        "--json",
        "--dir",
        str(folder),
        *options,
    ]
    began = monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, *command] if parent else command,
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return Running(process, folder, json.loads(process.stdout.readline()), monotonic() - began)


def end(running: Running) -> int:
    assert running.process.stdin is not None
    running.process.stdin.close()
    return running.process.wait(10)


def sockets_of_weed(running: Running) -> list[Path]:
    """What this replica's weed has made in /tmp, named by its ports."""
    told = [option[1:].split("=") for one in running.tree for option in one.cmdline() if ".port" in option]
    names = [f"{option.replace('.port', '').replace('.', '-')}-{port}" for option, port in told]
    return [path for name in names if (path := Path(f"/tmp/seaweedfs-{name}.sock")).exists()]


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start(tmp_path_factory.mktemp("replica") / "state")
    yield running
    end(running)


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
        token = self.page("/login/index.php").select_one("#login [name=logintoken]")
        assert token is not None
        self.post("/login/index.php", username=username, password=password, logintoken=token["value"])
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


@pytest.fixture(scope="module")
def admin(replica: Running) -> Visitor:
    return visitor(replica).log_in(**replica.ready["accounts"]["admin"])


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


def send_to_s3(replica: Running, form: dict[str, Any], content: bytes = VIDEO) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(
            form["url"],
            data=form["fields"],
            files={"file": ("clip.mp4", content)},
            headers={"Origin": replica.ready["base_url"]},
            verify=replica.ready["ca_file"],
        )


def fetch(replica: Running, url: str, **headers: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, headers=headers, verify=replica.ready["ca_file"])


def hand_in(replica: Running, student: Visitor, cmid: str, assignment: str) -> dict[str, Any]:
    form = student.upload_form(assignment).json()["data"]
    assert send_to_s3(replica, form).status_code == 204
    assert student.confirm(form).json()["data"]["status"] == "ready"
    student.post("/mod/assign/view.php", id=cmid, action="savesubmission", s3video_s3_key=form["s3_key"])
    return form  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def classroom(replica: Running, admin: Visitor) -> Classroom:
    answer = admin.post(
        "/course/edit.php", _qf__course_edit_form=1, fullname="Selftest", shortname="selftest", category=3
    )
    course = answer.url.rpartition("=")[2]
    people = [new_person(admin, name) for name in ("owner", "other", "teacher", "stranger")]
    enrolment = admin.page("/enrol/instances.php", id=course).select_one("a[href*=enrolid]")
    assert enrolment is not None
    for person, role in zip(people, (5, 5, 3), strict=False):
        user = re.search(r'"userId": (\d+)', person.get("/my/").text)
        assert user
        admin.post(str(enrolment["href"]), add="1", roleid=role, **{"addselect[]": user[1]})
    answer = admin.post(
        f"/course/modedit.php?add=assign&course={course}&section=0", _qf__mod_assign_mod_form=1, name="Film",
        assignsubmission_s3video_enabled=1, submissiondrafts=0, visible=1,
    )  # fmt: skip
    cmid = answer.url.rpartition("=")[2]
    widget = people[0].page("/mod/assign/view.php", id=cmid, action="editsubmission").select_one("[data-assignment-id]")
    assert widget is not None
    assignment = str(widget["data-assignment-id"])
    video = hand_in(replica, people[0], cmid, assignment)
    return Classroom(course, cmid, assignment, *people, video)


def client_of(replica: Running) -> Any:
    storage = replica.ready["storage"]
    return boto3.client(
        "s3",
        endpoint_url=storage["endpoint"],
        region_name=storage["region"],
        aws_access_key_id=storage["access_key"],
        aws_secret_access_key=storage["secret_key"],
        verify=replica.ready["ca_file"],
    )


@pytest.fixture(scope="module")
def bucket(replica: Running) -> Any:
    client = client_of(replica)
    yield client
    client.close()


def keys(replica: Running, bucket: Any) -> set[str]:
    found = bucket.list_objects_v2(Bucket=replica.ready["storage"]["bucket"]).get("Contents", [])
    return {entry["Key"] for entry in found}


class TestProcess:
    def test_is_up_in_time_and_says_so_in_one_line(self, replica):
        assert replica.seconds < STARTED_WITHIN
        assert set(replica.ready) == {"base_url", "ca_file", "accounts", "storage", "cdn", "pid"}

    def test_a_second_one_takes_other_ports(self, replica, tmp_path):
        second = start(tmp_path / "state")
        end(second)
        assert urlsplit(second.ready["base_url"]).port not in (None, urlsplit(replica.ready["base_url"]).port)

    def test_a_taken_port_is_named_with_what_to_do(self, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            first = taken.getsockname()[1] - 2
            done = subprocess.run(
                [sys.executable, "-m", "replica", "--port", str(first), "--dir", str(tmp_path / "state")],
                cwd=CHECKOUT, capture_output=True, text=True, timeout=20, check=False,
            )  # fmt: skip
        assert done.returncode == 4
        assert done.stderr.splitlines() == [
            f"replica: port {first + 2} is in use; end what uses it, or choose another with --port "
            "(three in a row are needed)"
        ]
        assert not (tmp_path / "state").exists()

    def test_refuses_to_wipe_a_folder_that_is_not_its_own(self, tmp_path):
        (tmp_path / "thesis.txt").write_text("precious")
        done = subprocess.run(
            [sys.executable, "-m", "replica", "--dir", str(tmp_path)],
            cwd=CHECKOUT, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert done.returncode == 4
        assert "--dir" in done.stderr
        assert (tmp_path / "thesis.txt").read_text() == "precious"

    def test_unknown_fault_is_usage(self):
        done = subprocess.run(
            [sys.executable, "-m", "replica", "--fault", "no-such"],
            cwd=CHECKOUT, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert done.returncode == 4
        assert "--list-faults" in done.stderr

    def test_ctrl_c_leaves_nothing(self, tmp_path):
        running = start(tmp_path / "state")
        tree, sockets = running.tree, sockets_of_weed(running)
        assert sockets
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(5) == 0
        assert psutil.wait_procs(tree, timeout=1)[1] == []
        assert not running.folder.exists()
        assert not [path for path in sockets if path.exists()]

    def test_ends_with_its_parent_even_when_that_is_killed(self, tmp_path):
        running = start(tmp_path / "state", parent=True)
        tree = running.tree
        running.process.kill()
        end(running)
        assert psutil.wait_procs(tree, timeout=5)[1] == []
        assert not running.folder.exists()

    def test_weed_dies_with_a_killed_replica(self, tmp_path):
        running = start(tmp_path / "state")
        tree = running.tree
        running.process.kill()
        end(running)
        assert psutil.wait_procs(tree, timeout=5)[1] == []


class TestEdge:
    @pytest.fixture
    def signer(self, replica):
        return make_signer(replica.ready["cdn"]["key_pair_id"], key_of(replica))

    @pytest.fixture
    def address(self, replica, classroom):
        return f"https://{replica.ready['cdn']['domain']}/{classroom.video['s3_key']}"

    def test_serves_what_was_signed(self, replica, signer, address):
        answer = fetch(replica, signed(signer, address))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "video/mp4"
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.content == VIDEO

    def test_passes_ranges_through(self, replica, signer, address):
        answer = fetch(replica, signed(signer, address), Range="bytes=100-199")
        assert answer.status_code == 206
        assert answer.headers["content-range"] == f"bytes 100-199/{len(VIDEO)}"
        assert answer.content == VIDEO[100:200]

    def test_a_range_beyond_the_end_is_416(self, replica, signer, address):
        assert fetch(replica, signed(signer, address), Range=f"bytes={len(VIDEO)}-").status_code == 416

    @pytest.mark.parametrize(
        ("wrong", "change"),
        [
            ("unsigned", lambda url: url.partition("?")[0]),
            ("another path", lambda url: url.replace("/videos/", "/videos/1")),
            ("one more slash", lambda url: url.replace("/videos/", "//videos/")),
            ("later expiry", lambda url: re.sub(r"Expires=(\d+)", lambda m: f"Expires={int(m[1]) + 1}", url)),
            ("tampered signature", lambda url: re.sub(r"(Signature=.)(.)", lambda m: m[1] + flipped(m[2]), url)),
            ("wrong key pair id", lambda url: url.replace("Key-Pair-Id=", "Key-Pair-Id=X")),
            ("no expiry", lambda url: re.sub(r"Expires=\d+&", "", url)),
            ("given twice", lambda url: url + "&Expires=99999999999"),
            ("one more parameter", lambda url: url + "&download=1"),
        ],
    )
    def test_refuses(self, replica, signer, address, wrong, change):
        url = signed(signer, address)
        assert change(url) != url
        answer = fetch(replica, change(url))
        assert answer.status_code == 403, wrong
        assert answer.headers["content-type"].startswith("text/xml")
        assert VIDEO[:40] not in answer.content

    def test_refuses_what_has_expired(self, replica, signer, address):
        assert fetch(replica, signed(signer, address, seconds=-1)).status_code == 403

    def test_refuses_another_private_key(self, replica, address):
        stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        signer = make_signer(replica.ready["cdn"]["key_pair_id"], stranger)
        assert fetch(replica, signed(signer, address)).status_code == 403

    def test_an_absent_object_is_denied_too(self, replica, signer, address):
        assert fetch(replica, signed(signer, address + "x")).status_code == 403


def key_of(replica: Running) -> rsa.RSAPrivateKey:
    pem = Path(replica.ready["cdn"]["private_key_file"]).read_bytes()
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def make_signer(key_pair_id: str, key: rsa.RSAPrivateKey) -> CloudFrontSigner:
    return CloudFrontSigner(key_pair_id, lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA1()))


def signed(signer: CloudFrontSigner, url: str, seconds: int = 60) -> str:
    return str(signer.generate_presigned_url(url, date_less_than=datetime.now(UTC) + timedelta(seconds=seconds)))


def flipped(character: str) -> str:
    return "A" if character != "A" else "B"


class TestAccess:
    def test_nobody_is_sent_to_log_in_and_then_on(self, replica, classroom):
        somebody = visitor(replica)
        assert somebody.get("/mod/assign/view.php", id=classroom.cmid).url.endswith("/login/index.php")
        token = somebody.page("/login/index.php").select_one("[name=logintoken]")["value"]
        answer = somebody.post("/login/index.php", username="owner", password=PASSWORD, logintoken=token)
        assert answer.url.endswith(f"/mod/assign/view.php?id={classroom.cmid}")

    def test_a_wrong_password_comes_back(self, replica):
        somebody = visitor(replica)
        token = somebody.page("/login/index.php").select_one("[name=logintoken]")["value"]
        answer = somebody.post("/login/index.php", username="owner", password="guess", logintoken=token)
        assert answer.url.endswith("?loginredirect=1")
        assert "loginerrormessage" in answer.text

    def test_a_guest_cannot_see_courses(self, replica, classroom):
        guest = visitor(replica)
        token = guest.page("/login/index.php").select_one("#guestlogin [name=logintoken]")["value"]
        guest.post("/login/index.php", username="guest", password="guest", logintoken=token)
        assert "/enrol/index.php" in guest.get("/course/view.php", id=classroom.course).url
        assert_denied(guest.get(classroom.watch))

    def test_owner_teacher_and_admin_may_watch(self, classroom, admin):
        for person in (classroom.owner, classroom.teacher, admin):
            assert "<source" in person.get(classroom.watch).text

    def test_others_may_not(self, classroom):
        for person in (classroom.other, classroom.stranger):
            assert_denied(person.get(classroom.watch))
            ids = {"submissionid": classroom.video["submission_id"], "s3key": classroom.video["s3_key"]}
            answer = person.get(f"{PLUGIN}/ajax/get_playback_url.php", sesskey=person.sesskey, **ids)
            assert answer.status_code == 403
            assert answer.json()["error_type"] == "permission_error"
            assert person.confirm(classroom.video).status_code == 403

    def test_a_student_sees_no_grading_and_no_administration(self, classroom):
        for path in (
            f"/mod/assign/view.php?id={classroom.cmid}&action=grading",
            f"/mod/assign/view.php?id={classroom.cmid}&action=grader&userid=3",
            "/admin/search.php",
            f"{PLUGIN}/dashboard.php",
            f"{PLUGIN}/videomanagement.php",
            "/user/editadvanced.php?id=-1",
        ):
            assert_denied(classroom.other.get(path))

    def test_ajax_without_session_or_with_a_foreign_sesskey(self, replica, classroom):
        assert visitor(replica).upload_form(classroom.assignment).json()["errorcode"] == "requireloginerror"
        answer = classroom.owner.upload_form(classroom.assignment, sesskey=classroom.other.sesskey)
        assert answer.json()["errorcode"] == "invalidsesskey"

    def test_one_not_enrolled_gets_no_upload_form(self, classroom):
        assert classroom.stranger.upload_form(classroom.assignment).status_code == 403

    def test_the_s3_object_is_private(self, replica, classroom):
        storage = replica.ready["storage"]
        address = f"{storage['endpoint']}/{storage['bucket']}/"
        assert fetch(replica, address + classroom.video["s3_key"]).status_code == 403
        assert fetch(replica, address).status_code == 403

    def test_the_session_cookie_is_for_tls_and_no_script(self, replica):
        cookie = visitor(replica).get("/login/index.php").headers["Set-Cookie"]
        assert cookie.startswith("MoodleSession=")
        assert {"Secure", "HttpOnly"} <= {part.strip() for part in cookie.split(";")}

    def test_a_suspended_enrolment_ends_everything(self, admin, classroom):
        edit = admin.page("/user/index.php", id=classroom.course).select("a.editenrollink")
        enrolment = next(a["rel"][0] for a in edit if "Owner" in a.find_parent("tr").text)
        admin.post("/enrol/editenrolment.php", ue=enrolment, status=1)
        denied = classroom.owner.get(classroom.watch), classroom.owner.upload_form(classroom.assignment)
        admin.post("/enrol/editenrolment.php", ue=enrolment, status=0)
        assert_denied(denied[0])
        assert denied[1].status_code == 403


def assert_denied(answer: requests.Response) -> None:
    assert answer.status_code == 404
    assert "errormessage" in answer.text
    assert "Signature=" not in answer.text


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
    def test_refuses(self, classroom, what, values, said):
        answer = classroom.other.upload_form(classroom.assignment, **values)
        assert answer.status_code == 400, what
        assert said in answer.json()["error"]

    def test_a_renamed_text_is_refused_and_removed(self, replica, classroom, bucket):
        before = keys(replica, bucket)
        text = b"once upon a time"
        form = classroom.other.upload_form(classroom.assignment, filesize=len(text)).json()["data"]
        assert send_to_s3(replica, form, text).status_code == 204
        assert "not a video" in classroom.other.confirm(form).json()["error"]
        assert keys(replica, bucket) == before

    def test_s3_refuses_an_empty_body(self, replica, classroom):
        form = classroom.other.upload_form(classroom.assignment).json()["data"]
        assert send_to_s3(replica, form, b"").status_code == 400

    def test_confirming_twice_counts_once_and_replacing_leaves_one_object(self, replica, admin, classroom, bucket):
        first = hand_in(replica, classroom.other, classroom.cmid, classroom.assignment)
        assert classroom.other.confirm(first).json()["success"]
        second = hand_in(replica, classroom.other, classroom.cmid, classroom.assignment)
        prefix = second["s3_key"].rsplit("/", 2)[0]
        assert {key for key in keys(replica, bucket) if key.startswith(prefix + "/")} == {second["s3_key"]}

    def test_cors_names_the_site_only(self, replica, classroom):
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

    def test_one_wrong_character_breaks_uploads_without_aws_words(self, admin, classroom):
        name = "s_assignsubmission_s3video_aws_secret_key"
        page = admin.page("/admin/settings.php", section="assignsubmission_s3video")
        right = str(page.select_one(f"[name={name}]")["value"])
        save = {"section": "assignsubmission_s3video", "action": "save-settings"}
        admin.post("/admin/settings.php", **save, **{name: right[:-1] + flipped(right[-1])})
        broken = classroom.owner.upload_form(classroom.assignment)
        admin.post("/admin/settings.php", **save, **{name: right})
        assert broken.status_code == 500
        assert not re.search(r"aws|s3|sign|key|bucket|denied|forbidden|40\d", broken.json()["error"], re.I)
        assert classroom.owner.upload_form(classroom.assignment).status_code == 200


class TestFaults:
    @pytest.fixture(autouse=True)
    def off_again(self, replica):
        yield
        assert switch(replica, []).json() == {"faults": []}

    def test_listing_is_complete(self):
        done = subprocess.run(
            [sys.executable, "-m", "replica", "--list-faults"], cwd=CHECKOUT, capture_output=True, text=True, check=True
        )
        listed = json.loads(done.stdout)
        assert len(listed) >= 12
        assert all(fault.keys() == {"name", "sentence", "mechanism", "source"} for fault in listed)
        assert all(all(fault.values()) for fault in listed)

    def test_every_fault_has_a_place_where_it_bites(self):
        done = subprocess.run(
            [sys.executable, "-m", "replica", "--list-faults"], cwd=CHECKOUT, capture_output=True, text=True, check=True
        )
        folder = CHECKOUT / "replica"
        sources = [p for p in folder.rglob("*") if p.suffix in (".py", ".js", ".html") and p.name != "faults.py"]
        code = "".join(path.read_text() for path in sources)
        assert [fault["name"] for fault in json.loads(done.stdout) if f'"{fault["name"]}"' not in code] == []

    def test_switching_while_it_runs(self, replica, classroom):
        url = f"https://{replica.ready['cdn']['domain']}/{classroom.video['s3_key']}"
        assert fetch(replica, url).status_code == 403
        assert switch(replica, ["cdn-serves-unsigned"]).json() == {"faults": ["cdn-serves-unsigned"]}
        assert fetch(replica, url).status_code == 200

    def test_an_unknown_one_changes_nothing(self, replica):
        assert switch(replica, ["no-such"]).status_code == 400

    def test_pages_tell_their_scripts(self, replica, classroom):
        switch(replica, ["progress-stuck"])
        assert '"faults": ["progress-stuck"]' in classroom.owner.get("/my/").text

    def test_latency_is_added_and_taken_away(self, replica):
        assert control(replica, "latency", {"min_ms": 150, "max_ms": 160}).ok
        began = monotonic()
        visitor(replica).get("/login/index.php")
        assert monotonic() - began > 0.15
        assert control(replica, "latency", {"min_ms": 0, "max_ms": 0}).ok


def switch(replica: Running, names: list[str]) -> requests.Response:
    return control(replica, "fault", {"faults": names})


def control(replica: Running, what: str, value: dict[str, Any]) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.put(
            f"{replica.ready['base_url']}/__replica__/{what}", json=value, verify=replica.ready["ca_file"]
        )
