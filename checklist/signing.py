"""Signatures of a run: who takes responsibility for it or for a line of it, and for which files.

A signature holds a digest of every file of the run, so that one changed afterwards shows. Made with an SSH key it
proves who made it, to whoever knows the public key; without one it is a note that whoever may write the folder can
write. What people settle is signed in the same way, so that it holds for that run and no other.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from pydantic import TypeAdapter, ValidationError

from checklist import foreign_files, results
from checklist.decide import decide
from checklist.lines import LINES
from checklist.reason import called, reason, tried
from checklist.results import NoResults, Run, put

FILE = "signatures.json"

SUMS = "SHA256SUMS"
"""What was signed last: a digest a file, as `sha256sum --check` takes it."""

NOT_SIGNED = frozenset({FILE, SUMS, "report.html"})
"""The report is made anew of the others whenever it is asked for."""

KEY_TYPE = re.compile(r"(ssh|ecdsa|sk)-")

ALLOWED = "Name a file that has one signer a line: a name, and the content of their key's .pub file."

NAMESPACE = "s3video-acceptance"
"""Of SSH signatures: one made for something else is none here."""


@dataclass(frozen=True, slots=True)
class Signature:
    """`line` is empty where the whole run is signed; `at` in UTC; digests in hex: `sha256` of `results.json`, `files`
    of the list of all files' digests, empty where an earlier suite signed; `ssh` is empty where no key was used.

    `targets` are the browsers and devices in which the run, or the line, was tested: what is real, a build or emulated.
    """

    by: str
    note: str
    line: str
    at: datetime
    sha256: str
    files: str = ""
    ssh: str = ""
    targets: tuple[str, ...] = ()

    @property
    def message(self) -> bytes:
        """What the key signs; an earlier suite named no targets."""
        content = {**asdict(self), "at": self.at.isoformat()}
        del content["ssh"]
        if not self.targets:
            del content["targets"]
        return json.dumps(content, sort_keys=True).encode(errors="replace")


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature and what became of it: `broken` says why it holds no longer; `signer` whose key made it, empty where
    no list of allowed signers tells."""

    signature: Signature
    broken: str = ""
    signer: str = ""


SIGNATURES = TypeAdapter(list[Signature])


def digest(folder: Path) -> str:
    """SHA-256 of the run's `results.json`, in hex. Raises OSError."""
    return sha256(foreign_files.content(folder / results.FILE, results.LARGEST)).hexdigest()


def sums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of the run that can be signed, by its path; of a link, where it leads."""
    folder = folder.resolve()
    found = {}
    for directory, folders, names in os.walk(folder):
        for name in [*names, *(name for name in folders if Path(directory, name).is_symlink())]:
            path = Path(directory, name)
            if (place := path.relative_to(folder).as_posix()) in NOT_SIGNED:
                continue
            if path.is_symlink() or not path.is_file():
                found[place] = "no file"
                continue
            with path.open("rb") as file:
                found[place] = file_digest(file, "sha256").hexdigest()
    return dict(sorted(found.items()))


def sign(folder: Path, by: str, note: str, line: str = "", key: Path | None = None) -> Signature:
    """Add a signature to those of a run; `key` is an SSH key, or its public part when an agent has it.

    Raises OSError, NoResults.
    """
    found = sums(folder)
    if links := [place for place, told in found.items() if told == "no file"]:
        raise NoResults(f"{folder / links[0]} is a link, or no file; it cannot be signed. Remove it.")
    text = _text(found)
    now = datetime.now(UTC).replace(microsecond=0)
    signature = Signature(
        by,
        note,
        line,
        now,
        digest(folder),
        sha256(text.encode(errors="surrogateescape")).hexdigest(),
        targets=_tested_in(results.read(folder), line),
    )
    if key is not None:
        _expect_key(key)
        try:
            ssh = _keygen("sign", "-f", str(key), "-n", NAMESPACE, given=signature.message)
        except NoResults as problem:
            raise NoResults(f"{key} does not sign: {problem}. Give its passphrase, or name a key that can.") from None
        signature = replace(signature, ssh=ssh)
    content = SIGNATURES.dump_json([*read(folder), signature], indent=1)
    (folder / SUMS).write_text(text, encoding="utf-8", errors="surrogateescape")
    put(folder / FILE, content.decode() + "\n")
    return signature


def _expect_key(key: Path) -> None:
    """Raises NoResults for what is no SSH key; one that an agent has is named by its public part alone."""
    for part in (key, key.with_name(f"{key.name}.pub")):
        if not part.is_file():
            continue
        start = foreign_files.content(part)[:40]
        if b"PRIVATE KEY" in start or start.startswith((b"ssh-", b"ecdsa-", b"sk-")):
            return
        raise NoResults(f"{part} is no SSH key. Name yours, such as ~/.ssh/id_ed25519, or make one: ssh-keygen")
    raise NoResults(f"{key} is no file. Name your SSH key, such as ~/.ssh/id_ed25519, or make one: ssh-keygen")


def _expect_allowed(file: Path) -> None:
    """Raises NoResults for what is no list of allowed signers, as ssh-keygen takes it: lines of a name and a key."""
    if not file.is_file():
        raise NoResults(f"{file} is no file. {ALLOWED}")
    lines = foreign_files.content(file).decode(errors="replace").splitlines()
    entries = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    if not entries or not all(any(KEY_TYPE.match(part) for part in entry[1:]) for entry in entries):
        raise NoResults(f"{file} is no list of allowed signers. {ALLOWED}")


def _tested_in(run: Run, line: str) -> tuple[str, ...]:
    """The targets of a run, or of a line of it, in people's words; none of a line that people settle."""
    ran = tried(run.targets, [entry for entry in run.lines if line in {"", entry.id}])
    return tuple(dict.fromkeys(map(called, ran)))


