"""By what the suite knows its own on a site: nothing else is ever touched there."""

from __future__ import annotations

import re

from services.moodle.model import Account

CATEGORY = "s3video-acceptance"
"""ID number of the course category in which everything lives that is created."""

COURSE_NAME = "S3 Video acceptance run"
LOCK_NAME = "s3video-acceptance-lock"
COURSES = re.compile(rf"{COURSE_NAME} \S+|{LOCK_NAME}$")

DOMAIN = "s3video-acceptance.example.invalid"
POOL = tuple(f"s3va-{number:02}" for number in range(1, 100))
"""User names of the people whom tests borrow."""


def is_ours(account: Account, pool: tuple[str, ...] = POOL) -> bool:
    return account.username in pool and account.email == f"{account.username}@{DOMAIN}"
