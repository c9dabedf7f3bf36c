"""A defect as a ticket: Markdown that a developer can start from, for the page's button and for files."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from checklist.defects import MEANING, Defect, Symptom, plain, told_once, what_is_done, where
from checklist.lines import CONSOLES, LINES, chapter
from checklist.reason import called, came_to, waived_and_failed
from checklist.report.how import how
from checklist.results import NoResults, Run, put
from checklist.words import listed, sentence

FOLDER = "issues"

NO_BROWSER = "; asked by requests, so that the browser makes no difference"

LITERAL = re.compile(
    r"(?:\bChoose|\bHand in|\bUpload) (?P<name>\S.*?)(?=(?:, a name of \d+ characters)? \(\d[\d.]* \w+\))"
    r"|https?://[^\s“”]*[^\s“”.,:;)?…]…?|(?<![\w/])/(?:[\w.-]+/)*[\w.-]+\.\w+(?:\?[^\s“”]*[^\s“”.,:;)])?"
    r"|<[a-z/][^<>]*>|(?<=\()[.\[][\w\[][^()]*(?=\))"
    r"|\bvideos/\d+/(?:[^\s“”]*[^\s“”.,:;)])?|\[\[.+?\]\]|\{\{\w+\}\}|\b(?:aws|curl|grep) [\w-]+ [^“”(),;]*[^“”(),;.\s]"
)
"""What is to be taken letter by letter: a file's name, an address, a video's key, a text that nobody translated."""

SYMPTOMS = 20
"""That one ticket tells."""


def title(defect: Defect) -> str:
    return defect.sentence


def mark(defect: Defect) -> str:
    """What stands in a ticket so that none is opened twice."""
    return f"s3video-acceptance: {defect.key}"


def markdown(defect: Defect, run: Run, pictures: Mapping[str, str] | None = None) -> str:
    """The ticket; `pictures` are what each shows, by their addresses. Without them it says which to attach."""
    names = {target.name: called(target) for target in run.targets}
    found_in = ", ".join(names.get(target, target) for target in defect.targets if target in names)
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    waived = waived_and_failed(run.targets, run.waived, run.lines)
    first, *others = recipes(defect)
    facts = {
        "Expected": _text(defect.expected),
        "Seen": _text(defect.seen),
        "Why it matters": _text(defect.matters),
        "How to mend it": _text(defect.remedy),
        "How bad": f"{defect.severity} ({MEANING[defect.severity]})",
        "Who must act": defect.acts,
        "Found in": f"{found_in}{'' if defect.by_browser else NO_BROWSER}" if found_in else "",
        "Lines beyond the checklist" if defect.beyond else "Lines of the checklist": _lines(defect.lines),
        "Stops nothing": "A GO does not ask for lines beyond the checklist." if defect.beyond else "",
        "Passed all the same": "; ".join(f"{_lines([line])}: {_text(why)}" for line, why in defect.beside.items()),
        "Also checked, and right": "; ".join(map(_text, defect.held)),
        "Waived": " ".join(waived[line] for line in defect.lines if line in waived),
        "Lines that cannot pass while this is open": "; ".join(
            _following(line, defect, run) for line in defect.follows
        ),
    }
    parts = [
        f"# {title(defect)}",
        "\n".join(f"- **{name}:** {told}" for name, told in facts.items() if told),
        f"## How to see it again\n\n{_steps(first, defect)}" if first.test else "",
        *(f"### Another way to see it: {_text(one.sentence)}\n\n{_steps(one, defect)}" for one in others),
    ]
    if len(defect.symptoms) > 1:
        told = []
        shown = {what_is_done(one, whole=True) for one in (first, *others)}
        above = {_halves(defect), *map(_halves, (first, *others))}
        for ones in told_once(defect.symptoms[:SYMPTOMS]):
            told.append(f"- {'; '.join(f'{_text(one.sentence)}{_in(one)}' for one in ones)}")
            if _halves(ones[0]) not in above:
                told.append(f"  expected {_text(ones[0].expected)}, seen {_text(ones[0].seen)}")
            for one in ones:
                if (done := what_is_done(one, whole=True)) and done not in shown:
                    shown.add(done)
                    told.append(f"  - {_text(one.sentence)}: {' '.join(_text(each) for each in _done(one))}")
        more = len(defect.symptoms) - SYMPTOMS
        parts.append("\n".join(["## Where it shows", "", *told, *([f"- {more} more"] if more > 0 else [])]))
    if hints := explained(defect):
        parts.append("\n".join(["## How to do what the steps say", "", *(f"- {hint}" for hint in hints)]))
    if pictures:
        parts += [f"![{_text(told)}]({path})" for path, told in pictures.items()]
    elif defect.views:
        told = [f"- `{view.path}`: {_text(view.caption)}" for view in defect.views]
        parts.append(
            "\n".join(
                ["## Pictures to attach: in report.html on this defect's card, in the run's folder as files", "", *told]
            )
        )
    parts.append(
        f"Run {run.run_id} on {_text(run.tested.get('site', run.environment))}, "
        f"{run.started:%Y-%m-%d %H:%M} UTC; {_text(versions)}.\n\n<!-- {mark(defect)} -->"
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def explained(defect: Defect) -> list[str]:
    """How to do what its steps say, for its ticket and its card."""
    ones = [one for same in told_once(defect.symptoms[:SYMPTOMS]) for one in same if one.test]
    return how("\n".join(done for one in ones for done in [*_done(one), one.should, one.expected, one.seen]))


def recipes(defect: Defect) -> list[Symptom]:
    """How to see it, for each of its ways: by the fewest steps, where what has to be explained counts as one more."""
    return [_simplest(way, defect) for way in defect.ways]


def _simplest(way: Symptom, defect: Defect) -> Symptom:
    others = {what_is_done(one) for one in defect.ways if one != way}
    alike = [one for one in defect.symptoms if one.way == way.way and _done(one) and CONSOLES not in one.lines]
    same = [one for one in alike if what_is_done(one) not in others]
    return min(same or [way], key=_effort)


def _effort(symptom: Symptom) -> tuple[int, int]:
    hints = len(how("\n".join(_done(symptom))))
    return len(_done(symptom)) + hints, hints


def _steps(symptom: Symptom, defect: Defect) -> str:
    done = _done(symptom)
    begun = len(done) - symptom.own
    own = [f"**{_text(step)}**" for step in done[begun:]]
    steps = [*map(_text, done[:begun]), *own, _text(_shows(symptom, defect))]
    numbered = [f"{number}. {step}" for number, step in enumerate(steps, start=1)]
    told = [
        *([f"**What should happen:** {_text(sentence(symptom.should))}"] if symptom.should else []),
        *(
            [f"Who, and where: {_text('; '.join(symptom.people))}"]
            if symptom.people and not (symptom.captions or symptom.steps or symptom.asked)
            else []
        ),
        *(["It shows in what is in bold; what comes before leads there."] if symptom.own else []),
        *([f"File: {_text(symptom.file)}"] if symptom.file and not (symptom.steps or symptom.asked) else []),
        "\n".join(numbered),
        *([f"The suite does it in `{symptom.test}`."] if symptom.test else []),
    ]
    return "\n\n".join(told)


def _done(symptom: Symptom) -> list[str]:
    return [*symptom.steps, *symptom.asked]


def _shows(symptom: Symptom, defect: Defect) -> str:
    """What shows when all is done; what stands at the ticket's head is not told once more."""
    if _halves(symptom) != _halves(defect):
        return f"{symptom.sentence}: expected {symptom.expected}, seen {symptom.seen}"
    above = "what stands above under “Seen”."
    return f"See {above}" if symptom.sentence == defect.sentence else f"{symptom.sentence}: see {above}"