def read(folder: Path) -> Sequence[Signature]:
    """The signatures of a run, the earliest first. Raises NoResults when their file cannot be read."""
    try:
        found = SIGNATURES.validate_json(foreign_files.content(folder / FILE), strict=True)
    except FileNotFoundError:
        return []
    except (OSError, ValidationError):
        found = None
    if found is None or any(one.at.tzinfo is None or one.line not in {"", *LINES} for one in found):
        raise NoResults(f"{folder / FILE} cannot be read. Restore it from the copy that was signed.")
    return found


def verify(folder: Path, allowed: Path | None = None) -> list[Verified]:
    """Every signature of a run; where `allowed`, a file of allowed signers as ssh-keygen takes it, is given, only those
    hold that a key in it made. Raises OSError, NoResults."""
    signatures = read(folder)
    if allowed is not None:
        _expect_allowed(allowed)
    if not signatures:
        return []
    now, of_results = sums(folder), digest(folder)
    return [_verified(one, folder, now, of_results, allowed) for one in signatures]


def _verified(one: Signature, folder: Path, now: Mapping[str, str], of_results: str, allowed: Path | None) -> Verified:
    if one.sha256 != of_results:
        return Verified(one, "results.json was changed after it was signed")
    if one.files and one.files != sha256(_text(now).encode(errors="surrogateescape")).hexdigest():
        return Verified(one, f"{_changed(folder, one, now)} changed after it was signed")
    if allowed is None:
        return Verified(one)
    if not one.ssh:
        return Verified(one, "it is a note that no key signed")
    try:
        return Verified(one, signer=_signer(one, allowed))
    except NoResults as reason:
        return Verified(one, str(reason))


def _signer(one: Signature, allowed: Path) -> str:
    with NamedTemporaryFile("w", suffix=".sig", encoding="utf-8") as file:
        file.write(one.ssh)
        file.flush()
        options = ("-f", str(allowed), "-s", file.name)
        names = _keygen("find-principals", *options).splitlines()
        for name in names:
            _keygen("verify", *options, "-I", name, "-n", NAMESPACE, given=one.message)
            return name
    raise NoResults("no key that is allowed made it")


def _keygen(do: str, *options: str, given: bytes = b"") -> str:
    """Raises NoResults with what ssh-keygen says, and where there is none."""
    try:
        done = subprocess.run(["ssh-keygen", "-Y", do, *options], input=given, capture_output=True, check=False)
    except FileNotFoundError:
        raise NoResults("ssh-keygen is not on this machine; install OpenSSH's client") from None
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise NoResults(f"ssh-keygen says “{said[-1] if said else do}”")
    return done.stdout.decode(errors="replace")


def _text(found: Mapping[str, str]) -> str:
    """As sha256sum writes it, which begins a line with a backslash where the name holds what it must escape."""
    lines = []
    for place, told in found.items():
        name = place.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        lines.append(f"{'' if name == place else chr(92)}{told}  {name}\n")
    return "".join(lines)


def _changed(folder: Path, one: Signature, now: Mapping[str, str]) -> str:
    """Which files, told by the list that was signed, if that is still there."""
    listed = folder / SUMS
    then = listed.read_bytes() if listed.is_file() else b""
    if sha256(then).hexdigest() != one.files:
        return "files of the run were"
    before = dict(line.split("  ", 1)[::-1] for line in then.decode(errors="surrogateescape").splitlines())
    names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more} {'was' if len(names) == 1 else 'were'}"


def settled(run: Run, folder: Path, verified: Iterable[Verified] | None = None) -> Run:
    """The run, of which the lines for people that somebody has signed block no longer. Raises OSError, NoResults."""
    found = verify(folder) if verified is None else verified
    signed = {one.signature.line for one in found if not one.broken}
    lines = [
        replace(entry, blocks=entry.blocks and not (LINES[entry.id].for_people and entry.id in signed))
        for entry in run.lines
    ]
    if run.verdict != "INCOMPLETE" or lines == run.lines:
        return run
    verdict, code = decide(lines, run.conditions)
    why = reason(verdict, lines, run.targets, run.conditions, run.defects, run.waived)
    return replace(run, lines=lines, verdict=verdict, exit_code=code, reason=why)


def unsigned(run: Run) -> list[str]:
    """The lines for people that keep a run from GO."""
    return [entry.id for entry in run.lines if entry.blocks and LINES[entry.id].for_people]
