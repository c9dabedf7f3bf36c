"""All that a site is asked, in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from secrets import token_hex

from clients.plugin.administration import release
from runner.configuration.environment import Environment
from runner.reservation.reservation import SiteReservation
from runner.reservation.workspace import Workspace
from selftest.fidelity import administration, forms, limits, scripts, videos
from selftest.fidelity.asked import Asked
from selftest.fidelity.facts import Facts


def ask(environment: Environment, done: Callable[[str], None]) -> tuple[str, Facts]:
    """Moodle's release and the facts of a site where tests may write; `done` is told what is over.

    Raises Locked, ConfigurationError, SiteError, Unreachable.
    """
    reservation, state = SiteReservation.open(environment, f"{datetime.now(UTC):%m%d%H%M}{token_hex(2)}")
    try:
        facts = _ask_all(Asked.begin(environment, Workspace(environment, state, "main")), done)
        return release(reservation.site), facts
    finally:
        for problem in reservation.close().problems:
            done(f"clean-up: {problem}")


def _ask_all(asked: Asked, done: Callable[[str], None]) -> Facts:
    for part in (forms.settings, forms.assignment_settings, forms.before, scripts.upload_urls, scripts.confirmations):
        part(asked)
        done(part.__name__.replace("_", " "))
    video = scripts.submit(asked)
    forms.after(asked)
    done("handed in")
    for look in (videos.grading, videos.watching, administration.list_of_videos):
        look(asked, video)
        done(look.__name__.replace("_", " "))
    for part in (administration.dashboard, administration.for_administrators, administration.moodle):
        part(asked)
        done(part.__name__.replace("_", " "))
    limits.limits(asked, video)
    done("limits")
    return asked.book.facts
