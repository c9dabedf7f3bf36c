"""A secret that was planted in a file of a run is found: in each kind of file, in each form."""

import base64
import gzip
import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from checklist import history, report
from checklist.outputs import ctrf, junit
from checklist.outputs.summary import markdown
from checklist.report import tickets
from checklist.results import Run, text_of
from checklist.terminal import told
from checklist.verdicts import Verdict
from selftest.unit.leaks import SECRET, kinds, zipped
from selftest.unit.sample_runs import changed, passing, run_of

FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "URL-encoded": lambda secret: quote(secret, safe=""),
    "as in a form": quote_plus,
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON in UTF-8": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "HTML": html.escape,
    "base64": lambda secret: base64.b64encode(f"admin:{secret}".encode()).decode(),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(f"a:{secret}".encode()).decode(),
    "base64, URL-encoded": lambda secret: quote(base64.b64encode(secret.encode()).decode(), safe=""),
}


def failed_with(message: str) -> Run:
    checks = changed(passing(run_of([]).targets), "2.8.6", "chromium", verdict=Verdict.FAILED, message=message)
    return replace(run_of(checks), notes=[message])


def as_it_reads(markdown: str) -> bytes:
    """Without the marks that keep Markdown from taking a text for more."""
    return re.sub(r"\\([\\`*_{}\[\]<>|~#])", r"\1", markdown).encode()


def raw_html(text: str) -> bytes:
    """As pytest-html does: escaped text in JSON in an attribute."""
    told = html.escape(json.dumps({"tests": {"test_it": [{"log": html.escape(text)}]}}))
    return f'<div id="data-container" data-jsonblob="{told}"></div>'.encode()


def har(text: str) -> bytes:
    """http://www.softwareishard.com/blog/har-12-spec/"""
    request = {"method": "POST", "url": "https://m.test/", "headers": [{"name": "Authorization", "value": text}]}
    return json.dumps({"log": {"version": "1.2", "entries": [{"request": request}]}}).encode()


def network(text: str) -> bytes:
    """A line of a Playwright trace."""
    request = {"url": "https://m.test/", "postData": {"text": text}}
    return json.dumps({"type": "resource-snapshot", "snapshot": {"request": request}}).encode()


FILES: dict[str, Callable[[str], bytes]] = {
    "results.json": lambda text: text_of(failed_with(text)).encode(),
    "report.html": lambda text: report.render(failed_with(text), Path("nowhere")).encode(),
    "ctrf.json": lambda text: json.dumps(ctrf.document(failed_with(text)), ensure_ascii=False).encode(),
    "history.jsonl": lambda text: history.PAST.dump_json(history.past(replace(failed_with(""), environment=text))),
    "junit.xml": lambda text: junit.text_of(failed_with(text)).encode(),
    "a ticket": lambda text: as_it_reads(tickets.markdown(failed_with(text).defects[0], failed_with(text))),
    "a job's summary": lambda text: as_it_reads(markdown(failed_with(text))),
    "what a terminal says": lambda text: "\n".join(line.text for line in told(failed_with(text), 300)).encode(),
    "raw.html": raw_html,
    "network.har": har,
    "network.har.zip": lambda text: zipped(**{"har.har": har(text)}),
    "trace.zip, network": lambda text: zipped(**{"trace.network": network(text)}),
    "trace.zip, a page": lambda text: zipped(**{"resources/1.html": f"<p>{text}</p>".encode()}),
    "trace.zip, a page sent with gzip": lambda text: zipped(**{"resources/1.dat": gzip.compress(text.encode())}),
    "video.webm": lambda text: b"\x1a\x45\xdf\xa3" + bytes(200) + text.encode() + bytes(200),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("file", FILES)
def test_a_planted_secret_is_found(file: str, form: str) -> None:
    assert kinds(FILES[file](FORMS[form](SECRET)), [SECRET])


@pytest.mark.parametrize("file", FILES)
def test_nothing_is_found_where_nothing_was_planted(file: str) -> None:
    assert kinds(FILES[file]("expected a film, seen none"), [SECRET]) == []
