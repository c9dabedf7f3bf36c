"""What differs between the versions of Moodle, so that no page object asks for a version."""

import re

VIEW_SUBMISSIONS = re.compile(r"^\s*(View all submissions|Submissions)\s*$")
"""The teacher's link to the grading table: "View all submissions" up to 4.4, "Submissions" from 4.5."""

MENU_TOGGLE = "[data-toggle=dropdown], [data-bs-toggle=dropdown]"
"""What opens a menu: Bootstrap 4 up to Moodle 4.5, Bootstrap 5 from 5.0."""
