"""From a model's reply to its scripts.

The one executable format is `<tool-calls>` ... `</tool-calls>`, exact ASCII, no attributes. Everything else is prose,
and so are the tags where a Markdown reader would show them as code: in a fence of ``` or ~~~ and in an inline code
span, by CommonMark 0.31's rules for fences (4.5) and code spans (6.1), with backslash escapes and with spans that end
with their paragraph. `<thinking>` and `<think>` hold thinking; tags in there are prose too. A thinking tag that is
never closed takes the rest of the reply: a reply cut off while its author was thinking has nothing to run.

Inside a block everything is script until `</tool-calls>`, also where a string or a template of the script holds it.
One line end directly after `<tool-calls>` is no part of the source, so line 1 of a script is the first line below the
tag, or what stands beside it.

Theory of operation: `Detector` is fed chunks and keeps only what it cannot decide yet; `detect` is a detector fed
once, so the two cannot differ. Batch and stream are linear in the text. A paragraph of over 1,024 characters with an
unmatched backtick is looked at again only when it has grown by a quarter, so its text comes a little later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from belljar.errors import Finding, MalformedReplyError, UsageError
from belljar.script._findings import MAX_FINDINGS
from belljar.script._prose import (
    BLOCK_TAG,
    CLOSE,
    FENCE_END,
    HALF_ESCAPE,
    HALF_LINE,
    HALF_TAG,
    LONGEST,
    OPEN,
    TAG,
    TAGS,
    TOKEN,
    Cursor,
    Paragraph,
)
from belljar.script._text import EOL

Kind = Literal["text", "thinking", "script"]

_LINE_HEAD: Final = re.compile(r"[\r\n] {0,3}\Z")

_PATIENCE: Final = 1_024
"""Characters that are looked at again with every chunk; more only after growing by a quarter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A piece of a reply; all `text`s joined are the reply."""

    kind: Kind
    """`script` is a block to run, `thinking` a thinking block, `text` all else."""
    text: str
    """The exact slice of the reply, tags included."""
    source: str | None = None
    """What is inside a script block; None for the other kinds."""
    line: int
    """Where the segment begins in the reply; counts from 1."""
    column: int
    """Counts from 1, in UTF-16 code units."""


class Detector:
    """Reads a reply in chunks; may be fed any number of times, closed once.

    Text comes out as soon as it cannot be part of a tag that counts, a thinking or script segment when it is closed.
    A fault in the reply is kept until `close`, which raises MalformedReplyError with all of them; from the first one
    on no script segment comes out. Scripts that came out before must not be run until `close` has returned.
    """

    def __init__(self) -> None:
        self.steps = 0
        """Characters examined so far: what detecting costs, without a clock."""
        self.code_spans: list[tuple[int, int]] = []
        """Offsets in the reply of the code spans and fences so far."""
        self._text = "\n"
        self._sent = 1
        self._waiting: list[str] = []
        self._waiting_chars = 0
        self._base = -1
        self._paragraph: Paragraph | None = None
        self._fence = ""
        self._fence_start = 0
        self._block = ""
        self._depth = 0
        self._body: list[str] = []
        self._start = (1, 1)
        self._cursor = Cursor()
        self._findings: list[Finding] = []
        self._out: list[Segment] = []
        self._is_closed = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Faults found so far, in the order of the text."""
        return tuple(sorted(self._findings, key=lambda finding: (finding.line, finding.column)))

    def feed(self, chunk: str) -> list[Segment]:
        """The segments that this chunk completes. UsageError after `close`."""
        if self._is_closed:
            raise UsageError("this detector is closed; make a new one for the next reply")
        self._waiting.append(chunk)
        self._waiting_chars += len(chunk)
        if len(self._text) < _PATIENCE or self._waiting_chars * 4 >= len(self._text):
            self._read(is_final=False)
        return self._taken()

    def close(self) -> list[Segment]:
        """The last segments. Raises MalformedReplyError for a block that is not closed and for every earlier fault."""
        segments = self.finish()
        if self._findings:
            raise MalformedReplyError.from_findings(self.findings)
        return segments

    def finish(self) -> list[Segment]:
        """As `close`, but leaves the faults in `findings`."""
        self._read(is_final=True)
        self._is_closed = True
        if self._block == OPEN:
            self._fault("this <tool-calls> is never closed", *self._start)
        elif self._block:
            self._emit("thinking", "".join(self._body))
        if self._fence:
            self.code_spans.append((self._fence_start, self._base + len(self._text)))
        self._block = ""
        return self._taken()

    def _taken(self) -> list[Segment]:
        segments, self._out = self._out, []
        return segments

    def _fault(self, message: str, line: int, column: int) -> None:
        if len(self._findings) < MAX_FINDINGS:
            hint = MalformedReplyError.advice
            finding = Finding(code="MalformedReplyError", message=message, line=line, column=column, hint=hint)
            self._findings.append(finding)

    def _emit(self, kind: Kind, text: str, source: str | None = None) -> None:
        line, column = self._start
        self._out.append(Segment(kind=kind, text=text, source=source, line=line, column=column))

    # -- reading ------------------------------------------------------------------------------------------------------

    def _read(self, *, is_final: bool) -> None:
        self._text += "".join(self._waiting)
        self._paragraph = None
        self._waiting.clear()
        self._waiting_chars = 0
        at: int | None = 0
        while at is not None:
            if self._block:
                at = self._read_block(at, is_final=is_final)
            elif self._fence:
                at = self._read_fence(at, is_final=is_final)
            else:
                at = self._read_prose(at, is_final=is_final)

    def _send(self, end: int) -> None:
        """Text up to an index goes out."""
        if end > self._sent:
            self._start = (self._cursor.line, self._cursor.column)
            text = self._text[self._sent : end]
            self._emit("text", text)
            self._cursor.advance(text)
            self._sent = end

    def _keep(self, keep: int, hold: int) -> None:
        """Sends what is before `hold` and drops what is before `keep`, but for what says whether a line begins."""
        self._send(hold)
        before = "\n" if self._text[keep - 1 : keep] in ("\r", "\n") else " "
        self._text = before + self._text[keep:]
        self._sent -= keep - 1
        self._base += keep - 1

    # -- prose --------------------------------------------------------------------------------------------------------

    def _read_prose(self, at: int, *, is_final: bool) -> int | None:
        """To the next tag that counts or fence; None when more text is needed."""
        text = self._text
        while found := TOKEN.search(text, at):
            self.steps += found.end() - at
            at = found.end()
            if found["tag"]:
                if self._take_tag(found):
                    return found.start()
            elif found["escape"]:
                continue
            elif at == len(text) and not is_final:
                self._wait(found)
                return None
            elif found["fence"]:
                self._fence, self._fence_start = found["fence"], self._base + found.start()
                return at
            else:
                end = self._span_end(found, is_final=is_final)
                if end is None:
                    self._wait(found)
                    return None
                at = end
        self.steps += len(text) - at
        self._keep_tail(at, is_final=is_final)
        return None

    def _span_end(self, run: re.Match[str], *, is_final: bool) -> int | None:
        """Where to go on after a backtick run: behind its code span, or behind it alone. None when that is open yet."""
        paragraph = self._paragraph
        if paragraph is None or run.start() >= paragraph.end:
            paragraph = self._paragraph = Paragraph(self._text, run.start(), is_final=is_final)
            self.steps += paragraph.end - run.start()
        end = paragraph.closing(len(run[0]), run.end())
        if end is None:
            return None if paragraph.is_open else run.end()
        self.code_spans.append((self._base + run.start(), self._base + end))
        return end

    def _take_tag(self, found: re.Match[str]) -> bool:
        """Whether a block begins at this tag. A closing tag alone is a fault, or text where it closes thinking."""
        tag = found["tag"]
        if tag == CLOSE or not tag.startswith("</"):
            self._send(found.start())
        if tag == CLOSE:
            self._fault("this </tool-calls> closes nothing", self._cursor.line, self._cursor.column)
        if tag.startswith("</"):
            return False
        self._block, self._depth, self._body = tag, 0, []
        self._start = (self._cursor.line, self._cursor.column)
        return True

    def _wait(self, found: re.Match[str]) -> None:
        """A fence or a code span is not decided: tags from here on wait, other text need not."""
        text, start = self._text, found.start()
        self.steps += len(text) - start
        head = _LINE_HEAD.search(text, max(0, start - 4), start)
        keep = start + 1 if found["fence"] else head.start() + 1 if head else start
        tag = TAG.search(text, start)
        hold = tag.start() if tag else self._half_tag(start)
        self._keep(max(keep, 1), max(hold, self._sent))

    def _half_tag(self, low: int) -> int:
        """Where a tag begins that the text breaks off in, or the end of the text."""
        found = HALF_TAG.search(self._text, max(low, len(self._text) - LONGEST))
        return found.start() if found and any(tag.startswith(found[0]) for tag in TAGS) else len(self._text)

    def _keep_tail(self, at: int, *, is_final: bool) -> None:
        """Nothing more is decided from `at` on: keeps what the next chunk could complete."""
        size = len(self._text)
        if is_final:
            return self._keep(size, size)
        hold = self._half_tag(at)
        line = HALF_LINE.search(self._text, max(at - 1, 0))
        escape = HALF_ESCAPE.search(self._text, max(at, size - 1))
        keep = min(hold, line.start() + 1 if line else size, escape.start() if escape else size)
        return self._keep(max(keep, 1), hold)

    # -- fences and blocks --------------------------------------------------------------------------------------------

    def _read_fence(self, at: int, *, is_final: bool) -> int | None:
        """To the end of the fence, which all goes out as text."""
        size = len(self._text)
        self.steps += size - at
        for found in FENCE_END.finditer(self._text, at):
            if found.end() == size and not is_final:
                break
            fence = found["fence"]
            if fence[0] == self._fence[0] and len(fence) >= len(self._fence):
                self.steps -= size - found.end()
                self.code_spans.append((self._fence_start, self._base + found.end()))
                self._fence = ""
                return found.end()
        line = HALF_LINE.search(self._text, at)
        self._keep(line.start() + 1 if line and not is_final else size, size)
        return None

    def _read_block(self, at: int, *, is_final: bool) -> int | None:
        return self._read_script(at, is_final) if self._block == OPEN else self._read_thinking(at, is_final)

    def _read_thinking(self, at: int, is_final: bool) -> int | None:
        closing = "</" + self._block[1:]
        found = self._text.find(closing, at)
        end = found + len(closing) if found >= 0 else len(self._text)
        self.steps += end - at
        if found < 0:
            self._absorb_most(at, is_final)
            return None
        self._absorb(end)
        self._emit("thinking", "".join(self._body))
        self._block = ""
        return end

    def _read_script(self, at: int, is_final: bool) -> int | None:
        for found in BLOCK_TAG.finditer(self._text, at):
            self.steps += found.end() - at
            at = found.end()
            self._depth += 1 if found[0] == OPEN else -1
            if not self._depth:
                self._absorb(at)
                self._end_script()
                return at
            if self._depth > 1 and found[0] == OPEN:
                self._absorb(found.start())
                line = self._start[0]
                message = f"this <tool-calls> stands inside the one of line {line}"
                self._fault(message, self._cursor.line, self._cursor.column)
        self.steps += len(self._text) - at
        self._absorb_most(at, is_final)
        return None

    def _end_script(self) -> None:
        text = "".join(self._body)
        source = text[len(OPEN) : -len(CLOSE)]
        first = EOL.match(source)
        self._block = ""
        if not self._findings:
            self._emit("script", text, source[first.end() :] if first else source)

    def _absorb(self, end: int) -> None:
        """Text up to an index becomes part of the block."""
        text = self._text[self._sent : end]
        self._body.append(text)
        self._cursor.advance(text)
        self._sent = end

    def _absorb_most(self, at: int, is_final: bool) -> None:
        """All but what the next chunk could complete to a tag."""
        size = len(self._text)
        keep = size if is_final else max(at, size - LONGEST + 1, self._sent)
        self._absorb(keep)
        self._text = " " + self._text[keep:]
        self._base += keep - 1
        self._sent = 1


