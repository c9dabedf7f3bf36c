"""People for tests. Deleted users stay in Moodle as rows, so nobody is deleted: a run borrows people from a pool
(`s3va-01` …) and gives them back suspended. Where the environment gives accounts, those play the parts."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from faker import Faker

from runner.environment import Environment
from runner.journal import Journal
from runner.ours import DOMAIN, is_ours
from services.errors import ConfigurationError, SiteError
from services.moodle.accounts import Accounts
from services.moodle.model import Account, Person


class PeoplePool:
    """Lends people to one worker of a run; `known` are those accounts of the pool that the site had when it began."""

    def __init__(
        self,
        environment: Environment,
        accounts: Accounts,
        journal: Journal,
        known: Sequence[Account],
        pool: tuple[str, ...],
        mark: str,
    ) -> None:
        """`mark` ends every name, so that a row of a list can be known as the run's."""
        self._environment = environment
        self._accounts = accounts
        self._journal = journal
        self._known = known
        self._pool = pool
        self._mark = mark
        self._faker = Faker()

    @property
    def is_given(self) -> bool:
        """Whether the environment gives the people."""
        return self._environment.accounts.given is not None

    def person(self, part: str) -> Person:
        """Somebody to play a part; `part` as in `[accounts.given]`."""
        return self._given(part) if self.is_given else self._lent()

    def _lent(self) -> Person:
        claimed = self._claim()
        first, last = self._faker.first_name(), f"{self._faker.last_name()} {self._mark}"
        if isinstance(claimed, Account):
            return self._accounts.change(claimed, first, last, new_password(), suspended=False)
        return self._accounts.create(claimed, f"{claimed}@{DOMAIN}", first, last, new_password())

    def _claim(self) -> Account | str:
        """An idle account of the pool, else a user name that is still free; no other worker gets the same."""
        with self._journal.lock():
            taken = {entry["username"] for entry in self._journal.entries("account")}
            known = {account.username for account in self._known}
            idle = [account for account in self._known if is_ours(account, self._pool) and account.suspended]
            idle = [account for account in idle if account.username not in taken]
            free = [username for username in self._pool if username not in taken | known]
            if not idle and not free:
                raise SiteError(f"All {len(self._pool)} test people are in use on {self._environment.base_url}.")
            claimed = idle[0] if idle else free[0]
            self._journal.record("account", username=claimed.username if isinstance(claimed, Account) else claimed)
        return claimed

    def _given(self, part: str) -> Person:
        file = self._environment.file
        given = getattr(self._environment.accounts.given, part)
        if given is None:
            raise ConfigurationError(
                f"{file}: the tests need a {part.replace('_', ' ')}. Add {part} to [accounts.given]."
            )
        for account in self._accounts.find([given.username.lower()]):
            return Person(**vars(account), password=given.password.get_secret_value())
        raise ConfigurationError(
            f"{file}: accounts.given.{part}: {self._environment.base_url} has no account "
            f"{given.username}. Create it there, or correct the name."
        )


def new_password() -> str:
    """Random, and within every password policy that Moodle can be told to keep."""
    return f"{secrets.token_urlsafe(18)}-aA1"
