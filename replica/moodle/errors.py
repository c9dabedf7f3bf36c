"""How a page ends before it is done: a redirect, or an error."""


class Moved(Exception):
    """Ends a page with a redirect, as PHP's redirect() does."""

    def __init__(self, url: str) -> None:
        self.url = url


class UnderMaintenance(Exception):
    """Ends a page of who is no administrator, as PHP's print_maintenance_message() does: HTTP 503."""


class MoodleError(Exception):
    """Ends a page with Moodle's error page (HTTP 404), or its JSON for an ajax script (HTTP 200)."""

    def __init__(self, message: str, code: str, link: str = "/my/") -> None:
        super().__init__(message)
        self.message, self.code, self.link = message, code, link


def access_denied() -> MoodleError:
    """The error of an administrator's page that the plugin has put into the menu."""
    return MoodleError("Access denied", "accessdenied")


def section_error() -> MoodleError:
    """The error of a page of settings that is not there, or not for this person."""
    return MoodleError("Section error!", "sectionerror")


def not_permitted() -> MoodleError:
    """What an assignment says to who may not submit or grade: Moodle has no words for that."""
    return MoodleError("error/nopermission", "nopermission")


def no_permission(action: str) -> MoodleError:
    """The error a person sees who may not do something; `action` is a few words such as "Grade assignment"."""
    return MoodleError(f"Sorry, but you do not currently have permissions to do that ({action}).", "nopermissions")