def _halves(one: Defect | Symptom) -> tuple[str, str]:
    return one.expected, one.seen


def _in(symptom: Symptom) -> str:
    return f" ({where(symptom)})" if where(symptom) else ""


def _lines(lines: Sequence[str]) -> str:
    """With their words."""
    return "; ".join(
        f"{line}{chapter(line)} “{_text(plain(LINES[line].text))}”" if line in LINES else line for line in lines
    )


def _following(line: str, defect: Defect, run: Run) -> str:
    """A line, with what it came to in the run; one without a test of its own says with which it fails."""
    causes = [one for one in defect.lines if one in LINES and LINES[one].is_followed_by(LINES[line])]
    why = f": it has no test of its own, and fails with {listed(causes)}" if causes else ""
    return f"{_lines([line])} ({came_to(line, run.lines)}{why})"


def _text(text: str) -> str:
    """Text that Markdown takes for nothing else; what is to be taken letter by letter is code.

    An underscore between letters is one there too.
    """
    told = " ".join(text.replace("**", "").split())
    begin, parts = 0, []
    for found in LITERAL.finditer(told):
        start, end = found.span("name") if found["name"] else found.span()
        parts += [_plain(told[begin:start]), _code(told[start:end])]
        begin = end
    return "".join([*parts, _plain(told[begin:])])


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    inside = f" {text} " if text.startswith("`") or text.endswith("`") else text
    return f"{fence}{inside}{fence}"


def _plain(text: str) -> str:
    return re.sub(r"[\\`*\[\]<~]|^[>#]|#(?=\d)|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)


def write(run: Run, folder: Path, to: Path) -> list[Path]:
    """A file for each defect that has none there yet, with its pictures beside it. Raises OSError."""
    to.mkdir(parents=True, exist_ok=True)
    there = "".join(file.read_text(encoding="utf-8") for file in to.glob("*.md"))
    written = []
    for defect in run.defects:
        if f"{mark(defect)} -->" in there:
            continue
        pictures = {}
        for number, view in enumerate(defect.views, start=1):
            file = folder / view.path
            if file.is_file():
                name = f"{defect.key}-{number}{file.suffix}"
                (to / name).write_bytes(file.read_bytes())
                pictures[name] = view.caption
        put(to / f"{defect.key}.md", markdown(defect, run, pictures))
        written.append(to / f"{defect.key}.md")
    return written


def open_on_github(run: Run) -> list[str]:
    """Opens an issue for each defect that none is there for, open or closed; gives their addresses.

    In the repository of the current folder, by GitHub's own program, which is logged in already. A picture cannot be
    sent that way: the ticket says where the run keeps it. Raises NoResults where that program is not there, or fails.
    """
    opened = []
    for defect in run.defects:
        found = _gh("issue", "list", "--state", "all", "--search", f'"{mark(defect)}" in:body', "--json", "body")
        if any(mark(defect) in issue["body"] for issue in json.loads(found or "[]")):
            continue
        opened.append(_gh("issue", "create", "--title", title(defect), "--body", markdown(defect, run)).strip())
    return opened


def _gh(*arguments: str) -> str:
    try:
        return subprocess.run(["gh", *arguments], capture_output=True, text=True, check=True).stdout
    except OSError as error:
        raise NoResults(
            f"gh cannot be run ({error.strerror}). Install GitHub's command line, and log in there."
        ) from None
    except subprocess.CalledProcessError as error:
        raise NoResults(f"gh {' '.join(arguments[:2])} failed: {error.stderr.strip()}") from None
