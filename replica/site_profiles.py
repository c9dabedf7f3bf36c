"""Site profiles: legal configurations of a Moodle that a run has to live with. All are off at start.

A fault is a defect and turns a line red; a site profile never does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from replica.versions import VERSIONS

Value = bool | int | float | str


def _profile(sentence: str, off: Value = False, bare: Value = True, values: tuple[str, ...] = ()) -> Any:
    """`bare` is what the name alone means, `values` are the words that are understood, when only some are."""
    return field(default=off, metadata={"sentence": sentence, "bare": bare, "values": values})


@dataclass
class SiteProfiles:
    """What is switched on. Outside, names are written with dashes."""

    notify_graders: bool = _profile("New assignments notify graders of submissions: the site's default.")
    statement: str = _profile(
        "Students must accept a submission statement: the site's default for new assignments, or locked by the site.",
        off="", bare="locked", values=("default", "locked"),
    )  # fmt: skip
    sso: str = _profile(
        "/login/index.php sends people to a foreign log-in page, unless its query says "
        "loginredirect=0, noredirect=1 or saml=off; the value names which of the three.",
        off="", bare="loginredirect", values=("loginredirect", "noredirect", "saml"),
    )  # fmt: skip
    forced_settings: bool = _profile(
        "The plugin's two AWS keys are defined in config.php; its settings page shows that."
    )
    policy: str = _profile(
        "People accept the site's policies before anything else: tool_policy's (tool) or the site policy (core).",
        off="", bare="tool", values=("tool", "core"),
    )  # fmt: skip
    profile: bool = _profile("A required profile field sends people whose own is empty to their profile first.")
    mfa: bool = _profile("A second factor, a code by e-mail, stands between log-in and first page.")
    no_dashboard: bool = _profile("The Dashboard is disabled and the site's home is everybody's first page.")
    course_field: bool = _profile("Courses have a required custom field.")
    cutoff_default: bool = _profile(
        "By the site's defaults new assignments begin in three days, ended today, take drafts and are for groups."
    )
    many_categories: int = _profile(
        "So many more course categories, nested; the suite's is inside one of them.", 0, 120
    )
    many_people: int = _profile("So many more people on the site, all students of every new course.", 0, 250)
    single_session: bool = _profile("A second log-in of an account ends the first (limitconcurrentlogins = 1).")
    session_seconds: float = _profile("Sessions end when they were not used for so many seconds.", 0.0, 60.0)
    async_delete: float = _profile("A deleted course is gone after so many seconds, not at once.", 0.0, 5.0)
    slow: float = _profile("Every page and every ajax answer of Moodle takes so many seconds.", 0.0, 1.0)
    foreign_objects: int = _profile(
        "The bucket holds so many videos of another site, under ids that this site's next people will get.", 0, 20
    )
    no_run_now: bool = _profile("Tasks cannot be run from the browser: the path to the PHP CLI is not set.")
    expired_video: bool = _profile(
        "A run of two days ago has left two videos for step 4.2; others come in their place."
    )
    versioned: bool = _profile("The bucket keeps old versions of its objects.")
    debugdisplay: bool = _profile("Pages print debugging messages and PHP notices of another plugin (debugdisplay).")
    firewall: str = _profile(
        "Only who has this word in their user agent is let in.", off="", bare="acceptance", values=("acceptance",)
    )
    pending_forever: bool = _profile(
        "A block on every page tells M.util.pending_js that it is busy, and never that it is done."
    )
    moodle: str = _profile(
        "The site is of this version of Moodle; in what its pages differ says replica/versions.py.",
        off="4.5", bare="4.5", values=tuple(VERSIONS),
    )  # fmt: skip
    closed_network: bool = _profile("Pages ask a public CDN for MathJax, which the network does not let them reach.")
    below: str = _profile(
        "The site is below this path of its host; switched on at the start.", off="", bare="/learn", values=("/learn",)
    )
    attack_firewall: bool = _profile("A firewall in front answers 403 to what looks like SQL or a script to it.")
    basic_auth: bool = _profile(
        "The web server asks for a log-in of its own (Basic): staging, in-front-of-Moodle-7; so staging sites are shut."
    )
    challenge: bool = _profile(
        "Who has not the word acceptance in their user agent is asked to prove to be human (403)."
    )
    maintenance: bool = _profile("The site is in maintenance, as by admin/cli/maintenance.php (503).")
    too_many: int = _profile("Every so manieth request is one too many (429, Retry-After 1).", 0, 20)
    csp_report_only: bool = _profile(
        "Pages have a Content-Security-Policy-Report-Only, which the media's host offends, and a collector of reports."
    )
    no_full_screen: bool = _profile("Pages may not fill the screen (Permissions-Policy: fullscreen=()).")
    login_folded: str = _profile(
        "The log-in form is folded up, behind a tab, an accordion, or what nothing tells.",
        off="", bare="accordion", values=("accordion", "tab", "untold"),
    )  # fmt: skip
    hidden_courses: bool = _profile("New courses are hidden, by the site's defaults.")
    run_now: str = _profile(
        "A task that is run now prints within the page, after its footer without a class, or into what nobody knows; "
        "without this site profile it does so as the site's version.",
        off="", bare="plain", values=("within", "plain", "unknown"),
    )  # fmt: skip
    cors_two_sites: bool = _profile("The bucket takes uploads from another site too.")
    cdn_down: bool = _profile("The CDN answers 502.")
    storage: str = _profile(
        "What stands in S3's place; switched on at the start: it knows no conditions (501), the suite's key may not "
        "decrypt (403), it leads in a circle (307), is a web page, or sends a byte a second.",
        off="", bare="no-conditions", values=("no-conditions", "encrypted", "circle", "page", "trickle"),
    )  # fmt: skip
    certificate: str = _profile(
        "The site's certificate has expired, or is of another host; switched on at the start.",
        off="", bare="expired", values=("expired", "another-host"),
    )  # fmt: skip
    language: bool = _profile("Pages are in another language, but for people whose preferred language is English.")

    def replace(self, wanted: Mapping[str, object]) -> None:
        """Switch on what is wanted, by name, and all others off. ValueError tells what is not understood."""
        known = {_outside(f.name): f for f in fields(self)}
        if unknown := sorted(set(wanted) - known.keys()):
            raise ValueError(
                f"unknown site profile {', '.join(unknown)}; `python -m replica --list-site` names them all"
            )
        values = {name: _read(name, one.default, one.metadata, wanted.get(name)) for name, one in known.items()}
        for name, value in values.items():
            setattr(self, known[name].name, value)

    def on(self) -> dict[str, Value]:
        """What differs from the start, by name."""
        return {_outside(f.name): value for f in fields(self) if (value := getattr(self, f.name)) != f.default}


def _outside(name: str) -> str:
    return name.replace("_", "-")


def _read(name: str, off: Any, about: Mapping[str, Any], given: object) -> Value:
    if given is None or given is False or given == "":
        return off  # type: ignore[no-any-return]
    if given is True:
        return about["bare"]  # type: ignore[no-any-return]
    if isinstance(off, bool):
        raise ValueError(f"{name} takes no value, only true or false")
    if isinstance(off, str):
        if given not in about["values"]:
            raise ValueError(f"{name} is one of {', '.join(about['values'])}")
        return str(given)
    try:
        value: Value = type(off)(str(given))
    except ValueError:
        raise ValueError(f"{name} takes a number") from None
    if not 0 <= float(value) < 1e6:
        raise ValueError(f"{name} takes a number from 0 to 1000000")
    return value


def from_options(options: list[str]) -> dict[str, object]:
    """`--site NAME[=VALUE]` as given on the command line."""
    pairs = (option.partition("=") for option in options)
    return {name: value if equals else True for name, equals, value in pairs}


def listing() -> list[dict[str, object]]:
    """All site profiles as plain dictionaries, for --list-site: name, sentence, what the bare name means, values."""
    return [
        {
            "name": _outside(f.name),
            "sentence": f.metadata["sentence"],
            "bare": f.metadata["bare"],
            "values": list(f.metadata["values"]),
        }
        for f in fields(SiteProfiles)
    ]
