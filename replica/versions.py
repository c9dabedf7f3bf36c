"""In what the versions of Moodle differ, as far as the replica's pages show it. This is the one place; no page asks.

`templates/` speaks as 4.5. What another version draws in another way is a page, or a part of one, in a folder of that
version's name (`templates/4.1/grading.html`) or of the version that it names in `drawn_as`. What it only spells in
another way stands in its `spelling`, and what it does in another way is a field of `Moodle`. Pages of the plugin are
its own in all versions.

Read in the sources of 4.1.1+ (20230303), 4.4.2+ (20240823), 4.5.6 (20250811), 5.0.6+ (20260403) and 5.1+ (20251205),
which has its files below `public/`, its addresses as before. Of 5.1 these were read: version.php, mod/assign/index.php,
mod/assign/templates/*actionmenu.mustache, grading_sticky_footer.mustache, lib/templates/loginform.mustache and
notification_base.mustache; for the rest of it 5.0.6+ stands. What is listed here was then found on running sites of
4.1.1, 4.1.11, 4.4.2 and 5.0.6.

| drawn in another way | the last version that draws so | where it was read |
|---|---|---|
| assign_actions.html: "View all submissions" | 4.4 | mod/assign/templates/submission_actionmenu.mustache |
| assign_navigation.html: no "Submissions" | 4.4 | mod/assign/lib.php, assign_extend_settings_navigation() |
| grading.html: Grade button, menu "Edit" | 4.4 | mod/assign/gradingtable.php, col_grade() and col_userid() |
| grading.html: form of options | 4.4 | mod/assign/gradingoptionsform.php |
| grading.html: no id, pages above and below | 4.4 | mod/assign/renderer.php, lib/tablelib.php |
| admin_task_output.html: no class, not after the footer | 4.1 | admin/tool/task/schedule_task.php, of 4.1.11 |
| login_error.html: two elements, one hidden | 4.5 | lib/templates/loginform.mustache |
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

TEMPLATES = Path(__file__).parent / "templates"

THE_PLUGINS = frozenset({"dashboard.html", "videomanagement.html", "view_video.html"})
"""Templates of the plugin, whose words for Bootstrap are those of 1.0.0 on any Moodle."""

Spelling = tuple[tuple[str, str], ...]
"""Regular expressions of what stands in `templates/`, and what a version writes instead."""

BOOTSTRAP_4: Spelling = (
    (r"(?<![\w-])([mp])s-(?=\d|auto|sm)", r"\1l-"),
    (r"(?<![\w-])([mp])e-(?=\d|auto|sm)", r"\1r-"),
    (r"(?<![\w-])float-start(?![\w-])", "float-left"),
    (r"(?<![\w-])float-end(?![\w-])", "float-right"),
    (r"(?<![\w-])text-sm-end(?![\w-])", "text-sm-right"),
    (r"(?<![\w-])btn-close(?![\w-])", "close"),
    (r"(?<![\w-])mb-3 row fitem(?![\w-])", "form-group row fitem"),
)
"""Up to 4.4. 4.5 has Bootstrap 4 too, with these few names of Bootstrap 5, and those of `templates/`."""

BOOTSTRAP_5: Spelling = (
    (r"(?<![\w-])data-(toggle|dismiss)(?![\w-])", r"data-bs-\1"),
    (r"(?<![\w-])sr-only(?=-focusable|(?![\w-]))", "visually-hidden"),
    (r"(?<![\w-])custom-select(?![\w-])", "form-select"),
    (r"(?<![\w-])form-description mt-3(?![\w-])", "form-text mt-2"),
    (r"(?<![\w-])navbar-light bg-white(?![\w-])", "bg-body"),
    (r"(?<![\w-])generaltable table-bordered(?![\w-])", "generaltable table table-striped table-bordered table-hover"),
)
"""From 5.0."""


@dataclass(frozen=True)
class Moodle:
    """A version: its `release` and `number` (version.php), how it spells, and what it does."""

    name: str
    release: str
    number: str
    spelling: Spelling = ()
    toggles_password: bool = True
    """The log-in page draws its password field again, with a toggle: lib/amd/src/togglesensitive.js, not in 4.1."""
    names_person: bool = True
    """M.cfg has `userId` and `siteId`: lib/outputrequirementslib.php, 4.5; `siteId` is there from 4.4."""
    tells_json: bool = True
    """What external functions answer has the Content-Type of JSON: lib/ajax/service.php, 4.5; before, that of HTML."""
    table_in_address: bool = True
    """`perpage`, `status` and `suspendedparticipantsfilter` in the address of the grading table count: 4.5; before, a
    form with `action=saveoptions` sets them. mod/assign/locallib.php, view_grading_table()."""
    batch_by_form: bool = False
    """What is done to selected rows has to come from Moodle's form, by its hidden marker: up to 4.4.
    mod/assign/locallib.php, process_grading_batch_operation()."""
    session_over: str = (
        "Your session has most likely timed out. Please check if you are logged in or go back to the previous screen "
        "and reload the page."
    )
    """What is said to a wrong sesskey: lang/en/error.php, invalidsesskey; shorter in 4.1."""
    uncached: str = ""
    """What else Cache-Control has of pages that are not to be kept: 4.1; lib/weblib.php, send_headers()."""
    login_kept: bool = False
    """A browser may keep the log-in page: 4.1; login/index.php, set_cacheable(false) in 4.5."""
    administrators_submit: bool = True
    """Who may everything is offered to add a submission without being enrolled: up to 4.5, not in 5.0."""
    overview: bool = False
    """The list of a course's assignments is part of the overview of its activities: 5.0, mod/assign/index.php."""
    drawn_as: str = ""
    """Another version whose folder counts where there is no template of its own: the nearest, mostly the one before."""

    @property
    def data_prefix(self) -> str:
        """How the attributes begin that Bootstrap's script looks for."""
        return "data-bs-" if self.spelling is BOOTSTRAP_5 else "data-"

    def template(self, name: str) -> str | None:
        """The source of a template, as this version draws and spells it."""
        file = self._file(name)
        if not file.is_file():
            return None
        source = file.read_text(encoding="utf-8")
        return source if name in THE_PLUGINS else self._spelled(source)

    def _file(self, name: str) -> Path:
        own = TEMPLATES / self.name / name
        if own.is_file():
            return own
        return VERSIONS[self.drawn_as]._file(name) if self.drawn_as else TEMPLATES / name

    def _spelled(self, source: str) -> str:
        for pattern, replacement in self.spelling:
            source = re.sub(pattern, replacement, source)
        return source


VERSIONS: Mapping[str, Moodle] = MappingProxyType(
    {
        version.name: version
        for version in (
            Moodle(
                "4.1", "4.1.1+ (Build: 20230303)", "2022112801.07", BOOTSTRAP_4,
                toggles_password=False, names_person=False, tells_json=False, table_in_address=False,
                batch_by_form=True, login_kept=True, uncached=", post-check=0, pre-check=0",
                session_over="Your session has most likely timed out. Please log in again.",
            ),
            Moodle("4.5", "4.5.6 (Build: 20250811)", "2024100706.00"),
            Moodle(
                "5.1", "5.1+ (Build: 20251205)", "2025100600.13", BOOTSTRAP_5,
                administrators_submit=False, overview=True,
            ),
        )
    }
)  # fmt: skip
