"""Tags that were almost written: what a harness warns about, because it did not run it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from belljar.errors import Finding
from belljar.script._detect import Detector, Segment, merge_texts
from belljar.script._findings import MAX_FINDINGS, Reporter, quote
from belljar.script._grammar import Span
from belljar.script._prose import OPEN
from belljar.script._scope import Spans
from belljar.script._text import Lines, to_units

_OPENING: Final = "<\uff1c\u2039\u2329\u3008\u27e8"
_CLOSING: Final = ">\uff1e\u203a\u232a\u3009\u27e9"
"""Angle brackets: ASCII, full-width, quotation mark, technical, CJK, mathematical."""
_CANDIDATE: Final = re.compile(
    rf"(?:[{_OPENING}]|&lt;)[^{_OPENING}{_CLOSING}&\n\r]{{5,60}}?(?:[{_CLOSING}]|&gt;)", re.IGNORECASE
)
_NAME: Final = re.compile(r"/?tool[\W_]*calls?(?![a-z])", re.IGNORECASE)
_EXACT: Final = re.compile(r"</?tool-calls>")
_NO_PLACE: Final = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_CODE: Final = "MalformedReplyError"
_HINT: Final = "This was not executed; write <tool-calls> and </tool-calls> exactly so."


def near_misses(text: str) -> tuple[Finding, ...]:
    """Look-alikes of the tags in a reply's prose, outside Markdown code, and blocks lost in unclosed thinking.

    Other case, underscores, blanks, attributes, full-width or invisible characters, HTML entities. Never raises: in a
    malformed reply it looks at what could be read.
    """
    detector = Detector()
    segments = list(merge_texts((*detector.feed(text), *detector.finish())))
    units = to_units(text)
    reporter = Reporter(Lines(units))
    code = Spans(Span(start, end) for start, end in detector.code_spans)
    at = 0
    for segment in segments:
        if segment.kind == "text":
            _report(text, Span(at, at + len(segment.text)), code, reporter)
        at += len(segment.text)
    if segments:
        _report_lost(segments[-1], reporter)
    return reporter.findings()


def _report(text: str, span: Span, code: Spans, reporter: Reporter) -> None:
    at = units = 0
    for found in _CANDIDATE.finditer(text, span.start, span.end):
        if len(reporter) >= MAX_FINDINGS:
            return
        if found.start() not in code and not _EXACT.fullmatch(found[0]) and _NAME.match(_plain(found[0])):
            units += len(to_units(text[at : found.start()]))
            at = found.start()
            reporter.add(_CODE, units, f"{quote(found[0])} is not a tag that is executed", hint=_HINT)


def _plain(candidate: str) -> str:
    """What is between the brackets, in plain characters."""
    shown = _NO_PLACE.sub("", unicodedata.normalize("NFKC", candidate)).replace("&lt;", "<")
    return shown[1:].strip()


def _report_lost(last: Segment, reporter: Reporter) -> None:
    """A block in a thinking segment that the reply never closed."""
    found = (
        last.text.rfind(OPEN) if last.kind == "thinking" and not last.text.endswith(("</thinking>", "</think>")) else -1
    )
    if found >= 0:
        start = len(reporter.lines.units) - len(to_units(last.text[found:]))
        reporter.add(_CODE, start, "this <tool-calls> is inside thinking that is never closed", hint=_HINT)
