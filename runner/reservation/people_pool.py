"""People for tests. Deleted users stay in Moodle as rows, so nobody is deleted: a run borrows people from a pool
(`s3va-01` …) and gives them back suspended. Where the environment gives accounts, those play the parts.

Each worker has people of its own. A test gives its people back, and who has been in a course does not come there again.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import islice

from clients.errors import ConfigurationError, LoginRefused, NotCheckable
from clients.moodle.accounts import Accounts
from clients.moodle.client import MoodleClient
from clients.moodle.first_login import log_in_first
from clients.moodle.model import Account, Course, Person
from clients.s3 import Bucket
from clients.words import some
from runner.configuration.environment import Environment
from runner.configuration.naming import BORROWED, DISPOSABLE_USER, address_of, is_ours

PER_WORKER = 12
"""People in use at a time; the test that needs most, the table of who may what, takes eight."""

ENOUGH = 7
"""Students who were never in a course, for the next test to be there."""


def prepare(
    accounts: Accounts, bucket: Bucket, workers: int, new_site: Callable[[], MoodleClient], more: int = 0
) -> tuple[list[Account], list[str]]:
    """The people of a run with so many workers, and so many `more`, created where the site has too few of them,
    suspended for now; and the folders on S3 that hold what is not this run's, whose people are left out.

    One of them is let in as they all will be. Raises ConfigurationError where that fails, or too few are left.
    """
    wanted, people, taken = workers * PER_WORKER + more, list[Account](), list[str]()
    names = iter(BORROWED)
    while len(people) < wanted and (batch := tuple(islice(names, wanted - len(people)))):
        for account in _there(accounts, batch):
            prefix = f"videos/{account.id}/"
            if bucket.first(prefix):
                taken.append(prefix)
            else:
                people.append(account)
    if len(people) < wanted:
        raise ConfigurationError(
            f"The bucket {bucket.name} is shared: it holds objects under {some(taken)}. That leaves {len(people)} "
            f"people for a run that takes {wanted}. Give this site a bucket of its own; if dead runs left the objects, "
            "pytest --restore on their machine removes them."
        )
    try:
        let_in(people[0], accounts, new_site, "Idle", "S3 Video acceptance")
    except LoginRefused as refusal:
        raise ConfigurationError(f"People whom the suite creates cannot work here: {refusal}") from refusal
    return people, taken


def _there(accounts: Accounts, usernames: Sequence[str]) -> list[Account]:
    """The suite's own people of these names, created where the site has none."""
    known = {account.username for account in accounts.find(usernames)}
    for username in usernames:
        if username not in known:
            _create(accounts, username)
    return [account for account in accounts.find(usernames) if is_ours(account)]


def disposable_user(accounts: Accounts, bucket: Bucket, mark: str, new_site: Callable[[], MoodleClient]) -> Person:
    """Somebody to be deleted, created unless a run that died has left them; `mark` ends their name.

    Raises NotCheckable where somebody else has that user name, or S3 already holds something under their id.
    """
    account = _ours(accounts, DISPOSABLE_USER)
    if bucket.keys(prefix := f"videos/{account.id}/"):
        raise NotCheckable(f"the bucket holds objects under {prefix} that are not this run's; look whose they are")
    return _named(account, accounts, mark, new_site)


def set_apart(username: str, accounts: Accounts, mark: str, new_site: Callable[[], MoodleClient]) -> Person:
    """Somebody of the suite's own whom no test borrows, created unless there is one; `mark` ends their name.

    Raises NotCheckable where somebody else has that user name.
    """
    return _named(_ours(accounts, username), accounts, mark, new_site)


def _ours(accounts: Accounts, username: str) -> Account:
    if not accounts.find([username]):
        _create(accounts, username)
    (account,) = accounts.find([username])
    if not is_ours(account):
        raise NotCheckable(f"{username} is an account that the suite did not create, and must not change; rename it")
    return account


def _named(account: Account, accounts: Accounts, mark: str, new_site: Callable[[], MoodleClient]) -> Person:
    from faker import Faker  # takes long, and only a run needs names

    faker = Faker()
    return let_in(account, accounts, new_site, faker.first_name(), f"{faker.last_name()} {mark}")


