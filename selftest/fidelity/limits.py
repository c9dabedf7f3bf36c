"""What is said to who has come to a limit; how long it lasts is not waited for, the label of the setting says it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from checks.rate_limits import MOST_ASKED
from clients.errors import SiteError
from clients.moodle.client import MoodleClient
from clients.plugin.administration import plugin_settings
from clients.plugin.api import Video, playback_url
from selftest.fidelity.asked import Asked


def limits(asked: Asked, video: Video) -> None:
    """Raises SiteError for a limit that would be load."""
    settings, book = plugin_settings(asked.admin), asked.book
    uploads, playbacks = int(settings["upload_rate_limit"]), int(settings["playback_rate_limit"])
    if max(uploads, playbacks) > MOST_ASKED:
        raise SiteError(
            f"A limit of this site is over {MOST_ASKED} (uploads {uploads}, playback {playbacks}): to come to it would "
            f"be load. Set the plugin's limits to {MOST_ASKED} or less, and run again."
        )
    assignment = asked.another_assignment()
    answers = [asked.request_upload(asked.owner, assignment.id) for _ in range(uploads + 1)]
    book.note("upload URL, over the limit", "more than the limit", sum(one.succeeded for one in answers) - uploads)
    book.script("upload URL, over the limit", answers[-1])
    with _somebody_new(asked) as site:
        answers = [playback_url(site, video) for _ in range(playbacks + 1)]
    within = [one for one in answers if one.message == answers[0].message]
    book.note("playback URL, over the limit", "more than the limit", len(within) - playbacks)
    book.script("playback URL, over the limit", answers[-1])


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
