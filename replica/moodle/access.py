"""Who may do what: site administrator, manager of a category, and the active enrolments of a course."""

from replica.moodle.records import EDITING_TEACHER, MANAGER, STUDENT, TEACHER, Course, User
from replica.moodle.state import State


def _active_roles(state: State, user: User, course: Course) -> set[int]:
    enrolment = state.enrolment(course.id, user.id)
    return set() if enrolment is None or enrolment.status or user.suspended else enrolment.roles


def may_manage(state: State, user: User, course: Course) -> bool:
    """Change the course itself: admin, manager of its category or one above."""
    if user.admin:
        return True
    category = state.categories.get(course.category)
    while category is not None:
        if user.id in category.managers:
            return True
        category = state.categories.get(category.parent)
    return MANAGER in _active_roles(state, user, course)


def may_edit(state: State, user: User, course: Course) -> bool:
    """Change the course's content and people: those who manage it, and its editing teachers."""
    return may_manage(state, user, course) or EDITING_TEACHER in _active_roles(state, user, course)


def may_grade(state: State, user: User, course: Course) -> bool:
    """See and grade everybody's submissions."""
    return may_edit(state, user, course) or TEACHER in _active_roles(state, user, course)


def apart(state: State, user: User, course: Course, student: int) -> bool:
    """Whether separate groups keep a teacher from a student: whoever may edit the course is of all groups."""
    mine, theirs = state.group_of(course.id, user.id), state.group_of(course.id, student)
    return not may_edit(state, user, course) and (mine is None or mine is not theirs)


def grades_by_role(state: State, user: User, course: Course) -> bool:
    """Whether somebody grades as a participant, and not only because an administrator may everything."""
    return bool(_active_roles(state, user, course) & {MANAGER, EDITING_TEACHER, TEACHER})


def has_taught(state: State, user: User, course: Course) -> bool:
    """Whether somebody is enrolled to teach there, and be it with a suspended enrolment."""
    enrolment = state.enrolment(course.id, user.id)
    return enrolment is not None and bool(enrolment.roles & {EDITING_TEACHER, TEACHER})


def may_submit(state: State, user: User, course: Course) -> bool:
    """Hand in own work: active students, and the administrator, who may everything."""
    return user.admin or STUDENT in _active_roles(state, user, course)


def may_enter(state: State, user: User, course: Course) -> bool:
    """See the course at all; a hidden one only with teaching rights."""
    if may_grade(state, user, course):
        return True
    enrolment = state.enrolment(course.id, user.id)
    return enrolment is not None and enrolment.status == 0 and course.visible
