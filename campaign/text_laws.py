"""The laws of the readers of what a model writes: detector, parser, eraser.

A law says more than "no crash": which exceptions a reader may raise, and what its answer must satisfy. Only the errors
that a reader's own docstring names are caught here; everything else that comes out of it is a find.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, TypeAlias

from belljar.errors import Finding, MalformedReplyError, SourceError
from belljar.script import Detector, PositionMap, Segment, analyse, detect, parse
from belljar.script._detect import merge_texts
from campaign.law import must

TOOLS: Final = ("echo", "boom", "hang", "mcp.a.b")
_LINE_END: Final = re.compile("\r\n|[\n\r\u2028\u2029]")
_PUT: Final = (" ", "(", ")", ";")
"""What the eraser writes over erased text."""


def text_of(data: bytes) -> str:
    """Any bytes as text; what is not UTF-8 becomes lone surrogates, which texts from JavaScript may have, too."""
    return data.decode("utf-8", "surrogateescape")


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text) + sum(char > "\uffff" for char in text)


# -- the detector -----------------------------------------------------------------------------------------------------

Detected: TypeAlias = tuple[Segment, ...] | tuple[Finding, ...]


def detector(data: bytes) -> None:
    """Whole or in pieces, a reply gives the same segments, which join to it and know where they begin."""
    sizes, reply = [1 + byte % 40 for byte in data[:4]] or [1], text_of(data[4:])
    whole = _whole(reply)
    must(_streamed(_pieces(reply, sizes)) == whole, "a stream gives what the whole reply gives")
    if all(isinstance(segment, Segment) for segment in whole):
        _check_segments(reply, [segment for segment in whole if isinstance(segment, Segment)])
    else:
        _check_findings([finding for finding in whole if isinstance(finding, Finding)], reply)


def _whole(reply: str) -> Detected:
    try:
        return detect(reply)
    except MalformedReplyError as error:
        return error.findings


def _streamed(chunks: Sequence[str]) -> Detected:
    reader = Detector()
    segments = [segment for chunk in chunks for segment in reader.feed(chunk)]
    try:
        return tuple(merge_texts([*segments, *reader.close()]))
    except MalformedReplyError as error:
        return error.findings


def _pieces(text: str, sizes: Sequence[int]) -> list[str]:
    ends = [0]
    while ends[-1] < len(text):
        ends.append(ends[-1] + sizes[len(ends) % len(sizes)])
    return [text[begin:end] for begin, end in pairwise(ends)]


def _check_segments(reply: str, segments: Sequence[Segment]) -> None:
    must("".join(segment.text for segment in segments) == reply, "the segments join to the reply")
    at = 0
    for segment in segments:
        lines = _LINE_END.split(reply[:at])
        must((segment.line, segment.column) == (len(lines), units(lines[-1]) + 1), "a segment knows where it begins")
        must((segment.source is not None) == (segment.kind == "script"), "scripts alone have a source")
        must(segment.source is None or segment.text.endswith(f"{segment.source}</tool-calls>"), "a source is inside")
        at += len(segment.text)


# -- parser and eraser ------------------------------------------------------------------------------------------------


def parser(data: bytes) -> None:
    """Bytes or text: a Script, or a SourceError whose findings lie in the text and in its order."""
    for source, shown in ((data, data.decode("utf-8", "replace")), (text_of(data), text_of(data))):
        analysis = analyse(source, tools=TOOLS)
        findings = analysis.findings
        _check_findings(findings, shown.removeprefix("\ufeff"))
        must((analysis.script is None or analysis.tentative) == bool(findings), "a script, or findings")
        must(_refusal(source) == findings, "parse raises what analyse finds")


def _refusal(source: str | bytes) -> tuple[Finding, ...]:
    try:
        parse(source, tools=TOOLS)
    except SourceError as error:
        must(error.to_model(), "an error can be told to the model")
        return error.findings
    return ()


def _check_findings(findings: Sequence[Finding], text: str) -> None:
    lines = _LINE_END.split(text)
    for finding in findings:
        must(1 <= finding.line <= len(lines), "a finding's line is in the text")
        must(1 <= finding.column <= units(lines[finding.line - 1]) + 1, "a finding's column is in its line")
    must(all((a.line, a.column) <= (b.line, b.column) for a, b in pairwise(findings)), "findings are in order")


def eraser(data: bytes) -> None:
    """Erasing turns characters into spaces and moves nothing but what it says it moved; erased code stays as it is."""
    analysis = analyse(text_of(data))
    script = analysis.script
    if script is None:
        return
    source, code = _units_of(script.source), _units_of(script.code)
    must(_LINE_END.findall(code) == _LINE_END.findall(source), "line ends stay")
    lines = list(zip(_LINE_END.split(source), _LINE_END.split(code), strict=True))
    for number, (before, after) in enumerate(lines, start=1):
        _check_line(script.positions, number, before, after)
    again = analyse(script.code)
    if not (analysis.findings or again.findings or "enum" in source):  # a lowered enum is an expression
        must(again.script is not None and again.script.code == script.code, "erasing twice is erasing once")


def _units_of(text: str) -> str:
    """Every character above U+FFFF as two."""
    return "".join(char if char <= "\uffff" else "\ud800\udc00" for char in text)


def _check_line(positions: PositionMap, number: int, before: str, after: str) -> None:
    moved = positions.moved.get(number)
    if moved is None:
        must(len(before) == len(after), "a line that is not moved keeps its length")
    for column, unit in enumerate(after, start=1):
        line, origin = positions.source(number, column)
        must(line == number and 1 <= origin <= len(before) + 1, "a position of the code leads into its line")
        if not (moved and _is_made_up(moved, column)):
            must(unit in (before[origin - 1 : origin], *_PUT), "what is copied is copied, or blanked")


def _is_made_up(pieces: Sequence[Any], column: int) -> bool:
    here = [piece for piece in pieces if piece.code_column <= column]
    return bool(here) and not here[-1].copied
