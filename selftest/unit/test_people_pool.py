"""Twelve people are enough for a worker, whatever the targets and the tests."""

import random
from collections.abc import Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clients.errors import ConfigurationError, NotCheckable
from clients.moodle.model import Account, Course, Person
from runner.configuration.naming import DISPOSABLE_USER, DOMAIN, POOL
from runner.reservation.people_pool import ENOUGH, PER_WORKER, PeoplePool, disposable_user, prepare, share_given

COURSES = count(1)


def accounts(names: Sequence[str]) -> list[Account]:
    return [Account(id=number, username=name) for number, name in enumerate(names, 2)]


def pool_of(people: Sequence[Account]) -> PeoplePool:
    roles = dict.fromkeys(("student", "teacher", "manager"), people)
    return PeoplePool(roles, lambda account: Person(id=account.id, username=account.username, password="secret"))


def a_course() -> Course:
    number = next(COURSES)
    return Course(number, f"Course {number}", f"course-{number}")


def test_seven_targets_and_four_workers_never_run_out_of_people() -> None:
    chance = random.Random(7)
    everybody = accounts(POOL[: 4 * PER_WORKER])
    for worker in range(4):
        pool = pool_of(everybody[worker::4])
        course = a_course()
        been: dict[int, set[int]] = {}
        for _ in range(7 * 20):
            if not pool.has_enough_for(course):
                course = a_course()
            there, elsewhere = chance.randint(1, ENOUGH - 1), a_course()
            acquired = [pool.acquire("student", course) for _ in range(there)]
            acquired.append(pool.acquire("teacher", course))
            acquired += [pool.acquire("student", elsewhere), pool.acquire("manager")]
            here = {person.id for person in acquired[: there + 1]}
            assert len({person.id for person in acquired}) == there + 3
            assert not been.setdefault(course.id, set()) & here, "expected nobody in a course who was there before"
            been[course.id] |= here
            for person in acquired:
                pool.release(person)


def test_a_thirteenth_person_is_not_to_be_had() -> None:
    pool = pool_of(accounts(POOL[:PER_WORKER]))
    for _ in range(PER_WORKER):
        pool.acquire("student")
    with pytest.raises(NotCheckable, match="one more student than this run has"):
        pool.acquire("student")


def test_the_one_longest_idle_goes_first() -> None:
    pool = pool_of(accounts(POOL[:3]))
    for _ in range(2):
        order = []
        for _ in range(3):
            order.append((person := pool.acquire("student")).username)
            pool.release(person)
        assert order == list(POOL[:3])


def test_given_people_are_shared_out_and_too_few_are_told() -> None:
    people = {
        role: [Person(id=number, username=f"{role}{number}", password="secret") for number in range(many)]
        for role, many in (("student", 5), ("teacher", 2), ("manager", 1))
    }
    mine = [share_given(people, 2, number) for number in range(2)]
    assert [len(one["student"]) for one in mine] == [3, 2]
    assert [len(one["manager"]) for one in mine] == [1, 0]
    with pytest.raises(ConfigurationError, match=r"3 workers need 3 people .* has 2 for teacher"):
        share_given(people, 3, 0)


@pytest.mark.parametrize(
    ("email", "stored", "told"),
    [
        ("somebody@example.edu", [], "is an account that the suite did not create, and must not change"),
        (f"{DISPOSABLE_USER}@{DOMAIN}", ["videos/9/1_a/clip.mp4"], "objects under videos/9/ that are not this run's"),
    ],
)
def test_nobody_elses_account_and_videos_are_deleted(email: str, stored: list[str], told: str) -> None:
    """Neither is the account touched: it has nothing but what is asked here."""
    somebody = Account(id=9, username=DISPOSABLE_USER, email=email)
    site, bucket = SimpleNamespace(find=lambda _: [somebody]), SimpleNamespace(keys=lambda _: stored)
    with pytest.raises(NotCheckable, match=told):
        disposable_user(cast(Any, site), cast(Any, bucket), "run", cast(Any, None))


class Store:
    """A bucket that holds something in some folders."""

    name = "shared"

    def __init__(self, *taken: str) -> None:
        self.taken = taken

    def first(self, prefix: str) -> str:
        return f"{prefix}copy.mp4" if prefix in self.taken else ""


class Known:
    """A site that has all of the pool, the first with the id 1."""

    def find(self, names: Sequence[str]) -> list[Account]:
        return [Account(id=POOL.index(name) + 1, username=name, email=f"{name}@{DOMAIN}") for name in names]


@pytest.fixture
def let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.reservation.people_pool.let_in", lambda *_: None)


@pytest.mark.usefixtures("let_in")
def test_whose_folder_is_taken_is_left_out_and_another_comes_in() -> None:
    store = cast(Any, Store("videos/2/", "videos/13/"))
    people, taken = prepare(cast(Any, Known()), store, 1, cast(Any, None))
    assert taken == ["videos/2/", "videos/13/"]
    assert [person.id for person in people] == [1, *range(3, 13), 14]


@pytest.mark.usefixtures("let_in")
def test_a_bucket_in_which_everybody_s_folder_is_taken_is_shared() -> None:
    store = cast(Any, Store(*(f"videos/{number}/" for number in range(1, 300))))
    with pytest.raises(
        ConfigurationError, match=r"is shared: it holds objects under videos/1/, .* and \d+ more\. That leaves 0 people"
    ):
        prepare(cast(Any, Known()), store, 1, cast(Any, None))
