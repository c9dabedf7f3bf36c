"""What differs between the versions of Moodle, so that no page object asks for a version.

Each of these fits all of them; `replica/versions.py` says where in Moodle's sources the difference was read, and has it
on its pages. Of what is not here, the hooks that the page objects use are the same from 4.1 to 5.1.
"""

ALL_SUBMISSIONS = "a[href*='action=grading']"
"""The teacher's way to the grading table: a button "View all submissions" up to 4.4, a tab "Submissions" from 4.5."""

MENU_TOGGLE = "[data-toggle=dropdown], [data-bs-toggle=dropdown]"
"""What opens a menu: Bootstrap 4 up to Moodle 4.5, Bootstrap 5 from 5.0."""

PASSWORD_TOGGLE = "core/togglesensitive"
"""The script that renders the password field anew, where the log-in page names it: not in 4.1."""

LOGIN_REFUSED = "#loginerrormessage, .loginerrors, [role=alert].alert-danger"
"""Why a log-in was refused: up to 4.5 an alert beside a hidden element with the id, from 5.0 the alert has the id."""
