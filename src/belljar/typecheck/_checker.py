"""What is wrong with a script's types; from any thread, one question at a time.

The compiler is started at the first check and taken anew after `CHECKS`, or where it died or was late. Whatever goes
wrong with it, a script is not held up: there are no findings then, and `problems` counts. What one script can do to
others is to have them run unchecked for as long as its own check takes.
"""

from __future__ import annotations

import functools
import logging
import os
import re
import threading
import weakref
from collections.abc import Iterable
from typing import Final

from belljar.errors import Finding, SourceError, UsageError
from belljar.script import reread
from belljar.script._findings import MAX_FINDINGS
from belljar.script._text import Lines, readable, to_units
from belljar.typecheck._compiler import Compiler, find_compiler
from belljar.typecheck._places import Way, calls_of, remarks, way_from, way_from_code
from belljar.typecheck._project import Reading, declared, framed
from belljar.typecheck._remarks import Remark
from belljar.typecheck._server import CHECKS, Server
from belljar.typecheck._verdict import Case

CHECK_S: Final = 2.0
"""For one question. An ordinary one takes 10 ms; a type that computes for seconds is no script's business."""

STARTS: Final = 3
"""Times in a row that a compiler may fail to start; then it is not tried again."""

KNOWN: Final = 256
"""Checks whose answer is kept: a model sends the same script again, and so does whoever resumes a run."""

MESSAGE_CHARS: Final = 600
"""Of the compiler's text, which spells whole types out."""

_log = logging.getLogger("belljar")

_DID_YOU_MEAN: Final = re.compile(r" Did you mean (?:to write )?('[^']*'|to call it|to use [^?]*)\?\s*\Z")
_POINTER: Final = "declared here."


class TypeChecker:
    """Checks scripts with one compiler.

    `compiler` is a `Compiler`, a path as `find_compiler` takes it, or None for the one that is found. `seconds` bounds
    each question to it and the wait for other threads'; a check asks one, or two where the first is not the end of it.
    Raises UsageError where there is no compiler.
    """

    def __init__(self, compiler: Compiler | str | os.PathLike[str] | None = None, *, seconds: float = CHECK_S) -> None:
        found = compiler if isinstance(compiler, Compiler) else find_compiler(compiler)
        if found is None:
            raise UsageError("there is no TypeScript compiler", hint="pip install 'belljar[types]'")
        self.compiler = found
        self._seconds = seconds
        self._lock = threading.Lock()
        self._servers: list[Server] = []
        self._known = functools.lru_cache(KNOWN)(self._asked)
        self._counting = threading.Lock()
        self._problems = 0
        self._failed_starts = 0
        self._end = weakref.finalize(self, _bury_all, self._servers)

    @property
    def problems(self) -> int:
        """Checks that said nothing because the compiler was busy, was late, died or could not be started."""
        return self._problems

    def close(self) -> None:
        """End the compiler's process; a later check starts another. Done by itself at the process's end."""
        with self._lock:
            _bury_all(self._servers)

    def findings(self, source: str, declarations: str) -> tuple[Finding, ...]:
        """What is wrong with a script that is otherwise in order, against what `belljar.tools.declarations` gave.

        Never raises for the script: one that the front end refuses has no findings here.
        """
        try:
            return self._known(source, declarations)
        except OSError as error:  # TimeoutError too: a compiler that does not help must not hinder
            return self._nothing(error)

    def _nothing(self, why: object) -> tuple[Finding, ...]:
        with self._counting:
            self._problems += 1
            is_first = self._problems == 1
        level = logging.WARNING if is_first else logging.DEBUG
        _log.log(level, "a script was not checked for types: %s", why)
        return ()

    # -- inside -----------------------------------------------------------------------------------------------------

    def _asked(self, source: str, declarations: str) -> tuple[Finding, ...]:
        """What the compiler says. Raises OSError where it says nothing, which is not kept."""
        if not self._lock.acquire(timeout=self._seconds):
            raise TimeoutError("others are checked")
        try:
            return _findings(source, self._found(source, declarations))
        except BaseException:  # late or dead; and Control-C leaves a question half asked
            _bury_all(self._servers)
            raise
        finally:
            self._lock.release()

    def _found(self, source: str, declarations: str) -> list[Remark]:
        typescript = self._remarks("typescript", source, declarations, way_from(source))
        if not typescript:
            return []
        try:
            script = reread(source, source_bytes=max(len(source) * 4, 1))
        except SourceError:
            return []  # what is wrong with it has been found by others
        javascript = self._remarks("javascript", script.code, declarations, way_from_code(script))
        units = to_units(source)
        calls = calls_of(units, [remark for remark in javascript if remark.is_tool_call])
        return Case(
            units=units, declarations=declarations, typescript=typescript, javascript=javascript, calls=calls
        ).found()

    def _remarks(self, reading: Reading, code: str, declarations: str, way: Way) -> list[Remark]:
        diagnostics = self._server().diagnostics(
            reading,
            tools=declared(declarations, reading),
            script=framed(code, declarations, reading),
            within_s=self._seconds,
        )
        return remarks(diagnostics, way)

    def _server(self) -> Server:
        if self._servers and (self._servers[0].checks >= CHECKS or not self._servers[0].is_alive()):
            _bury_all(self._servers)
        if not self._servers:
            if self._failed_starts >= STARTS:
                raise OSError(f"the compiler did not start {STARTS} times in a row")
            self._failed_starts += 1
            self._servers.append(Server(self.compiler.path))
            self._failed_starts = 0
        return self._servers[0]


@functools.cache
def default_checker() -> TypeChecker | None:
    """The one checker of this process, with the compiler that is found without a setting; None where there is none.

    Raises UsageError where $BELLJAR_TSC names no compiler.
    """
    found = find_compiler()
    return TypeChecker(found) if found is not None else None


def _bury_all(servers: list[Server]) -> None:
    while servers:
        servers.pop().bury()


def _findings(source: str, found: Iterable[Remark]) -> tuple[Finding, ...]:
    lines = Lines(to_units(source))
    return tuple(_finding(lines, remark) for remark in list(found)[:MAX_FINDINGS])


def _finding(lines: Lines, remark: Remark) -> Finding:
    line, column = lines.position(remark.start)
    message, hint = _told(remark)
    return Finding(
        code="ScriptTypeError",
        message=readable(message),
        line=line,
        column=column,
        hint=readable(hint),
        excerpt=readable(lines.excerpt(line, column, max(remark.end - remark.start, 1))),
    )


def _told(remark: Remark) -> tuple[str, str]:
    """The message, and what to do: what the compiler guesses, or says of other places."""
    head, _, reasons = remark.message.partition("\n")
    guess = _DID_YOU_MEAN.search(head)
    if guess:
        head = head[: guess.start()]
    last = reasons.rpartition("\n")[2].strip()
    text = f"{head} {last}" if last else head
    cut = f"{text[:MESSAGE_CHARS]}…" if len(text) > MESSAGE_CHARS else text
    return f"{cut} (TS{remark.code})", f"Did you mean {guess[1]}?" if guess else _hint(remark)


def _hint(remark: Remark) -> str:
    """What it says of other places, without those that only point at a line the model does not see."""
    return " ".join(dict.fromkeys(text for text in remark.related if not text.endswith(_POINTER)))[:MESSAGE_CHARS]
