"""Defects that can be switched on. Each is one entry here and one `faults.on("name")` where it bites."""

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Fault:
    """A defect: name, the sentence a developer would commit it with, how the replica does it, where it was seen."""

    name: str
    sentence: str
    mechanism: str
    source: str


CATALOGUE = {
    fault.name: fault
    for fault in (
        Fault(
            "progress-stuck",
            "Show the percentage of the first progress event only.",
            "the uploader script sets the bar once and ignores later progress events",
            "seen in upload widgets whose listener is registered with {once: true}",
        ),
        Fault(
            "progress-jumps-back",
            "Report the bytes of the current chunk instead of the whole file.",
            "the uploader script shows the percentage modulo 30",
            "transloadit/uppy issues on multipart progress going backwards",
        ),
        Fault(
            "progress-only-at-end",
            "Listen to progress of the response instead of the upload.",
            "the uploader script shows nothing until the transfer is over, then 100%",
            "common XMLHttpRequest mistake: xhr.onprogress in place of xhr.upload.onprogress",
        ),
        Fault(
            "success-before-stored",
            "Tell the student as soon as the upload was accepted for sending.",
            "the uploader script shows the success message when the transfer starts",
            "optimistic UI; seen in drag-and-drop upload plugins",
        ),
        Fault(
            "save-forgets-video",
            "Save the submission even when the video row is written later.",
            "saving the submission form drops the confirmed video",
            "lost-on-reload bugs of Moodle submission plugins whose save() returns true early",
        ),
        Fault(
            "stored-content-type-lost",
            "Let the store guess the content type.",
            "the presigned form fixes application/octet-stream instead of the file's type",
            "the usual S3 presigned POST without a Content-Type condition",
        ),
        Fault(
            "stored-in-foreign-prefix",
            "Use the assignment number for the folder.",
            "the key's prefix carries the assignment's id in place of the student's",
            "broken object level authorisation, OWASP API1:2023",
        ),
        Fault(
            "two-objects-per-upload",
            "Keep a backup copy of every video.",
            "confirming an upload copies the object beside itself",
            "orphaned copies after retried uploads in S3 backed media plugins",
        ),
        Fault(
            "validation-missing",
            "Trust the accept attribute of the file input.",
            "the uploader script does not check the file it was given",
            "the accept attribute is a hint only, HTML standard section 4.10.5.1.17",
        ),
        Fault(
            "player-without-source",
            "Ask for the signed URL only when play is pressed.",
            "the player script adds a video element with no source",
            "seen in plugin 1.0.0 when the player's container id is not found",
        ),
        Fault(
            "source-unsigned",
            "Use the CDN address of the object directly.",
            "pages and JSON give the CDN URL without its signature",
            "distribution configured without trusted signers",
        ),
        Fault(
            "cdn-serves-unsigned",
            "Restrict viewer access: No.",
            "the edge lets requests without any signature through",
            "checklist step 1.4, the switch that is easily left off",
        ),
        Fault(
            "cdn-ignores-range",
            "Serve the whole file always.",
            "the edge drops the Range header and answers 200",
            "origins and proxies without byte ranges: Chromium then seeks to 0",
        ),
        Fault(
            "seek-snaps-back",
            "Save and restore the playback position.",
            "the player script sets currentTime back to where it was before a seek",
            "position restore hooks of learning platform players",
        ),
        Fault(
            "pause-does-not-hold",
            "Keep the video running while the grader types.",
            "the player script plays again right after a pause",
            "autoplay helpers that listen to the pause event",
        ),
        Fault(
            "console-error-while-playing",
            "Report playback to analytics.",
            "the player script logs an error to the console on the first play",
            "tracking code whose endpoint is gone",
        ),
    )
}


@dataclass
class Faults:
    """The set of active faults; ValueError for a name that is not in the catalogue."""

    active: frozenset[str] = field(default_factory=frozenset)

    def replace(self, names: list[str]) -> None:
        unknown = sorted(set(names) - CATALOGUE.keys())
        if unknown:
            raise ValueError(f"unknown fault {', '.join(unknown)}; `python -m replica --list-faults` names them all")
        self.active = frozenset(names)

    def on(self, name: str) -> bool:
        """Whether a fault is active. KeyError for a name that nobody described."""
        return CATALOGUE[name].name in self.active


def listing() -> list[dict[str, str]]:
    """All faults as plain dictionaries, for --list-faults."""
    return [asdict(fault) for fault in CATALOGUE.values()]
