"""From failed checks to defects: what somebody has to mend, once, however many checks, targets and lines show it.

Checks are one defect that are the same check on several targets, that a rule of `defects.toml` puts together, that say
the same, or in which the same was seen in one step. What consoles show while a check fails is told with it, and so is
what only follows from a defect: the lines that a test could not reach and those that follow others. Pure: no files but
that table, no network.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator

from checklist.known_issues import KnownIssue
from checklist.lines import ALL_TARGETS, CONSOLES, LINES, Kind
from checklist.tables import Table, validated
from checklist.verdicts import MEANWHILE, NAMES, PREPARED, Check, Entry, Role, Verdict, is_known
from checklist.words import (
    AXE,
    brief,
    each_of,
    failures,
    first_and_last,
    given,
    listed,
    parameters,
    repeated,
    sent_to,
    stands_for,
    status,
)
from checklist.words import sentence as sentence_of


class Severity(StrEnum):
    """How bad a defect is; the worst first."""

    ACCESS = "access"
    DATA = "data"
    FUNCTION = "function"
    WORDING = "wording"
    SETUP = "set-up"


MEANING = {
    Severity.ACCESS: "somebody sees or harms what is not theirs",
    Severity.DATA: "videos are lost, or stay too long",
    Severity.FUNCTION: "something does not work",
    Severity.WORDING: "people are told nothing, or wrong",
    Severity.SETUP: "site or AWS account are not set up right",
}

WORST_FIRST = list(Severity)

NOBODY = "nobody"
"""Who sends what belongs to no session."""

TELLING = 20
"""Characters without which a text says too little for two checks that have it to be one defect."""

SHOWN = 8
"""Of the latest requests that a defect tells, those with one sender and one answer together."""


QUERY = re.compile(r"\?[^\s)]*")
"""Of an address, which says nothing to people."""

UNANSWERED = "AWS to answer to"
"""What was expected where a check came to no fact of its own: its title is not what failed."""

VIEWS = 4
"""Pictures of one defect."""

ON_S3 = re.compile(r"\bon S3\b|\bunder videos/")
"""Says that something is on S3, or is not, which no page shows."""

BROKEN = re.compile(r"^Moodle's own error on ")
"""Begins what was seen where a page does not open."""

PAGE = re.compile(r"/[\w/.-]+\.php")
WHOSE = re.compile(r"What the (.+?) saw:")
"""Of a picture's caption: its page, and at whose browser it was taken."""

LOG_IN = ("/login/index.php", "/user/preferences.php")
"""Where requests go that begin a session, and look whether there is one."""

ANSWERED = range(200, 400)
"""The statuses of an answer that refuses nothing."""

NO_VIDEO = re.compile(r"the video (?:to load|player\b)|playback to|moving pictures")
"""Says that a video does not come, or does not play."""

VIDEO = re.compile(r"/videos/\d")
"""Of a request's address, that it asks for a video."""

GIVES_KEY = "/get_upload_url.php"
"""Of a request's address, that a video's key on S3 comes back."""

OF_AXE = re.compile(r"axe's rule (\S+) to hold, (“.+”)")
"""What a check of accessibility expects, with axe's name for it first."""

KEY = 40
"""Characters of a key that tell what it is of."""

PARTS = 6
"""Of a defect's sentence, that a rule gives for each way in which it shows."""

WAYS = 4
"""In which one defect shows, that are told step by step."""

HELD = 6
"""Checks that held beside a defect, of which it tells."""


class Acts(StrEnum):
    """Who must do something about a defect."""

    AUTHOR = "the plugin's author"
    ADMINISTRATOR = "the site's administrator"
    AWS = "whoever runs the AWS account"
    SUITE = "whoever runs this suite"


