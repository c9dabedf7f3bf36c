"""Many students at once, by Locust: here, or spread over machines by Locust's own leader and workers."""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import Any

import media
from clients.addresses import CONFIRMATION, UPLOAD_URL
from clients.errors import ConfigurationError, NotCheckable
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment, Person
from redaction.environment import variables_without_secrets

STUDENTS = Path(__file__).with_name("students.py")

ARRIVE = 20
"""Seconds in which all of them come."""

MINUTE = 60

CONNECTS = 10
"""Seconds in which SSH reaches a machine, or does not."""

ANSWERS = 30
"""Seconds that it has to say which Locust is there."""

SSH = ("ssh", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECTS}")

HERE = re.compile(r"localhost|127(\.\d{1,3}){3}")
HOST = re.compile(r"([A-Za-z0-9_][\w.-]*@)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
"""A machine as SSH takes it; one that began with a hyphen would be an option."""


@dataclass(frozen=True)
class Answer:
    """What came to one request: status (0 without an answer), seconds, and the words of a refusal."""

    status: int
    seconds: float
    refused: str
    good: bool


@dataclass(frozen=True)
class Outcome:
    """What became of a student. `answers` by step: "upload URL", "video", "confirmation", as far as they came."""

    student: int
    key: str
    submission: int
    answers: Mapping[str, Answer]

    @property
    def done(self) -> bool:
        """The plugin has confirmed the video."""
        return "confirmation" in self.answers and self.answers["confirmation"].good


@dataclass(frozen=True)
class Rush:
    """How it went: `seconds` by step ("median", "95 %", "slowest"), as Locust counted them, and how long all lasted."""

    outcomes: Sequence[Outcome]
    seconds: Mapping[str, Mapping[str, float]]
    lasted: float


@dataclass(frozen=True)
class Student:
    """Somebody who is logged in, and the video of their own: `clip` begins as everybody's does."""

    person: Person
    site: MoodleClient
    clip: media.Clip


@dataclass(frozen=True)
class Crowd:
    """`students` who hand in to one `assignment`; their videos begin with the bytes of `clip`.

    `verify` as requests takes it, `timeout` in seconds a request.
    """

    students: Sequence[Student]
    assignment: Assignment
    clip: media.Clip
    verify: bool | str
    timeout: float
    secrets: Collection[str] = field(default=(), repr=False)

    def told(self) -> str:
        """What `students.py` reads."""
        site, clip = self.students[0].site, self.clip
        auth = getattr(site.session, "auth", None)
        verify = self.verify if isinstance(self.verify, bool) else Path(self.verify).read_text(encoding="utf-8")
        place = {"assignmentid": self.assignment.id, "submissionid": 0}
        file = {"filename": clip.path.name, "filesize": self.students[0].clip.bytes, "mimetype": clip.mime}
        common = {
            "upload_url": site.url(UPLOAD_URL),
            "confirmation": site.url(CONFIRMATION),
            "headers": {"User-Agent": str(site.session.headers["User-Agent"])},
            "auth": list(auth) if isinstance(auth, tuple) else [],
            "verify": verify,
            "timeout": self.timeout,
            "file": place | file,
            "video": base64.b64encode(clip.path.read_bytes()).decode(),
        }
        return json.dumps({"common": common, "students": [self._told(student) for student in self.students]})

    def _told(self, student: Student) -> dict[str, Any]:
        cookies = [
            {"name": one.name, "value": one.value, "domain": one.domain, "path": one.path}
            for one in student.site.session.cookies
        ]
        tail = student.clip.path.read_bytes()[self.clip.bytes :]
        return {
            "id": student.person.id,
            "sesskey": student.site.sesskey,
            "cookies": cookies,
            "tail": base64.b64encode(tail).decode(),
        }

    def rush(self, workers: Sequence[str], promise: Callable[[int, str], None]) -> Rush:
        """All of them ask, upload and confirm; `promise` is told whom the plugin gave a form for which key.

        `workers` are machines that share them out; without any this one has all. Raises ConfigurationError where
        Locust does not do it.
        """
        require_locust()
        command = [sys.executable, "-m", "locust", "-f", str(STUDENTS), "--headless", "--skip-log-setup"]
        limit = ARRIVE + MINUTE + len(self.students)
        command += ["--users", str(len(self.students)), "--spawn-rate", str(max(1, len(self.students) / ARRIVE))]
        command += ["--run-time", f"{limit}s", "--stop-timeout", "1"]
        port = _free_port()
        if workers:
            command += ["--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(port)]
            command += ["--expect-workers", str(len(workers)), "--expect-workers-max-wait", str(MINUTE)]
        with ExitStack() as started:
            lead = started.enter_context(_process(command, self.secrets, limit + 2 * MINUTE))
            for worker in workers:
                started.enter_context(_process(_worker(worker, port), self.secrets, limit + 2 * MINUTE))
            assert lead.stdin
            assert lead.stdout
            with suppress(BrokenPipeError):  # it has ended, and said why
                lead.stdin.write(self.told())
                lead.stdin.close()
            outcomes, end, complaint = list[Outcome](), dict[str, Any](), ""
            for line in lead.stdout:
                if not line.startswith("{"):
                    complaint = line.strip() or complaint
                    continue
                match json.loads(line):
                    case {"promised": key, "to": student}:
                        promise(student, key)
                    case {"student": student, "key": key, "submission": submission, "answers": answers}:
                        told = {step: Answer(**answer) for step, answer in answers.items()}
                        outcomes.append(Outcome(student, key, submission, told))
                    case {"seconds": _, "lasted": _} as end:
                        pass
        if not end:
            raise ConfigurationError(
                f"Locust, which drives the rush, ended before its time: {complaint[:300] or 'it said nothing'}. Look "
                "whether SSH reaches the machines of --rush-workers, and they have the Locust of requirements.lock."
            )
        return Rush(outcomes, **end)


def require_locust() -> None:
    """Raises NotCheckable where Locust is not there; it is not imported here, as it would patch this process."""
    if find_spec("locust") is None:
        raise NotCheckable("Locust drives a rush, and is not installed: pip install --group rush")


def find_locust(host: str, secrets: Collection[str] = ()) -> str:
    """A machine of a rush is reached without a password, and has Locust; returns which.

    Raises ConfigurationError, and NotCheckable where that machine is this one.
    """
    if HERE.fullmatch(host):
        require_locust()
        return version("locust")
    told = f"{host} of --rush-workers"
    try:
        done = subprocess.run(
            [*SSH, host, "locust", "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=ANSWERS,
            env=variables_without_secrets(secrets),
        )
    except FileNotFoundError:
        raise ConfigurationError(f"SSH reaches {told}, and is not installed on this machine: install it.") from None
    except subprocess.TimeoutExpired:
        raise ConfigurationError(
            f"{told} does not say within {ANSWERS} s which Locust it has: try it by hand."
        ) from None
    said = (done.stdout + done.stderr).strip()
    if found := re.search(r"(?m)^locust (\d\S*)", done.stdout):
        return found[1]
    why = said.splitlines()[-1][:200].rstrip(".") if said else f"it ended with {done.returncode} and said nothing"
    raise ConfigurationError(
        f"{told} cannot take part in a rush ({why}). `ssh {host} locust --version` has to answer without a question; "
        "mend that, or leave the machine out."
    )


def _worker(host: str, port: int) -> list[str]:
    """On another machine it reaches the leader by SSH alone, whose port is open to this machine only."""
    options = ["-f", "-", "--worker", "--skip-log-setup", "--master-host", "127.0.0.1", "--master-port", str(port)]
    if HERE.fullmatch(host):
        return [sys.executable, "-m", "locust", *options]
    return [*SSH, "-R", f"{port}:127.0.0.1:{port}", host, "locust", *options]


@contextmanager
def _process(command: Sequence[str], secrets: Collection[str], limit: float) -> Iterator[subprocess.Popen[str]]:
    """A process of its own, which knows no secret but what it is told, and is over with the context."""
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=variables_without_secrets(secrets),
    ) as process:
        end = Timer(limit, process.kill)
        end.daemon = True
        end.start()
        try:
            yield process
        finally:
            end.cancel()
            process.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as there:
        return int(there.getsockname()[1])
