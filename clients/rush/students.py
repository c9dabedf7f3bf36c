"""What Locust runs: each student asks for an upload URL, sends a video to S3 and confirms it, as the plugin's scripts.

A locustfile, in a process of its own that `load.py` starts: Locust patches Python's sockets and threads as soon as it
is imported, so nothing else imports this. It imports nothing of the suite, because Locust hands it to workers on other
machines as it stands.

The process that leads reads from its standard input what `Crowd.told` writes, and prints a line of JSON for each key
that the plugin promises, before the video is sent, for each student, and at the end.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from queue import SimpleQueue
from typing import Any

from locust import HttpUser, constant, events, task
from locust.env import Environment
from locust.runners import WorkerRunner

VIDEO = "video"
"""The step that S3 answers, with a status alone."""

COMMON: dict[str, Any] = {}
"""What is the same for every student; each process is told once."""

TOLD: SimpleQueue[dict[str, Any]] = SimpleQueue()
"""Students for whom this process has no user yet."""


def take_part(environment: Environment, **_: object) -> None:
    if isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message("student", _take)
    else:
        Lead(environment, json.load(sys.stdin))


events.init.add_listener(take_part)  # type: ignore[no-untyped-call]


def _take(msg: Any, **_: object) -> None:
    if common := msg.data["common"]:
        COMMON.update(common)
        if isinstance(authorities := common["verify"], str):  # as text; requests takes a file of this machine
            file = COMMON["authorities"] = tempfile.NamedTemporaryFile("w", suffix=".pem")  # noqa: SIM115 (lasts)
            file.write(authorities)
            file.flush()
            COMMON["verify"] = file.name
    TOLD.put(msg.data["student"])


class Lead:
    """Hands the students out, and tells what becomes of them. In a process without workers it is its own."""

    def __init__(self, environment: Environment, crowd: dict[str, Any]) -> None:
        self._environment = environment
        self._common = crowd["common"]
        self._students = crowd["students"]
        self._waited_for = len(self._students)
        self._served: set[str] = set()
        self._began = time.monotonic()
        assert environment.runner is not None
        self._runner = environment.runner
        for kind, listener in (("wanted", self._hand_out), ("student", _take), ("told", self._tell)):
            self._runner.register_message(kind, listener)
        environment.events.quit.add_listener(self._end)  # type: ignore[no-untyped-call]

    def _hand_out(self, msg: Any, **_: object) -> None:
        common = {} if msg.node_id in self._served else self._common
        self._served.add(msg.node_id)
        self._runner.send_message("student", {"common": common, "student": self._students.pop()}, msg.node_id)

    def _tell(self, msg: Any, **_: object) -> None:
        print(json.dumps(msg.data), flush=True)
        if "student" not in msg.data:
            return
        self._waited_for -= 1
        if not self._waited_for:
            # Quitting waits for the workers, whose messages come by the greenlet that is here.
            threading.Thread(target=self._runner.quit).start()

    def _end(self, **_: object) -> None:
        seconds = {
            entry.name: {
                "median": entry.get_response_time_percentile(0.5) / 1000,
                "95 %": entry.get_response_time_percentile(0.95) / 1000,
                "slowest": entry.max_response_time / 1000,
            }
            for entry in self._runner.stats.entries.values()
        }
        print(json.dumps({"seconds": seconds, "lasted": time.monotonic() - self._began}), flush=True)


class Student(HttpUser):
    """Somebody who hands in one video, and then waits for the end: whoever is gone Locust replaces."""

    host = "https://given.invalid"
    wait_time = constant(3600)

    @task
    def hand_in(self) -> None:
        assert self.environment.runner is not None
        self._tell = self.environment.runner.send_message
        self._tell("wanted", {})
        student = TOLD.get()
        told: dict[str, Any] = {"student": student["id"], "key": "", "submission": 0, "answers": {}}
        self._answers = told["answers"]
        for cookie in student["cookies"]:
            self.client.cookies.set(**cookie)
        try:
            promise = self._ask("upload URL", COMMON["upload_url"], {**COMMON["file"], "sesskey": student["sesskey"]})
            if promise:
                told |= {"key": promise["s3_key"], "submission": int(promise["submission_id"])}
                self._tell("told", {"promised": promise["s3_key"], "to": student["id"]})
                if self._send(promise, base64.b64decode(COMMON["video"]) + base64.b64decode(student["tail"])):
                    asked = {"s3_key": promise["s3_key"], "submissionid": promise["submission_id"]}
                    self._ask("confirmation", COMMON["confirmation"], {**asked, "sesskey": student["sesskey"]})
        finally:
            self._tell("told", told)

    def _ask(self, step: str, url: str, form: Mapping[str, object]) -> dict[str, Any]:
        """What one of the plugin's scripts gives; nothing where it refuses."""
        auth = tuple(COMMON["auth"]) or None
        return self._post(step, url, data=form, headers=COMMON["headers"], auth=auth) or {}

    def _send(self, promise: Mapping[str, Any], video: bytes) -> bool:
        file = (COMMON["file"]["filename"], video, COMMON["file"]["mimetype"])
        return self._post(VIDEO, promise["url"], data=promise["fields"], files={"file": file}) is not None

    def _post(self, step: str, url: str, **options: Any) -> dict[str, Any] | None:
        began = time.monotonic()
        options |= {"name": step, "catch_response": True, "timeout": COMMON["timeout"], "verify": COMMON["verify"]}
        with self.client.post(url, allow_redirects=False, **options) as answer:
            said = _said(answer.text or str(answer.error or "")) if step != VIDEO else {}
            good = answer.status_code in (200, 201, 204) and (step == VIDEO or said.get("success") is True)
            if good:
                answer.success()
            else:
                answer.failure(step)
            self._answers[step] = {
                "status": answer.status_code,
                "seconds": round(time.monotonic() - began, 3),
                "refused": "" if good else str(said.get("error") or "")[:300],
                "good": good,
            }
        data = said.get("data", {})
        return (data if isinstance(data, dict) else {}) if good else None


def _said(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
