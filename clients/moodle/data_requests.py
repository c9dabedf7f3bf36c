"""Requests for somebody's data, or for their deletion, as an administrator makes them: Moodle's tool_dataprivacy.

Pages and functions as of Moodle 4.2 to 5.0: admin/tool/dataprivacy/, admin/tool/task/adhoctasks.php.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, replace
from enum import IntEnum

import requests
from bs4 import Tag
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from clients.errors import NotCheckable, SiteError
from clients.moodle.accounts import Accounts
from clients.moodle.ajax import ajax
from clients.moodle.client import MoodleClient
from clients.moodle.html import query
from clients.moodle.model import Account
from clients.moodle.tasks import CRON, STARTED, run_adhoc
from clients.steps import step
from clients.waits import waiting
from clients.words import counted, some

FOLDER = "/admin/tool/dataprivacy"
TASK = r"\tool_dataprivacy\task\process_data_request_task"


class Kind(IntEnum):
    """`\\tool_dataprivacy\\api::DATAREQUEST_TYPE_…`."""

    EXPORT = 1
    DELETION = 2


@dataclass(frozen=True)
class Request:
    """`said` is what its task said, empty where cron has run it."""

    kind: Kind
    person: Account
    number: int
    said: str = ""


class DataRequests:
    """`site` is an administrator's session."""

    def __init__(self, site: MoodleClient, accounts: Accounts) -> None:
        self._site = site
        self._accounts = accounts

    def process(self, kind: Kind, person: Account) -> Request:
        """Asks, approves, and has Moodle's task do it: run from the browser, or by cron within 90 s.

        Raises NotCheckable where the request stays pending, or the site has no such requests.
        """
        what = f"Request the {kind.name.lower()} of the student's data"
        step(self._site.session.sender, f"{what}, approve it, and wait until it is done.")
        number = self._ask(kind, person)
        ajax(self._site, "tool_dataprivacy_approve_data_request", requestid=number)
        request = Request(kind, person, number)
        try:
            said = self._run(number)
        except SiteError:
            said = ""
        if STARTED not in said:  # nobody may run it here, or cron was faster
            if self._settled(request):
                return request
            said = self._run(number)
        if not said:
            raise NotCheckable(
                f"the request {number} stays pending: the site runs no tasks from the browser, and cron did not come "
                f"within {CRON} s. Run cron, look at what became of it under {FOLDER}/datarequests.php, and sign"
            )
        return replace(request, said=said)

    def download(self, request: Request) -> requests.Response | None:
        """The answer where the export is to be had; None where no link leads to it."""
        address = self._download(request)
        return self._site.session.get(address) if address else None

    def has_account(self, request: Request) -> bool:
        """Whether the person is still among the site's people."""
        return bool(self._accounts.find([request.person.username]))

    def _ask(self, kind: Kind, person: Account) -> int:
        step, form = f"Asking for the {kind.name.lower()} of {person.username}", f"{FOLDER}/createdatarequest.php"
        try:
            self._site.open(step, form, manage=1, type=kind.value)
        except SiteError as refused:
            raise NotCheckable(f"the site takes no requests for data: {refused}") from refused
        # The field for the person fills itself by script, so the form has no choices that could be picked.
        sent = {"_qf__tool_dataprivacy_data_request_form": 1, "userid": person.id, "type": kind.value, "comments": ""}
        self._site.send(step, form, {**sent, "submitbutton": "1"}, manage=1, type=kind.value)
        links = [link for row in self._rows(person) for link in row.select("[data-requestid]")]
        if not links:
            raise SiteError(f"{step} failed at {self._site.where}: the list of requests has none of that person.")
        return max(int(str(link["data-requestid"])) for link in links)

    def _rows(self, person: Account) -> list[Tag]:
        page = self._site.open("Listing the requests for data", f"{FOLDER}/datarequests.php")
        return [
            row
            for row in page.select("tbody tr")
            if any(query(str(link["href"])).get("id") == str(person.id) for link in row.select("a[href*='/user/']"))
        ]

    def _run(self, number: int) -> str:
        """Runs the request's own task, and none of other people's; empty where the site does not let anybody.

        Raises SiteError where the site refuses, as when cron has just run it.
        """
        return run_adhoc(self._site, TASK, lambda told: told.get("requestid") == number)

    def _settled(self, request: Request) -> bool:
        def done() -> bool:
            if request.kind is Kind.EXPORT:
                return bool(self._download(request))
            return not self.has_account(request)

        retrying = Retrying(
            retry=retry_if_result(lambda settled: not settled),
            stop=stop_after_delay(CRON),
            wait=wait_fixed(3),
            retry_error_callback=lambda _: False,
        )
        with waiting("for Moodle's cron to settle a data request", CRON):
            return bool(retrying(done))

    def _download(self, request: Request) -> str:
        links = [
            link for row in self._rows(request.person) for link in row.select("a[href*='/tool_dataprivacy/export/']")
        ]
        ours = [str(link["href"]) for link in links if f"/export/{request.number}/" in str(link["href"])]
        return ours[0] if ours else ""


class Export:
    """The ZIP file of an export, as bytes."""

    def __init__(self, content: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as files:
            self._texts = {name: files.read(name).decode(errors="replace") for name in files.namelist()}

    @property
    def files(self) -> int:
        return len(self._texts)

    @property
    def seen(self) -> str:
        """Of an export that does not tell of a video: how many files it has, and the first of them."""
        return f"{counted(self.files, 'file')}, none of which names it: {some(sorted(self._texts), 3)}"

    def about(self, key: str) -> list[str]:
        """What files say that name the key of a video, whose slashes JSON may have escaped."""
        return [plain for said in self._texts.values() if key in (plain := said.replace("\\/", "/"))]
