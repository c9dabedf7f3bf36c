"""What the page objects look for on each page, as far as it is in the HTML that a site sends.

`selftest/unit/test_fidelity.py` tells a hook that no page object uses any more.
"""

HOOKS: dict[str, tuple[str, ...]] = {
    "settings": ("#adminsettings [type=submit]", "[data-passwordunmask=edit]", "[data-passwordunmask='wrapper']"),
    "assignment's settings": ("#id_name", "#id_submitbutton", "#id_duedate_enabled", "#id_duedate_day"),
    "assignment": (
        "form:has(input[name=action][value=editsubmission])",
        "a[href*='action=grading']",
        ".submissionstatussubmitted",
        ".submissionstatusdraft",
        ".s3video-watch-link",
        "tr:has(.s3video-watch-link)",
        "[class*=summary_assignsubmission_s3video]",
        "#user-notifications",
    ),
    "submission form": (
        "#id_submitbutton",
        ".s3video-upload-interface",
        ".s3video-upload-interface input[type=file]",
        ".s3video-select-btn",
        ".s3video-status-message",
        "[role=progressbar]",
    ),
    "grading table": (
        "a[href*='action=grader']",
        "td:has(a[href*='action=grader'])",
        "[data-toggle=dropdown], [data-bs-toggle=dropdown]",
        ".s3video-watch-link",
    ),
    "grader": ("[data-assignmentid][data-contextid]",),
    "grader's panel": (
        ".gradeform",
        ".s3video-player-container",
        "[class*=summary_assignsubmission_s3video]",
        ".s3video-watch-link",
    ),
    "video's page": ("video", "source[type]"),
    "list of videos": (
        "form:has([name=search])",
        "[name=status]",
        "[name=courseid]",
        "a[href*='action=delete']",
        "#user-notifications",
    ),
    "question before a deletion": (
        "[role=alertdialog]",
        "form:has([name=confirm])",
        "form:not(:has([name=confirm]))",
    ),
    "dashboard": (".card-body:has(.card-title)",),
    "menu of submission plugins": (
        "a[href*='/mod/assign/submission/s3video/dashboard.php']",
        "a[href*='/mod/assign/submission/s3video/videomanagement.php']",
    ),
}