@dataclass(frozen=True, slots=True)
class Symptom:
    """A check that failed, on one target or on several. `sentence` says what is wrong, `should` what is to happen.

    `pictures` are paths relative to the run's folder, `captions` what each shows. `steps` are what people did in its
    test until then, in the imperative. `people` are who sat at a browser, and at which page. `asked` are the last
    requests that were made without a browser, with who sent them and their answers, where no page shows it. Of `steps`
    and `asked` the last `own` were taken for this check alone. `way` is the part of the defect's sentence that it
    stands for, where a rule gives one.
    """

    sentence: str
    expected: str
    seen: str
    lines: Sequence[str]
    targets: Sequence[str]
    test: str
    pictures: Sequence[str] = ()
    captions: Sequence[str] = ()
    steps: Sequence[str] = ()
    story: str = ""
    people: Sequence[str] = ()
    file: str = ""
    asked: Sequence[str] = ()
    should: str = ""
    own: int = 0
    way: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A picture of a defect: whose page it is, and what it shows."""

    path: str
    whose: str
    sentence: str

    @property
    def caption(self) -> str:
        return " ".join(sentence_of(part) for part in (self.sentence, self.whose) if part)


@dataclass(frozen=True, slots=True)
class Defect:
    """`key` is the same in each run that shows the defect. `sentence` says what is wrong.

    `telling` is what was seen, in few words for a list; empty where `seen` tells it.
    `symptoms` are its failed checks, that which tells most first. `follows` are lines that are red or open only because
    of it. `matters` says why, to a student, a teacher or the university. `beside` are lines that passed, and what they
    speak of. `remedy` says how to mend it.
    `known` holds, when the team has agreed to live with it, each issue's link, owner, and the date when it
    expires. `beyond` when it shows in lines beyond the checklist alone, none of which was required. `since` is when
    the first run began of those in a row that showed it, in UTC; empty where no earlier run could have.
    """

    key: str
    sentence: str
    expected: str
    seen: str
    severity: Severity
    acts: Acts
    lines: Sequence[str]
    targets: Sequence[str]
    symptoms: Sequence[Symptom]
    follows: Sequence[str] = ()
    beside: Mapping[str, str] = field(default_factory=dict)
    known: Sequence[Mapping[str, str]] = ()
    since: str = ""
    beyond: bool = False
    matters: str = ""
    remedy: str = ""
    held: Sequence[str] = ()
    telling: str = ""

    @property
    def stops(self) -> bool:
        """Whether it keeps a run from GO."""
        return not (self.known or self.beyond)

    @property
    def pictures(self) -> list[str]:
        return [path for one in self.symptoms for path in one.pictures]

    @property
    def views(self) -> list[View]:
        """A picture for each thing that was seen, the first of those that show it; none of one page in a test twice."""
        firsts = [next((one for one in ones if one.pictures), None) for ones in alike(self.symptoms)]
        views: dict[tuple[str, str], View] = {}
        for one in firsts:
            if one:
                path, whose = one.pictures[0], next(iter(one.captions), "")
                views.setdefault((one.test, whose or path), View(path, QUERY.sub("", whose), one.sentence))
        return [*views.values()][:VIEWS]

    @property
    def ways(self) -> list[Symptom]:
        """A symptom for each way of its sentence that is seen again by other steps, the first one first."""
        first, *others = self.symptoms
        found = {what_is_done(first): first}
        ways = {first.way}
        for one in others:
            if one.way and one.way not in ways and (one.steps or one.asked):
                ways.add(one.way)
                found.setdefault(what_is_done(one), one)
        return [*found.values()][:WAYS]

    @property
    def by_browser(self) -> bool:
        """Whether somebody was at a browser where it was seen; else the suite asked without one."""
        return any(one.pictures or one.people for one in self.symptoms)


def what_is_done(symptom: Symptom, *, whole: bool = False) -> str:
    """What is done to see it, whoever does it, without what is another one each time.

    The `whole` has what leads there.
    """
    done = [*symptom.steps, *symptom.asked]
    told = "\n".join(re.sub(r"^As [^:]+: ", "", step) for step in (done if whole else done[-symptom.own :]))
    return _bare(re.sub(r"https?://[^\s/]+", "", told))


# -- the table ------------------------------------------------------------------------------------


def _acts(name: str) -> str:
    if name.upper() not in Acts.__members__:
        raise ValueError(f"{name} is nobody who acts; use one of {', '.join(Acts.__members__).lower()}")
    return name


class Rule(Table):
    """A rule of `defects.toml`, whose head tells what its keys mean."""

    lines: tuple[str, ...] = ()
    title: re.Pattern[str] | None = None
    message: re.Pattern[str] | None = None
    severity: Severity | None = None
    acts: Annotated[str, AfterValidator(_acts)] | None = None
    together: str | None = None
    apart: bool = False
    each: bool = False
    parts: dict[str, str] | None = None
    matters: str | None = None
    telling: dict[str, str] | None = None
    look: tuple[str, ...] | None = None
    remedy: str | None = None
    beside: dict[str, str] | None = None
    holds: dict[str, str] | None = None

    def fits(self, check: Check) -> bool:
        return (
            (not self.lines or any(f"{check.line}.".startswith(f"{one}.") for one in self.lines))
            and (self.title is None or re.search(self.title, check.title) is not None)
            and (self.message is None or re.search(self.message, check.message) is not None)
        )


@cache
def rules() -> tuple[Rule, ...]:
    """Raises Mistakes where the table is wrong."""
    content = tomllib.loads(Path(__file__).with_name("defects.toml").read_text(encoding="utf-8"))
    return tuple(validated(Rule, rule) for rule in content["rules"])


def _ruled(check: Check, question: str) -> object:
    answers = (getattr(rule, question) for rule in rules() if rule.fits(check))
    return next((answer for answer in answers if answer is not None), None)


def severity(check: Check) -> Severity:
    answer = _ruled(check, "severity")
    return answer if isinstance(answer, Severity) else Severity.FUNCTION


def acts(check: Check) -> Acts:
    return Acts[str(_ruled(check, "acts")).upper()]


# -- words ----------------------------------------------------------------------------------------


def expected_and_seen(message: str) -> tuple[str, str] | None:
    """The two halves of "expected …, seen …", as the suite says what is wrong, or of Playwright's own way to say it."""
    ways = re.findall(r"(?:^|; )([^;]*?)\bexpected (.+?),? seen:? (.+?)(?=; [^;]*?\bexpected |$)", message, re.S)
    if len(ways) > 1:
        expected = "; ".join(_distinct(expected for _, expected, _ in ways))
        return expected, "; ".join(_distinct(f"{way}{_seen(seen)}" for way, _, seen in ways))
    if alone := re.fullmatch(r"([a-z][\w ]{2,30}: )expected (.+?),? seen:? (.+)", message, re.S):
        return alone[2], f"{alone[1]}{_seen(alone[3])}"
    for form in (r"(?:.*?\b)?expected (.+?),? seen:? (.+)", r"(.+?) Actual value: (.+)"):
        if found := re.fullmatch(form, message, re.S):
            seen = _seen(found[2])
            return found[1], f"{seen} of these" if found[1].startswith("no ") and seen.isdigit() else seen
    return None


