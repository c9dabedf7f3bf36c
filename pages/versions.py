"""What differs between the versions of Moodle, so that no page object asks for a version."""

MENU_TOGGLE = "[data-toggle=dropdown], [data-bs-toggle=dropdown]"
"""What opens a menu: Bootstrap 4 up to Moodle 4.5, Bootstrap 5 from 5.0."""
