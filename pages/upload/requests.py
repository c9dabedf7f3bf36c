"""What one upload asks of Moodle and sends to storage."""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from playwright.sync_api import Page, Request, Response

from clients.addresses import CONFIRMATION, PLUGIN, UPLOAD_URL
from clients.http_result import of_form
from clients.plugin.api import PROMISE
from clients.words import answered, lasting


@dataclass(frozen=True, slots=True)
class Receipt:
    """What Moodle promised for an upload: the object's key, the submission's id, and the presigned POST."""

    key: str
    submission: int
    url: str
    fields: dict[str, str]

    @property
    def _policy(self) -> dict[str, Any]:
        policy = next(value for name, value in self.fields.items() if name.casefold() == "policy")
        return cast(dict[str, Any], json.loads(base64.b64decode(policy)))

    @property
    def lifetime(self) -> timedelta:
        """How long storage takes the file, from the signing (`x-amz-date`) to the policy's `expiration`."""
        signed = next(value for name, value in self.fields.items() if name.casefold() == "x-amz-date")
        return datetime.fromisoformat(self._policy["expiration"]) - datetime.fromisoformat(signed)

    def expect_lifetime(self, most: timedelta) -> float:
        """The form is of use for so long at most; returns for how many seconds."""
        if not timedelta(0) < self.lifetime <= most:
            raise AssertionError(
                f"expected a presigned form that is valid for {lasting(most)} at most, seen {lasting(self.lifetime)}"
            )
        return self.lifetime.total_seconds()

    @property
    def sizes(self) -> tuple[int, int]:
        """The fewest and the most bytes that the form's policy takes, its `content-length-range`.

        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
        """
        for condition in self._policy["conditions"]:
            if isinstance(condition, list) and condition[0] == "content-length-range":
                return int(condition[1]), int(condition[2])
        raise AssertionError("expected a presigned form that limits the file's size, seen no content-length-range")

    def expect_sizes(self, fewest: int, most: int) -> None:
        """The form takes from `fewest` to `most` bytes."""
        if self.sizes != (fewest, most):
            raise AssertionError(
                f"expected a form for {fewest} to {most} bytes, seen one for {self.sizes[0]} to {self.sizes[1]}"
            )


def receipt_of(answer: object) -> Receipt:
    """What the plugin's answer, from its JSON, promises."""
    if not isinstance(answer, dict) or not answer.get("success"):
        told = answer.get("error") if isinstance(answer, dict) else "what is none of the plugin's"
        raise AssertionError(f"expected an upload URL, seen the refusal: {told}")
    data = of_form(answer, PROMISE)
    return Receipt(data["s3_key"], int(data["submission_id"]), data["url"], data["fields"])


class Requests:
    """Every POST and PUT of a tab, from now on, of which `site` is the site's own address."""

    def __init__(self, page: Page, site: str) -> None:
        self._site = site
        self._made: list[Request] = []
        self._asked: list[str] = []
        self._refused: list[str] = []
        page.on("request", self._note)
        page.on("response", self._note_refusal)

    def _note(self, request: Request) -> None:
        if _sends(request):
            self._made.append(request)
        of_script = _sends(request) or request.resource_type in ("xhr", "fetch")
        if of_script and request.url.startswith(f"{self._site}/"):
            self._asked.append(_address(request))

    def _note_refusal(self, response: Response) -> None:
        if _sends(response.request) and response.status >= 400:
            who = "storage" if self.carries_the_file(response.request) else _script(response.url)
            self._refused.append(f"{who} answered with {answered(response.status)}")

    @property
    def refusals(self) -> str:
        """Who answered with an error, as the end of a failure's message; empty where nobody did."""
        return "".join(f"; {refusal}" for refusal in dict.fromkeys(self._refused))

    @property
    def any(self) -> bool:
        """Whether anything was asked for or sent."""
        return bool(self._made)

    def carries_the_file(self, request: Request) -> bool:
        """It sends something somewhere else than to Moodle."""
        return _sends(request) and not request.url.startswith(f"{self._site}/")

    def confirms(self, request: Request) -> bool:
        """It tells Moodle that storage has the file."""
        return _sends(request) and CONFIRMATION in request.url

    def to_storage(self) -> list[str]:
        """Where the file went, so far."""
        return [request.url for request in self._made if self.carries_the_file(request)]

    @property
    def stored(self) -> bool:
        """Whether storage has answered to the last transfer that it has the file: S3 says so with a status of 2xx."""
        sent = [request for request in self._made if self.carries_the_file(request)]
        answer = sent[-1].response() if sent else None
        return answer is not None and answer.ok

    def to_confirm(self) -> list[str]:
        """Where Moodle was told that storage has the file, so far."""
        return [request.url for request in self._made if self.confirms(request)]

    def expect_few(self, most: int) -> int:
        """The page's scripts have asked Moodle at most so many times, for whatever; returns how often they did."""
        if len(self._asked) > most:
            told = ", ".join(f"{count} of {_script(address)}" for address, count in Counter(self._asked).most_common())
            raise AssertionError(f"expected at most {most} requests of the upload to Moodle, seen {told}")
        return len(self._asked)

    def expect_none(self) -> None:
        """Neither one of the plugin's scripts was asked for anything, nor anybody but Moodle.

        Moodle fetches texts of its own meanwhile (lib/ajax/service-nologin.php); none of its own scripts takes a file.
        """
        if sent := [_address(one) for one in self._made if self.carries_the_file(one) or PLUGIN in one.url]:
            raise AssertionError(f"expected no request of the upload, seen {', '.join(sent)}")

    def receipt(self) -> Receipt:
        """What Moodle answered to the last request for an upload URL."""
        response = self._answer_to_upload_url()
        try:
            answer = response.json()
        except ValueError:
            raise AssertionError(
                f"expected an upload URL, seen {answered(response.status)} of {_script(response.url)}"
            ) from None
        return receipt_of(answer)

    def _answer_to_upload_url(self) -> Response:
        for request in reversed(self._made):
            if UPLOAD_URL in request.url and (response := request.response()):
                return response
        seen = ", ".join(map(_address, self._made)) or "none"
        raise AssertionError(f"expected a request to {_script(UPLOAD_URL)}, seen {seen}")


def _sends(request: Request) -> bool:
    """A beacon holds 64 KiB at most, and is what counts visitors, not what uploads."""
    return request.method in ("POST", "PUT") and request.resource_type not in ("ping", "beacon")


def _address(request: Request) -> str:
    return request.url.partition("?")[0]


def _script(url: str) -> str:
    """The name of the script at an address."""
    return url.partition("?")[0].rpartition("/")[2]
