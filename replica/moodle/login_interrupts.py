"""What a person meets between log-in and the page that was asked for.

Order and exemptions are those of require_login() and user_not_fully_set_up() in Moodle's lib/moodlelib.php.
"""

from replica.moodle.records import User
from replica.moodle.session import Session
from replica.site_profiles import SiteProfiles

PROFILE = "/user/edit.php"
SECOND_FACTOR = "/admin/tool/mfa/auth.php"
POLICIES = {"tool": "/admin/tool/policy/index.php", "core": "/user/policy.php"}


def first(profiles: SiteProfiles, session: Session, user: User) -> str:
    """The address somebody must go to first, or nothing."""
    if profiles.profile and not user.staffid:
        return f"{PROFILE}?id={user.id}&course=1"
    if profiles.mfa and not session.mfa_passed:
        return SECOND_FACTOR
    if profiles.policy and not user.admin and not user.preferences.get("policyagreed"):
        return POLICIES[profiles.policy]
    return ""
