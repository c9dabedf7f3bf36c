"""Whether a student is told a credential: in a page, in a script that it names, in JSON, in any spelling."""

import json
from types import SimpleNamespace

import pytest
import requests

from services.addresses import ASSIGNMENT, UPLOAD_URL, VIDEO_PAGE
from services.credentials import Credentials
from services.errors import NotCheckable

SITE = "https://moodle.example.edu"
KEY = 'wJalrXUtnFEMI/K7MDENG+bPx"&RfiCYEXAMPLEKEY'
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{'MIIEpAIBAAKCAQEA7bq8' * 3}\n-----END RSA PRIVATE KEY-----\n"
FORM = """<script src="/theme/uploader.js"></script><script src="https://cdn.example.org/MathJax.js"></script>
<script>require(["assignsubmission_s3video/uploader"], run)</script> AKIAIOSFODNN7EXAMPLE"""
MODULE = "/lib/requirejs.php/-1/assignsubmission_s3video/uploader.js"


class Student:
    """A session on a site where every address answers with `texts`, or with nothing; keeps what it asked for."""

    base_url, sesskey = SITE, "Zx81"

    def __init__(self, **texts: str) -> None:
        self.texts = {ASSIGNMENT: FORM} | texts
        self.asked: list[str] = []
        self.session = SimpleNamespace(get=lambda url: self.get(url.removeprefix(SITE)))

    def url(self, path):
        return SITE + path

    def get(self, path, **_):
        self.asked.append(path)
        answer = requests.Response()
        answer.status_code, answer.url, answer.encoding = 200, f"{SITE}{path}?id=7", "utf-8"
        answer._content = self.texts.get(path, "").encode()
        return answer

    def post(self, path, _):
        return self.get(path)


def look(student: Student) -> list[str]:
    clip = SimpleNamespace(path=SimpleNamespace(name="clip.mp4"), bytes=7, mime="video/mp4")
    video = SimpleNamespace(assignment=SimpleNamespace(cmid=1, id=2), id=3, key="videos/4", clip=clip)
    video.parameters = {"id": video.id, "s3key": video.key}
    return Credentials({"aws_secret_key": KEY, "cloudfront_private_key": PEM}).expect_untold(student, video)


def test_nothing_is_told():
    student = Student()
    assert look(student) == [SITE + path for path in student.asked]
    assert {ASSIGNMENT, VIDEO_PAGE, UPLOAD_URL, "/theme/uploader.js", MODULE} <= set(student.asked)
    assert not any("MathJax" in path for path in student.asked)


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        (ASSIGNMENT, f"<div data-secret='{KEY.replace('&', '&amp;').replace(chr(34), '&quot;')}'>", "aws_secret_key"),
        ("/theme/uploader.js", f"config = {json.dumps(KEY)}", "aws_secret_key"),
        (MODULE, f"config = {json.dumps(PEM)}", "cloudfront_private_key"),
        (UPLOAD_URL, json.dumps({"key": PEM}).replace("/", "\\/"), "cloudfront_private_key"),
    ],
)
def test_what_is_told_is_named_with_its_place(path, text, name):
    with pytest.raises(AssertionError, match=f"seen {name} in {SITE}{path}"):
        look(Student(**{path: text}))


def test_a_site_without_secrets_of_its_own():
    with pytest.raises(NotCheckable, match="show no secret"):
        Credentials({}).expect_untold(Student(), None)