def let_in(account: Account, accounts: Accounts, new_site: Callable[[], MoodleClient], first: str, last: str) -> Person:
    """Renames somebody of the suite's own, gives them a password, and gets past what the site asks of them at first."""
    person = accounts.change(account, first, last, new_password(), suspended=False)
    log_in_first(new_site(), person.username, person.password)
    return person


def _create(accounts: Accounts, username: str) -> None:
    person = accounts.create(username, address_of(username), "Idle", "S3 Video acceptance", new_password())
    accounts.stop_mail(person)
    accounts.change(person, "Idle", "S3 Video acceptance", new_password(), suspended=True)


class PeoplePool:
    """Lends people to the tests of one worker, the one longest idle first.

    `people` are those who may play a role ("student", "teacher", "manager"); `ready` lets one of them in.
    """

    def __init__(self, people: Mapping[str, Sequence[Account]], ready: Callable[[Account], Person]) -> None:
        self._idle = {role: list(ones) for role, ones in people.items()}
        self._ready = ready
        self._in_use: dict[int, Person] = {}
        self._been: dict[int, set[int]] = defaultdict(set)

    def acquire(self, role: str, course: Course | None = None) -> Person:
        """Somebody who was never in `course`. Raises NotCheckable when nobody is left."""
        there = self._been[course.id] if course is not None else set()
        for account in self._idle[role]:
            if account.id not in self._in_use and account.id not in there:
                break
        else:
            raise NotCheckable(f"it takes one more {role} than this run has; give more of them in [accounts.given]")
        person = self._in_use[account.id] = self._ready(account)
        there.add(account.id)
        return person

    def is_in_use(self, person: Person) -> bool:
        return person.id in self._in_use

    def release(self, person: Person) -> None:
        del self._in_use[person.id]
        for idle in self._idle.values():
            idle.sort(key=lambda account: account.id == person.id)

    def has_enough_for(self, course: Course) -> bool:
        """Whether the next test can be in that course: enough students are left who were never there."""
        students = self._idle["student"]
        return len([one for one in students if one.id not in self._been[course.id]]) >= min(ENOUGH, len(students))


def borrowed(
    people: Sequence[Account], accounts: Accounts, mark: str, new_site: Callable[[], MoodleClient]
) -> PeoplePool:
    """People of the suite's own. Who is lent gets a name, which ends with `mark` so that a row in a list can be known
    as the run's, and a password, and is let in, once in a run."""
    from faker import Faker

    faker = Faker()

    @cache
    def ready(account: Account) -> Person:
        return let_in(account, accounts, new_site, faker.first_name(), f"{faker.last_name()} {mark}")

    return PeoplePool(dict.fromkeys(("student", "teacher", "manager"), people), ready)


def given(people: Mapping[str, Sequence[Person]]) -> PeoplePool:
    """People whom the environment gives."""
    by_id = {person.id: person for ones in people.values() for person in ones}
    return PeoplePool(people, lambda account: by_id[account.id])


def share_given(people: Mapping[str, Sequence[Person]], workers: int, number: int) -> dict[str, list[Person]]:
    """The people of one of so many workers. Raises ConfigurationError where there are fewer than workers."""
    for role in ("student", "teacher"):
        if len(people[role]) < workers:
            raise ConfigurationError(
                f"{workers} workers need {workers} people for each part, and [accounts.given] has {len(people[role])} "
                f"for {role}. Add some there, or run with fewer workers (-n)."
            )
    return {role: list(ones[number::workers]) for role, ones in people.items()}


def find_given(environment: Environment, accounts: Accounts) -> dict[str, list[Person]]:
    """The environment's given accounts by role, as the site knows them. Raises ConfigurationError for one it lacks."""
    assert environment.accounts.given is not None
    found: dict[str, list[Person]] = {"student": [], "teacher": [], "manager": []}
    for part, one in environment.accounts.given.people():
        known = accounts.find([one.username.lower()])
        if not known:
            raise ConfigurationError(
                f"{environment.file}: accounts.given.{part}: {environment.base_url} has no account {one.username}. "
                "Create it there, or correct the name."
            )
        person = Person(**vars(known[0]), password=one.password.get_secret_value())
        found[part.rpartition("_")[2]].append(person)
    return found


def new_password() -> str:
    """Random, and within every password policy that Moodle can be told to keep."""
    return f"{secrets.token_urlsafe(18)}-aA1"
