"""What is said to who has come to a limit; how long it lasts is not waited for, the label of the setting says it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from checks.rate_limits import MOST_ASKED
from clients.errors import SiteError
from clients.moodle.client import MoodleClient
from clients.plugin.administration import plugin_settings
from clients.plugin.api import Video, playback_url
from redaction.secrets import Secrets
from runner.reservation.settings_guard import SettingsGuard
from selftest.fidelity.asked import Asked


def limits(asked: Asked, video: Video) -> None:
    book = asked.book
    assignment = asked.another_assignment()
    with _within_reach(asked, "upload_rate_limit") as uploads:
        answers = [asked.request_upload(asked.owner, assignment.id) for _ in range(uploads + 1)]
    book.note("upload URL, over the limit", "more than the limit", sum(one.succeeded for one in answers) - uploads)
    book.script("upload URL, over the limit", answers[-1])
    with _within_reach(asked, "playback_rate_limit") as playbacks, _somebody_new(asked) as site:
        answers = [playback_url(site, video) for _ in range(playbacks + 1)]
    within = [one for one in answers if one.message == answers[0].message]
    book.note("playback URL, over the limit", "more than the limit", len(within) - playbacks)
    book.script("playback URL, over the limit", answers[-1])


@contextmanager
def _within_reach(asked: Asked, name: str) -> Iterator[int]:
    """The limit that the setting `name` holds; one over MOST_ASKED, to come to which would be load, is that low
    meanwhile. Raises NotCheckable where nobody can change it."""
    limit = min(int(plugin_settings(asked.admin)[name]), MOST_ASKED)
    with TemporaryDirectory() as folder:
        guard = SettingsGuard(asked.workspace, Secrets(Path(folder) / "secrets"))
        with guard.number(name, limit):
            yield limit


@contextmanager
def _somebody_new(asked: Asked) -> Iterator[MoodleClient]:
    """Somebody whose account goes afterwards: whoever has come to the limit of playback is kept out for a while."""
    person = asked.workspace.disposable_user(asked.first.course)
    yield asked.logged_in(person)
    step, path, admin = f"Deleting the account {person.username}", "/admin/user.php", asked.admin
    page = admin.open(step, path, delete=person.id, sesskey=admin.sesskey)
    form = page.select_one("form:has([name=confirm])")
    if form is None:
        raise SiteError(f"{step} failed at {admin.where}: no question comes.")
    admin.send(step, path, {str(field["name"]): str(field.get("value", "")) for field in form.select("input[name]")})
