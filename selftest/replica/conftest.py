"""One replica for all these tests of a process, and a course on it: starting costs seconds."""

from collections.abc import Iterator
from typing import Any

import pytest

from selftest.replica.running import Running, client_of, end, start, switch
from selftest.replica.visitors import Classroom, Visitor, enrol, hand_in, new_course, new_person, the, user_id, visitor


@pytest.fixture(scope="session")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start(tmp_path_factory.mktemp("replica") / "state")
    yield running
    end(running)


@pytest.fixture(scope="session")
def admin(replica: Running) -> Visitor:
    return visitor(replica).log_in(**replica.ready["accounts"]["admin"])


@pytest.fixture(scope="session")
def classroom(replica: Running, admin: Visitor) -> Classroom:
    course = new_course(admin, "Selftest").url.rpartition("=")[2]
    owner, other, teacher, stranger = (new_person(admin, name) for name in ("owner", "other", "teacher", "stranger"))
    for person, role in ((owner, 5), (other, 5), (teacher, 3)):
        enrol(admin, course, user_id(person), role)
    answer = admin.post(
        f"/course/modedit.php?add=assign&course={course}&section=0", _qf__mod_assign_mod_form=1, name="Film",
        assignsubmission_s3video_enabled=1, submissiondrafts=0, visible=1,
    )  # fmt: skip
    cmid = answer.url.rpartition("=")[2]
    widget = the(owner.page("/mod/assign/view.php", id=cmid, action="editsubmission"), "[data-assignment-id]")
    assignment = str(widget["data-assignment-id"])
    video = hand_in(replica, owner, cmid, assignment)
    return Classroom(course, cmid, assignment, owner, other, teacher, stranger, video)


@pytest.fixture(scope="session")
def bucket(replica: Running) -> Any:
    client = client_of(replica)
    yield client
    client.close()


@pytest.fixture
def profiles_off_again(replica: Running) -> Iterator[None]:
    yield
    assert switch(replica).json() == {}