def _seen(text: str) -> str:
    """Playwright's words for nothing, in a person's; and a clause as a thing."""
    text = re.sub(r"^None Error: element\(s\) not found", "nothing of that kind on the page", text)
    return brief(failures(re.sub(r"^that ", "", text)))


def sentence(check: Check) -> str:
    """The check's title, which is a whole sentence; one that goes on from another has its line's words before it."""
    title = check.title.strip().rstrip(".")
    if title[:1].isupper() or title[:1].isdigit():
        return title
    return f"{plain(LINES[check.line].text)}: {title}" if check.line in LINES else title


GAP = "…"
"""Stands for any words, in `wrong.toml`."""


@cache
def wrongs() -> Mapping[str, Mapping[str, str]]:
    """What is wrong where a check fails, by its title and by its message: the table `wrong.toml`."""
    table: dict[str, str | dict[str, str]] = tomllib.loads(
        Path(__file__).with_name("wrong.toml").read_text(encoding="utf-8")
    )
    return {title: {"": told} if isinstance(told, str) else told for title, told in table.items()}


def wrong(title: str, message: str = "") -> str:
    """What is wrong where a check of that title fails with that message; empty where the table does not tell."""
    for pattern in [title] if title in wrongs() else wrongs():
        if found := _with_gaps(pattern).fullmatch(title):
            _, seen = expected_and_seen(message) or ("", "")
            told, names = _chosen(wrongs()[pattern], message)
            names["seen"] = seen.partition(":")[0] or "another one"
            start, *parts = (part.format_map(names) for part in told.split(GAP))
            return start + "".join(word + part for word, part in zip(found.groups(), parts, strict=False))
    return ""


def _with_gaps(title: str) -> re.Pattern[str]:
    return re.compile("(.*)".join(map(re.escape, title.split(GAP))))


def _chosen(table: Mapping[str, str], text: str) -> tuple[str, dict[str, str]]:
    """Of sentences, by regular expressions, the first whose expression fits, and the expression's groups by name.

    Empty where none fits.
    """
    for pattern, told in table.items():
        if found := re.search(pattern, text):
            return told, {name: word.strip() for name, word in found.groupdict().items() if word}
    return "", {}


