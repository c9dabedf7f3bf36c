"""An administrator's session on a site where tests may write."""

from __future__ import annotations

from clients.errors import ConfigurationError, LoginRefused
from clients.moodle.accounts import Accounts
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.plugin.administration import concurrent_logins
from runner.configuration.connect import new_bucket, new_site, share_sessions
from runner.configuration.environment import Environment
from runner.configuration.naming import POOL, marked_category
from runner.reservation.clean_up import Cleaner

SESSIONS_OF_A_RUN = 10
"""How many an account may have at a time, in browsers and over HTTP, where one process runs the tests."""


class Administrator:
    """Logged in, with what an administrator does at hand. Raises ConfigurationError unless the site bears the mark."""

    def __init__(self, environment: Environment) -> None:
        if not (environment.test_site or environment.smoke):
            raise ConfigurationError(
                f"{environment.name} is not marked as a test site, so nothing may be changed there. "
                "Set test_site = true in its environment file if tests may write to that site, or smoke = true for the "
                "smoke test of step 3.7 alone."
            )
        self.environment = environment
        self.bucket = new_bucket(environment)
        self.courses = Courses(self.new_site())
        self.has_one_session = 0 < concurrent_logins(self.site) < SESSIONS_OF_A_RUN
        """The site allows an account so few sessions that everybody has one, which this process shares."""
        if self.has_one_session:
            share_sessions(environment, self.site)
        self.accounts = Accounts(self.site, self.courses)
        self.category = marked_category(self.courses, environment.category_id, environment.mark)
        """Id of the suite's course category."""

    @property
    def site(self) -> MoodleClient:
        return self.courses.site

    def new_site(self) -> MoodleClient:
        """Another session of the same person. Raises ConfigurationError when the site refuses the account."""
        site, admin = new_site(self.environment), self.environment.accounts.admin
        site.session.sender = "the administrator"
        try:
            site.login(admin.username, admin.password.get_secret_value())
        except LoginRefused as refused:
            raise ConfigurationError(f"{refused} ({self.environment.file}: accounts.admin)") from refused
        return site

    def cleaner(self) -> Cleaner:
        pool = POOL if self.environment.test_site else ()
        return Cleaner(self.courses, self.accounts, self.bucket, self.category, self._try_to_log_in, pool)

    def _try_to_log_in(self, username: str, password: str) -> None:
        new_site(self.environment).login(username, password)
