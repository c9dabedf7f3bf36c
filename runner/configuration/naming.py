"""By what the suite knows its own on a site: nothing else is ever touched there."""

from __future__ import annotations

import re

from clients.errors import ConfigurationError, SiteError
from clients.moodle.courses import Courses
from clients.moodle.model import Account

CATEGORY = "s3video-acceptance"
"""ID number of the course category in which everything lives that is created."""

SMOKE = "s3video-smoke"
"""The same where `test_site = false`: of the hidden category in which the smoke test may create its assignment."""

COURSE_NAME = "S3 Video acceptance run"
KEPT_NAME = "S3 Video acceptance kept video"
"""Of a course whose video stays for a later run."""

UPGRADE_NAME = "S3 Video acceptance before an upgrade"
"""Of the course whose video waits for an upgrade of the plugin."""

LOCK_NAME = "s3video-acceptance-lock"
COURSES = re.compile(rf"{COURSE_NAME} \S+|{LOCK_NAME}$")

DOMAIN = "s3video-acceptance.example.invalid"
DISPOSABLE_USER = "s3va-leaver"
"""User name of the one whom each run creates, and has deleted."""

IMPATIENT = "s3va-impatient"
"""User name of the one who reaches rate limits, and may be locked out for long after."""

KEEPER = "s3va-keeper"
"""User name of the one whose videos stay for a later run, which has them cleaned up (4.2)."""

BORROWED = tuple(f"s3va-{number:02}" for number in range(1, 241))
"""User names of those whom tests borrow."""

RENAMED = "s3va-renamed"
"""User name of the one who gets another name and e-mail address (X.4.5)."""

LEFT = "s3va-left"
"""User name of the one whose video waits for an upgrade (X.4.1)."""

ABROAD = "s3va-abroad"
"""User name of the one who lives in other time zones (X.4.6)."""

NOTIFIED = "s3va-notified"
"""User name of the grader whom Moodle tells of a submission (3.10.5)."""

POOL = (*BORROWED, ABROAD, DISPOSABLE_USER, IMPATIENT, KEEPER, LEFT, NOTIFIED, RENAMED)
"""User names of all the suite's own people."""

ADDRESS = re.compile(r"https://[^\s<>\"'()]+")


def address_of(username: str) -> str:
    """The e-mail address of one of the suite's own people."""
    return f"{username}@{DOMAIN}"


def is_ours(account: Account) -> bool:
    return account.username in POOL and account.email.endswith(f"@{DOMAIN}")


def marked_category(courses: Courses, known: int | None = None, mark: str = CATEGORY) -> int:
    """Id of the category that marks a site as one where tests may write; `known` where the environment says it.

    `mark` is its ID number: that of the smoke test has to be hidden. Its description must name the site's own address,
    because a copy of a database brings the category along. Raises ConfigurationError without the mark.
    """
    here = courses.site.base_url
    unmarked = f"{here} is not marked {'for the smoke test' if mark == SMOKE else 'as a test site'}"
    category = courses.category(mark) if known is None else known
    if category is None:
        hidden = "hide it, and give it" if mark == SMOKE else "with"
        raise ConfigurationError(
            f"{unmarked}: there is no course category with the ID number {mark}. If tests may write there, create one "
            f"under Site administration > Courses, {hidden} the description: {here}"
        )
    try:
        idnumber, description = courses.category_settings(category)
    except SiteError as error:
        raise ConfigurationError(f"{error} Correct category_id in the environment file, or leave it out.") from error
    if idnumber != mark:
        raise ConfigurationError(
            f"{unmarked}: its course category {category} has the ID number {idnumber or '(none)'}, not {mark}. Correct "
            "category_id in the environment file: the address of the category's page tells it."
        )
    named = {address.rstrip("/.,;") for address in ADDRESS.findall(description)}
    if here not in named:
        seen = f"names {', '.join(sorted(named))}" if named else "names no address"
        raise ConfigurationError(
            f"{unmarked}: the description of its course category {mark} {seen}, so it may have come along with a copy "
            f"of another site. If tests may write here, write {here} into that description."
        )
    if mark == SMOKE and not courses.is_hidden(category):
        raise ConfigurationError(
            f"{unmarked}: everybody can see its course category {mark}. Hide it under Site administration > Courses > "
            "Manage courses and categories."
        )
    return category