def _what_is_wrong(check: Check) -> str:
    return wrong(check.title, check.message) or f"Not so: {sentence(check)}"


def plain(text: str) -> str:
    """A line's text without the marks of Markdown."""
    return re.sub(r"\*\*|`", "", text).rstrip(":")


# -- failures to defects --------------------------------------------------------------------------


def defects(entries: Iterable[Entry], known: Collection[KnownIssue] = (), problems: Iterable[str] = ()) -> list[Defect]:
    """The defects of a run, the worst first; `problems` are what keeps it from GO besides its lines."""
    entries = list(entries)
    checks = [check for entry in entries for check in entry.checks]
    failed = _failed(entries)
    echoes = _echoes(failed)
    own = [check for check in failed if id(check) not in echoes]
    if any(check.line == CONSOLES for check in own):
        own, echoes = failed, {}  # consoles have a card of their own, and all that they show stands there
    aside = {entry.id for entry in entries if LINES[entry.id].beyond and not entry.blocks}
    found = [
        _defect(group, [check for check in failed if id(check) in echoed], checks, known, aside)
        for group, echoed in _with_echoes([*_groups(own)], echoes)
    ]
    found = [*_with_what_follows(found, entries), *map(_problem, problems)]
    return sorted(found, key=_rank)


def _rank(defect: Defect) -> tuple[bool, bool, int, int]:
    order = list(LINES)
    first = min((order.index(line) for line in defect.lines if line in LINES), default=len(order))
    return bool(defect.known), defect.beyond, WORST_FIRST.index(defect.severity), first


def _failed(entries: Iterable[Entry]) -> list[Check]:
    return [
        check
        for entry in entries
        if entry.verdict is Verdict.FAILED
        for check in entry.checks
        if check.verdict is Verdict.FAILED and check.role is not Role.ADVICE
    ]


def _echoes(failed: Sequence[Check]) -> dict[int, Set[int]]:
    """Each judgement of a test's consoles that has nothing of its own to tell, and the checks whose echo it is, by id.

    That is so where every error came while checks of that test were on that failed as well: one that came at another
    time makes it a defect of its own.
    """
    found: dict[int, Set[int]] = {}
    for console in failed:
        errors = Counter(console.evidence.get(MEANWHILE, ()) if console.line == CONSOLES else ())
        beside = [
            check
            for check in failed
            if (check.test, check.target) == (console.test, console.target)
            and check.line != CONSOLES
            and errors.keys() & check.evidence.get(MEANWHILE, ())
        ]
        if beside and errors <= Counter(error for check in beside for error in check.evidence[MEANWHILE]):
            found[id(console)] = {id(check) for check in beside}
    return found


def _with_echoes(
    groups: Sequence[list[Check]], echoes: Mapping[int, Set[int]]
) -> Iterator[tuple[list[Check], Set[int]]]:
    """Each group with the echoes that are told with it: an echo of several with the worst one alone."""
    worst_first = sorted(
        range(len(groups)), key=lambda number: min(WORST_FIRST.index(severity(check)) for check in groups[number])
    )
    homes = {
        echo: next(number for number in worst_first if any(id(check) in causes for check in groups[number]))
        for echo, causes in echoes.items()
    }
    for number, group in enumerate(groups):
        yield group, {echo for echo, home in homes.items() if home == number}


def advice(checks: Iterable[Check]) -> list[Symptom]:
    """What would be good and no box asks for, a recommendation each, however many targets show it."""
    mine = [check for check in checks if check.verdict is Verdict.ADVICE]
    return [_symptom(group) for group in _by(mine, _same_check).values()]


def _test(check: Check) -> str:
    return check.test.partition("[")[0]


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:6]


def _same_check(check: Check) -> str:
    return f"{_test(check)} {check.title}"


def _cause(check: Check) -> str:
    """Of checks that fail for one cause: the rule that puts them together, or what they say."""
    said = _said(check)
    return _named(check) or (f"{severity(check)} {said}" if len(said) > TELLING else _same_check(check))


def _saying(check: Check) -> str:
    """What was expected and seen, for checks that one person mends, whether a rule names one of them or not."""
    said = _said(check)
    return f"{acts(check)} {said}" if len(said) > TELLING else _same_check(check)