def detect(text: str) -> tuple[Segment, ...]:
    """The segments of a whole reply, neighbouring texts joined. Raises MalformedReplyError with all faults."""
    detector = Detector()
    return tuple(merge_texts((*detector.feed(text), *detector.close())))


def merge_texts(segments: Iterable[Segment]) -> Iterator[Segment]:
    """The same segments with neighbouring texts joined."""
    texts: list[Segment] = []
    for segment in segments:
        if segment.kind == "text":
            texts.append(segment)
            continue
        yield from _joined(texts)
        texts.clear()
        yield segment
    yield from _joined(texts)


def _joined(texts: list[Segment]) -> Iterator[Segment]:
    if texts:
        yield replace(texts[0], text="".join(segment.text for segment in texts))


def decode_reply(data: bytes) -> str:
    """A reply's text from its UTF-8, without a byte order mark.

    Raises MalformedReplyError for bytes that are not UTF-8, with their offset in `details["offset"]`.
    """
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        cursor = Cursor()
        cursor.advance(data[: error.start].decode("utf-8").removeprefix("\ufeff"))
        raise MalformedReplyError(
            f"byte {error.start} (0x{data[error.start]:02x}) of the reply is not valid UTF-8",
            line=cursor.line,
            column=cursor.column,
            hint="Send the reply as UTF-8.",
            details={"offset": error.start},
        ) from error
