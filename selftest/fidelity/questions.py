"""What a site is asked, the same of each: over HTTP, in a course of its own, as everybody who can come to the plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from secrets import token_hex

import media
from runner.connect import new_site
from runner.environment import Environment
from runner.hold import Hold
from runner.workspace import Workspace
from selftest.fidelity.facts import Book, Facts, Normal
from selftest.fidelity.hooks import HOOKS
from services import http
from services.addresses import (
    ACCOUNT,
    ASSIGNMENT,
    COMPONENT,
    CONFIRMATION,
    DASHBOARD,
    DOWNLOAD,
    MANAGE_VIDEOS,
    MODULE_SETTINGS,
    PLAYBACK_URL,
    SETTINGS,
    SETTINGS_CATEGORY,
    UPLOAD_URL,
    VIDEO_PAGE,
)
from services.answer import Answer
from services.errors import LoginRefused, SiteError
from services.moodle.assignments import save_submission
from services.moodle.html import text
from services.moodle.installation import TASK
from services.moodle.model import Assignment, Person
from services.moodle.plugin import plugin_settings, release
from services.moodle.site import Site
from services.plugin_api import UPLOAD_TIMEOUT, Video, begin_upload, confirm_upload, grader, tell_promises

GIB = 1024**3
MAX = 5 * GIB
FILES: dict[str, dict[str, object]] = {
    "a WebM": {"filename": "clip.webm", "mimetype": "video/webm"},
    "of 5 GB": {"filesize": MAX},
    "a byte over 5 GB": {"filesize": MAX + 1},
    "of no size": {"filesize": 0},
    "of a negative size": {"filesize": -1},
    "of a size in words": {"filesize": "large"},
    "of the type text/plain": {"mimetype": "text/plain"},
    "of no type": {"mimetype": ""},
    "named notes.txt": {"filename": "notes.txt"},
    "without a name": {"filename": ""},
    "with a name of 300 letters": {"filename": "v" * 296 + ".mp4"},
    "with markup in its name": {"filename": 'clip"><img src=x>.mp4'},
    "with a path in its name": {"filename": "../../clip.mp4"},
    "with umlauts in its name": {"filename": "Präsentation ä.mp4"},
}
"""By their words what is different of a file from a good MP4."""

A_FEW = 6
"""Upload URLs of one person in one assignment: fewer than any limit that is asked for."""

MOST_PLAYED = 60


@dataclass
class Cast:
    """Sessions of everybody who is asked as, and who they are."""

    admin: Site
    sites: dict[str, Site]
    people: dict[str, Person]


class Questions:
    """Asks one site; `facts` has what it answered."""

    def __init__(self, environment: Environment, workspace: Workspace) -> None:
        self._environment = environment
        self._workspace = workspace
        host = environment.base_url.partition("//")[2]
        storage, cdn = environment.storage, environment.cdn
        known = {
            environment.base_url: "SITE",
            host: "HOST",
            storage.bucket: "BUCKET",
            storage.access_key.get_secret_value(): "KEY",
            cdn.domain: "CDN",
            **({cdn.key_pair_id: "KEYPAIR"} if cdn.key_pair_id else {}),
        }
        if storage.endpoint:
            known |= {f"{storage.endpoint}/{storage.bucket}": "S3", storage.endpoint: "S3"}
        known |= {f"https://{storage.bucket}.s3.amazonaws.com": "S3"}
        self._book = Book(Normal(known))

    @property
    def facts(self) -> Facts:
        return self._book.facts

    def ask(self, done: Callable[[str], None]) -> None:
        """All of it; `done` is told each part that is over."""
        self._first = self._workspace.new_assignment()
        self._cast = self._new_cast()
        for part in (
            self._settings,
            self._assignment_form,
            self._before,
            self._upload_urls,
            self._confirmations,
            self._hand_in,
            self._after,
            self._videos,
            self._administration,
            self._limits,
        ):
            part()
            done(part.__name__.strip("_").replace("_", " "))

    # -- who asks ---------------------------------------------------------------------------------

    def _new_cast(self) -> Cast:
        workspace, course = self._workspace, self._first.course
        people = {
            "the owner": workspace.student(course),
            "another student": workspace.student(course),
            "a teacher": workspace.teacher(course),
            "a stranger": workspace.newcomer(),
        }
        sites = {name: self._logged_in(person) for name, person in people.items()}
        sites["an administrator"] = workspace.site
        nobody, guest = new_site(self._environment), new_site(self._environment)
        nobody.visit()
        sites["nobody"] = nobody
        try:
            guest.login_as_guest()
            sites["a guest"] = guest
        except LoginRefused:
            self._book.note("log-in", "guest access", "none")
        normal = self._book.normal
        for name, person in people.items():
            normal.know(person.name, f"NAME of {name}")
            normal.know(person.email, f"MAIL of {name}")
        normal.know(course.name, "COURSE")
        normal.know(course.short_name, "COURSE")
        normal.know(self._first.name, "ASSIGNMENT")
        for site in sites.values():
            normal.know(site.sesskey, "SESSKEY")
        return Cast(workspace.site, sites, people)

    def _logged_in(self, person: Person) -> Site:
        site = new_site(self._environment)
        site.login(person.username, person.password)
        site.user_id = person.id
        return tell_promises(site, self._workspace.promise)

    def _another_assignment(self) -> Assignment:
        assignment = self._workspace.new_assignment(self._first.course)
        self._book.normal.know(assignment.name, "ASSIGNMENT")
        return assignment

    @property
    def _owner(self) -> Site:
        return self._cast.sites["the owner"]

    # -- what an administrator and a teacher set up -----------------------------------------------

    def _settings(self) -> None:
        answer = Answer.of(self._cast.admin.get(SETTINGS, section=COMPONENT))
        page = self._book.page("settings", answer)
        self._book.hooks("settings", page, HOOKS["settings"])
        form = page.select_one("#adminsettings")
        self._book.texts("settings", page, headings="#adminsettings h3", title="#adminsettings h2")
        if form is None:
            return
        introductions = [text(one) for one in form.select(".formsettingheading")]
        self._book.note("settings", "introductions", " | ".join(introductions))
        for row in form.select(".form-item"):
            field = row.select_one(f"[name^=s_{COMPONENT}_]")
            if field is None:
                continue
            asked = f"settings / {str(field['name']).removeprefix(f's_{COMPONENT}_')}"
            kind = str(field.get("type", "text")) if field.name == "input" else str(field.name)
            self._book.note(asked, "kind", kind)
            self._book.note(asked, "label", text(row.select_one("label")))
            self._book.note(asked, "description", text(row.select_one(".form-description")))
            self._book.note(asked, "default", text(row.select_one(".form-defaultinfo")) or "none shown")

    def _assignment_form(self) -> None:
        asked = "assignment's settings"
        site = self._cast.admin
        answer = Answer.of(site.get(MODULE_SETTINGS, add="assign", course=self._first.course.id, section=0))
        page = self._book.page(asked, answer)
        self._book.hooks(asked, page, HOOKS["assignment's settings"])
        form = page.select_one("form.mform")
        self._book.fields(asked, form, only="s3video")
        for field in page.select(f"[name={COMPONENT}_enabled]:not([type=hidden])"):
            row = field.find_parent(class_="fitem")
            self._book.note(asked, f"label of the {field.name}", text(row.select_one("label")) if row else "none")

    # -- a student before anything is handed in ---------------------------------------------------

    def _before(self) -> None:
        for who in ("the owner", "a teacher", "a stranger", "nobody", "a guest"):
            if who in self._cast.sites:
                self._assignment_page(f"assignment, nothing handed in, {who}", who)
        self._edit_form("submission form, nothing handed in")
        for who in ("a teacher", "another student"):
            site = self._cast.sites[who]
            answer = Answer.of(site.get(ASSIGNMENT, id=self._first.cmid, action="editsubmission"))
            page = self._book.page(f"submission form, {who}", answer)
            self._book.hooks(f"submission form, {who}", page, [".s3video-upload-interface"])

    def _assignment_page(self, asked: str, who: str) -> None:
        page = self._book.page(asked, Answer.of(self._cast.sites[who].get(ASSIGNMENT, id=self._first.cmid)))
        self._book.hooks(asked, page, HOOKS["assignment"])
        for row in page.select(".submissionstatustable tr"):
            label = text(row.select_one("th, td"))
            if label in ("Submission status", "Grading status", "S3 Video", "S3 Video Submissions"):
                cells = row.select("td")
                self._book.note(asked, f"row {label}", text(cells[-1]))
                self._book.note(asked, f"class of {label}", " ".join(cells[-1].get_attribute_list("class")))
        buttons = [
            f"{text(form.select_one('button')) or form.select_one('[type=submit]')}: {form.select_one('[name=action]')['value']}"
            for form in page.select("[role=main] form:has([name=action])")
        ]
        self._book.note(asked, "buttons", " | ".join(buttons))

    def _edit_form(self, asked: str) -> None:
        answer = Answer.of(self._owner.get(ASSIGNMENT, id=self._first.cmid, action="editsubmission"))
        page = self._book.page(asked, answer)
        self._book.hooks(asked, page, HOOKS["submission form"])
        self._book.fields(asked, page.select_one("form.mform"))
        widget = page.select_one(".s3video-upload-interface")
        if widget is None:
            return
        for name, value in widget.attrs.items():
            if name.startswith("data-"):
                self._book.note(asked, f"widget's {name}", "a number" if name.endswith("-id") and value else value)
        row = widget.find_parent(class_="fitem")
        self._book.note(asked, "widget's label", text(row.select_one(".col-form-label")) if row else "none")
        self._book.texts(
            asked,
            page,
            state=".s3video-current-status",
            invitation=".s3video-dropzone-text",
            limit=".s3video-dropzone-hint",
            button=".s3video-select-btn",
            while_it_uploads=".s3video-progress-label",
            progress=".s3video-progress-percentage",
        )
        file, bar, message = (
            page.select_one(one) for one in (".s3video-file-input", ".s3video-progress-bar", ".s3video-status-message")
        )
        for name, element, attributes in (
            ("file input", file, ("accept", "aria-label", "multiple", "type")),
            ("bar", bar, ("role", "aria-valuenow", "aria-valuemin", "aria-valuemax")),
            ("message", message, ("role", "aria-live")),
        ):
            for attribute in attributes if element else ():
                self._book.note(asked, f"{name}'s {attribute}", element.get(attribute, "none") if element else "")

    # -- the plugin's scripts ---------------------------------------------------------------------

    def _request(self, site: Site, assignment: int, **different: object) -> Answer:
        file = {"filename": "clip.mp4", "filesize": media.MP4.bytes, "mimetype": media.MP4.mime}
        values = {"assignmentid": assignment, "submissionid": 0, **file, **different}
        return Answer.of(site.post(UPLOAD_URL, {name: value for name, value in values.items() if value is not None}))

    def _upload_urls(self) -> None:
        assignment, asked_so_far = self._first, 0
        for words, different in FILES.items():
            if asked_so_far % A_FEW == 0:
                assignment = self._another_assignment()
            asked_so_far += 1
            asked = f"upload URL, a file {words}"
            answer = self._request(self._owner, assignment.id, **different)
            self._book.script(asked, answer)
            if answer.succeeded:
                self._book.note(asked, "key", answer.data["data"]["s3_key"])
        assignment = self._another_assignment()
        for who, site in self._cast.sites.items():
            asked = f"upload URL, {who}"
            answer = self._request(site, assignment.id)
            self._book.script(asked, answer)
            if answer.succeeded and who == "the owner":
                self._book.presigned(asked, answer.data["data"])
        odd = {
            "the wrong sesskey": {"sesskey": "wrong"},
            "no sesskey": {"sesskey": ""},
            "no file name at all": {"filename": None},
            "no such assignment": {"assignmentid": 999999},
        }
        for words, different in odd.items():
            self._book.script(f"upload URL, {words}", self._request(self._owner, assignment.id, **different))
        self._book.script("upload URL, by GET", Answer.of(self._owner.get(UPLOAD_URL)))

    def _confirmations(self) -> None:
        assignment = self._another_assignment()
        owner = self._owner
        promised = begin_upload(owner, assignment, media.MP4)
        number, key = promised["submission_id"], promised["s3_key"]
        cases = (
            ("nothing on S3", owner, key, number, {}),
            ("another key", owner, f"{key}.mp4", number, {}),
            ("no such submission", owner, key, 999999, {}),
            ("the wrong sesskey", owner, key, number, {"sesskey": "wrong"}),
            ("another student", self._cast.sites["another student"], key, number, {}),
            ("a teacher", self._cast.sites["a teacher"], key, number, {}),
            ("a stranger", self._cast.sites["a stranger"], key, number, {}),
            ("an administrator", self._cast.admin, key, number, {}),
            ("nobody", self._cast.sites["nobody"], key, number, {}),
        )
        for words, site, key_, number_, more in cases:
            answer = Answer.of(site.post(CONFIRMATION, {"s3_key": key_, "submissionid": number_, **more}))
            self._book.script(f"confirmation, {words}", answer)
        promised = begin_upload(owner, assignment, media.MP4)
        self._send(promised)
        for words in ("the upload is there", "a second time"):
            answer = confirm_upload(owner, promised["s3_key"], promised["submission_id"])
            self._book.script(f"confirmation, {words}", answer)
            data = answer.data.get("data", {}) if answer.succeeded else {}
            for name, value in data.items():
                self._book.note(f"confirmation, {words}", name, value)

    def _send(self, promised: dict[str, object]) -> None:
        with media.MP4.path.open("rb") as file:
            stored = http.request(
                "POST",
                str(promised["url"]),
                data=promised["fields"],
                files={"file": (media.MP4.path.name, file, media.MP4.mime)},
                verify=self._environment.verify,
                timeout=UPLOAD_TIMEOUT,
            )
        if stored.status_code not in (200, 201, 204):
            raise SiteError(f"Storage answered {stored.status_code} to the presigned POST.")

    def _hand_in(self) -> None:
        promised = begin_upload(self._owner, self._first, media.MP4)
        key = promised["s3_key"]
        self._list_of_videos("list of videos, uploading", key)
        self._send(promised)
        if not confirm_upload(self._owner, key, promised["submission_id"]).succeeded:
            raise SiteError("The plugin did not confirm a good upload.")
        save_submission(self._owner, self._first, key, media.MP4.bytes, media.MP4.mime)
        owner = self._cast.people["the owner"]
        self._video = Video(
            person=owner, assignment=self._first, clip=media.MP4, id=int(promised["submission_id"]), key=key
        )

    # -- what was handed in -----------------------------------------------------------------------

    def _after(self) -> None:
        for who in ("the owner", "a teacher"):
            self._assignment_page(f"assignment, handed in, {who}", who)
        self._edit_form("submission form, handed in")
        for who in ("a teacher", "another student"):
            asked = f"grading table, {who}"
            site = self._cast.sites[who]
            page = self._book.page(asked, Answer.of(site.get(ASSIGNMENT, id=self._first.cmid, action="grading")))
            if who == "a teacher":
                self._book.hooks(asked, page, HOOKS["grading table"])
                row = page.select_one(f"tr.user{self._video.person.id}")
                link = row.select_one(".s3video-watch-link") if row else None
                cell = link.find_parent("td") if link else None
                self._book.note(asked, "the video's cell", text(cell))
                self._book.note(asked, "a row", "there" if row else "not there")
            asked = f"grader, {who}"
            arguments = {"id": self._first.cmid, "action": "grader", "userid": self._video.person.id}
            page = self._book.page(asked, Answer.of(site.get(ASSIGNMENT, **arguments)))
            if who == "a teacher":
                self._book.hooks(asked, page, HOOKS["grader"])
            asked = f"grader's panel, {who}"
            answer = grader(site, self._video)
            self._book.answer(asked, answer)
            self._book.hooks(asked, answer.page, HOOKS["grader's panel"])
            self._book.texts(
                asked,
                answer.page,
                what_is_told_beside_the_player=".s3video-metadata-item",
                while_it_loads=".s3video-loading p",
                player_failed=".s3video-error-container strong",
                again=".s3video-retry-btn",
            )

    def _videos(self) -> None:
        parameters = self._video.parameters
        for who, site in self._cast.sites.items():
            asked = f"video's page, {who}"
            page = self._book.page(asked, Answer.of(site.get(VIDEO_PAGE, **parameters)))
            if who == "the owner":
                self._book.hooks(asked, page, HOOKS["video's page"])
                self._book.texts(asked, page, title="title", headings="h3", size=".text-muted", note=".alert-info")
                source = page.select_one("video source")
                if source:
                    self._book.signed(asked, str(source["src"]))
                    self._book.note(asked, "type told", source.get("type", "none"))
                video = page.select_one("video")
                if video:
                    told = ", ".join(sorted(set(video.attrs) - {"style", "src"}))
                    self._book.note(asked, "player's attributes", told)
            asked = f"playback URL, {who}"
            answer = Answer.of(
                site.get(PLAYBACK_URL, submissionid=self._video.id, s3key=self._video.key, sesskey=site.sesskey)
            )
            self._book.script(asked, answer)
            if answer.succeeded and who == "the owner":
                self._book.signed(asked, answer.data["data"]["signed_url"])
                self._book.note(asked, "expires in", answer.data["data"]["expires_in"])
            self._download(f"download, {who}", site, parameters)
        owner = self._owner
        for words, video in (
            ("another key", replace(self._video, key=f"{self._video.key}.mp4")),
            ("no such submission", replace(self._video, id=999999)),
        ):
            self._book.page(f"video's page, {words}", Answer.of(owner.get(VIDEO_PAGE, **video.parameters)))
            self._download(f"download, {words}", owner, video.parameters)
            asked = {"submissionid": video.id, "s3key": video.key, "sesskey": owner.sesskey}
            self._book.script(f"playback URL, {words}", Answer.of(owner.get(PLAYBACK_URL, **asked)))
        asked = {"submissionid": self._video.id, "s3key": self._video.key}
        self._book.script("playback URL, wrong sesskey", Answer.of(owner.get(PLAYBACK_URL, **asked, sesskey="wrong")))
        self._book.script("playback URL, no parameter", Answer.of(owner.get(PLAYBACK_URL)))
        self._book.page("video's page, no parameter", Answer.of(owner.get(VIDEO_PAGE)))

    def _download(self, asked: str, site: Site, parameters: dict[str, object]) -> None:
        """Not followed: where it leads to is the CDN's."""
        response = site.session.get(site.url(DOWNLOAD), params=parameters, allow_redirects=False)
        self._book.answer(asked, Answer.of(response))
        if response.is_redirect:
            where = response.headers["Location"]
            inside = where.startswith(self._environment.base_url) or where.startswith("/")
            if inside:
                self._book.note(asked, "leads to", where if where.startswith("http") else f"SITE{where}")
            else:
                self._book.signed(asked, where)
        else:
            self._book.refusal(asked, Answer.of(response).page)

    # -- administration ---------------------------------------------------------------------------

    def _list_of_videos(self, asked: str, key: str) -> None:
        answer = Answer.of(self._cast.admin.get(MANAGE_VIDEOS, search=key))
        page = self._book.page(asked, answer)
        cell = next((cell for cell in page.select("tbody td") if text(cell) == key), None)
        row = cell.find_parent("tr") if cell else None
        self._book.note(asked, "row", " | ".join(text(one) for one in row.select("td")) if row else "none")

    def _administration(self) -> None:
        admin, book = self._cast.admin, self._book
        asked = "list of videos"
        self._list_of_videos(f"{asked}, ready", self._video.key)
        answer = Answer.of(admin.get(MANAGE_VIDEOS, search=self._video.key))
        page = book.page(asked, answer)
        book.hooks(asked, page, HOOKS["list of videos"])
        book.texts(
            asked,
            page,
            introduction="[role=main] > .alert-info, .video-filters ~ .alert-info",
            columns="thead th",
            labels=".video-filters label",
            statuses="[name=status] option",
            sizes="[name=perpage] option",
            every_course="[name=courseid] option[value='0']",
            reset=".video-filters a",
        )
        field = page.select_one("[name=search]")
        book.note(asked, "placeholder", field.get("placeholder", "none") if field else "no field")
        nothing = Answer.of(admin.get(MANAGE_VIDEOS, search=f"nothing {token_hex(8)}")).page
        book.note(asked, "nothing found", " | ".join(text(one) for one in nothing.select("[role=main] .alert-info")))
        asked = "question before a deletion"
        question = Answer.of(admin.get(MANAGE_VIDEOS, action="delete", s3key=self._video.key))
        page = book.page(asked, question)
        book.hooks(asked, page, HOOKS["question before a deletion"])
        book.texts(asked, page, words="[role=alertdialog] .modal-body", buttons="[role=alertdialog] button")
        form = page.select_one("[role=alertdialog] form:has([name=confirm])")
        book.note(asked, "method", str(form.get("method", "get")).lower() if form else "no form")
        unknown = Answer.of(admin.get(MANAGE_VIDEOS, action="delete", s3key="videos/1/none.mp4"))
        book.texts("deletion of no video", unknown.page, words="#user-notifications .alert")
        self._dashboard()
        for who, site in self._cast.sites.items():
            if who != "an administrator":
                for words, path in (("dashboard", DASHBOARD), ("list of videos", MANAGE_VIDEOS), ("settings", SETTINGS)):
                    more = {"section": COMPONENT} if path == SETTINGS else {}
                    book.page(f"{words}, {who}", Answer.of(site.get(path, **more)))
        self._installation()

    def _dashboard(self) -> None:
        asked, book = "dashboard", self._book
        page = book.page(asked, Answer.of(self._cast.admin.get(DASHBOARD, range=3650)))
        book.hooks(asked, page, HOOKS["dashboard"])
        book.texts(
            asked,
            page,
            title="[role=main] h2",
            blocks="[role=main] h3",
            cards="[role=main] .card-title",
            ranges="#range-select option",
            columns="[role=main] thead th",
        )

    def _installation(self) -> None:
        admin, book = self._cast.admin, self._book
        asked = "submission plugins"
        page = book.page(asked, Answer.of(admin.get("/mod/assign/adminmanageplugins.php", subtype="assignsubmission")))
        row = next((row for row in page.select("table tr") if row.select_one("[href*='plugin=s3video']")), None)
        book.note(asked, "row", " | ".join(text(cell) for cell in row.select("td")) if row else "none")
        links = [] if row is None else [str(link["href"]).partition("?")[2] for link in row.select("a[href]")]
        book.note(asked, "actions", " | ".join(sorted(link for link in links if "plugin=s3video" in link)))
        asked = "menu of submission plugins"
        page = book.page(asked, Answer.of(admin.get(SETTINGS_CATEGORY, category="assignsubmissionplugins")))
        book.hooks(asked, page, HOOKS["menu of submission plugins"])
        for path in (DASHBOARD, MANAGE_VIDEOS):
            link = page.select_one(f"[role=main] a[href*='{path}']")
            book.note(asked, f"link to {path.rpartition('/')[2]}", text(link))
        asked = "scheduled tasks"
        page = book.page(asked, Answer.of(admin.get("/admin/tool/task/scheduledtasks.php")))
        row = next((row for row in page.select("table tr") if TASK in text(row)), None)
        if row is not None:
            cells = [text(cell) for cell in row.select("th, td")]
            book.note(asked, "name", cells[0])
            book.note(asked, "component", cells[1])
            book.note(asked, "schedule", " ".join(text(cell) for cell in row.select("td.text-ltr")))
            book.note(asked, "run now", "there" if row.select_one("a[href*='schedule_task']") else "not there")
        asked = "plugins overview"
        page = book.page(asked, Answer.of(admin.get("/admin/plugins.php")))
        row = page.select_one(f".name-{COMPONENT}")
        if row is not None:
            for name in ("displayname", "release", "versionnumber", "componentname", "availability"):
                book.note(asked, name, text(row.select_one(f".{name}")))
        asked = "roles"
        page = book.page(asked, Answer.of(admin.get("/admin/roles/define.php", action="view", roleid=5)))
        names = [text(one) for one in page.select(".cap-name") if "s3video" in text(one)]
        book.note(asked, "capabilities", ", ".join(sorted(names)))

    # -- over the limit ---------------------------------------------------------------------------

    def _limits(self) -> None:
        settings = plugin_settings(self._cast.admin)
        assignment = self._another_assignment()
        limit = int(settings["upload_rate_limit"])
        for granted in range(limit + 1):
            answer = self._request(self._owner, assignment.id)
            if not answer.succeeded:
                break
        self._book.note("upload URL, over the limit", "granted of the limit", f"{granted - limit:+d}")
        self._book.script("upload URL, over the limit", answer)
        with self._somebody_new() as site:
            limit = min(int(settings["playback_rate_limit"]), MOST_PLAYED)
            asked = {"submissionid": self._video.id, "s3key": self._video.key, "sesskey": site.sesskey}
            for refused in range(limit + 1):
                answer = Answer.of(site.get(PLAYBACK_URL, **asked))
                if answer.status == 429 or "limit" in answer.message:
                    break
            self._book.note("playback URL, over the limit", "asked of the limit", f"{refused - limit:+d}")
            self._book.script("playback URL, over the limit", answer)

    @contextmanager
    def _somebody_new(self) -> Iterator[Site]:
        """Somebody whose account goes afterwards: whoever has come to a limit is kept out for up to an hour."""
        person = self._workspace.leaver(self._first.course)
        yield self._logged_in(person)
        admin, path = self._cast.admin, ACCOUNT.replace("editadvanced", "delete")
        page = admin.open("Deleting an account", "/admin/user.php", delete=person.id, sesskey=admin.sesskey)
        del path
        form = page.select_one("form:has([name=confirm])")
        if form is None:
            raise SiteError(f"The account {person.username} was not deleted: no question at {admin.where}.")
        sent = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[name]")}
        admin.send("Deleting an account", "/admin/user.php", sent)


def ask(environment: Environment, done: Callable[[str], None]) -> tuple[str, Facts]:
    """Moodle's release and the facts of a site where tests may write. Raises Locked, ConfigurationError, SiteError."""
    run_id = f"{datetime.now(UTC):%m%d%H%M}{token_hex(2)}"
    hold, state = Hold.open(environment, run_id)
    try:
        questions = Questions(environment, Workspace(environment, state, "main"))
        questions.ask(done)
        return release(hold.site), questions.facts
    finally:
        report = hold.close()
        for problem in report.problems:
            done(f"clean-up: {problem}")