def _said(check: Check) -> str:
    """What was expected and seen. That a video does not come has many causes: what its request came to is one of them.

    A rule that names one of those checks has named its cause, which is no other's.
    """
    said = _bare(" ".join(expected_and_seen(check.message) or (check.message,)))
    if not NO_VIDEO.search(said):
        return said
    answers = [one.get("status") for one in check.evidence.get("requests", ()) if VIDEO.search(str(one.get("address")))]
    return f"{said} {answers[-1] if answers else ''} {_named(check)}"


def _named(check: Check) -> str:
    """What the rule says that puts it together with others; empty without one."""
    rule = _putting_together(check)
    return _together([check]) if rule and rule.apart else _beginning([check])


def _putting_together(check: Check) -> Rule | None:
    return next((rule for rule in rules() if rule.together and rule.fits(check)), None)


def _beginning(group: Iterable[Check]) -> str:
    return next((rule.together for check in group if (rule := _putting_together(check)) and rule.together), "")


def _together(group: Sequence[Check]) -> str:
    """What is wrong where a rule puts checks together; empty where none of them fits a part of the rule's sentence."""
    beginning = _beginning(group)
    putting = [(check, _putting_together(check)) for check in group]
    told = [part for check in group if (part := _part(check))]
    parts = [part for part, _ in Counter(told).most_common(PARTS)]
    if not parts:
        return "" if any(rule and rule.parts for _, rule in putting) else beginning
    each = any(rule and rule.each for _, rule in putting)
    return f"{beginning} {each_of(parts) if each else listed(parts)}"


def _part(check: Check) -> str:
    """How the rule's sentence goes on for a check; empty where it has no part for it."""
    rule = _putting_together(check)
    told, names = _chosen(rule.parts or {} if rule else {}, f"{check.title}\n{failures(check.message)}")
    return told.format_map(names)


def _sight(check: Check) -> str:
    """What was seen, for checks of one step that one person mends; that nothing was there tells little."""
    _, seen = expected_and_seen(check.message) or ("", "")
    if len(seen) < TELLING or re.match(r"no(thing|ne)?\b", seen):
        return _same_check(check)
    return f"{check.line.rpartition('.')[0]} {severity(check)} {acts(check)} {_bare(seen)}"


def _bare(text: str) -> str:
    """Without what is another one each time: numbers, keys, addresses."""
    return re.sub(r"\d+|videos/\S+|https?://\S+", "#", text)


def _by(checks: Iterable[Check], of: Callable[[Check], str]) -> dict[str, list[Check]]:
    found: dict[str, list[Check]] = {}
    for check in checks:
        found.setdefault(of(check), []).append(check)
    return found


def _groups(failed: Sequence[Check]) -> Iterator[list[Check]]:
    """The failed checks of each defect, in the order of the checklist."""
    home = {id(check): number for number, check in enumerate(failed)}
    for of in (_same_check, _cause, _saying, _sight):
        for group in _by(failed, of).values():
            numbers = {home[id(check)] for check in group}
            if len({name for check in failed if home[id(check)] in numbers and (name := _named(check))}) > 1:
                continue  # rules tell them apart
            home = {name: min(numbers) if number in numbers else number for name, number in home.items()}
    for number in dict.fromkeys(home.values()):
        yield [check for check in failed if home[id(check)] == number]


def _distinct(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]


def key_of(together: str) -> str:
    """The key of what a rule puts together."""
    words = re.sub(r"\W+", "-", together.lower()).strip("-")
    return words if len(words) <= KEY else f"{words[:KEY]}-{_digest(together)}"


def _in_order(lines: Iterable[str]) -> list[str]:
    mine = set(lines)
    return [line for line in LINES if line in mine]


