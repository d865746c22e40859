"""A specification: a Markdown file that says what to build, and in one fenced block when it is done.

    # Count words

    A package `words` with a function `count(text)` ...

    ```toml belljar
    accept = ["python3", "-m", "unittest", "-q"]
    ```

The block names the acceptance command (no shell), how long it may take, files of the repository to begin with, and what
the job may spend. All that is wrong is said at once, with file and line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from belljar.errors import ManifestError
from belljar.packs._plain_file import beginning_of
from belljar.plugins._document import read_document
from belljar.plugins._problems import Problem, refusal
from belljar.plugins._rules import AS_LIST, Strict, at_most, between, rule
from belljar.plugins._wording import checked

FILE_BYTES: Final = 128 << 10
"""Of a specification: about 30,000 tokens, which every question to the model carries."""

_FENCE: Final = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})(?P<info>[^`]*)")
_INFO: Final = re.compile(r"toml[ \t]+belljar")
_HIDDEN: Final = re.compile(r"<!--(?:(?!-->).)*(?P<end>-->)?")
_TITLE: Final = re.compile(r"#[ \t]+(?P<title>\S.*)")
_PROGRAM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")


def _is_program(argv: tuple[str, ...]) -> bool:
    return bool(argv) and _PROGRAM.fullmatch(argv[0]) is not None


def _is_plain(argv: tuple[str, ...]) -> bool:
    return len(argv) <= 100 and all(len(each) <= 4_096 and "\0" not in each for each in argv)


def _are_inside(paths: tuple[str, ...]) -> bool:
    return all(path and not path.startswith("/") and ".." not in path.split("/") for path in paths)


def _are_short(paths: tuple[str, ...]) -> bool:
    return not any(path.startswith("./") for path in paths)


class Budget(Strict):
    """What a job may spend, over all its processes. Each is looked at before the next spending."""

    tokens: Annotated[int, between(1, 100_000_000)] = 400_000
    """Read and written by the model."""
    model_calls: Annotated[int, between(1, 300)] = 20
    """Each has three steps, of which a job keeps a thousand."""
    tool_calls: Annotated[int, between(0, 1_000_000)] = 400
    """By scripts, and the runs of the acceptance command."""
    work_s: Annotated[int, between(1, 86_400)] = 1_800
    """Time of work, the model's and the command's too. Waiting for people does not count."""
    repairs: Annotated[int, between(0, 100)] = 5
    """Further tries after the first that the command refused."""
    reply_tokens: Annotated[int, between(1, 32_000)] = 16_000
    """Of one reply of the model."""


class Terms(Strict):
    """The fenced block."""

    accept: Annotated[
        tuple[str, ...],
        AS_LIST,
        rule(_is_program, "must begin with the bare name of a program, which is sought in PATH"),
        rule(_is_plain, "must have at most 100 entries of at most 4,096 characters without NUL"),
    ]
    """The command that says whether the work is done: by its exit code 0. No shell."""
    timeout_s: Annotated[int, between(1, 3_600)] = 120
    """Of one run of it."""
    files: Annotated[
        tuple[str, ...],
        AS_LIST,
        at_most(50),
        rule(_are_inside, "must be paths inside of the repository"),
    ] = ()
    """Files of the repository that the model is shown at the beginning."""
    keep: Annotated[
        tuple[str, ...],
        AS_LIST,
        at_most(50),
        rule(_are_inside, "must be paths inside of the repository"),
        rule(_are_short, "must be written without './'"),
    ] = ()
    """Patterns of files that the work must leave as they are, `*` standing for slashes too: what the command checks."""
    budget: Budget = Field(default_factory=Budget)


class Specification(Strict):
    """What is to be built."""

    file: str
    """Its name, without folders."""
    title: str
    text: str
    """All of the file, but for the block."""
    terms: Terms


def load_specification(path: str | os.PathLike[str]) -> Specification:
    """The specification in a file. Raises ManifestError."""
    return read_specification(load_text(path), Path(path).name)


def load_text(path: str | os.PathLike[str]) -> str:
    """All of the file, as it is kept. Raises ManifestError where it is no text, or too much."""
    file = Path(path)
    try:
        raw = beginning_of(file, FILE_BYTES + 1)
    except OSError as error:
        raise refusal([Problem(file=file.name, message=f"cannot be read: {error.strerror}")]) from None
    if len(raw) > FILE_BYTES:
        raise refusal([Problem(file=file.name, message=f"is larger than {FILE_BYTES:,} bytes")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refusal([Problem(file=file.name, line=line, message="is not UTF-8")]) from None


def read_specification(text: str, file: str) -> Specification:
    """The specification in a text; `file` stands in errors. Raises ManifestError."""
    lines = text.replace("\r\n", "\n").split("\n")
    told, blocks = _visible(lines)
    titles = [(at, found["title"].strip()) for at in told if (found := _TITLE.fullmatch(lines[at]))]
    problems = [] if titles else [Problem(file=file, line=1, message="has no title: a line that begins with '# '")]
    if len(blocks) != 1:
        message = (
            "has no block ```toml belljar with the acceptance command" if not blocks else "has more than one block"
        )
        problems.append(Problem(file=file, line=blocks[1].begin + 1 if blocks else 1, message=message))
        raise refusal(problems)
    begin, end = blocks[0]
    if end == len(lines):
        raise refusal([Problem(file=file, line=begin + 1, message="has a block that does not end")])
    block = "\n" * (begin + 1) + "\n".join(lines[begin + 1 : end])  # so that its lines are those of the file
    try:
        terms = checked(Terms, read_document(block.encode(), file))
    except ManifestError as error:
        raise refusal([*problems, *_in_block(error, begin + 1)]) from None
    rest = "\n".join([*lines[:begin], *lines[end + 1 :]]).strip()
    if not problems and rest.removeprefix(lines[titles[0][0]]).strip() == "":
        problems.append(Problem(file=file, line=titles[0][0] + 1, message="says nothing below its title"))
    if problems:
        raise refusal(problems)
    return Specification(file=file, title=titles[0][1], text=rest, terms=terms)


def _in_block(error: ManifestError, first: int) -> Iterator[Problem]:
    """Its problems; what is missing is missing from where the block begins."""
    for each in error.details["problems"]:
        yield Problem(**{**each, "line": max(each["line"] or 1, first)})


class _Block(NamedTuple):
    begin: int
    """Index of the line that opens it."""
    end: int
    """Of the line that closes it; the number of lines where none does."""


def _visible(lines: list[str]) -> tuple[list[int], list[_Block]]:
    """Lines that are text, and our blocks, as who reads the rendered page sees them: none in a comment or a fence."""
    told, blocks = [], []
    at, is_hidden = 0, False
    while at < len(lines):
        fence = None if is_hidden else _FENCE.fullmatch(lines[at])
        if fence is not None:
            block = _Block(at, _end(lines, at, fence["mark"]))
            blocks += [block] if _INFO.fullmatch(fence["info"].strip()) else []
            at = block.end + 1
            continue
        told += [] if is_hidden else [at]
        is_hidden = _is_hidden_after(lines[at], is_hidden=is_hidden)
        at += 1
    return told, blocks


def _is_hidden_after(line: str, *, is_hidden: bool) -> bool:
    """Whether a comment goes on behind the line."""
    shown = line.partition("-->")[2] if is_hidden else line
    if is_hidden and "-->" not in line:
        return True
    comments = list(_HIDDEN.finditer(shown))
    return bool(comments) and comments[-1]["end"] is None


def _end(lines: list[str], begin: int, mark: str) -> int:
    closing = re.compile(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*")
    return next((at for at in range(begin + 1, len(lines)) if closing.fullmatch(lines[at])), len(lines))
