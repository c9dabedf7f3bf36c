"""What a person meets between log-in and the page that was asked for.

Order and exemptions are those of require_login() and user_not_fully_set_up() in Moodle's lib/moodlelib.php.
"""

from replica.habits import Habits
from replica.moodle.records import User
from replica.moodle.session import Session

PROFILE = "/user/edit.php"
SECOND_FACTOR = "/admin/tool/mfa/auth.php"
POLICIES = {"tool": "/admin/tool/policy/index.php", "core": "/user/policy.php"}


def first(habits: Habits, session: Session, user: User) -> str:
    """The address somebody must go to first, or nothing."""
    if habits.profile and not user.staffid:
        return f"{PROFILE}?id={user.id}&course=1"
    if habits.mfa and not session.mfa_passed:
        return SECOND_FACTOR
    if habits.policy and not user.admin and not user.preferences.get("policyagreed"):
        return POLICIES[habits.policy]
    return ""