def _defect(
    group: Sequence[Check],
    echoes: Sequence[Check],
    all_: Sequence[Check],
    known: Collection[KnownIssue],
    aside: Set[str],
) -> Defect:
    """`aside` are the lines that block nothing."""
    symptoms = [_symptom(same) for same in _by(group, _same_check).values()]
    said = Counter((one.expected, one.seen) for one in symptoms)
    symptoms.sort(key=lambda one: -said[one.expected, one.seen])
    symptoms += [_symptom(same) for same in _by(echoes, _same_check).values()]
    worst = min(group, key=lambda check: WORST_FIRST.index(severity(check)))
    first, together = symptoms[0], next((name for check in group if (name := _named(check))), "")
    step = LINES[group[0].line].step if group[0].line in LINES else group[0].line
    everything = [*group, *echoes]
    beyond = aside >= {check.line for check in everything}
    are_known = all(is_known(check, known) for check in everything if beyond or check.line not in aside)
    notes = [issue.note for issue in known if are_known and any(is_known(check, [issue]) for check in everything)]
    only = _only_in(group, all_) if len(symptoms) == 1 else ""
    beside: dict[str, str] = {}
    passed = {check.line for check in all_} - {check.line for check in all_ if check.verdict is not Verdict.PASSED}
    for check in group:
        table = _table(check, "beside")
        beside |= {line: why for line, why in table.items() if line in passed}
    return Defect(
        key_of(together) if together else f"{step}-{_digest(_same_check(group[0]))}",
        (_together(group) or first.sentence) + only,
        first.expected,
        first.seen,
        severity(worst),
        acts(worst),
        _in_order(check.line for check in everything),
        _distinct(check.target for check in group),
        symptoms,
        beside=beside,
        known=notes,
        beyond=beyond,
        matters=str(_ruled(worst, "matters") or ""),
        held=_held(group, all_),
        remedy=str(_ruled(worst, "remedy") or ""),
        telling=_telling(group, all_),
    )


def _table(check: Check, question: str) -> Mapping[str, str]:
    """What a rule answers in a table; one that puts checks together answers for those that it does put together."""
    putting = _putting_together(check)
    answers = (
        getattr(rule, question)
        for rule in rules()
        if rule.fits(check) and (not rule.together or not putting or rule.together == putting.together)
    )
    return next((answer for answer in answers if answer is not None), {})


def _telling(group: Sequence[Check], all_: Collection[Check]) -> str:
    """What was seen, in few words: of the first check for which a rule has them; then what held all the same."""
    said = ""
    for check in group:
        told, names = _chosen(_table(check, "telling"), f"{check.title}\n{failures(check.message)}")
        if told:
            said = told.format_map(names)
            break
    held = {title: why for check in group for title, why in _table(check, "holds").items()}
    kept = [why for title, why in held.items() if _holds(title, all_)]
    return "; ".join([said] * bool(said) + kept)


def _holds(title: str, all_: Iterable[Check]) -> bool:
    """Whether checks of that title were made, and all passed."""
    return {check.verdict for check in all_ if _with_gaps(title).fullmatch(check.title)} == {Verdict.PASSED}


def _held(group: Sequence[Check], all_: Iterable[Check]) -> list[str]:
    """What tests of these checks looked at in the same lines, and found right: the titles, the most alike first."""
    tests = {(check.line, _test(check)) for check in group}
    mine = [check for check in all_ if (check.line, _test(check)) in tests]
    wrong_ones = {check.title for check in mine if check.verdict is not Verdict.PASSED}
    titles = _distinct(check.title for check in mine if check.title not in wrong_ones)
    words = {word for check in group for word in _words(check.title)}
    return sorted(titles, key=lambda title: -len(words & _words(title)))[:HELD]


def _words(title: str) -> set[str]:
    """Those of a title that tell what it speaks of."""
    return {word for word in re.findall(r"\w+", title.lower()) if len(word) > 3}


def _only_in(group: Sequence[Check], all_: Iterable[Check]) -> str:
    """Where a check failed, for its sentence, if it passed on another target of a line that speaks of several."""
    first, targets = group[0], _distinct(check.target for check in group)
    passed = _distinct(
        check.target
        for check in all_
        if check.line in LINES
        and LINES[check.line].over_targets
        and _same_check(check) == _same_check(first)
        and check.verdict is Verdict.PASSED
        and check.target not in targets
    )
    return f" (in {listed(targets)}; it works in {listed(passed)})" if passed else ""


def _symptom(same: Sequence[Check]) -> Symptom:
    first = next((check for check in same if check.evidence.get("screenshots")), same[0])
    halves = expected_and_seen(same[0].message)
    expected, seen = halves or (sentence(same[0]), brief(failures(same[0].message)))
    if rule := OF_AXE.fullmatch(expected):
        expected = f"{AXE.get(rule[1], rule[2])} (rule {rule[1]} of the program axe)"
        seen = seen.removeprefix("it broken by ")
    steps, asked, shown = repeated(_until_it_showed(first)), [*_asked(first)], _pictures(first)
    if not steps and not asked and isinstance(look := _ruled(first, "look"), tuple):
        steps = [*look]
    return Symptom(
        _what_is_wrong(same[0]),
        expected,
        seen,
        _in_order(check.line for check in same),
        _distinct(check.target for check in same),
        _test(first),
        [path for path, _ in shown],
        [caption for _, caption in shown if caption],
        steps,
        str(first.evidence.get("story", "")),
        [*first.evidence.get("people", ())],
        str(first.evidence.get("file", "")),
        asked,
        "" if expected.startswith(UNANSWERED) else sentence(same[0]),
        _own(first, steps, asked),
        _part(first),
    )


