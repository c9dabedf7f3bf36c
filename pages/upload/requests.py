"""What one upload asks of Moodle and sends to storage."""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import dataclass

from playwright.sync_api import Page, Request, Response

from services.addresses import CONFIRMATION, PLUGIN, UPLOAD_URL


@dataclass(frozen=True, slots=True)
class Receipt:
    """What Moodle promised for an upload: the object's key, the submission's id, and the presigned POST."""

    key: str
    submission: int
    url: str
    fields: dict[str, str]

    @property
    def sizes(self) -> tuple[int, int]:
        """The fewest and the most bytes that the form's policy takes, its `content-length-range`.

        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
        """
        policy = next(value for name, value in self.fields.items() if name.casefold() == "policy")
        for condition in json.loads(base64.b64decode(policy))["conditions"]:
            if isinstance(condition, list) and condition[0] == "content-length-range":
                return int(condition[1]), int(condition[2])
        raise AssertionError("expected a presigned form that limits the file's size, seen no content-length-range")


class Requests:
    """Every POST and PUT of a tab, from now on, of which `site` is the site's own address."""

    def __init__(self, page: Page, site: str) -> None:
        self._site = site
        self._made: list[Request] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if _sends(request):
            self._made.append(request)

    def carries_the_file(self, request: Request) -> bool:
        """It sends something somewhere else than to Moodle."""
        return _sends(request) and not request.url.startswith(f"{self._site}/")

    def to_storage(self) -> list[str]:
        """Where the file went, so far."""
        return [request.url for request in self._made if self.carries_the_file(request)]

    def to_confirm(self) -> list[str]:
        """Where Moodle was told that storage has the file, so far."""
        return [request.url for request in self._made if CONFIRMATION in request.url]

    def expect_few(self, most: int) -> int:
        """At most so many of the plugin's scripts; returns how many there were."""
        asked = [address for request in self._made if PLUGIN in (address := _address(request))]
        if len(asked) > most:
            raise AssertionError(f"expected at most {most} requests of the upload to Moodle, seen {Counter(asked)}")
        return len(asked)

    def expect_none(self) -> None:
        """Neither one of the plugin's scripts was asked for anything, nor anybody but Moodle.

        Moodle fetches texts of its own meanwhile (lib/ajax/service-nologin.php); none of its own scripts takes a file.
        """
        if sent := [_address(one) for one in self._made if self.carries_the_file(one) or PLUGIN in one.url]:
            raise AssertionError(f"expected no request, seen {sent}")

    def receipt(self) -> Receipt:
        """What Moodle answered to the last request for an upload URL."""
        answer = self._answer_to_upload_url().json()
        if not answer.get("success"):
            raise AssertionError(f"expected an upload URL, seen the refusal {answer.get('error')!r}")
        data = answer["data"]
        return Receipt(data["s3_key"], int(data["submission_id"]), data["url"], dict(data["fields"]))

    def _answer_to_upload_url(self) -> Response:
        for request in reversed(self._made):
            if UPLOAD_URL in request.url and (response := request.response()):
                return response
        raise AssertionError(f"expected a request to {UPLOAD_URL.rpartition('/')[2]}, seen {self._seen()}")

    def _seen(self) -> list[str]:
        return [_address(request) for request in self._made]


def _sends(request: Request) -> bool:
    """A beacon holds 64 KiB at most, and is what counts visitors, not what uploads."""
    return request.method in ("POST", "PUT") and request.resource_type not in ("ping", "beacon")


def _address(request: Request) -> str:
    return request.url.partition("?")[0]