def _until_it_showed(check: Check) -> Sequence[str]:
    """The steps of its test; where it judges consoles, up to the last of somebody whose console it names."""
    steps: Sequence[str] = check.evidence.get("steps", ())
    if check.line != CONSOLES:
        return steps
    whose, last = "", 0
    for number, step in enumerate(steps, start=1):
        whose = found[1] if (found := re.match(r"As ([^:]+): ", step)) else whose
        if f"{whose}'s" in check.message:
            last = number
    return steps[:last] or steps


def _own(check: Check, told: Sequence[str], asked: Sequence[str]) -> int:
    """How many of the steps that are told, and of the requests after them, were made for the check alone: the last.

    0 where all were.
    """
    taken: Sequence[str] = check.evidence.get("steps", ())
    prepared = check.evidence.get(PREPARED)
    if not prepared:
        return 0
    same = takewhile(lambda pair: pair[0] == pair[1], zip(reversed(taken[prepared:]), reversed(told), strict=False))
    return len(list(same)) + len(asked)


def _pictures(check: Check) -> list[tuple[str, str]]:
    """Pictures with their captions, that of the page that the check speaks of first; none where no page shows it."""
    if check.line == CONSOLES or _without_browser(check) or ON_S3.search(check.message):
        return []

    def is_of_another(picture: tuple[str, str]) -> tuple[bool, bool]:
        page, person = PAGE.search(picture[1]), WHOSE.match(picture[1])
        return (
            not (page and page[0] in check.message),
            not (person and re.search(rf"\b{re.escape(person[1])}\b", check.title, re.I)),
        )

    paths = check.evidence.get("screenshots", ())
    captions = [*check.evidence.get("captions", ()), *[""] * len(paths)]
    return sorted(zip(paths, captions, strict=False), key=is_of_another)


def _without_browser(check: Check) -> bool:
    """Whether it was judged by requests alone: nobody took a step at a browser for it."""
    evidence = check.evidence
    return bool(evidence.get("requests without a browser")) and evidence.get(PREPARED, 0) == len(
        evidence.get("steps", ())
    )


def _asked(check: Check) -> Iterator[str]:
    if check.evidence.get("screenshots") and not _without_browser(check):
        return
    told: list[tuple[str, list[str], str]] = []
    for one in _without_values(check):
        sender, with_ = one.get("sender", NOBODY), parameters(one)
        who = "Without a session" if sender == NOBODY else f"As {sender}, without a browser"
        key = " (it answers with a new KEY)" if one.get("status") == HTTPStatus.OK and GIVES_KEY in sent_to(one) else ""
        request = f"{one.get('method')} {sent_to(one)}{f' with {with_}' if with_ else ''}{key}"
        answer = status(one.get("status"))
        if told and (told[-1][0], told[-1][2]) == (who, answer):
            told[-1][1].append(request)
        else:
            told.append((who, [request], answer))
    for who, asked, answer in told[-SHOWN:]:
        different = _distinct(asked)
        requests = first_and_last(different, "requests")
        yield f"{who}: Send {'; '.join(requests)}. Answer{'s' if len(different) > 1 else ''}: {answer}."


def _without_values(check: Check) -> list[dict[str, Any]]:
    """Its requests without a browser, with a word for each value that is another one in each run.

    Those of a log-in that worked are left out: who sends the others is told. Where one word stands for several values
    it says whose each is, as far as the test told, or has a number.
    """
    sent: Sequence[dict[str, Any]] = check.evidence.get("requests without a browser", ())
    requests = [one for one in sent if not (sent_to(one).endswith(LOG_IN) and one.get("status") in ANSWERED)]
    names: Mapping[str, str] = check.evidence.get(NAMES, {})
    words: dict[tuple[str, str], str] = {}
    found: list[dict[str, Any]] = []
    for one in requests:
        words |= {
            (word, value): ""
            for name, value in given(one).items()
            if (word := stands_for(name, value, sent_to(one))) and (word, value) not in words
        }
    for word, value in words:
        others = [each for each in words if each[0] == word]
        whose = names.get(f"{word} {value}", "")
        apart = [names.get(" ".join(each), "") for each in others].count(whose) == 1
        number = f"_{others.index((word, value)) + 1}" if len(others) > 1 and not (whose and apart) else ""
        words[word, value] = f"{word}{number}{f' {whose}' if whose else ''}"
    for one in requests:
        asked = {
            name: words.get((stands_for(name, value, sent_to(one)), value), value) for name, value in given(one).items()
        }
        found.append(one | {"address": sent_to(one), "parameters": asked})
    return found


def _with_what_follows(found: Sequence[Defect], entries: Sequence[Entry]) -> list[Defect]:
    follows: dict[str, list[str]] = {defect.key: [] for defect in found}
    for entry in entries:
        if LINES[entry.id].kind is Kind.FOLLOWS and entry.verdict is Verdict.FAILED:
            for defect in found:
                if any(LINES[line].is_followed_by(LINES[entry.id]) for line in defect.lines):
                    follows[defect.key].append(entry.id)
        for check in entry.checks:
            if check.verdict is not entry.verdict:
                continue
            if check.verdict is Verdict.NOT_REACHED and (cause := _what_kept(check, found)):
                follows[cause.key].append(entry.id)
            if check.verdict is Verdict.NOT_CHECKABLE:
                follows |= {
                    defect.key: [*follows[defect.key], entry.id] for defect in found if _is_named_by(check, defect)
                }
    return [
        replace(defect, follows=[line for line in _in_order(follows[defect.key]) if line not in defect.lines])
        for defect in found
    ]


def _what_kept(check: Check, found: Iterable[Defect]) -> Defect | None:
    """The defect without which a test would have come to this line: that which it names, or whose sight it tells."""
    named = re.match(r"(\S+) \(", check.message)
    mine = [
        (defect, symptom)
        for defect in found
        for symptom in defect.symptoms
        if symptom.test == _test(check) and check.target in symptom.targets
        if named is None or named[1] in symptom.lines
    ]
    _, seen = expected_and_seen(check.message) or ("", "")
    told = [defect for defect, symptom in mine if seen and symptom.seen == seen]
    return next(iter([*told, *(defect for defect, _ in mine)]), None)


def _is_named_by(check: Check, defect: Defect) -> bool:
    """Whether a check that could not be made says that this defect is why: by a line of it, or by a page of its own."""
    lines = re.findall(r"\(([\w.]+\d)\)", check.message)
    if {*lines} & {*defect.lines}:
        return True
    broken = {Path(page).stem for one in defect.symptoms if BROKEN.search(one.seen) for page in PAGE.findall(one.seen)}
    return "does not open" in check.message and any(re.search(rf"\b{page}\b", check.message) for page in broken)


PROBLEMS = {
    "clean-up": "A run leaves nothing behind",
    "a secret": "No secret stands in what a run reports",
    "known issue": "The list of known issues is up to date",
}


def _problem(problem: str) -> Defect:
    told = next((told for start, told in PROBLEMS.items() if problem.startswith(start)), "The run can be trusted")
    symptom = Symptom(told, told, problem, (), (), "")
    key = f"run-{_digest(problem)}"
    return Defect(key, told, told, problem, Severity.SETUP, Acts.SUITE, (), (), [symptom])


def alike(symptoms: Iterable[Symptom]) -> list[list[Symptom]]:
    """Those that say the same, together."""
    found: dict[tuple[str, str], list[Symptom]] = {}
    for one in symptoms:
        found.setdefault((one.expected, one.seen), []).append(one)
    return [*found.values()]


def told_once(symptoms: Iterable[Symptom]) -> list[list[Symptom]]:
    """Those that saw the same together, in which no sentence stands twice: it has the targets of all that say it."""
    found = []
    for ones in alike(symptoms):
        by_sentence: dict[str, Symptom] = {}
        for one in ones:
            before = by_sentence.setdefault(one.sentence, one)
            by_sentence[one.sentence] = replace(before, targets=_distinct([*before.targets, *one.targets]))
        found.append([*by_sentence.values()])
    return found


def blocking(found: Iterable[Defect]) -> list[Defect]:
    """Those that keep a run from GO."""
    return [defect for defect in found if defect.stops]


def where(defect: Defect | Symptom) -> str:
    """On which targets it was seen; nothing where it speaks of none."""
    return listed([target for target in defect.targets if target != ALL_TARGETS])
